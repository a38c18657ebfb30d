"""The ticket base: what every work item of every stage has in common."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TicketsConfig(AppConfig):
    name = "itsm.tickets"
    label = "tickets"
    verbose_name = _("Tickets")
