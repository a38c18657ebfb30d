"""The schedule and the queues: every name in them exists, and nothing piles up."""

from fnmatch import fnmatch

from celery import current_app
from django.conf import settings

from itsm import schedule


def registered():
    current_app.loader.import_default_modules()
    return set(current_app.tasks)


def test_the_product_uses_its_own_celery_application():
    assert current_app.main == "itsm"


def test_every_periodic_job_exists():
    assert set(schedule.PERIODIC) - registered() == set()


def test_every_periodic_job_expires_with_its_period():
    for name, entry in settings.CELERY_BEAT_SCHEDULE.items():
        assert entry["task"] == name
        assert 0 < entry["options"]["expires"] <= 3600


def test_every_route_leads_to_a_queue_that_workers_read():
    assert set(schedule.QUEUES.values()) <= set(settings.CELERY_TASK_QUEUES)


def test_every_job_of_ours_has_the_name_of_its_app():
    ours = {name for name in registered() if not name.startswith("celery.")}
    apps = {"accounts", "audit", "approvals", "catalogue", "tickets", "sla", "notifications", "search", "workflow",
            "automation", "integrations", "desk", "configuration", "strategy", "design", "transition", "operation",
            "improvement"}  # fmt: skip
    assert {name for name in ours if name.partition(".")[0] not in apps} == set()
    assert any(fnmatch("desk.beat_worker", pattern) for pattern in schedule.QUEUES)
