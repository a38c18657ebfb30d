"""The states of changes, releases, deployments and CAB meetings, and the words around them."""

from enum import nonmember

from django.db.models import IntegerChoices, TextChoices
from django.utils.translation import gettext_lazy as _


class ChangeState(TextChoices):
    """The life of a change (ITIL change enablement)."""

    DRAFT = "draft", _("Draft")
    ASSESSING = "assessing", _("Assessing")
    AWAITING_APPROVAL = "awaiting_approval", _("Awaiting approval")
    SCHEDULED = "scheduled", _("Scheduled")
    IMPLEMENTING = "implementing", _("Implementing")
    FAILED = "failed", _("Failed")
    REVIEW = "review", _("In review")
    CLOSED = "closed", _("Closed")
    REJECTED = "rejected", _("Rejected")
    CANCELLED = "cancelled", _("Cancelled")

    #: What is planned in earnest: it takes part in the search for clashes.
    PLANNED = nonmember(("assessing", "awaiting_approval", "scheduled", "implementing"))
    #: Work on it has begun.
    IMPLEMENTED = nonmember(("failed", "review", "closed"))
    #: The way of a change that goes well, for the stepper of its page.
    WAY = nonmember(
        ("draft", "assessing", "awaiting_approval", "scheduled", "implementing", "review", "closed")
    )  # fmt: skip
    PHASES = nonmember(
        {
            "draft": "new", "assessing": "active", "awaiting_approval": "waiting", "scheduled": "active",
            "implementing": "active", "failed": "active", "review": "active", "closed": "closed",
            "rejected": "closed", "cancelled": "closed",
        }
    )  # fmt: skip


class ChangeType(TextChoices):
    """How much is decided anew: nothing, what is usual, or as fast as possible."""

    STANDARD = "standard", _("Standard")
    NORMAL = "normal", _("Normal")
    EMERGENCY = "emergency", _("Emergency")


class RiskLevel(TextChoices):
    """How risky a change is."""

    LOW = "low", _("Low")
    MEDIUM = "medium", _("Medium")
    HIGH = "high", _("High")


class Outcome(TextChoices):
    """How a change went, as its review says."""

    SUCCESSFUL = "successful", _("Successful")
    WITH_ISSUES = "with_issues", _("Successful, with issues")
    FAILED = "failed", _("Failed")
    BACKED_OUT = "backed_out", _("Backed out")

    GOOD = nonmember(("successful", "with_issues"))
    TONES = nonmember({"successful": "green", "with_issues": "amber", "failed": "red", "backed_out": "red"})


class Weekday(IntegerChoices):
    """Days of the week as Python counts them."""

    MONDAY = 0, _("Monday")
    TUESDAY = 1, _("Tuesday")
    WEDNESDAY = 2, _("Wednesday")
    THURSDAY = 3, _("Thursday")
    FRIDAY = 4, _("Friday")
    SATURDAY = 5, _("Saturday")
    SUNDAY = 6, _("Sunday")


class MeetingState(TextChoices):
    """The life of a meeting of the change advisory board."""

    PLANNED = "planned", _("Planned")
    HELD = "held", _("Held")
    CLOSED = "closed", _("Closed")
    CANCELLED = "cancelled", _("Cancelled")

    PHASES = nonmember({"planned": "new", "held": "active", "closed": "closed", "cancelled": "closed"})


class Decision(TextChoices):
    """What the board decided about a change."""

    PENDING = "pending", _("Not decided")
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")
    DEFERRED = "deferred", _("Deferred")

    TONES = nonmember({"pending": "grey", "approved": "green", "rejected": "red", "deferred": "amber"})
    FINAL = nonmember(("approved", "rejected"))


class ReleaseState(TextChoices):
    """The life of a release (ITIL release management)."""

    PLANNING = "planning", _("Planning")
    BUILDING = "building", _("Building")
    TESTING = "testing", _("Testing")
    APPROVED = "approved", _("Approved")
    DEPLOYING = "deploying", _("Deploying")
    DEPLOYED = "deployed", _("Deployed")
    CLOSED = "closed", _("Closed")
    ROLLED_BACK = "rolled_back", _("Rolled back")
    CANCELLED = "cancelled", _("Cancelled")

    #: Not yet in use.
    AHEAD = nonmember(("planning", "building", "testing", "approved", "deploying"))
    PHASES = nonmember(
        {
            "planning": "new", "building": "active", "testing": "active", "approved": "active", "deploying": "active",
            "deployed": "resolved", "closed": "closed", "rolled_back": "closed", "cancelled": "closed",
        }
    )  # fmt: skip


class ReleaseSize(TextChoices):
    """How much a release changes for its users."""

    MAJOR = "major", _("Major")
    MINOR = "minor", _("Minor")
    PATCH = "patch", _("Patch")


class DeploymentState(TextChoices):
    """The life of one deployment (ITIL deployment management)."""

    PLANNED = "planned", _("Planned")
    RUNNING = "running", _("Running")
    SUCCEEDED = "succeeded", _("Succeeded")
    FAILED = "failed", _("Failed")
    ROLLED_BACK = "rolled_back", _("Rolled back")

    PHASES = nonmember(
        {"planned": "new", "running": "active", "succeeded": "resolved", "failed": "active", "rolled_back": "closed"}
    )


class Environment(TextChoices):
    """Where something is deployed to."""

    TEST = "test", _("Test")
    STAGING = "staging", _("Staging")
    PRODUCTION = "production", _("Production")
