"""Periodic work of automation."""

from celery import shared_task

from itsm.automation.services import rules


@shared_task(name="automation.run_rules")
def run_rules() -> None:
    rules.run()
