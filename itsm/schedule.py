"""What runs by itself, how often, and in which queue. Adding a periodic job is one line here."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from celery.schedules import crontab

#: Job name -> how often (a ``timedelta``) or when (a ``crontab``).
PERIODIC: dict[str, timedelta | crontab] = {
    "desk.beat_worker": timedelta(seconds=10),
    "desk.purge_bulk_actions": crontab(hour="3", minute="50"),
    "notifications.fan_out": timedelta(seconds=5),
    "notifications.deliver": timedelta(seconds=5),
    "notifications.purge_messages": crontab(hour="3", minute="40"),
    "operation.turn_outages": timedelta(minutes=1),
    "operation.review_events": timedelta(minutes=5),
    "operation.try_monitors": timedelta(seconds=30),
    "strategy.keep_months": timedelta(minutes=1),
    "strategy.close_months": crontab(hour="2", minute="20"),
    "strategy.expire_exceptions": timedelta(minutes=10),
    "strategy.check_rules": crontab(hour="2", minute="40"),
    "strategy.read_key_results": crontab(hour="3", minute="40"),
    "design.turn_agreements": timedelta(minutes=10),
    "operation.measure_availability": crontab(minute="7"),
    "improvement.send_surveys": timedelta(minutes=2),
    "improvement.measure_improvements": crontab(hour="4", minute="35"),
    "transition.turn_subscriptions": timedelta(minutes=10),
    "transition.remind_of_contracts": timedelta(hours=1),
    "sla.sweep_clocks": timedelta(seconds=5),
    "sla.recalculate_clocks": timedelta(seconds=30),
    # Every hour, so that a day is counted soon after it is over wherever a worker was asleep at midnight.
    "sla.measure_days": crontab(minute="5"),
    "sla.copy_holidays": crontab(day_of_month="1", hour="4", minute="20"),
    "workflow.handle_clock_events": timedelta(seconds=10),
    "workflow.chase_approvals": timedelta(minutes=5),
    "automation.run_rules": timedelta(seconds=5),
    "audit.seal_entries": timedelta(minutes=10),
    "operation.close_resolved_incidents": timedelta(minutes=10),
    "operation.resume_held_incidents": timedelta(minutes=1),
    "operation.remind_requesters": timedelta(minutes=10),
    "operation.chase_major_updates": timedelta(minutes=1),
    "operation.renew_approvals": timedelta(minutes=10),
    "operation.end_access": timedelta(minutes=15),
    "operation.follow_fixes": timedelta(minutes=5),
    # Every hour, as the days of service levels; a day is counted once.
    "improvement.measure_kpis": crontab(minute="15"),
    "improvement.draft_reviews": crontab(hour="5", minute="10"),
    "improvement.analyse_processes": timedelta(minutes=1),
    "integrations.place_events": timedelta(seconds=10),
    "integrations.purge_keys": timedelta(hours=1),
}

#: Job name or pattern -> queue; what matches nothing goes to ``default``.
QUEUES: dict[str, str] = {
    "desk.beat_worker": "urgent",
    "sla.*": "bulk",
    "sla.sweep_clocks": "urgent",
    "workflow.handle_clock_events": "urgent",
    "notifications.*": "mail",
    "search.*": "bulk",
    "strategy.*": "bulk",
    "operation.measure_availability": "bulk",
    "improvement.measure_kpis": "bulk",
    "improvement.analyse_processes": "bulk",
}


def beat_schedule() -> dict[str, dict[str, Any]]:
    """The schedule for Celery. Every entry expires with its period: a busy worker finds one tick waiting, not many."""
    return {
        name: {
            "task": name,
            "schedule": every,
            "options": {"expires": every.total_seconds() if isinstance(every, timedelta) else 3600},
        }
        for name, every in PERIODIC.items()
    }


def routes() -> dict[str, dict[str, str]]:
    return {pattern: {"queue": queue} for pattern, queue in QUEUES.items()}
