"""The nightly rules of the improvement stage: what was said to be better is measured, what was promised is done."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Coalesce, TruncDate
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from improvement.improvement_states import ImprovementState
from improvement.models import KPI, Improvement, ImprovementMeasurement, ReviewAction
from improvement.reports.kpis import definition
from itsm.sla.services import measure
from strategy import rules
from strategy.rules import Finding, Rule


def realised() -> QuerySet[Improvement]:
    return Improvement.objects.filter(state=ImprovementState.REALISED).order_by("pk")


def proven() -> Iterable[Finding]:
    """By a measurement since the change was in place, or where that is not known, since the approval."""
    rows = realised().annotate(since=Coalesce("measuring_since", TruncDate("approved_at")))
    proof = ImprovementMeasurement.objects.filter(improvement=OuterRef("pk"), measured_on__gte=OuterRef("since"))
    for one in rows.exclude(Exists(proof)):
        yield Finding(one, _("No measurement proves it"), service_id=one.service_id)


def planned() -> QuerySet[Improvement]:
    return Improvement.objects.active().order_by("pk")


def in_time() -> Iterable[Finding]:
    for one in planned().filter(due_on__lt=measure.today()):
        day = date_format(one.due_on or measure.today(), "DATE_FORMAT")
        yield Finding(one, _("It was due on %(day)s") % {"day": day}, service_id=one.service_id)


def actions() -> QuerySet[ReviewAction]:
    return ReviewAction.objects.open().order_by("pk")


def done() -> Iterable[Finding]:
    for one in actions().filter(due_on__lt=measure.today()).select_related("review", "owner"):
        words = {"name": one.owner, "day": date_format(one.due_on, "DATE_FORMAT")}
        yield Finding(
            one, _("%(name)s promised it by %(day)s") % words, service_id=one.review.service_id,
            url=one.review.get_absolute_url(),
        )  # fmt: skip


def measured() -> QuerySet[KPI]:
    return KPI.objects.active().order_by("pk")


def aimed() -> Iterable[Finding]:
    for one in measured().filter(target__isnull=True):
        known = definition.get(one.code)
        name = known.name if known else one.code
        yield Finding(one, _("Nobody said how good “%(name)s” has to be") % {"name": name})


def register() -> None:
    """Called once from ``ImprovementConfig.ready``."""
    rules.register(
        Rule(
            "improvement-proven", gettext_lazy("What was improved is measured"), Improvement, realised, proven,
            fix=gettext_lazy("Measure it, or take the improvement up again."), tone="red", order=90,
        ),
        Rule(
            "improvement-due", gettext_lazy("Improvements are done in time"), Improvement, planned, in_time,
            fix=gettext_lazy("Do it, or agree on another day."), order=90,
        ),
        Rule(
            "action-due", gettext_lazy("Actions of reviews are done in time"), ReviewAction, actions, done,
            fix=gettext_lazy("Do it, or agree on another day with the chair."), order=90,
        ),
        Rule(
            "kpi-target", gettext_lazy("Every KPI has a target"), KPI, measured, aimed,
            fix=gettext_lazy("Say how good it has to be, or stop measuring it."), order=90,
        ),
    )  # fmt: skip
