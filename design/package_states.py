"""The states and words of design packages and their validation."""

from enum import nonmember

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class PackageState(TextChoices):
    """The life of one version of a service design package."""

    DRAFT = "draft", _("Draft")
    IN_REVIEW = "in_review", _("In review")
    APPROVED = "approved", _("Approved")
    SUPERSEDED = "superseded", _("Superseded")

    OPEN = nonmember(("draft", "in_review"))
    PHASES = nonmember({"draft": "new", "in_review": "waiting", "approved": "resolved", "superseded": "closed"})


class SectionKind(TextChoices):
    """What every design package says."""

    REQUIREMENTS = "requirements", _("Requirements")
    UTILITY_WARRANTY = "utility_warranty", _("Utility and warranty")
    ARCHITECTURE = "architecture", _("Architecture")
    PROCESSES = "processes", _("Processes")
    MEASUREMENT = "measurement", _("Measurement")
    TRANSITION_PLAN = "transition_plan", _("Transition plan")


#: What belongs into each section.
HINTS = {
    SectionKind.REQUIREMENTS: _("Whose needs the service meets, and which it leaves out."),
    SectionKind.UTILITY_WARRANTY: _("What the service does, and how available, fast, safe and continuous it is."),
    SectionKind.ARCHITECTURE: _("Components, systems and suppliers it is built of, and how they work together."),
    SectionKind.PROCESSES: _("How it is requested, supported, changed and charged."),
    SectionKind.MEASUREMENT: _("What is measured, where, and who looks at it."),
    SectionKind.TRANSITION_PLAN: _("Steps, people and dates until it is live, and how to go back."),
}


class PlanState(TextChoices):
    """The life of a validation plan."""

    OPEN = "open", _("Open")
    CLOSED = "closed", _("Closed")

    PHASES = nonmember({"open": "active", "closed": "resolved"})


class Result(TextChoices):
    """How a test ended."""

    PASS = "pass", _("Passed")
    FAIL = "fail", _("Failed")
    BLOCKED = "blocked", _("Blocked")


#: Tone of each result; the empty one is a case nobody ran.
RESULT_TONES = {"pass": "green", "fail": "red", "blocked": "amber", "": "grey"}


class DefectState(TextChoices):
    """The life of a defect of a design."""

    OPEN = "open", _("Open")
    FIXED = "fixed", _("Fixed")
    VERIFIED = "verified", _("Verified")
    ACCEPTED = "accepted", _("Accepted")

    UNSOLVED = nonmember(("open", "fixed"))
    PHASES = nonmember({"open": "new", "fixed": "waiting", "verified": "resolved", "accepted": "closed"})


class Severity(TextChoices):
    """How much a defect hurts."""

    LOW = "low", _("Low")
    MEDIUM = "medium", _("Medium")
    HIGH = "high", _("High")


SEVERITY_TONES = {"low": "grey", "medium": "amber", "high": "red"}
