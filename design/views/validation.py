"""Pages of validation plans, the form that runs a test, and defects."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from design import package_policies as policies
from design.forms.packages import CaseForm, DefectForm, PlanForm, RunForm
from design.models import Defect, ValidationPlan
from design.package_states import DefectState, PlanState, Result, Severity
from design.services import testing
from itsm.desk.views.records import Filter, Part, RecordPages, person_column, state_column
from itsm.lib import house
from itsm.lib.sources import Source
from itsm.ui import components
from itsm.ui import pages as ui
from itsm.ui.forms import attempt, status
from itsm.ui.reference import Column
from itsm.ui.times import ago
from itsm.workflow import records

#: Runs of a case that its page shows.
MOST_RUNS = 50


class Plans(RecordPages):
    model = ValidationPlan
    form = PlanForm
    base = "plans"
    related = ("package__service", "owner")
    search_fields = ("title", "package__title")
    columns = (
        Column("title", gettext_lazy("Validation plan")), state_column(), Column("package", gettext_lazy("Design")),
        person_column("owner", gettext_lazy("Tester")),
        Column("updated_at", gettext_lazy("Updated"), cell=lambda row: ago(row.updated_at), opt=True),
    )  # fmt: skip
    filters = (Filter("state", gettext_lazy("State"), lambda: PlanState.choices),)
    parts = (Part("cases", gettext_lazy("test case"), CaseForm, "plan"),)
    intro = gettext_lazy("How designs are tested: cases, their runs and what came out.")
    empty_text = gettext_lazy("Plan how a design is tested before it is built.")

    def facts(self, request: HttpRequest, record: ValidationPlan) -> Any:
        package = record.package
        words = f"{package.number} {package}"
        yield _("Design"), format_html('<a href="{}">{}</a>', package.get_absolute_url(), words)
        yield _("Tester"), components.person(record.owner)
        yield _("Environment"), record.environment

    def linked(self, request: HttpRequest, record: ValidationPlan) -> Any:
        found = Defect.objects.visible_to(request.user).filter(run__case__plan=record)
        yield _("Defects"), found.order_by("state", "-id")[:20]

    def context(self, request: HttpRequest, record: ValidationPlan) -> dict[str, Any]:
        return {
            "more": "design/validation/_cases.html",
            "cases": list(record.cases.select_related("criterion", "plan").order_by("id")),
            "may_plan": bool(policies.may_plan(record, request.user)),
            "may_test": bool(policies.may_test(record, request.user)),
        }


def run(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """A case with everything that came out so far; who may test says how it ended this time."""
    plan = records.by_number(ValidationPlan.objects.visible_to(request.user), number).first()
    if plan is None:
        raise Http404
    case = get_object_or_404(plan.cases.select_related("criterion__requirement"), pk=pk)
    verdict = policies.may_test(plan, request.user)
    form = RunForm(request.POST or None)
    if request.method == "POST":
        made = attempt(form, lambda **sent: testing.record_run(case, actor=request.user, source=Source.WEB, **sent))
        if made is not None:
            words = {"case": case, "result": made.get_result_display()}
            target = plan if made.result == Result.PASS else case
            return ui.see(
                request, target, _("%(case)s: %(result)s.") % words,
                tone={"fail": "red", "blocked": "amber"}.get(made.result, "green"),
            )  # fmt: skip
    runs = case.runs.select_related("by").prefetch_related("defects")
    return ui.page(
        request, "design/validation/case.html", title=str(case), case=case, plan=plan, form=form,
        runs=list(runs[:MOST_RUNS]), verdict=verdict, submit=_("Keep the result"), list_url=Plans.address("-list"),
        edit_url=Plans.address("-cases", plan.number, case.pk) if policies.may_plan(plan, request.user) else "",
        status=status(form),
    )  # fmt: skip


def severity(defect: Defect) -> Any:
    return format_html('<span class="chip" data-tone="{}">{}</span>', defect.tone, defect.get_severity_display())


class Defects(RecordPages):
    model = Defect
    form = DefectForm
    base = "defects"
    related = ("package__service", "owner")
    search_fields = ("title", "description", "package__title")
    columns = (
        Column("title", gettext_lazy("Defect")), state_column(),
        Column("severity", gettext_lazy("Severity"), cell=severity), Column("package", gettext_lazy("Design")),
        person_column("owner", gettext_lazy("Fixed by")),
        Column("updated_at", gettext_lazy("Updated"), cell=lambda row: ago(row.updated_at), opt=True),
    )  # fmt: skip
    filters = (
        Filter("state", gettext_lazy("State"), lambda: DefectState.choices),
        Filter("severity", gettext_lazy("Severity"), lambda: Severity.choices),
    )
    beside = ((house.heading("design_package", plural=True), "design:design-package-list", "package-open"),)
    intro = gettext_lazy("What tests of designs found. High ones hold a sign-off until they are verified or accepted.")
    empty_text = gettext_lazy("A test that fails opens a defect by itself.")

    def facts(self, request: HttpRequest, record: Defect) -> Any:
        case, package = record.run.case, record.package
        yield _("Severity"), severity(record)
        yield _("Design"), format_html('<a href="{}">{}</a>', package.get_absolute_url(), f"{package.number} {package}")
        yield _("Test"), format_html('<a href="{}">{}</a>', case.get_absolute_url(), case)
        yield _("Latest result"), case.result_label
        yield _("Fixed by"), components.person(record.owner) if record.owner else ""
