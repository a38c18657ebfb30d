"""The life of a service."""

from enum import nonmember

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class ServiceStatus(TextChoices):
    """Service portfolio status (ITIL: pipeline, catalogue, retired)."""

    PROPOSED = "proposed", _("Proposed")
    CHARTERED = "chartered", _("Chartered")
    IN_DESIGN = "in_design", _("In design")
    IN_TRANSITION = "in_transition", _("In transition")
    LIVE = "live", _("Live")
    RETIRING = "retiring", _("Retiring")
    RETIRED = "retired", _("Retired")
    REJECTED = "rejected", _("Rejected")

    PIPELINE = nonmember(("proposed", "chartered", "in_design", "in_transition"))
    CATALOGUE = nonmember(("live", "retiring"))
    ENDED = nonmember(("retired", "rejected"))
