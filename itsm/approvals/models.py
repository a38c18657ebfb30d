"""Approval rounds and their seats."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from itsm.lib import clock


class RoundQuerySet(models.QuerySet["Round"]):
    def pending(self) -> RoundQuerySet:
        return self.filter(state=Round.State.PENDING)

    def awaiting(self, user: Any) -> RoundQuerySet:
        """Rounds in which this person still has to vote."""
        return self.pending().filter(seats__approver=user, seats__vote="")


class Round(models.Model):
    """One question put to several approvers. It never reopens: asking again is a new round."""

    class Rule(models.TextChoices):
        ANY = "any", _("one approval is enough")
        ALL = "all", _("everybody must approve")
        QUORUM = "quorum", _("a number of approvals is needed")

    class State(models.TextChoices):
        PENDING = "pending", _("Pending")
        APPROVED = "approved", _("Approved")
        REJECTED = "rejected", _("Rejected")
        EXPIRED = "expired", _("Expired")
        CANCELLED = "cancelled", _("Cancelled")

    #: The round stands below the records it is about, so it knows them by label and address only.
    subject_type = models.CharField(max_length=60)
    subject_id = models.BigIntegerField()
    subject_label = models.CharField(_("subject"), max_length=250)
    subject_url = models.CharField(max_length=250, blank=True)
    question = models.CharField(_("question"), max_length=250, blank=True)
    #: The verb that waits for this round, such as ``implement``.
    verb = models.CharField(max_length=60, blank=True)
    rule = models.CharField(_("rule"), max_length=10, choices=Rule, default=Rule.ANY)
    quorum = models.PositiveSmallIntegerField(_("approvals needed"), default=1)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PENDING)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(_("asked"), default=clock.now)
    deadline_at = models.DateTimeField(_("answer until"), null=True, blank=True)
    reminded_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    objects = RoundQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name = _("approval round")
        verbose_name_plural = _("approval rounds")
        indexes = [
            models.Index(fields=["subject_type", "subject_id", "-id"], name="approvals_round_of_subject"),
            models.Index(fields=["deadline_at"], name="approvals_round_due", condition=models.Q(state="pending")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["subject_type", "subject_id", "verb"],
                condition=models.Q(state="pending"),
                name="approvals_round_one_pending",
            ),
            models.CheckConstraint(condition=models.Q(quorum__gte=1), name="approvals_round_quorum_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.subject_label}: {self.get_state_display()}"


class Seat(models.Model):
    """One approver's place in a round, and the vote once it is cast."""

    class Vote(models.TextChoices):
        APPROVE = "approve", _("approved")
        REJECT = "reject", _("rejected")

    round = models.ForeignKey(Round, models.CASCADE, related_name="seats")
    approver = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="approval_seats")
    #: Set when the approver was away and the delegate got the seat.
    on_behalf_of = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    vote = models.CharField(max_length=10, choices=Vote, blank=True)
    comment = models.TextField(blank=True)
    voted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        verbose_name = _("approver")
        verbose_name_plural = _("approvers")
        constraints = [models.UniqueConstraint(fields=["round", "approver"], name="approvals_seat_once")]

    def __str__(self) -> str:
        return f"{self.approver}: {self.get_vote_display() or '…'}"
