"""Background work of the improvement stage."""

from celery import shared_task

from improvement.services import analyses, event_logs, improvements, kpis, reviews, surveys


@shared_task(name="improvement.send_surveys")
def send_surveys() -> None:
    """Ask about what was solved, and begin periodic surveys on their days."""
    surveys.send_due()


@shared_task(name="improvement.measure_improvements")
def measure_improvements() -> None:
    """Read the numbers that improvements are bound to, a week after the last time."""
    improvements.read_due()


@shared_task(name="improvement.measure_kpis")
def measure_kpis() -> None:
    """Count the days that are over, and those whose cohort is still open."""
    kpis.catch_up()


@shared_task(name="improvement.draft_reviews")
def draft_reviews() -> None:
    reviews.draft_due()


@shared_task(name="improvement.analyse_processes")
def analyse_processes() -> None:
    """Work out what was asked and is too much to wait for."""
    analyses.work_off()
    event_logs.work_off()
