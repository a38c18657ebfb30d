"""Bad days: storms, huge and broken bodies, forged tokens, and monitors that point inwards."""

from __future__ import annotations

import json
import time

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from itsm.accounts.models import User
from itsm.lib import outbound
from itsm.lib.errors import Refused
from operation.intake.adapters import zabbix
from operation.models import Event, EventSource, Incident, Monitor
from operation.services import events, monitors, sources
from transition.models import CIRelation, CIType, ConfigurationItem

pytestmark = pytest.mark.django_db
CAUSES = 50


@pytest.fixture(autouse=True)
def _empty_cache():
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def source(service):
    return EventSource.objects.create(name="Prometheus", tool="json", service=service)


@pytest.fixture
def call(source, administrator, client):
    token = sources.new_token(source, actor=administrator, channel="web")

    def post(body, secret=token, tool="json", scheme="Bearer"):
        text = body if isinstance(body, str | bytes) else json.dumps(body)
        return client.post(
            f"/api/v1/intake/{tool}/", text, content_type="application/json",
            headers={"authorization": f"{scheme} {secret}"},
        )  # fmt: skip

    return post


@pytest.fixture
def machines():
    """Fifty hosts, each with an application on it."""
    kind, creator = CIType.objects.get(name="Server"), User.objects.system()
    made = []
    for n in range(CAUSES):
        host, app = (
            ConfigurationItem.objects.create(name=name, type=kind, created_by=creator, state="deployed")
            for name in (f"host-{n}", f"app-{n}")
        )
        CIRelation.objects.create(source=app, target=host, kind="runs_on")
        made.append(host)
    return made


def storm(first, last):
    """Each cause is seen on its host and on the application above it, by many checks."""
    return [
        {
            "title": f"Check {n} fails", "fingerprint": f"f{n}", "severity": "critical",
            "host": f"{'app' if n // CAUSES % 2 else 'host'}-{n % CAUSES}",
        }
        for n in range(first, last)
    ]  # fmt: skip


@pytest.mark.slow
def test_ten_thousand_events_of_fifty_causes_are_at_most_fifty_incidents(call, machines):
    begin = time.process_time()
    opened = 0
    for first in range(0, 10_000, 2_000):
        answer = call(storm(first, first + 2_000))
        assert answer.status_code == 202
        opened += len(answer.json()["opened"])
    took = time.process_time() - begin
    assert Event.objects.count() == 10_000
    assert opened == Incident.objects.count() == CAUSES
    assert not Event.objects.filter(incident__isnull=True).exists()
    for incident in Incident.objects.all():
        assert incident.events.count() == 200
        assert incident.ticket_items.count() == 2
        assert incident.timeline.filter(kind="note").count() <= events.MOST_NOTES
    # Time of the processor: other work on the machine does not count.
    assert took < 10_000 / 200, "at least 200 events a second"


def test_a_storm_asks_by_cause_not_by_event(call, machines):
    call(storm(0, 20 * CAUSES))
    asked = []
    for first, last in ((1000, 1050), (2000, 2500)):
        with CaptureQueriesContext(connection) as queries:
            call(storm(first, last))
        # SQLite takes the rows of one insertion in portions of 999 values: that is one statement.
        portions = sum(query["sql"].startswith('INSERT INTO "operation_event" ') for query in queries)
        asked.append(len(queries) - portions + 1)
    # Beyond what is known the timelines are not told each event.
    assert asked[1] <= asked[0] + 5, asked
    assert asked[1] < 2 * CAUSES, "a few for all, and one to store what a cause was given"


@pytest.mark.parametrize(
    ("secret", "scheme"), [("", "Bearer"), ("itsm_ev_" + "x" * 40, "Bearer"), ("\u00e9", "Bearer"), ("a b c", "Bearer"),
                           ("x" * 5000, "Bearer"), ("' OR 1=1 --", "Bearer")],
)  # fmt: skip
def test_forged_tokens(call, secret, scheme):
    answer = call([{"title": "x"}], secret=secret.encode().decode("latin-1"), scheme=scheme)
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert not Event.objects.exists()


def test_the_right_token_needs_its_scheme(call):
    assert call([{"title": "x"}], scheme="Basic").status_code == 401


@pytest.mark.parametrize("body", [b"\xff\xfe", b"null", b"1", b'"x"', b"{", b"[[]]", b"[{}]", b"NaN", b"", b"<xml/>"])
def test_junk(call, body):
    answer = call(body)
    assert answer.status_code == 422
    assert answer["Content-Type"].startswith("application/problem+json")
    assert not Event.objects.exists()


def test_huge_bodies(call):
    answer = call(b'[{"title": "' + b"x" * 6_000_000 + b'"}]')
    assert answer.status_code == 413
    assert not Event.objects.exists()


def test_huge_values_are_cut(call):
    huge = {
        "title": "x" * 100_000, "description": "y" * 100_000, "host": "h" * 9_000, "group": "g" * 9_000,
        "fingerprint": "f" * 9_000, "url": "u" * 9_000, "labels": {"l" * 999: "v" * 9_999},
    }  # fmt: skip
    assert call([huge]).status_code == 202
    event = Event.objects.get()
    assert (len(event.title), len(event.fingerprint), len(event.host)) == (200, 64, 200)


def test_two_tools_that_see_the_same_machine_share_the_incident(call, source, machines):
    other = EventSource.objects.create(name="Zabbix", tool="zabbix")
    call(storm(0, 1))
    events.receive(other, zabbix({"event_name": "Host down", "host_name": "host-0", "event_value": "1"}))
    assert Event.objects.count() == 2
    assert Incident.objects.count() == 1


# ---------- monitors ----------

INSIDE = ["http://127.0.0.1/", "http://169.254.169.254/latest/meta-data/", "http://[::1]/", "http://10.0.0.1:8080/",
          "http://[::ffff:10.0.0.1]/", "https://localhost/", "http://0.0.0.0/"]  # fmt: skip


@pytest.mark.parametrize("target", INSIDE)
def test_monitors_do_not_look_inside(target, administrator, settings):
    client = Client()
    client.force_login(administrator, backend="allauth.account.auth_backends.AuthenticationBackend")
    answer = client.post("/settings/monitors/new/", {
        "name": "M", "probe": "http", "target": target, "expect_status": "200", "every_seconds": "60",
        "timeout_seconds": "5", "fails_after": "2", "severity": "2", "is_active": "on",
    })  # fmt: skip
    assert answer.status_code == 422
    assert "inside this network" in answer.content.decode()
    # Names change what they stand for: the probe asks again.
    result = monitors.probe(Monitor(name="M", target=target))
    assert not result.ok
    assert "inside this network" in result.message


def test_what_is_expressly_allowed_is_tried(settings):
    for allowed in (["127.0.0.0/8"], ["127.0.0.1"]):
        settings.MONITOR_ALLOWED_HOSTS = allowed
        assert "inside" not in monitors.probe(Monitor(name="M", target="http://127.0.0.1:1/")).message
    with pytest.raises(Refused):
        outbound.refuse_private("10.1.2.3", allowed=["10.2.0.0/16"])


@pytest.mark.parametrize("target", ["http://user:pass@example.com/", "http://example.com:99999/", "http://", "file:///etc/passwd",
                                    "http://exa\nmple.com/"])  # fmt: skip
def test_targets_that_are_no_addresses(target):
    result = monitors.probe(Monitor(name="M", target=target))
    assert not result.ok
    assert result.message
