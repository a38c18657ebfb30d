"""Background work of the strategy stage."""

from celery import shared_task

from strategy.services import goals, months, nightly, standards


@shared_task(name="strategy.keep_months")
def keep_months() -> None:
    """Compute open months of cost and value when something was booked, and every hour."""
    months.keep_due()


@shared_task(name="strategy.close_months")
def close_months() -> None:
    """Close the books of months that are over long enough."""
    months.close_due()


@shared_task(name="strategy.expire_exceptions")
def expire_exceptions() -> None:
    """End policy exceptions whose last day is over."""
    standards.expire_exceptions()


@shared_task(name="strategy.read_key_results")
def read_key_results() -> None:
    """Read the numbers that key results are bound to."""
    goals.read_due()


@shared_task(name="strategy.check_rules")
def check_rules() -> None:
    """Open and close violations of the rules."""
    nightly.run()
