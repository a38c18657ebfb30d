"""The states of service reviews."""

from enum import nonmember

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class ReviewState(TextChoices):
    """The life of a service review."""

    DRAFT = "draft", _("Draft")
    HELD = "held", _("Held")
    CLOSED = "closed", _("Closed")

    PHASES = nonmember({"draft": "new", "held": "active", "closed": "closed"})
