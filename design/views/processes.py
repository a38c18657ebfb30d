"""Pages of process definitions."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from design import process_policies as policies
from design.forms.processes import ProcessForm, StepForm, SystemForm
from design.models import ProcessDefinition, SystemRequirement
from design.process_states import Need, ProcessState
from design.reports import processes as reports
from itsm.desk.views.records import Filter, Part, RecordPages, person_column, state_column
from itsm.tickets import kinds
from itsm.ui import components
from itsm.ui.reference import Column
from itsm.ui.times import ago

NEED_TONES = {Need.MET: "green", Need.PLANNED: "amber", Need.NOT_MET: "red"}


def need_chip(need: SystemRequirement) -> Any:
    tone = NEED_TONES[Need(need.status)]
    return format_html('<span class="chip" data-tone="{}">{}</span>', tone, need.get_status_display())


def provider(need: SystemRequirement) -> Any:
    if need.service is None:
        return "–"
    return format_html('<a href="{}">{}</a>', need.service.get_absolute_url(), need.service)


SYSTEM_COLUMNS = (
    Column("system", gettext_lazy("System")), Column("service", gettext_lazy("Provided by"), cell=provider),
    Column("purpose", gettext_lazy("What for")), Column("status", gettext_lazy("Status"), cell=need_chip),
    Column("evidence", gettext_lazy("Evidence")),
)  # fmt: skip


class Processes(RecordPages):
    model = ProcessDefinition
    form = ProcessForm
    base = "processes"
    related = ("owner",)
    search_fields = ("name", "purpose")
    columns = (
        Column("name", gettext_lazy("Process")), state_column(),
        Column("kind", gettext_lazy("Governs"), cell=lambda process: process.kind_label or "–"),
        Column("edition", gettext_lazy("Version"), right=True), person_column("owner", gettext_lazy("Owner")),
        Column("updated_at", gettext_lazy("Updated"), cell=lambda process: ago(process.updated_at), opt=True),
    )  # fmt: skip
    filters = (
        Filter("state", gettext_lazy("State"), lambda: ProcessState.choices),
        Filter("kind", gettext_lazy("Governs"), kinds.choices),
    )
    texts = (
        (gettext_lazy("Purpose"), "purpose"), (gettext_lazy("Inputs"), "inputs"), (gettext_lazy("Outputs"), "outputs"),
        (gettext_lazy("Measures"), "kpis"),
    )  # fmt: skip
    parts = (
        Part("steps", gettext_lazy("step"), StepForm, "definition"),
        Part(
            "systems", gettext_lazy("needed system"), SystemForm, "definition",
            title=gettext_lazy("Supporting systems"),
            columns=(*SYSTEM_COLUMNS[:2], Column("step", gettext_lazy("Step"), right=True), *SYSTEM_COLUMNS[2:]),
            empty=gettext_lazy("No system is named that this process needs."), related=("service",),
        ),
    )  # fmt: skip
    intro = gettext_lazy("How work is done: steps, who does what in them, and the systems they need.")
    empty_text = gettext_lazy("Describe how incidents, changes and requests are worked on, step by step.")

    def facts(self, request: HttpRequest, record: ProcessDefinition) -> Any:
        yield _("Governs"), record.kind_label
        yield _("Owner"), components.person(record.owner)
        yield _("Version"), record.edition

    def linked(self, request: HttpRequest, record: ProcessDefinition) -> Any:
        versions = record.family().visible_to(request.user).exclude(pk=record.pk).order_by("-edition")
        yield _("Other versions"), versions[:10]
        yield _("Designs that use it"), record.design_packages.visible_to(request.user).order_by("-updated_at")[:10]

    def context(self, request: HttpRequest, record: ProcessDefinition) -> dict[str, Any]:
        steps = reports.steps_of(record)
        return {
            "more": "design/process/_flow.html", "picture": reports.picture(record, steps),
            "steps_table": reports.table(record, steps), "may_edit": bool(policies.may_edit(record, request.user)),
        }  # fmt: skip
