"""Service reviews: drafts that make themselves, freezing the numbers, finishing actions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from improvement import review_policies as policies
from improvement.kpi_policies import keeps
from improvement.models import ReviewAction, ReviewPlan, ServiceReview
from improvement.reports import scorecard
from improvement.states import ReviewState
from itsm.accounts.models import User
from itsm.accounts.roles import Role
from itsm.audit import services as audit
from itsm.catalogue.models import Service
from itsm.lib import clock
from itsm.lib.errors import Denied, Refused
from itsm.lib.sources import Source
from itsm.sla.services import measure
from itsm.workflow import records
from itsm.workflow.moves import lock, move

if TYPE_CHECKING:
    from collections.abc import Iterable


def check(review: ServiceReview, lists: Mapping[str, Iterable[Any]]) -> dict[str, Any]:
    """The month is kept as its first day; service and month stay as they were when it was held."""
    errors: dict[str, Any] = {}
    review.month = review.month.replace(day=1)
    if review.month > measure.today():
        errors["month"] = _("This month has not begun yet.")
    if not (review.chair.is_active and review.chair.is_desk):
        errors["chair"] = _("Who chairs it has to belong to the desk.")
    if review.pk and review.state != ReviewState.DRAFT:
        before = ServiceReview.objects.get(pk=review.pk)
        for name in ("month", "service_id"):
            if getattr(before, name) != getattr(review, name):
                errors[name.removesuffix("_id")] = _("It was held about this; its numbers are frozen.")
    return errors


def hold(
    review: ServiceReview, *, actor: User, source: str, version: int | None = None, comment: str = ""
) -> ServiceReview:
    """It took place: the scorecard is worked out once more and kept."""
    return move(
        review, "hold", actor=actor, source=source, version=version, body=comment, scorecard=scorecard.build(review)
    )


@transaction.atomic
def finish(action: ReviewAction, *, actor: User, source: str, done: bool = True) -> ReviewAction:
    """Say that an action is done, or not after all. Also when its review is closed: work goes on after the meeting."""
    review = lock(action.review)
    fresh = ReviewAction.objects.select_for_update(of=("self",)).select_related("review__service").get(pk=action.pk)
    verdict = policies.may_finish(fresh, actor)
    if not verdict:
        raise Denied(verdict.reason)
    if done == (fresh.done_on is not None):
        raise Refused(_("Somebody did this meanwhile."))
    before, fresh.done_on = fresh.done_on, measure.today() if done else None
    fresh.save(update_fields=["done_on"])
    review.version += 1
    review.updated_at = clock.now()
    review.save(update_fields=["version", "updated_at"])
    audit.record(
        review, "service_review.finish", actor=actor, source=source,
        changes={fresh.text[:80]: [before and before.isoformat(), fresh.done_on and fresh.done_on.isoformat()]},
    )  # fmt: skip
    return fresh


# ---------- drafts that make themselves ----------


def plan() -> ReviewPlan:
    """How drafts are made; the row is written when somebody changes it."""
    return ReviewPlan.objects.order_by("pk").first() or ReviewPlan()


def draft_due() -> int:
    """Drafts of last month, where they are wanted and missing; returns how many were made. Safe to run twice."""
    wanted = plan()
    if not wanted.automatic:
        return 0
    month = _month_before(measure.today())
    have = set(ServiceReview.objects.filter(month=month).values_list("service_id", flat=True))
    made = 0
    system = User.objects.system()
    services = Service.objects.live().filter(owner__isnull=False, criticality__lte=wanted.critical_only)
    for service in services.exclude(pk__in=[pk for pk in have if pk]).select_related("owner").order_by("name"):
        owner = service.owner
        if owner is not None and owner.is_active and owner.is_desk:
            _draft(service, owner, month, system)
            made += 1
    if wanted.with_all and None not in have:
        chair = User.objects.holding(Role.IMPROVEMENT_MANAGER).filter(is_active=True).order_by("pk").first()
        if chair is not None:
            _draft(None, chair, month, system)
            made += 1
    return made


def _draft(service: Service | None, chair: User, month: date, system: User) -> None:
    records.create(
        ServiceReview, actor=system, source=Source.SYSTEM, service=service, chair=chair, month=month,
        lists={"attendees": [chair]},
    )  # fmt: skip


def _month_before(day: date) -> date:
    return (day.replace(day=1) - measure.DAY).replace(day=1)


@transaction.atomic
def change_plan(*, actor: User, source: str, **values: Any) -> ReviewPlan:
    """Decide how drafts are made."""
    if not keeps(actor):
        raise Denied(_("Only the managers of improvement and service levels plan reviews."))
    row = ReviewPlan.objects.select_for_update().order_by("pk").first()
    before = audit.snapshot(row) if row else {}
    row = row or ReviewPlan()
    for name, value in values.items():
        setattr(row, name, value)
    row.save()
    audit.record(
        row, "changed" if before else "created", actor=actor, source=source,
        changes=audit.diff(before, audit.snapshot(row)),
    )  # fmt: skip
    return row
