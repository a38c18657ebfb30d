"""Several schedulers on one database: one works, the others wait for its lease."""

from datetime import timedelta

import pytest
from celery import Celery

from itsm.desk import scheduler
from itsm.desk.models import SCHEDULER, Heartbeat
from itsm.lib import clock


@pytest.fixture
def two(db, tmp_path, monkeypatch):
    """Two schedulers with a job that is always due, and the list of who sent it."""
    monkeypatch.setattr(scheduler, "RENEW", 0.0)
    monkeypatch.setattr(scheduler, "close_old_connections", lambda: None)
    sent = []

    class Recording(scheduler.LeaseScheduler):
        def apply_async(self, entry, *args, **kwargs):
            sent.append((self.label, entry.name))
            self.reserve(entry)

    made = []
    for label in ("first", "second"):
        app = Celery(label, broker="memory://localhost", set_as_current=False)
        app.conf.beat_schedule = {"always": {"task": "always", "schedule": timedelta(0)}}
        one = Recording(app=app, schedule_filename=str(tmp_path / label), max_interval=5)
        one.label = label
        made.append(one)
    yield (*made, sent)
    for one in made:
        one.close()


def labels(sent):
    return {label for label, name in sent if name == "always"}


def test_one_works_and_the_other_waits(two):
    first, second, sent = two
    for _ in range(3):
        first.tick()
        assert second.tick() == 5
    assert labels(sent) == {"first"}
    assert Heartbeat.objects.get(name=SCHEDULER).holder == first.holder


def test_a_lease_is_taken_over_when_its_holder_falls_silent(two):
    first, second, sent = two
    first.tick()
    sent.clear()
    with clock.moved_to(clock.now() + scheduler.LEASE + timedelta(seconds=1)):
        second.tick()
        first.tick()
        first.tick()
    assert labels(sent) == {"second"}
    assert Heartbeat.objects.get(name=SCHEDULER).holder == second.holder


def test_a_renewed_lease_is_not_taken_over(two):
    first, second, sent = two
    first.tick()
    start = clock.now()
    for seconds in (20, 40, 60):
        with clock.moved_to(start + timedelta(seconds=seconds)):
            first.tick()
            second.tick()
    assert labels(sent) == {"first"}


def test_a_clean_stop_hands_over_at_once(two):
    first, second, sent = two
    first.tick()
    first.close()
    second.tick()
    assert labels(sent) == {"first", "second"}


def test_without_database_nothing_is_sent(two, monkeypatch):
    from django.db import OperationalError

    first, _second, sent = two

    def refuse(*_, **__):
        raise OperationalError("gone")

    monkeypatch.setattr(scheduler.Heartbeat.objects, "take", refuse)
    assert first.tick() == 5
    assert sent == []


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_of_many_that_ask_at_once_one_gets_the_lease():
    import threading

    from django.db import connection

    Heartbeat.objects.all().delete()
    start = threading.Barrier(8)
    won = []

    def ask(number):
        try:
            start.wait(10)
            if Heartbeat.objects.take("only", f"holder-{number}", lease=timedelta(seconds=30)):
                won.append(number)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(won) == 1
