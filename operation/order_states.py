"""The lives of what is ordered: service requests and requests for access."""

from enum import nonmember

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class RequestState(TextChoices):
    """The life of a service request (ITIL request fulfilment)."""

    SUBMITTED = "submitted", _("Submitted")
    AWAITING_APPROVAL = "awaiting_approval", _("Awaiting approval")
    APPROVED = "approved", _("Approved")
    FULFILLING = "fulfilling", _("Being fulfilled")
    ON_HOLD = "on_hold", _("On hold")
    FULFILLED = "fulfilled", _("Fulfilled")
    CLOSED = "closed", _("Closed")
    REJECTED = "rejected", _("Rejected")
    CANCELLED = "cancelled", _("Cancelled")

    #: Not yet decided about.
    UNDECIDED = nonmember(("submitted", "awaiting_approval"))
    #: Somebody may be at it.
    DOABLE = nonmember(("approved", "fulfilling", "on_hold"))
    WORKABLE = nonmember(("submitted", "awaiting_approval", "approved", "fulfilling", "on_hold"))
    PHASES = nonmember(
        {
            "submitted": "new", "awaiting_approval": "waiting", "approved": "active", "fulfilling": "active",
            "on_hold": "waiting", "fulfilled": "resolved", "closed": "closed", "rejected": "closed",
            "cancelled": "closed",
        }
    )  # fmt: skip


class AccessState(TextChoices):
    """The life of a right (ITIL access management): asked for, decided, granted, verified, and taken back."""

    REQUESTED = "requested", _("Requested")
    AWAITING_APPROVAL = "awaiting_approval", _("Awaiting approval")
    APPROVED = "approved", _("Approved")
    GRANTED = "granted", _("Granted")
    VERIFIED = "verified", _("Verified")
    ENDING = "ending", _("To be revoked")
    REVOKED = "revoked", _("Revoked")
    REJECTED = "rejected", _("Rejected")
    CANCELLED = "cancelled", _("Cancelled")

    UNDECIDED = nonmember(("requested", "awaiting_approval"))
    WORKABLE = nonmember(("requested", "awaiting_approval", "approved"))
    #: Somebody has the right.
    HELD = nonmember(("granted", "verified", "ending"))
    #: What was promised ends when the right is granted: that it is taken back later is a task, not a breach.
    PHASES = nonmember(
        {
            "requested": "new", "awaiting_approval": "waiting", "approved": "active", "granted": "resolved",
            "verified": "closed", "ending": "closed", "revoked": "closed", "rejected": "closed", "cancelled": "closed",
        }
    )  # fmt: skip


#: Code of the hold reason while people decide: support levels choose whether it stops the clocks.
APPROVAL = "approval"
