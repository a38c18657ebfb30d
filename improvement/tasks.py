"""Background work of the improvement stage."""

from celery import shared_task

from improvement.services import improvements, surveys


@shared_task(name="improvement.send_surveys")
def send_surveys() -> None:
    """Ask about what was solved, and begin periodic surveys on their days."""
    surveys.send_due()


@shared_task(name="improvement.measure_improvements")
def measure_improvements() -> None:
    """Read the numbers that improvements are bound to, a week after the last time."""
    improvements.read_due()
