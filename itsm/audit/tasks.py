"""Periodic work of the audit log."""

from celery import shared_task

from itsm.audit import services


@shared_task(name="audit.seal_entries")
def seal_entries() -> None:
    services.seal()
