"""The states of a performance target."""

from enum import nonmember

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class PerformanceState(TextChoices):
    """Whether the figures are still being designed, or promised."""

    DRAFT = "draft", _("Draft")
    AGREED = "agreed", _("Agreed")

    PHASES = nonmember({"draft": "new", "agreed": "resolved"})
