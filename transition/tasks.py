"""Background work of the transition stage."""

from celery import shared_task

from transition.services import reminders, subscriptions


@shared_task(name="transition.turn_subscriptions")
def turn_subscriptions() -> None:
    """Begin and end subscriptions on their days."""
    subscriptions.turn()


@shared_task(name="transition.remind_of_contracts")
def remind_of_contracts() -> None:
    """Tell owners before a day of notice or an end; once for each day."""
    reminders.remind()
