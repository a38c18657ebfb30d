"""Background work of the design stage."""

from celery import shared_task

from design.services import agreements


@shared_task(name="design.turn_agreements")
def turn_agreements() -> None:
    """Let agreements begin and end on their days."""
    agreements.turn()
