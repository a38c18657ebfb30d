"""Periodic work of the clocks."""

from celery import shared_task

from itsm.lib import jobs
from itsm.sla.services import calendars, measure, recalculation, sweep


@shared_task(name="sla.sweep_clocks")
def sweep_clocks() -> None:
    """Fire what is due; then somebody should see to what follows from it."""
    if sweep.sweep():
        jobs.enqueue("workflow.handle_clock_events")


@shared_task(name="sla.recalculate_clocks")
def recalculate_clocks() -> None:
    recalculation.work_off()


@shared_task(name="sla.measure_days")
def measure_days() -> None:
    measure.catch_up()


@shared_task(name="sla.copy_holidays")
def copy_holidays() -> None:
    calendars.extend_holidays()
