"""What all ticket kinds have in common: phases, channels, priorities."""

from enum import nonmember

from django.db.models import IntegerChoices, TextChoices
from django.utils.translation import gettext_lazy as _


class Phase(TextChoices):
    """Every state of every kind belongs to one phase, so that mixed queues filter on one column."""

    NEW = "new", _("New")
    ACTIVE = "active", _("Active")
    WAITING = "waiting", _("Waiting")
    RESOLVED = "resolved", _("Resolved")
    CLOSED = "closed", _("Closed")

    OPEN = nonmember(("new", "active", "waiting"))
    DONE = nonmember(("resolved", "closed"))


class Channel(TextChoices):
    """How a ticket reached the desk."""

    PORTAL = "portal", _("Portal")
    EMAIL = "email", _("Email")
    PHONE = "phone", _("Phone")
    API = "api", _("API")
    EVENT = "event", _("Monitoring")
    CHAT = "chat", _("Chat")


class Impact(IntegerChoices):
    """How much of the business is affected."""

    HIGH = 1, _("Extensive")
    MEDIUM = 2, _("Significant")
    LOW = 3, _("Limited")


class Urgency(IntegerChoices):
    """How soon the business is hurt."""

    HIGH = 1, _("Critical")
    MEDIUM = 2, _("Normal")
    LOW = 3, _("Can wait")


class Priority(IntegerChoices):
    P1 = 1, _("Critical")
    P2 = 2, _("High")
    P3 = 3, _("Moderate")
    P4 = 4, _("Low")
    P5 = 5, _("Planning")


class SlaState(TextChoices):
    """The short form of a ticket's clocks that lists show."""

    NONE = "none", _("No target")
    RUNNING = "running", _("Running")
    PAUSED = "paused", _("Paused")
    MET = "met", _("Met")
    BREACHED = "breached", _("Breached")
