"""The states of the strategy stage's records."""

from enum import nonmember

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class GoalState(TextChoices):
    """The life of a business goal."""

    DRAFT = "draft", _("Draft")
    ACTIVE = "active", _("Active")
    ACHIEVED = "achieved", _("Achieved")
    MISSED = "missed", _("Missed")
    ABANDONED = "abandoned", _("Abandoned")

    ENDED = nonmember(("achieved", "missed", "abandoned"))
    PHASES = nonmember(
        {"draft": "new", "active": "active", "achieved": "resolved", "missed": "closed", "abandoned": "closed"}
    )


class RequirementState(TextChoices):
    """The life of a business requirement."""

    CAPTURED = "captured", _("Captured")
    ANALYSED = "analysed", _("Analysed")
    ACCEPTED = "accepted", _("Accepted")
    REJECTED = "rejected", _("Rejected")
    FULFILLED = "fulfilled", _("Fulfilled")

    PHASES = nonmember(
        {"captured": "new", "analysed": "waiting", "accepted": "active", "rejected": "closed", "fulfilled": "resolved"}
    )


class Moscow(TextChoices):
    """How much a requirement matters (MoSCoW)."""

    MUST = "must", _("Must have")
    SHOULD = "should", _("Should have")
    COULD = "could", _("Could have")
    WONT = "wont", _("Won’t have this time")


class CaseState(TextChoices):
    """The life of a business case."""

    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("Submitted")
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")
    DEFERRED = "deferred", _("Deferred")

    OPEN = nonmember(("draft", "submitted", "deferred"))
    PHASES = nonmember(
        {"draft": "new", "submitted": "waiting", "approved": "resolved", "rejected": "closed", "deferred": "waiting"}
    )


class Investment(TextChoices):
    """What the money is for."""

    RUN = "run", _("Run the business")
    GROW = "grow", _("Grow the business")
    TRANSFORM = "transform", _("Transform the business")
