"""The change feed: one order, nothing twice, nothing left out, nothing that is not to be seen."""

from __future__ import annotations

import threading
import time

import pytest
from django.db import connection, connections, transaction

from itsm.integrations.services import feed
from itsm.integrations.tasks import place_events
from itsm.lib import clock
from itsm.notifications.models import Event
from itsm.workflow import conversation
from tests import factories
from tests.api import Api, problem


@pytest.mark.django_db
def test_the_feed_is_followed_by_its_cursor(agent, requester, incident):
    api = Api(agent, "events:read")
    first = api.get("events/").json()
    assert [event["type"] for event in first["results"]] == ["incident.open"]
    assert first["results"][0]["object"] == {
        "type": "incident", "id": incident.pk, "number": incident.number,
        "url": f"/api/v1/tickets/{incident.number}/",
    }  # fmt: skip
    assert first["results"][0]["actor"] == {"id": requester.pk, "name": "Rita Requester"}
    assert (first["more"], first["next"].endswith(f"after={first['cursor']}")) == (False, True)
    conversation.note(incident, "inside", actor=agent, source="web")
    conversation.reply(incident, "outside", actor=agent, source="web")
    second = api.get(f"events/?after={first['cursor']}&limit=1").json()
    assert [event["type"] for event in second["results"]] == ["incident.note"]
    assert second["more"] is True
    third = api.get(second["next"]).json()
    assert [event["type"] for event in third["results"]] == ["incident.reply"]
    assert api.get(third["next"]).json()["results"] == []
    positions = [e["position"] for e in (*first["results"], *second["results"], *third["results"])]
    assert positions == sorted(set(positions))


@pytest.mark.django_db
def test_requesters_hear_what_is_public_on_their_tickets(agent, requester, outsider, incident):
    conversation.note(incident, "inside", actor=agent, source="web")
    conversation.reply(incident, "outside", actor=agent, source="web")
    factories.incident(outsider, title="Elsewhere")
    heard = Api(requester).get("events/").json()
    assert [(e["type"], e["data"]) for e in heard["results"]] == [
        ("incident.open", {"state": [None, "new"]}), ("incident.reply", {}),
    ]  # fmt: skip
    assert int(heard["cursor"]) == feed.last_position(), "what is not for them is not searched again"
    assert [e["type"] for e in Api(outsider).get("events/").json()["results"]] == ["incident.open"]


@pytest.mark.django_db
def test_restricted_tickets_are_not_heard_of(agent, requester, engineers, incident):
    incident.restricted_to = engineers
    incident.save()
    assert Api(agent).get("events/").json()["results"] == []
    assert len(Api(requester).get("events/").json()["results"]) == 1


@pytest.mark.django_db
def test_news_of_other_records_is_for_the_desk(agent, requester, administrator):
    from itsm.notifications.services.events import emit

    emit("service.charter", factories.ServiceFactory(), actor=administrator, source="web")
    (event,) = Api(agent).get("events/").json()["results"]
    assert (event["type"], event["object"]["type"], event["object"]["number"]) == (
        "service.charter", "catalogue.service", None,
    )  # fmt: skip
    assert Api(requester).get("events/").json()["results"] == []


@pytest.mark.django_db
def test_after_end_starts_with_what_comes_next(agent, requester, incident):
    api = Api(agent)
    end = api.get("events/?after=end").json()
    assert end["results"] == []
    factories.incident(requester)
    assert len(api.get(end["next"]).json()["results"]) == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    "query", ["after=x", "after=-1", "after=1e9", f"after={2**70}", "limit=0", "limit=x", "since=1"]
)
def test_a_garbled_cursor_is_400(agent, query):
    body = problem(Api(agent).get(f"events/?{query}"), 400, "bad_query")
    assert set(body["errors"]) == {query.split("=")[0]}


@pytest.mark.django_db
def test_the_periodic_job_places_what_nobody_reads(incident):
    place_events()
    assert list(Event.objects.order_by("id").values_list("position", flat=True)) == [1]
    assert feed.place_events() == 1


@pytest.mark.django_db
def test_reading_costs_the_same_whatever_it_shows(agent, requester, incident, django_assert_num_queries):
    api = Api(agent)
    api.get("events/")
    with django_assert_num_queries(5):
        api.get("events/")
    factories.incident(requester)
    factories.incident(requester)
    api.get("events/")
    with django_assert_num_queries(5):
        assert len(api.get("events/").json()["results"]) == 3


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_slow_transaction_is_not_overtaken_for_ever(requester):
    """The event with the lower id is committed last; a reader between the two misses nothing."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    written, release = threading.Event(), threading.Event()

    def slow() -> None:
        try:
            with transaction.atomic():
                Event.objects.create(type="test.slow", source="system", at=clock.now())
                written.set()
                release.wait(10)
        finally:
            connections.close_all()

    thread = threading.Thread(target=slow)
    thread.start()
    assert written.wait(10)
    quick = Event.objects.create(type="test.quick", source="system", at=clock.now())
    assert feed.place_events() == 1
    quick.refresh_from_db()
    assert quick.position == 1
    release.set()
    thread.join(10)
    assert feed.place_events() == 2
    slow_one = Event.objects.get(type="test.slow")
    assert slow_one.position == 2
    assert slow_one.pk < quick.pk


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_readers_and_writers_at_once_see_every_event_in_one_order(requester):
    """Writers commit at random; two readers follow the feed meanwhile and both see all of it, each event once."""
    writers, each = 4, 15
    stop = threading.Event()
    seen: list[list[int]] = [[], []]
    failures: list[BaseException] = []

    def write(number: int) -> None:
        try:
            for index in range(each):
                with transaction.atomic():
                    Event.objects.create(type=f"test.{number}.{index}", source="system", at=clock.now())
                    time.sleep(0.002 * ((number * 7 + index) % 3))
        except BaseException as error:  # noqa: BLE001
            failures.append(error)
        finally:
            connections.close_all()

    def read(found: list[int]) -> None:
        try:
            after = 0
            while True:
                last = stop.is_set()
                newest = feed.place_events()
                rows = list(
                    Event.objects.filter(position__gt=after, position__lte=newest)
                    .order_by("position").values_list("position", flat=True)
                )  # fmt: skip
                found += rows
                after = max(after, newest)
                if last:
                    return
        except BaseException as error:  # noqa: BLE001
            failures.append(error)
        finally:
            connections.close_all()

    pens = [threading.Thread(target=write, args=(n,)) for n in range(writers)]
    eyes = [threading.Thread(target=read, args=(found,)) for found in seen]
    for thread in (*pens, *eyes):
        thread.start()
    for thread in pens:
        thread.join(60)
    stop.set()
    for thread in eyes:
        thread.join(60)
    assert failures == []
    assert seen == [list(range(1, writers * each + 1))] * 2
