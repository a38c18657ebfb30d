"""States and choices of the improvement register."""

from enum import nonmember

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class ImprovementState(TextChoices):
    """The life of an improvement."""

    IDENTIFIED = "identified", _("Identified")
    ASSESSED = "assessed", _("Assessed")
    APPROVED = "approved", _("Approved")
    IN_PROGRESS = "in_progress", _("In progress")
    MEASURING = "measuring", _("Measuring")
    REALISED = "realised", _("Realised")
    NOT_REALISED = "not_realised", _("Not realised")
    REJECTED = "rejected", _("Rejected")

    ACTIVE = nonmember(("identified", "assessed", "approved", "in_progress", "measuring"))
    ENDED = nonmember(("realised", "not_realised", "rejected"))
    #: While it is built and watched, its number is read by itself.
    READ = nonmember(("approved", "in_progress", "measuring"))
    PHASES = nonmember(
        {
            "identified": "new", "assessed": "new", "approved": "waiting", "in_progress": "active",
            "measuring": "active", "realised": "resolved", "not_realised": "closed", "rejected": "closed",
        }
    )  # fmt: skip


class Area(TextChoices):
    """What changes."""

    PEOPLE = "people", _("People and skills")
    PROCESS = "process", _("Process")
    TECHNOLOGY = "technology", _("Technology")
    SUPPLIER = "supplier", _("Suppliers")
