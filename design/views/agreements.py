"""Pages of agreements."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from design.agreement_states import AgreementState, AgreementType
from design.forms.agreements import AgreementForm, TargetForm
from design.models import Agreement, AgreementTarget
from design.reports import agreements as reports
from design.reports import attainment
from itsm.desk.views.records import Filter, Part, RecordPages, person_column, service_filter, state_column
from itsm.lib import house
from itsm.tickets import kinds
from itsm.ui import components, times
from itsm.ui.reference import Column


def _kind(target: AgreementTarget) -> str:
    return dict(kinds.choices()).get(target.kind, target.kind)


def _pauses(target: AgreementTarget) -> str:
    return ", ".join(target.pause_reasons) or "–"


TARGET_COLUMNS = (
    Column("metric", gettext_lazy("Promise")), Column("kind", gettext_lazy("Tickets"), cell=_kind),
    Column("priority", gettext_lazy("Priority"),
           cell=lambda row: f"P{row.priority}" if row.priority else _("every priority")),
    Column("minutes", gettext_lazy("Within"), cell=lambda row: times.duration(row.minutes * 60), right=True),
    Column("calendar", gettext_lazy("Hours"), cell=lambda row: row.calendar or _("as the agreement")),
    Column("pause_reasons", gettext_lazy("Paused while waiting for"), cell=_pauses),
    Column("warn_percent", gettext_lazy("Warning at"), cell=lambda row: f"{row.warn_percent} %", right=True),
)  # fmt: skip


def matrix(targets: Iterable[AgreementTarget]) -> dict[str, Any]:
    """Targets that differ in their priority only, on one line: the columns and rows of a table of parts."""
    promise, tickets, _priority, _within, *terms = TARGET_COLUMNS
    lines: dict[tuple[str, ...], dict[int | None, AgreementTarget]] = {}
    for target in targets:
        same = (target.metric, target.kind, *(str(column.show(target)) for column in terms))
        lines.setdefault(same, {})[target.priority] = target
    used = sorted({priority for line in lines.values() for priority in line}, key=lambda one: (one is None, one or 0))
    within = [Column(f"p{one}", f"P{one}" if one else _("Every priority"), right=True) for one in used]
    rows = []
    for line in lines.values():
        first = next(iter(line.values()))
        times_of = [
            (column, times.duration(line[one].minutes * 60) if one in line else "–")
            for column, one in zip(within, used, strict=True)
        ]
        named, rest = ([(column, column.show(first)) for column in columns] for columns in ((promise, tickets), terms))
        rows.append(("", [*named, *times_of, *rest]))
    return {"columns": [promise, tickets, *within, *terms], "rows": rows}


class Agreements(RecordPages):
    model = Agreement
    form = AgreementForm
    base = "agreements"
    related = ("customer", "provider_team", "customer_team", "owner")
    search_fields = ("title", "supplier", "contract", "customer__name")
    columns = (
        Column("title", house.heading("agreement")), state_column(),
        Column("type", gettext_lazy("Type"), cell=lambda row: row.short_type),
        Column("parties", gettext_lazy("With"), cell=lambda row: row.parties),
        Column("period", gettext_lazy("Time"), cell=lambda row: row.period),
        person_column("owner", gettext_lazy("Owner")),
    )  # fmt: skip
    filters = (
        Filter("type", gettext_lazy("Type"), lambda: AgreementType.choices),
        Filter("state", gettext_lazy("State"), lambda: AgreementState.choices), service_filter("services"),
    )  # fmt: skip
    parts = (
        Part(
            "targets", gettext_lazy("target"), TargetForm, "agreement", title=gettext_lazy("Targets"),
            columns=TARGET_COLUMNS, related=("calendar", "agreement"),
            empty=gettext_lazy("Nothing is promised yet. Add targets, or take over those of a support level."),
        ),
    )  # fmt: skip
    intro = gettext_lazy("What is promised to customers, between teams and by suppliers, and whether it fits together.")
    empty_text = gettext_lazy("Write down what a customer may expect, and what teams and suppliers do for it.")

    def facts(self, request: HttpRequest, record: Agreement) -> Any:
        yield _("Type"), record.get_type_display()
        if record.type == AgreementType.SLA:
            yield _("Customer"), record.customer or _("every customer")
        elif record.type == AgreementType.OLA:
            yield _("Team that does it"), record.provider_team
            yield _("Team that relies on it"), record.customer_team
        else:
            yield _("Supplier"), record.supplier
            yield house.heading("contract"), record.contract
        yield _("Time"), record.period
        yield _("Hours of cover"), record.calendar or _("around the clock")
        yield _("Support level"), record.support_level or ""
        yield _("Version"), record.edition
        yield _("Owner"), components.person(record.owner)
        if record.published and record.type == AgreementType.SLA:
            amount = record.published.coverage.count()
            words = ngettext("run by it for %(n)d service", "run by it for %(n)d services", amount)
            yield _("Clocks"), words % {"n": amount}

    def _part_table(self, record: Any, part: Part, written: bool) -> dict[str, Any]:
        """What nobody may write any more stands as a matrix: a line for each promise, a column for each priority."""
        table = super()._part_table(record, part, written)
        return table if written else {**table, **matrix(part.rows(record))}

    def linked(self, request: HttpRequest, record: Agreement) -> Any:
        yield _("Services"), record.services.visible_to(request.user).order_by("name")[:50]  # type: ignore[attr-defined]
        if record.type != AgreementType.SLA:
            yield _("Backs"), reports.backed_by(record)
        versions = record.family().visible_to(request.user).exclude(pk=record.pk).order_by("-edition")
        yield _("Other versions"), versions[:10]

    def measured(self, request: HttpRequest, record: Agreement) -> dict[str, Any]:
        if record.state in AgreementState.OPEN:
            return {}
        return {
            "covers": attainment.covers(record) if record.state == AgreementState.ACTIVE else None,
            "measured": True, "days": attainment.DAYS, "kept": attainment.kept(record),
            "missed": attainment.missed(record, request.user),
        }  # fmt: skip

    def context(self, request: HttpRequest, record: Agreement) -> dict[str, Any]:
        checked = record.type == AgreementType.SLA and record.state not in AgreementState.ENDED
        return {
            "more": "design/agreement/_more.html", "checked": checked,
            "chains": reports.chains(record) if checked else [], **self.measured(request, record),
        }  # fmt: skip
