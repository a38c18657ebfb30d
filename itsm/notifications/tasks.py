"""Periodic and nudged work of the outbox."""

from celery import shared_task

from itsm.notifications.services import delivery, fan_out, retention


@shared_task(name="notifications.fan_out")
def tell_events() -> None:
    fan_out.run()


@shared_task(name="notifications.deliver")
def deliver_messages() -> None:
    delivery.run()


@shared_task(name="notifications.purge_messages")
def purge_messages() -> None:
    retention.purge()
