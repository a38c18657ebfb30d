"""Pages of performance targets."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from design import composition
from design.forms.performance import GroupForm, PerformanceForm
from design.models import PerformanceTarget, delivered
from design.models.delivered import with_unit
from design.performance_states import PerformanceState
from design.reports import performance as reports
from itsm.desk.views.records import Filter, Part, RecordPages, state_column
from itsm.ui.reference import Column
from itsm.ui.times import ago

VERDICTS = {
    "ok": ("green", gettext_lazy("deliverable")), "gap": ("red", gettext_lazy("gap")),
    "unknown": ("amber", gettext_lazy("not proven")), "": ("grey", gettext_lazy("not promised")),
}  # fmt: skip


def verdict_chip(code: str) -> Any:
    tone, words = VERDICTS[code]
    return format_html('<span class="chip" data-tone="{}">{}</span>', tone, words)


def _members(group: Any) -> str:
    return ", ".join(str(one) for one in group.members.all())


class Performance(RecordPages):
    model = PerformanceTarget
    form = PerformanceForm
    base = "performance"
    related = ("service__owner",)
    search_fields = ("service__name", "description")
    columns = (
        Column("service", gettext_lazy("Service")), state_column(),
        Column("availability", gettext_lazy("Availability"), cell=lambda row: with_unit(row.availability, "%"),
               right=True),
        Column("latency_ms", gettext_lazy("Latency"), cell=lambda row: with_unit(row.latency_ms, "ms"), right=True),
        Column("own_availability", gettext_lazy("By itself"),
               cell=lambda row: with_unit(row.own_availability, "%"), right=True),
        Column("updated_at", gettext_lazy("Updated"), cell=lambda row: ago(row.updated_at), opt=True),
    )  # fmt: skip
    filters = (Filter("state", gettext_lazy("State"), lambda: PerformanceState.choices),)
    parts = (
        Part(
            "groups", gettext_lazy("redundant group"), GroupForm, "target", title=gettext_lazy("Redundant groups"),
            columns=(
                Column("name", gettext_lazy("Group")), Column("members", gettext_lazy("Members"), cell=_members),
                Column("required", gettext_lazy("Have to work"), right=True),
            ),
            empty=gettext_lazy("Everything it needs has to work. Name a group where one stands in for another."),
            prefetched=("members",),
        ),
    )  # fmt: skip
    intro = gettext_lazy("How available, fast and large services have to be, and whether their components can do it.")
    empty_text = gettext_lazy("Write down what a service has to deliver, and what its components deliver.")

    def facts(self, request: HttpRequest, record: PerformanceTarget) -> Any:
        service = record.service
        yield _("Service"), format_html('<a href="{}">{}</a>', service.get_absolute_url(), service)
        for name in (
            "own_availability", "own_latency_ms", "capacity", "own_recovery_minutes", "own_data_loss_minutes", "demand",
        ):  # fmt: skip
            value = getattr(record, name)
            if value is not None:
                yield str(record._meta.get_field(name).verbose_name).capitalize(), with_unit(value, "")

    def context(self, request: HttpRequest, record: PerformanceTarget) -> dict[str, Any]:
        found = delivered.statement(record.service)
        return {
            "more": "design/performance/_statement.html", "found": found,
            "lines": [(line, with_unit(line.promised, line.unit), with_unit(line.computed, line.unit),
                       with_unit(line.gap, line.unit), verdict_chip(line.verdict), delivered.named(
                           [str(one) for one in line.unknown])) for line in found.lines],
            "picture": reports.picture(found, record.service), "room": room(record, found),
        }  # fmt: skip


def room(record: PerformanceTarget, found: delivered.Statement) -> dict[str, Any] | None:
    """Whether enough capacity is free at busy times, of the narrowest part."""
    narrow = found.result.throughput if found.result else None
    if narrow is None or record.demand is None or found.services is None:
        return None
    free = composition.headroom(narrow.value, record.demand)
    return {
        "free": with_unit(round(free, 1), "%"), "enough": free >= record.headroom_percent,
        "wanted": with_unit(record.headroom_percent, "%"), "part": found.services[narrow.key],
        "capacity": with_unit(narrow.value, "/ s"), "demand": with_unit(record.demand, "/ s"),
        "used": float(min(max(100 - free, 0), 100)),
    }  # fmt: skip
