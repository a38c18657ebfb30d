"""The states of policies and of exceptions from them."""

from enum import nonmember

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class PolicyState(TextChoices):
    """The life of one version of a policy."""

    DRAFT = "draft", _("Draft")
    IN_REVIEW = "in_review", _("In review")
    PUBLISHED = "published", _("Published")
    SUPERSEDED = "superseded", _("Superseded")
    RETIRED = "retired", _("Retired")

    UNPUBLISHED = nonmember(("draft", "in_review"))
    PHASES = nonmember(
        {
            "draft": "new", "in_review": "waiting", "published": "resolved", "superseded": "closed",
            "retired": "closed",
        }
    )  # fmt: skip


class ExceptionState(TextChoices):
    """The life of an exception from a policy."""

    REQUESTED = "requested", _("Requested")
    GRANTED = "granted", _("Granted")
    REJECTED = "rejected", _("Rejected")
    REVOKED = "revoked", _("Revoked")
    EXPIRED = "expired", _("Expired")

    PHASES = nonmember(
        {
            "requested": "new", "granted": "active", "rejected": "closed", "revoked": "closed", "expired": "closed",
        }
    )  # fmt: skip


class PolicyType(TextChoices):
    """A policy says what is wanted and why, a standard how it is done everywhere."""

    POLICY = "policy", _("Policy")
    STANDARD = "standard", _("Standard")
