"""What monitoring tools send becomes events, and events become few incidents."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from itsm.accounts.models import User
from itsm.lib import clock
from itsm.lib.errors import Denied, Refused
from operation.intake.adapters import ADAPTERS, alertmanager, icinga, plain, zabbix
from operation.intake.signals import CRITICAL, MAJOR, MINOR, Malformed, Signal, hosts_of, moment
from operation.models import Event, EventSource, Incident, Monitor, Outage
from operation.services import events, incidents, monitors, sources
from tests import factories
from transition.models import CIRelation, CIType, ConfigurationItem

PAYLOADS = Path(__file__).parents[4] / "shared" / "data" / "monitoring"


@pytest.fixture(autouse=True)
def _empty_cache():
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def source(db, service):
    return EventSource.objects.create(name="Prometheus", tool="alertmanager", service=service)


@pytest.fixture
def token(source, administrator):
    return sources.new_token(source, actor=administrator, channel="web")


@pytest.fixture
def send(token, client):
    def post(payload, tool="alertmanager", secret=token):
        body = payload if isinstance(payload, str) else json.dumps(payload)
        return client.post(
            f"/api/v1/intake/{tool}/",
            body,
            content_type="application/json",
            headers={"authorization": f"Bearer {secret}"},
        )

    return post


@pytest.fixture
def item(db):
    server = CIType.objects.get(name="Server")

    def make(name):
        creator = User.objects.system()
        return ConfigurationItem.objects.create(name=name, type=server, created_by=creator, state="deployed")

    return make


def alert(name="DiskFull", host="db1", status="firing", severity="critical", **labels):
    labels = {"alertname": name, "instance": host, "severity": severity, **labels}
    return {"status": status, "labels": labels, "annotations": {"summary": f"{name} on {host}"}}


def signal(fingerprint="a", **more):
    return Signal(**{"fingerprint": fingerprint, "firing": True, "title": "Disk full", "severity": CRITICAL, **more})


# ---------- reading what tools send ----------


def test_alertmanager_webhook():
    found = alertmanager({"alerts": [alert(), alert(status="resolved")], "groupKey": "g"})
    assert [one.firing for one in found] == [True, False]
    assert found[0].fingerprint == found[1].fingerprint
    assert (found[0].severity, found[0].title, found[0].hosts[0]) == (CRITICAL, "DiskFull on db1", "db1")


def test_severity_is_no_part_of_what_it_is():
    one, other = alertmanager([alert(severity="warning"), alert(severity="critical")])
    assert one.fingerprint == other.fingerprint
    assert (one.severity, other.severity) == (MINOR, CRITICAL)


def test_zabbix_macros_that_were_not_filled_count_as_missing():
    found = zabbix({"event_name": "HTTP down", "host_name": "web", "event_value": "1", "event_nseverity": "3",
                    "event_recovery_value": "{EVENT.RECOVERY.VALUE}", "trigger_id": "7"})  # fmt: skip
    assert (found[0].firing, found[0].severity, found[0].hosts) == (True, MAJOR, ("web",))
    assert not zabbix({"event_name": "HTTP down", "host_name": "web", "event_value": "0", "trigger_id": "7"})[0].firing


def test_icinga_host_and_service_recovery():
    down = icinga({"host": "srv", "service": "ssh", "state": "CRITICAL", "notification_type": "PROBLEM"})[0]
    up = icinga({"host": "srv", "service": "ssh", "state": "OK", "notification_type": "RECOVERY"})[0]
    assert (down.firing, up.firing, down.fingerprint == up.fingerprint) == (True, False, True)


@pytest.mark.parametrize(
    "payload",
    [None, 1, "x", [], [1], {}, {"alerts": "x"}, {"alerts": [{}]}, {"alerts": [{"labels": []}]},
     {"alerts": [{"labels": {"alertname": None}}]}],
)  # fmt: skip
def test_what_no_tool_sends_is_refused(payload):
    with pytest.raises(Malformed):
        alertmanager(payload)


@pytest.mark.parametrize("tool", list(ADAPTERS))
@pytest.mark.parametrize("payload", [None, [], "x", [[]], {"a": {"b": 1}}, {"title": "\x00"}, {"status": []}])
def test_no_adapter_breaks_on_nonsense(tool, payload):
    with pytest.raises(Malformed):
        ADAPTERS[tool](payload)


@pytest.mark.parametrize(
    ("name", "tool", "firing"),
    [
        ("alerta_prometheus_v4_alert", "alertmanager", True), ("alertmanager_api_v2_alerts", "alertmanager", True),
        ("alerta_grafana_6", "grafana", True), ("alerta_pingdom_down", "json", True),
        ("alerta_pingdom_up", "json", False),
        ("keep_checkmk", "json", False),
        ("keep_uptimekuma_1", "json", False), ("zabbix_webhook_problem", "zabbix", True),
    ],
)  # fmt: skip
def test_payloads_of_real_tools(name, tool, firing):
    path = PAYLOADS / f"{name}.json"
    if not path.exists():
        pytest.skip("The collected payloads are not here.")
    found = ADAPTERS[tool](json.loads(path.read_text()))
    assert found
    assert all(one.firing is firing and one.title and one.fingerprint for one in found)


@pytest.mark.parametrize(
    ("given", "names"),
    [("db1:9100", ("db1:9100", "db1")), ("https://shop.example.com/health", ("shop.example.com", "shop")),
     ("10.0.0.1:80", ("10.0.0.1:80", "10.0.0.1")), ("", ())],
)  # fmt: skip
def test_names_an_item_may_have(given, names):
    assert hosts_of(given) == names


def test_moments_nobody_can_read_are_nothing():
    assert moment("0001-01-01T00:00:00Z") is None
    assert moment("soon") is None
    assert moment(1e300) is None
    assert moment("2026-01-02T03:04:05Z").year == 2026


# ---------- the address ----------


def test_an_alert_opens_an_incident_and_its_end_resolves_it(send, source, service, item):
    host = item("db1")
    answer = send({"alerts": [alert(host="db1:9100")]})
    assert answer.status_code == 202, answer.content
    incident = Incident.objects.get()
    assert answer.json() | {"new": 1} == answer.json()
    assert answer.json()["opened"] == [incident.number]
    assert (incident.channel, incident.service, incident.priority < 5) == ("event", service, True)
    assert [link.item for link in incident.ticket_items.all()] == [host]
    assert Event.objects.get().item == host
    assert send({"alerts": [alert(host="db1:9100")]}).json()["repeated"] == 1
    assert Event.objects.get().count == 2
    assert send({"alerts": [alert(host="db1:9100", status="resolved")]}).json()["resolved"] == 1
    incident.refresh_from_db()
    assert (incident.state, incident.resolution_code, Event.objects.get().state) == ("resolved", "fixed", "resolved")
    assert source.last_heard_at is None
    source.refresh_from_db()
    assert source.last_heard_at is not None


@pytest.mark.parametrize("secret", ["", "x", "itsm_ev_wrong", "itsm_ev_" + "a" * 300])
def test_strangers_are_kept_out(send, secret):
    assert send({"alerts": [alert()]}, secret=secret).status_code == 401
    assert not Event.objects.exists()


def test_a_token_is_good_for_its_tool_while_the_source_is_active(send, source, token, administrator):
    assert send({"title": "x"}, tool="json").status_code == 403
    assert send({"title": "x"}, tool="nonsense").status_code in (403, 404)
    EventSource.objects.update(is_active=False)
    assert send({"alerts": [alert()]}).status_code == 401
    EventSource.objects.update(is_active=True)
    sources.new_token(source, actor=administrator, channel="web")
    assert send({"alerts": [alert()]}).status_code == 401, "a new token ends the old one"


@pytest.mark.parametrize("body", ["", "{", "[]", '{"alerts": []}', "[" * 100_000, '{"alerts": [{}]}', "\x00"])
def test_broken_bodies_are_told_and_change_nothing(send, body):
    answer = send(body)
    assert answer.status_code == 422
    assert answer.json()["errors"] if "errors" in answer.json() else answer.json()
    assert not Event.objects.exists()


def test_too_many_at_once(send):
    assert send({"alerts": [alert(host=f"h{n}") for n in range(2001)]}).status_code == 422
    assert not Event.objects.exists()


# ---------- what belongs together ----------


def test_a_storm_of_many_events_and_few_causes(source, item):
    hosts = [item(f"srv{n}") for n in range(5)]
    storm = [
        signal(f"{n}", hosts=(hosts[n % 5].name,), title=f"Check {n}", service="")
        for n in range(100)
    ]  # fmt: skip
    for start in range(0, 100, 25):
        events.receive(source, storm[start : start + 25])
    assert Event.objects.count() == 100
    assert Incident.objects.count() == 5
    assert max(one.timeline.filter(kind="note").count() for one in Incident.objects.all()) <= events.MOST_NOTES


def test_what_depends_on_it_joins_its_incident(source, item):
    database, shop = item("db1"), item("shop1")
    CIRelation.objects.create(source=shop, target=database, kind="depends_on")
    events.receive(source, [signal("a", hosts=("db1",))])
    events.receive(source, [signal("b", hosts=("shop1",), title="Shop slow")])
    assert Incident.objects.count() == 1
    assert {link.item for link in Incident.objects.get().ticket_items.all()} == {database, shop}
    with clock.moved_to(clock.now() + timedelta(hours=2)):
        other = item("cache1")
        CIRelation.objects.create(source=other, target=database, kind="depends_on")
        events.receive(source, [signal("c", hosts=("cache1",))])
    assert Incident.objects.count() == 2, "what comes much later has a cause of its own"


def test_without_an_item_host_and_group_decide(source):
    events.receive(source, [signal("a", hosts=("x1",), group="g"), signal("b", hosts=("x2",), group="g")])
    events.receive(source, [signal("c", hosts=("x1",), group="h")])
    events.receive(source, [signal("d", group="g"), signal("e", group="g"), signal("f", group="z")])
    assert Incident.objects.count() == 4


def test_the_same_fingerprint_of_two_sources_is_two(source):
    other = EventSource.objects.create(name="Other", tool="json")
    events.receive(source, [signal("a", group="g")])
    events.receive(other, [signal("a", group="g")])
    assert (Event.objects.count(), Incident.objects.count()) == (2, 2)


def test_less_bad_events_are_only_kept_until_they_grow_worse(source):
    EventSource.objects.update(opens_from=MAJOR)
    events.receive(source, [signal("a", severity=MINOR)])
    assert not Incident.objects.exists()
    events.receive(source, [signal("a", severity=CRITICAL)])
    assert Incident.objects.count() == 1


def test_planned_work_keeps_silent_and_is_looked_at_again(source, service, agent):
    now = clock.now()
    outage = Outage.objects.create(
        title="New switches", kind="planned", state="active", begins_at=now, created_by=agent
    )  # fmt: skip
    outage.services.add(service)
    receipt = events.receive(source, [signal("a")])
    assert (receipt.suppressed, Incident.objects.count()) == (1, 0)
    assert "New switches" in Event.objects.get().suppressed
    Outage.objects.update(state="ended", ended_at=now)
    assert events.review() == 1
    assert (Incident.objects.count(), Event.objects.get().suppressed) == (1, "")


def test_an_incident_somebody_works_on_is_told_not_resolved(source, agent, desk):
    events.receive(source, [signal("a")])
    incident = Incident.objects.get()
    incidents.assign(incident, actor=agent, source="web", team=desk, assignee=agent)
    events.receive(source, [signal("a", firing=False)])
    incident.refresh_from_db()
    assert incident.state == "assigned"
    assert incident.timeline.filter(body__contains="well again").exists()


def test_two_events_of_one_incident_are_both_over_before_it_is(source):
    events.receive(source, [signal("a", hosts=("h",)), signal("b", hosts=("h",))])
    events.receive(source, [signal("a", firing=False)])
    assert Incident.objects.get().state != "resolved"
    events.receive(source, [signal("b", firing=False)])
    assert Incident.objects.get().state == "resolved"


def test_what_was_resolved_too_early_comes_back(source, agent):
    events.receive(source, [signal("a")])
    incident = Incident.objects.get()
    incidents.resolve(incident, actor=agent, source="web", code="fixed", note="Cleaned")
    events.receive(source, [signal("a")])
    incident.refresh_from_db()
    assert incident.state == "resolved", "monitoring may not have noticed yet"
    with clock.moved_to(clock.now() + timedelta(minutes=15)):
        events.receive(source, [signal("a")])
    incident.refresh_from_db()
    assert incident.reopen_count == 1
    assert incident.is_open


def test_after_it_is_closed_a_new_one_is_opened(source, agent):
    events.receive(source, [signal("a")])
    first = Incident.objects.get()
    incidents.cancel(first, actor=agent, source="web", reason="Noise")
    events.receive(source, [signal("a")])
    assert Incident.objects.exclude(pk=first.pk).get().is_open


def test_what_nobody_repeats_is_forgotten(source):
    events.receive(source, [signal("a")])
    assert events.review() == 0
    with clock.moved_to(clock.now() + timedelta(hours=25)):
        assert events.review() == 1
    assert Event.objects.get().state == "stale"
    assert Incident.objects.get().state == "resolved"


def test_ends_of_what_never_began(source):
    assert events.receive(source, [signal("a", firing=False)]).ignored == 1
    assert not Event.objects.exists()


def test_repeats_ask_few_questions(source):
    batch = [signal(str(n), hosts=(f"h{n}",)) for n in range(20)]
    events.receive(source, batch)
    with CaptureQueriesContext(connection) as few:
        events.receive(source, batch[:2])
    with CaptureQueriesContext(connection) as many:
        events.receive(source, batch)
    assert len(few) == len(many)


# ---------- people ----------


def browse(user):
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def test_the_console(source, agent, requester, service):
    events.receive(source, [signal("a", severity=4, title="Backup done late"), signal("b", hosts=("db9",))])
    page = browse(agent).get("/operation/events/").content.decode()
    assert "Backup done late" in page
    assert Incident.objects.get().number in page
    assert "Backup" not in browse(agent).get("/operation/events/?severity=1").content.decode()
    assert "No event fits" in browse(agent).get("/operation/events/?q=zebra").content.decode()
    assert browse(requester).get("/operation/events/").status_code == 404
    event = Event.objects.get(fingerprint="a")
    client = browse(agent)
    assert client.get(event.get_absolute_url()).status_code == 200
    client.post(f"/operation/events/{event.pk}/incident/")
    event.refresh_from_db()
    assert event.incident is not None
    assert client.post(f"/operation/events/{event.pk}/incident/").status_code == 409
    client.post(f"/operation/events/{event.pk}/close/")
    event.refresh_from_db()
    assert (event.state, event.incident.state) == ("resolved", "resolved")
    assert "Backup done late" in client.get(event.incident.get_absolute_url()).content.decode()


def test_auditors_look_and_do_nothing(source, auditor):
    events.receive(source, [signal("a", severity=4)])
    event = Event.objects.get()
    assert browse(auditor).get(event.get_absolute_url()).status_code == 200
    with pytest.raises(Denied):
        events.open_incident(event, actor=auditor, source="web")
    assert browse(auditor).post(f"/operation/events/{event.pk}/close/").status_code == 403


def test_events_of_restricted_incidents_are_hidden(source, agent, desk):
    events.receive(source, [signal("a", title="Break-in at the vault")])
    secret = factories.TeamFactory(name="Security", is_restricted=True)
    Incident.objects.update(restricted_to=secret, team=secret)
    assert "vault" not in browse(agent).get("/operation/events/").content.decode()
    assert browse(agent).get(Event.objects.get().get_absolute_url()).status_code == 404
    assert not Event.objects.visible_to(agent).exists()


def test_settings_make_a_source_and_show_its_token_once(administrator, agent):
    client = browse(administrator)
    answer = client.post("/settings/event-sources/new/", {
        "name": "Zabbix", "tool": "zabbix", "opens_from": "3", "window_minutes": "30", "stale_hours": "24",
        "is_active": "on",
    })  # fmt: skip
    made = EventSource.objects.get()
    url = f"/settings/event-sources/{made.pk}/token/"
    assert answer["Location"] == url
    assert url in client.get(f"/settings/event-sources/{made.pk}/").content.decode()
    page = client.post(url).content.decode()
    assert sources.PREFIX in page
    assert "/api/v1/intake/zabbix/" in page
    assert sources.PREFIX not in client.get(url).content.decode()
    assert browse(agent).get(url).status_code == 403
    assert made.digest == "" != EventSource.objects.get().digest


def test_list_asks_the_same_for_more_rows(source, agent):
    client, counted = browse(agent), []
    for n in (1, 3):
        events.receive(source, [signal(f"{n}{m}", hosts=(f"h{n}{m}",)) for m in range(n)])
        client.get("/operation/events/")
        cache.clear()
        with CaptureQueriesContext(connection) as queries:
            client.get("/operation/events/")
        counted.append(len(queries))
    assert counted[0] == counted[1]


# ---------- monitors of our own ----------


@pytest.fixture
def monitor(db, service):
    return Monitor.objects.create(name="Shop", target="http://127.0.0.1:1/health", service=service, fails_after=2)


def test_failures_in_a_row_become_an_event_and_a_success_ends_it(monitor):
    monitors.try_due()
    assert not Event.objects.exists(), "once is no failure"
    assert monitors.try_due() == 0, "not due yet"
    with clock.moved_to(clock.now() + timedelta(minutes=2)):
        assert monitors.try_due() == 1
        assert Event.objects.get().state == "firing"
        assert Incident.objects.get().service == monitor.service
        monitor.refresh_from_db()
        monitors.keep(monitor, monitors.Result(True, "HTTP 200", 12))
    assert Event.objects.get().state == "resolved"
    assert Incident.objects.get().state == "resolved"


def test_a_port_that_answers(db, live_port, settings):
    settings.MONITOR_ALLOWED_HOSTS = ["127.0.0.0/8"]
    made = Monitor.objects.create(name="Port", probe="tcp", target=f"127.0.0.1:{live_port}")
    assert monitors.probe(made).ok


@pytest.fixture
def live_port():
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize(("probe", "target"), [("http", "shop"), ("http", "ftp://x"), ("tcp", "db"), ("tcp", "db:x"),
                                               ("tcp", "db:70000")])  # fmt: skip
def test_targets_nobody_can_try(administrator, probe, target):
    answer = browse(administrator).post("/settings/monitors/new/", {
        "name": "M", "probe": probe, "target": target, "expect_status": "200", "every_seconds": "60",
        "timeout_seconds": "5", "fails_after": "2", "severity": "2", "is_active": "on",
    })  # fmt: skip
    assert answer.status_code == 422
    assert not Monitor.objects.exists()


def test_closing_twice(source, agent):
    events.receive(source, [signal("a", severity=4)])
    event = Event.objects.get()
    events.close(event, actor=agent, source="web")
    with pytest.raises(Refused):
        events.close(event, actor=agent, source="web")
    assert plain({"title": "x", "status": "ok"})[0].firing is False
