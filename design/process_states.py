"""The states and words of process definitions."""

from enum import nonmember

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class ProcessState(TextChoices):
    """The life of one version of a process definition."""

    DRAFT = "draft", _("Draft")
    IN_REVIEW = "in_review", _("In review")
    PUBLISHED = "published", _("Published")
    SUPERSEDED = "superseded", _("Superseded")
    RETIRED = "retired", _("Retired")

    UNPUBLISHED = nonmember(("draft", "in_review"))
    PHASES = nonmember(
        {
            "draft": "new",
            "in_review": "waiting",
            "published": "resolved",
            "superseded": "closed",
            "retired": "closed",
        }
    )


class StepType(TextChoices):
    """What a step of a process is."""

    START = "start", _("Start")
    TASK = "task", _("Task")
    DECISION = "decision", _("Decision")
    END = "end", _("End")


class Duty(TextChoices):
    """What a role or team has to do with a step (RACI)."""

    RESPONSIBLE = "R", _("Responsible")
    ACCOUNTABLE = "A", _("Accountable")
    CONSULTED = "C", _("Consulted")
    INFORMED = "I", _("Informed")


class Need(TextChoices):
    """How far a system that is needed is there."""

    PLANNED = "planned", _("Planned")
    MET = "met", _("Met")
    NOT_MET = "not_met", _("Not met")
