"""Periodic work of the door."""

from celery import shared_task

from itsm.workflow import approvals, escalations


@shared_task(name="workflow.handle_clock_events")
def handle_clock_events() -> None:
    escalations.handle()


@shared_task(name="workflow.chase_approvals")
def chase_approvals() -> None:
    approvals.chase()
