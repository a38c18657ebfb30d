"""News that tickets send upwards, after commit. Best effort: what must not be lost is an outbox row."""

from django.dispatch import Signal

#: ticket, verb, actor: a ticket was opened, moved or edited.
ticket_changed = Signal()
