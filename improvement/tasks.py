"""Background work of the improvement stage."""

from celery import shared_task

from improvement.services import analyses, kpis, reviews


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
