"""Background work of the operation stage."""

from celery import shared_task

from operation.services import access, availability, events, housekeeping, monitors, ordering, outages, problems


@shared_task(name="operation.turn_outages")
def turn_outages() -> None:
    """Begin and end planned work on time."""
    outages.turn()


@shared_task(name="operation.close_resolved_incidents")
def close_resolved_incidents() -> None:
    housekeeping.close_resolved()


@shared_task(name="operation.resume_held_incidents")
def resume_held_incidents() -> None:
    housekeeping.resume_held()


@shared_task(name="operation.remind_requesters")
def remind_requesters() -> None:
    housekeeping.remind_requesters()


@shared_task(name="operation.chase_major_updates")
def chase_major_updates() -> None:
    housekeeping.chase_updates()


@shared_task(name="operation.review_events")
def review_events() -> None:
    """Forget what nobody repeats; look again at what planned work hid."""
    events.review()


@shared_task(name="operation.try_monitors")
def try_monitors() -> None:
    """Try the addresses that are due."""
    monitors.try_due()


@shared_task(name="operation.renew_approvals")
def renew_approvals() -> None:
    """Ask others where those who were asked have left."""
    ordering.renew_approvals()


@shared_task(name="operation.follow_fixes")
def follow_fixes() -> None:
    """Let problems follow the changes that fix them, where the news of it was lost."""
    problems.catch_up()


@shared_task(name="operation.end_access")
def end_access() -> None:
    """Give out the tasks to revoke what ends today."""
    access.end_due()


@shared_task(name="operation.measure_availability")
def measure_availability() -> None:
    """Keep the days that are over, and those of which something new was learned."""
    availability.catch_up()
