"""Goals, requirements and demand."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from itsm.desk.views.records import Filter, Part, RecordPages, person_column, state_column
from itsm.lib import clock, house
from itsm.lib.errors import Denied
from itsm.lib.sources import Source
from itsm.ui import components, keyset
from itsm.ui import pages as ui
from itsm.ui.forms import attempt, status
from itsm.ui.reference import Column
from itsm.ui.times import ago, day, period
from itsm.workflow import records
from strategy import policies
from strategy.forms.planning import CheckInForm, CriterionForm, DemandForm, GoalForm, KeyResultForm, RequirementForm
from strategy.models import BusinessRequirement, DemandPattern, Goal, KeyResult
from strategy.reports import portfolio as reports
from strategy.services import goals
from strategy.states import GoalState, Moscow, RequirementState


def progress(goal: Goal) -> Any:
    """A meter, amber when behind the calendar; nothing while nothing is measured."""
    if goal.progress is None:
        return format_html('<span class="dim">{}</span>', _("not measured"))
    tone = "amber" if goal.is_behind(clock.now().date()) else "green"
    return components.meter(round(goal.progress), tone, f"{goal.progress:.0f}%")


class Goals(RecordPages):
    model = Goal
    form = GoalForm
    base = "goals"
    related = ("owner", "parent")
    search_fields = ("title", "description")
    columns = (
        Column("title", house.heading("goal")), state_column(),
        Column("progress", gettext_lazy("Progress"), cell=progress), person_column("owner", gettext_lazy("Owner")),
        Column("ends_on", gettext_lazy("Until"), cell=lambda goal: day(goal.ends_on)),
    )  # fmt: skip
    filters = (Filter("state", gettext_lazy("State"), lambda: GoalState.choices),)
    body = "strategy/goal/_goal.html"
    beside = ((gettext_lazy("Tree"), "strategy:goal-tree", "network"),)
    parts = (Part("key-results", gettext_lazy("key result"), KeyResultForm, "goal"),)
    intro = gettext_lazy("What the business wants to reach, measured by key results; progress rolls up the tree.")
    empty_text = gettext_lazy("Write down where the business wants to go, and how you will know that it is there.")

    def facts(self, request: HttpRequest, record: Goal) -> Any:
        yield _("Owner"), components.person(record.owner)
        yield _("Period"), period(record.starts_on, record.ends_on)
        yield _("Progress"), progress(record)
        if record.parent:
            yield _("Part of"), format_html('<a href="{}">{}</a>', record.parent.get_absolute_url(), record.parent)
            yield _("Weight"), record.weight

    def context(self, request: HttpRequest, record: Goal) -> dict[str, Any]:
        results = list(record.key_results.select_related("service", "team").prefetch_related("check_ins__by"))
        return {
            "results": results,
            "check_ins": sorted(
                ((one, result) for result in results for one in result.check_ins.all()), key=lambda pair: -pair[0].pk
            )[:20],
            "children": [(child, progress(child)) for child in record.children.order_by("title")],
            "requirements": list(record.requirements.order_by("-updated_at")[:20]),
            "cases": list(record.business_cases.visible_to(request.user).order_by("-updated_at")[:20]),
            "may_edit": bool(policies.may_edit_goal(record, request.user)),
            "may_check_in": record.state == GoalState.ACTIVE and bool(policies.may_lead_goal(record, request.user)),
        }


@require_GET
def tree(request: HttpRequest) -> HttpResponse:
    """All goals as a tree, those that are over left out unless asked for."""
    if not request.user.is_desk:
        raise Http404
    rows = Goal.objects.visible_to(request.user).select_related("owner")
    everything = request.GET.get("all") == "1"
    if not everything:
        rows = rows.exclude(state__in=GoalState.ENDED)
    below: dict[int | None, list[Goal]] = defaultdict(list)
    found = list(rows.order_by("title", "id")[:2000])
    shown = {goal.pk for goal in found}
    for goal in found:
        below[goal.parent_id if goal.parent_id in shown else None].append(goal)
    lines: list[tuple[int, Goal, Any]] = []

    def walk(parent: int | None, depth: int) -> None:
        for goal in below[parent]:
            lines.append((min(depth, 6), goal, progress(goal)))
            walk(goal.pk, depth + 1)

    walk(None, 0)
    return ui.page(
        request, "strategy/goal/tree.html", title=house.heading("goal", plural=True), lines=lines, everything=everything
    )


def check_in(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """Say how a key result stands now."""
    goal = records.by_number(Goal.objects.visible_to(request.user), number).first()
    if goal is None:
        raise Http404
    result = get_object_or_404(KeyResult.objects.filter(goal=goal).select_related("goal"), pk=pk)
    verdict = policies.may_lead_goal(goal, request.user)
    if not verdict:
        raise Denied(verdict.reason)
    form = CheckInForm(request.POST or None, initial={"value": result.current})
    if request.method == "POST":
        made = attempt(form, lambda **sent: goals.check_in(result, actor=request.user, source=Source.WEB, **sent))
        if made is not None:
            return ui.see(request, goal, _("Kept."))
    return ui.page(
        request, "desk/records/part.html", form=form, record=goal, kind=records.kind_of(Goal), row=None,
        title=_("Check in: %(what)s") % {"what": result.title}, list_url=Goals.address("-list"),
        cancel_url=goal.get_absolute_url(), submit=_("Keep"), status=status(form),
    )  # fmt: skip


class Requirements(RecordPages):
    model = BusinessRequirement
    form = RequirementForm
    base = "requirements"
    related = ("organisation", "wanted_by")
    search_fields = ("title", "description")
    columns = (
        Column("title", house.heading("requirement")), state_column(), Column("priority", gettext_lazy("Priority")),
        Column("organisation", gettext_lazy("From"), opt=True),
        Column("updated_at", gettext_lazy("Updated"), cell=lambda row: ago(row.updated_at)),
    )  # fmt: skip
    filters = (
        Filter("state", gettext_lazy("State"), lambda: RequirementState.choices),
        Filter("priority", gettext_lazy("Priority"), lambda: Moscow.choices),
    )
    body = "strategy/goal/_requirement.html"
    parts = (Part("criteria", gettext_lazy("acceptance criterion"), CriterionForm, "requirement"),)
    intro = gettext_lazy("What the business needs, and how one will know that it is there.")
    empty_text = gettext_lazy("Capture what customers ask for; analyse it, decide it, and see it fulfilled.")

    def facts(self, request: HttpRequest, record: BusinessRequirement) -> Any:
        yield _("Priority"), record.get_priority_display()
        yield _("From organisation"), record.organisation
        yield _("Wanted by"), components.person(record.wanted_by) if record.wanted_by else ""

    def context(self, request: HttpRequest, record: BusinessRequirement) -> dict[str, Any]:
        return {
            "criteria": list(record.criteria.all()),
            "goals": list(record.goals.order_by("title")),
            "services": list(record.services.order_by("name")),
            "cases": list(record.business_cases.visible_to(request.user).order_by("-updated_at")[:20]),
            "may_edit": bool(policies.may_edit_requirement(record, request.user)),
        }


def demand(request: HttpRequest) -> HttpResponse:
    """Expected volume of offerings by month beside what came; the form below adds or changes an expectation."""
    if not request.user.is_desk:
        raise Http404
    may = bool(policies.may_write(request.user))
    form = DemandForm(request.POST or None) if may else None
    if request.method == "POST":
        if form is None:
            raise Denied(_("Only portfolio managers and service owners plan demand."))
        saved = attempt(form, lambda **sent: goals.expect(actor=request.user, source=Source.WEB, **sent))
        if saved is not None:
            return ui.see(request, "strategy:demand", _("Kept."))
    rows = DemandPattern.objects.select_related("offering__service")
    page = keyset.paginate(rows, ["-month", "id"], request.GET.get("cursor", ""), 50)
    return ui.page(
        request, "strategy/goal/demand.html", title=_("Demand"), page=page, form=form,
        rows=reports.demand(page, clock.now().date()),
    )  # fmt: skip
