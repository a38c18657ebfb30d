"""The states of subscriptions, deliveries and handovers."""

from enum import nonmember

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class SubscriptionState(TextChoices):
    """The life of a subscription."""

    PLANNED = "planned", _("Planned")
    ACTIVE = "active", _("Active")
    SUSPENDED = "suspended", _("Suspended")
    ENDED = "ended", _("Ended")
    CANCELLED = "cancelled", _("Cancelled")

    OPEN = nonmember(("planned", "active", "suspended"))
    PHASES = nonmember(
        {"planned": "new", "active": "active", "suspended": "waiting", "ended": "closed", "cancelled": "closed"}
    )


class DeliveryState(TextChoices):
    """The life of a delivery, from preparing it to the end of early-life support."""

    PREPARING = "preparing", _("Preparing")
    CHECKING = "checking", _("Being checked")
    ACCEPTANCE = "acceptance", _("Waiting for acceptance")
    ACCEPTED = "accepted", _("Accepted")
    EARLY_LIFE = "early_life", _("Early-life support")
    COMPLETED = "completed", _("Completed")
    CANCELLED = "cancelled", _("Cancelled")

    OPEN = nonmember(("preparing", "checking", "acceptance", "accepted", "early_life"))
    #: Quality is proven and the customer has said yes.
    GOOD = nonmember(("accepted", "early_life", "completed"))
    PHASES = nonmember(
        {
            "preparing": "new", "checking": "active", "acceptance": "waiting", "accepted": "resolved",
            "early_life": "active", "completed": "closed", "cancelled": "closed",
        }
    )  # fmt: skip


class Comparison(TextChoices):
    """How a measured value is held against the wanted one."""

    AT_LEAST = "min", _("at least")
    AT_MOST = "max", _("at most")
    EXACTLY = "equal", _("exactly")


class HandoverState(TextChoices):
    """The life of a support handover."""

    PREPARING = "preparing", _("Preparing")
    OFFERED = "offered", _("Offered to support")
    SIGNED = "signed", _("Signed")
    CANCELLED = "cancelled", _("Cancelled")

    PHASES = nonmember({"preparing": "new", "offered": "waiting", "signed": "resolved", "cancelled": "closed"})


class HandoverTopic(TextChoices):
    """What support needs before it takes over."""

    MODEL = "model", _("Support model agreed")
    RUNBOOK = "runbook", _("Runbook written")
    KNOWN_ERRORS = "known_errors", _("Known errors handed over")
    TRAINING = "training", _("Team trained")
    ON_CALL = "on_call", _("On-call in place")
    MONITORING = "monitoring", _("Monitoring in place")
    ACCESS = "access", _("Access for support")
    OTHER = "other", _("Something else")
