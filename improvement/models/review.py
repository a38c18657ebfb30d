"""Service reviews: once a month people look at the numbers of a service, and agree what to do."""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from typing import TYPE_CHECKING

import django_fsm as fsm
from django.conf import settings
from django.db import models
from django.utils.formats import date_format
from django.utils.translation import gettext as _gettext
from django.utils.translation import gettext_lazy as _

from improvement import review_policies as policies
from improvement.states import ReviewState
from itsm.catalogue.models import Service
from itsm.lib import clock
from itsm.workflow.record import LONG, DeskRecords, Record, known_state, latest, state_of

if TYPE_CHECKING:
    from itsm.accounts.models import User


ONCE = _("There is a review of this service and month already.")


class ServiceReviewQuerySet(DeskRecords):
    def of(self, service: Service | None) -> ServiceReviewQuerySet:
        return self.filter(service=service) if service else self.filter(service__isnull=True)

    def unfinished(self) -> ServiceReviewQuerySet:
        return self.exclude(state=ReviewState.CLOSED)


class ServiceReview(Record):
    """The month of one service, or of all of them, looked at together."""

    State = ReviewState
    kind_code = "service_review"
    prefix = "REV"

    service = models.ForeignKey(
        Service, models.PROTECT, null=True, blank=True, related_name="reviews", verbose_name=_("service"),
        help_text=_("Empty: all services together."),
    )  # fmt: skip
    month = models.DateField(_("month"), help_text=_("Any day of the month."))
    chair = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("chaired by"))
    attendees = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="+", verbose_name=_("who took part")
    )
    guests = models.CharField(
        _("guests"), max_length=300, blank=True, help_text=_("Names of people without an account.")
    )
    minutes = models.TextField(_("minutes"), blank=True, validators=LONG, help_text=_("Markdown."))
    held_at = models.DateTimeField(_("held"), null=True, editable=False)
    #: The numbers as they were when it was held; empty before.
    scorecard = models.JSONField(default=dict, editable=False)
    state = state_of(ReviewState, ReviewState.DRAFT)

    objects = ServiceReviewQuerySet.as_manager()

    class Meta:
        ordering = ["-updated_at", "-id"]
        verbose_name = _("service review")
        verbose_name_plural = _("service reviews")
        indexes = [latest("improvement_review_latest")]
        constraints = [
            known_state(ReviewState, "improvement_review_state_known"),
            models.UniqueConstraint(
                fields=["service", "month"], name="improvement_review_once_a_month",
                violation_error_message=ONCE,
            ),
            models.UniqueConstraint(
                fields=["month"], name="improvement_review_of_all_once", condition=models.Q(service__isnull=True),
                violation_error_message=ONCE,
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        what = self.service.name if self.service_id and self.service else _gettext("All services")
        return f"{what}, {date_format(self.month, 'F Y')}"

    @property
    def last_day(self) -> date:
        """The last day of the month."""
        return self.month.replace(day=monthrange(self.month.year, self.month.month)[1])

    @fsm.transition(
        field="state", source=ReviewState.DRAFT, target=ReviewState.HELD, permission=policies.may_lead,
        conditions=[policies.month_has_begun, policies.has_attendees],
        custom={"label": _("Held"), "icon": "users", "tone": "primary", "inputs": ("comment?",)},
    )  # fmt: skip
    def hold(self, *, scorecard: dict[str, object] | None = None) -> None:
        """It took place; its numbers stay as they are now."""
        self.held_at = clock.now()
        self.scorecard = scorecard or {}

    @fsm.transition(
        field="state", source=ReviewState.HELD, target=ReviewState.CLOSED, permission=policies.may_lead,
        conditions=[policies.has_minutes],
        custom={"label": _("Close"), "icon": "archive", "tone": "ok", "inputs": ("comment?",)},
    )  # fmt: skip
    def close(self) -> None:
        """The minutes stand. Open actions go on in the next review."""

    @fsm.transition(
        field="state", source=ReviewState.DRAFT, target=ReviewState.CLOSED, permission=policies.may_lead,
        custom={"label": _("Leave out"), "icon": "ban", "inputs": ("reason",)},
    )  # fmt: skip
    def leave_out(self, *, reason: str) -> None:
        """It is not held this month, and the record says why."""

    @fsm.transition(
        field="state", source=ReviewState.CLOSED,
        target=fsm.GET_STATE(
            lambda self, **_data: ReviewState.HELD if self.held_at else ReviewState.DRAFT,
            states=[ReviewState.HELD, ReviewState.DRAFT],
        ),
        permission=policies.may_lead, custom={"label": _("Reopen"), "icon": "rotate-ccw", "inputs": ("reason",)},
    )  # fmt: skip
    def reopen(self, *, reason: str) -> None:
        """What was agreed is to be changed; the numbers stay frozen."""


class ReviewFinding(models.Model):
    """Something the review noticed."""

    review = models.ForeignKey(ServiceReview, models.CASCADE, related_name="findings")
    text = models.CharField(_("finding"), max_length=300)
    #: The KPI it is about, by code.
    kpi = models.CharField(_("about"), max_length=40, blank=True)

    class Meta:
        ordering = ["id"]
        verbose_name = _("finding")
        verbose_name_plural = _("findings")

    def __str__(self) -> str:
        return self.text


class ReviewActionQuerySet(models.QuerySet["ReviewAction"]):
    def visible_to(self, user: User) -> ReviewActionQuerySet:
        return self if user.is_system or (user.is_active and user.is_desk) else self.none()

    def open(self) -> ReviewActionQuerySet:
        return self.filter(done_on__isnull=True)

    def carried_into(self, review: ServiceReview) -> ReviewActionQuerySet:
        """Still open from earlier reviews of the same service."""
        earlier = ServiceReview.objects.of(review.service).filter(month__lt=review.month)
        return self.open().filter(review__in=earlier)


class ReviewAction(models.Model):
    """What somebody does about it, by when. Open ones show in every later review until they are done."""

    review = models.ForeignKey(ServiceReview, models.CASCADE, related_name="actions")
    text = models.CharField(_("action"), max_length=300)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="review_actions", verbose_name=_("owner")
    )
    due_on = models.DateField(_("due"))
    done_on = models.DateField(_("done"), null=True, blank=True)

    objects = ReviewActionQuerySet.as_manager()

    class Meta:
        ordering = ["due_on", "id"]
        verbose_name = _("action")
        verbose_name_plural = _("actions")
        indexes = [
            models.Index(
                fields=["owner", "due_on"], name="improvement_action_open", condition=models.Q(done_on__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return self.text

    def is_overdue(self, today: date) -> bool:
        return self.done_on is None and self.due_on < today


class ReviewPlan(models.Model):
    """Whether drafts of reviews are made by themselves. One row."""

    automatic = models.BooleanField(
        _("draft reviews every month"), default=False,
        help_text=_("On the first of a month a draft is made for every live service with an owner, who chairs it."),
    )  # fmt: skip
    critical_only = models.PositiveSmallIntegerField(
        _("services of criticality"), choices=[(1, _("1 only")), (2, _("1 and 2")), (3, _("1 to 3")), (4, _("all"))],
        default=2,
    )  # fmt: skip
    with_all = models.BooleanField(_("and one for all services together"), default=True)

    class Meta:
        verbose_name = _("plan of service reviews")
        verbose_name_plural = _("plan of service reviews")

    def __str__(self) -> str:
        return str(_("Plan of service reviews"))
