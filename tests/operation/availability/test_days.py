"""Days are measured by what was agreed, kept, and measured again when something new is learned."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from design.models import PerformanceTarget
from itsm.lib import clock
from itsm.sla.models import Coverage
from operation.models import AvailabilityDay, AvailabilityObjective, Event, EventSource, Outage
from operation.services import availability, outages, reliability
from tests import factories
from transition.models import TicketCI

from .conftest import NOW

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _empty_cache():
    cache.clear()
    yield
    cache.clear()


def at(day, hour, minute=0):
    return datetime(2026, 6, day, hour, minute, tzinfo=UTC)


def outage(service, begins, ends, kind="outage", incident=None):
    agent = service.outages.model._meta.get_field("created_by").related_model.objects.system()
    made = Outage.objects.create(
        title="Down", kind=kind, state="ended" if ends else "active", begins_at=begins, ended_at=ends, created_by=agent,
        incident=incident, updated_at=clock.now(),
    )  # fmt: skip
    made.services.add(service)
    return made


def browse(user):
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def day_of(subject, day):
    key = "service" if subject._meta.model_name == "service" else "item"
    return AvailabilityDay.objects.get(**{key: subject}, day=date(2026, 6, day))


# ---------- measuring ----------


def test_a_day_counts_what_hurt_the_agreed_time(shop):
    outage(shop, at(15, 7), at(15, 10))  # Monday, two hours before the office opens
    outage(shop, at(15, 9, 30), at(15, 11))  # runs into the other: one failure
    outage(shop, at(15, 10, 30), at(15, 12), kind="degradation")
    outage(shop, at(15, 14), at(15, 15), kind="planned")
    outage(shop, at(15, 14, 30), at(15, 15, 30))  # half of it in planned work
    outage(shop, at(14, 10), at(14, 12))  # on a Sunday nobody is promised anything
    availability.measure(date(2026, 6, 14), date(2026, 6, 16))
    monday, sunday, tuesday = day_of(shop, 15), day_of(shop, 14), day_of(shop, 16)
    assert (monday.agreed, monday.planned) == (7 * HOUR, HOUR)
    assert (monday.down, monday.degraded, monday.failures) == (2.5 * HOUR, HOUR, 2)
    assert (sunday.agreed, sunday.down, sunday.failures, sunday.tally.availability) == (0 * HOUR, 0 * HOUR, 0, None)
    assert (tuesday.agreed, tuesday.down, tuesday.tally.availability) == (8 * HOUR, 0 * HOUR, 100.0)


def test_a_failure_over_two_days_is_one(shop):
    outage(shop, at(15, 16), at(15, 19))
    outage(shop, at(15, 18), at(16, 10))
    availability.measure(date(2026, 6, 15), date(2026, 6, 16))
    assert [day_of(shop, day).failures for day in (15, 16)] == [1, 0]
    assert [day_of(shop, day).down for day in (15, 16)] == [HOUR, HOUR]
    # The second day alone follows the outage back to where it began.
    availability.measure(date(2026, 6, 16), date(2026, 6, 16))
    assert day_of(shop, 16).failures == 0


def test_the_terms_of_a_day_are_kept(shop):
    AvailabilityObjective.objects.create(service=shop, percent=Decimal("99.5"))
    availability.measure(date(2026, 6, 15), date(2026, 6, 15))
    Coverage.objects.all().delete()
    AvailabilityObjective.objects.update(percent=90)
    outage(shop, at(15, 9), at(15, 10))
    availability.measure(date(2026, 6, 15), date(2026, 6, 16))
    assert (day_of(shop, 15).agreed, day_of(shop, 15).objective, day_of(shop, 15).down) == (
        8 * HOUR,
        Decimal("99.5"),
        HOUR,
    )
    assert (day_of(shop, 16).agreed, day_of(shop, 16).objective) == (24 * HOUR, 90)
    assert day_of(shop, 15).budget == timedelta(minutes=2, seconds=24)


def test_what_is_learned_later_measures_the_past_again(shop):
    assert availability.catch_up() > 0
    with clock.moved_to(NOW + timedelta(days=2)):
        availability.catch_up()
        assert day_of(shop, 18).down == 0 * HOUR
        outage(shop, at(15, 9), at(18, 17))
    with clock.moved_to(NOW + timedelta(days=2, hours=1)):
        availability.catch_up()
        assert [day_of(shop, day).down / HOUR for day in (15, 16, 17, 18)] == [8, 8, 8, 8]
        assert [day_of(shop, day).failures for day in (15, 16, 17, 18)] == [1, 0, 0, 0]


def test_only_days_that_are_over(shop):
    with pytest.raises(ValueError, match="over"):
        availability.measure(NOW.date(), NOW.date())


def test_the_general_level_counts_where_a_service_has_none(shop, desk):
    other = factories.ServiceFactory()
    factories.cover(factories.support_level("Night", hours=factories.calendar("Nights", {"0": [["20:00", "24:00"]]})))
    found = availability.terms("service", [shop.pk, other.pk])
    assert found[shop.pk].calendar_version != found[other.pk].calendar_version
    assert availability.hours_in_words(found[other.pk].calendar_version) == "Nights"
    assert availability.hours_in_words(None) == "around the clock"


def test_the_design_promises_where_nothing_is_set(shop, agent):
    target = PerformanceTarget.objects.create(service=shop, availability=Decimal("99.7"), created_by=agent)
    assert availability.terms("service", [shop.pk])[shop.pk].objective is None, "a draft promises nothing"
    PerformanceTarget.objects.filter(pk=target.pk).update(state="agreed")
    assert availability.terms("service", [shop.pk])[shop.pk].objective == Decimal("99.7")
    AvailabilityObjective.objects.create(service=shop, percent=99)
    assert availability.terms("service", [shop.pk])[shop.pk].objective == 99


def test_applications_are_down_by_critical_events_and_outages_about_them(shop, frontend, requester):
    source = EventSource.objects.create(name="Prometheus")
    for severity, hour in ((1, 9), (2, 11)):
        Event.objects.create(
            source=source, title="Down", item=frontend, state="resolved", fingerprint=str(severity), severity=severity,
            first_at=at(15, hour), last_at=at(15, hour + 1), ended_at=at(15, hour + 1),
        )  # fmt: skip
    told = factories.incident(requester, service=shop)
    TicketCI.objects.create(ticket_id=told.pk, item=frontend, by=requester)
    outage(shop, at(15, 9, 30), at(15, 11), incident=told)
    outage(shop, at(15, 16), at(15, 17), kind="planned")
    availability.measure(date(2026, 6, 15), date(2026, 6, 15))
    monday = day_of(frontend, 15)
    assert (monday.agreed, monday.down, monday.failures, monday.planned) == (7 * HOUR, 2 * HOUR, 1, HOUR)


# ---------- reading ----------


def test_today_and_days_nobody_measured_are_worked_out(shop):
    outage(shop, at(15, 9), at(15, 10))
    outage(shop, at(17, 9), at(17, 10))
    before = reliability.read("service", [shop])[0]
    availability.measure(date(2026, 5, 1), date(2026, 6, 16))
    after = reliability.read("service", [shop])[0]
    assert before.month == after.month
    assert (after.month.down, after.month.failures, len(after.days)) == (2 * HOUR, 2, 30)
    assert after.month.mtrs == HOUR
    assert sum((one for _month, one in after.months()), reliability.Tally()) == after.month


def test_a_budget_burns_while_it_is_down(shop):
    AvailabilityObjective.objects.create(service=shop, percent=Decimal("99.9"))
    assert reliability.read("service", [shop])[0].tone == "green"
    outages.announce(
        actor=shop.outages.model._meta.get_field("created_by").related_model.objects.system(), source="web",
        services=[shop], title="All is down", begins_at=NOW - HOUR / 2,
    )  # fmt: skip
    reading = reliability.read("service", [shop])[0]
    assert (reading.health.word, reading.is_met, reading.tone, reading.burn.is_fast) == ("down", False, "red", True)
    assert reliability.burning(reliability.with_objective())[0].subject == shop


@pytest.mark.parametrize("kind", ["service", "item"])
def test_reading_more_asks_no_more(shop, frontend, agent, kind):
    more = [factories.ServiceFactory() for _n in range(2)]
    items = [frontend]
    for one in more:
        items.append(type(frontend).objects.create(
            name=f"App of {one}", type=frontend.type, created_by=agent, state="deployed"
        ))  # fmt: skip
        items[-1].services.add(one)
        outage(one, at(16, 9), None)
    subjects = [shop, *more] if kind == "service" else items
    counted = []
    for some in (subjects[:1], subjects):
        reliability.read(kind, some, user=agent)
        with CaptureQueriesContext(connection) as queries:
            reliability.read(kind, some, user=agent)
        counted.append(len(queries))
    assert counted[0] == counted[1]


# ---------- pages ----------


def test_the_list_and_the_page(shop, frontend, agent, requester):
    AvailabilityObjective.objects.create(service=shop, percent=Decimal("99.9"))
    told = factories.incident(requester, service=shop, title="Basket is empty")
    outage(shop, at(16, 9), at(16, 11), incident=told)
    availability.measure(date(2026, 6, 1), date(2026, 6, 16))
    client = browse(agent)
    page = client.get("/operation/applications/").content.decode()
    assert shop.name in page
    assert "used up" in page
    assert "Shop frontend" in client.get("/operation/applications/?view=applications").content.decode()
    assert "Nothing found" in client.get("/operation/applications/?q=zebra").content.decode()
    page = client.get(f"/operation/applications/service/{shop.pk}/").content.decode()
    for words in ("Basket is empty", "99.9%", "June 2026", "Error budget"):
        assert words in page
    assert client.get(f"/operation/applications/item/{frontend.pk}/").status_code == 200
    rows = b"".join(client.get(f"/operation/applications/service/{shop.pk}/days.csv").streaming_content).decode()
    assert "2026-06-16,480.0,120.0,0.0,0.0,1,75.0,99.900" in rows.splitlines()
    health = client.get(shop.get_absolute_url()).content.decode()
    assert "objective 99.9%" in health


@pytest.mark.parametrize("path", ["", "service/{service}/", "item/{item}/", "service/{service}/days.csv"])
def test_it_is_for_the_desk(shop, frontend, requester, agent, path):
    path = "/operation/applications/" + path.format(service=shop.pk, item=frontend.pk)
    assert browse(requester).get(path).status_code == 404
    assert browse(agent).get(path).status_code == 200
    assert browse(agent).get("/operation/applications/service/999999/").status_code == 404


def test_restricted_incidents_stay_out(shop, agent, engineer, engineers, requester):
    secret = factories.incident(requester, service=shop, title="Hushed up")
    type(secret).objects.filter(pk=secret.pk).update(restricted_to=engineers, team=engineers)
    path = f"/operation/applications/service/{shop.pk}/"
    assert "Hushed up" not in browse(agent).get(path).content.decode()
    assert "Hushed up" in browse(engineer).get(path).content.decode()
    assert reliability.read("service", [shop], user=agent)[0].incidents == 0
    assert reliability.read("service", [shop], user=engineer)[0].incidents == 1


@pytest.mark.parametrize(
    "given", [{}, {"percent": "99.9"}, {"percent": "49", "service": "s"}, {"percent": "100.1", "service": "s"},
              {"percent": "99.9", "service": "s", "item": "i"}, {"percent": "x", "service": "s"},
              {"percent": "99.9", "service": "999999"}],
)  # fmt: skip
def test_objectives_nobody_can_keep(shop, frontend, administrator, given):
    ids = {"s": shop.pk, "i": frontend.pk}
    answer = browse(administrator).post(
        "/settings/availability-objectives/new/", {key: ids.get(value, value) for key, value in given.items()}
    )
    assert answer.status_code == 422
    assert not AvailabilityObjective.objects.exists()


def test_an_objective_is_set_once(shop, administrator, agent):
    client, given = browse(administrator), {"service": shop.pk, "percent": "99.95"}
    client.post("/settings/availability-objectives/new/", given)
    assert AvailabilityObjective.objects.get().percent == Decimal("99.950")
    assert client.post("/settings/availability-objectives/new/", given).status_code == 422
    assert browse(agent).get("/settings/availability-objectives/").status_code == 403


def test_the_stage_page_says_how_it_stands(shop, agent):
    assert "With an objective" in browse(agent).get("/operation/").content.decode()
    AvailabilityObjective.objects.create(service=shop, percent=Decimal("99.9"))
    outage(shop, at(16, 9), None)
    cache.clear()
    page = browse(agent).get("/operation/").content.decode()
    assert "0 / 1" in page
    assert "error budget" in page
