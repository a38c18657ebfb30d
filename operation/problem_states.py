"""The life of a problem."""

from enum import nonmember

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class ProblemState(TextChoices):
    """The life of a problem (ITIL problem management)."""

    NEW = "new", _("New")
    ASSESSED = "assessed", _("Assessed")
    ANALYSIS = "root_cause_analysis", _("Root cause analysis")
    KNOWN_ERROR = "known_error", _("Known error")
    FIXING = "fix_in_progress", _("Fix in progress")
    RESOLVED = "resolved", _("Resolved")
    CLOSED = "closed", _("Closed")
    CANCELLED = "cancelled", _("Cancelled")

    WORKABLE = nonmember(("new", "assessed", "root_cause_analysis", "known_error", "fix_in_progress"))
    #: The cause is known, and not removed yet.
    KNOWN = nonmember(("known_error", "fix_in_progress"))
    PHASES = nonmember(
        {
            "new": "new", "assessed": "active", "root_cause_analysis": "active", "known_error": "active",
            "fix_in_progress": "active", "resolved": "resolved", "closed": "closed", "cancelled": "closed",
        }
    )  # fmt: skip


#: Code of the hold reason of incidents that wait for a problem.
WAITS_FOR_PROBLEM = "problem"
