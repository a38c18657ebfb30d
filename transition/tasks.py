"""Background work of the transition stage."""

from celery import shared_task

from transition.services import subscriptions


@shared_task(name="transition.turn_subscriptions")
def turn_subscriptions() -> None:
    """Begin and end subscriptions on their days."""
    subscriptions.turn()
