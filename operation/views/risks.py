"""The risk register: risks, controls and the heat map."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from itsm.desk.views.records import Filter, RecordPages, person_column, state_column
from itsm.lib import clock, house
from itsm.ui import components
from itsm.ui import pages as ui
from itsm.ui.reference import Column
from itsm.ui.times import day, percent
from operation.forms.risks import ControlForm, RiskForm
from operation.models import Control, Risk
from operation.models.risk import IMPACTS, LIKELIHOODS, tone_of
from operation.states import ControlState, RiskState, Treatment


def score(value: int | None) -> SafeString:
    """A score of 25 as a chip."""
    if not value:
        return format_html('<span class="dim">{}</span>', "–")
    return format_html('<span class="chip" data-tone="{}">{}</span>', tone_of(value), value)


def links(rows: Any) -> SafeString:
    return format_html_join(", ", '<a href="{}">{}</a>', ((row.get_absolute_url(), str(row)) for row in rows))


def _due(risk: Risk) -> Any:
    moment = risk.treat_until if risk.state == RiskState.TREATED else risk.review_on
    if moment is None:
        return "–"
    late = risk.is_overdue(clock.now().date())
    return format_html('<span class="chip" data-tone="red">{}</span>', day(moment)) if late else day(moment)


class Risks(RecordPages):
    model = Risk
    form = RiskForm
    base = "operation/risks"
    order = ("-score", "-id")
    related = ("owner",)
    search_fields = ("title", "description")
    columns = (
        Column("title", house.heading("risk")), state_column(),
        Column("score", _("Score"), cell=lambda risk: score(risk.score)),
        Column("treatment", _("Treatment"), opt=True), person_column("owner", _("Owner")),
        Column("due", _("Due"), cell=_due),
    )  # fmt: skip
    filters = (
        Filter("state", _("State"), lambda: RiskState.choices),
        Filter("treatment", _("Treatment"), lambda: Treatment.choices),
        Filter("likelihood", _("Likelihood"), lambda: LIKELIHOODS.items()),
        Filter("impact", _("Impact"), lambda: IMPACTS.items()),
    )
    body = "operation/risk/_risk.html"
    beside = ((_("Heat map"), "operation:risk-map", "grid-3x3"), (_("Controls"), "operation:control-list", "shield"))
    intro = _("What may happen and would hurt services: score is likelihood times impact, before and after treatment.")
    empty_text = _("Register what could go wrong, assess it, and decide what is done about it.")

    def facts(self, request: HttpRequest, record: Risk) -> Any:
        yield _("Owner"), components.person(record.owner)
        yield _("Before treatment"), score(record.inherent)
        yield _("After treatment"), score(record.residual)
        yield _("Treatment"), record.get_treatment_display()
        yield _("Treated until"), day(record.treat_until) if record.treat_until else ""
        yield _("Review on"), day(record.review_on) if record.review_on else ""

    def context(self, request: HttpRequest, record: Risk) -> dict[str, Any]:
        return {
            "services": list(record.services.order_by("name")),
            "controls": list(record.controls.order_by("title")),
            "likelihood": LIKELIHOODS.get(record.likelihood or 0),
            "impact": IMPACTS.get(record.impact or 0),
        }


class Controls(RecordPages):
    model = Control
    form = ControlForm
    base = "operation/controls"
    related = ("owner",)
    search_fields = ("title", "description")
    columns = (
        Column("title", _("Control")), state_column(), person_column("owner", _("Owner")),
        Column("next_test_on", _("Next test"), cell=lambda control: _test(control)),
    )  # fmt: skip
    filters = (Filter("state", _("State"), lambda: ControlState.choices),)
    body = "operation/risk/_control.html"
    intro = _("Measures against risks. Each is tested at its interval, and a failed test is repeated the next day.")
    empty_text = _("Add what already protects your services, and test it.")

    def may_read(self, user: Any) -> bool:
        return bool(user.is_desk)

    def facts(self, request: HttpRequest, record: Control) -> Any:
        yield _("Owner"), components.person(record.owner)
        yield _("Tested every"), _("%d days") % record.test_every_days
        yield _("Next test"), _test(record) if record.next_test_on else ""
        tested = record.tests.aggregate(n=Count("pk"), passed=Count("pk", filter=Q(passed=True)))
        if tested["n"]:
            yield (
                _("Effectiveness"),
                f"{percent(100 * tested['passed'] / tested['n'])} ({tested['passed']}/{tested['n']})",
            )

    def context(self, request: HttpRequest, record: Control) -> dict[str, Any]:
        return {
            "tests": list(record.tests.select_related("by")[:20]),
            "risks": list(Risk.objects.visible_to(request.user).filter(controls=record).order_by("-score", "-id")[:50]),
        }


def _test(control: Control) -> Any:
    if control.next_test_on is None:
        return "–"
    if control.is_test_due:
        return format_html('<span class="chip" data-tone="amber">{}</span>', day(control.next_test_on))
    return day(control.next_test_on)


@require_GET
def heat_map(request: HttpRequest) -> HttpResponse:
    """Open risks by likelihood and impact, before treatment and now."""
    if not request.user.is_desk:
        raise Http404
    now = request.GET.get("view") != "before"
    cells: Counter[tuple[int, int]] = Counter()
    unknown = 0
    rows = Risk.objects.visible_to(request.user).open().only(
        "state", "likelihood", "impact", "residual_likelihood", "residual_impact"
    )  # fmt: skip
    for risk in rows:
        grades = risk.grades if now else ((risk.likelihood, risk.impact) if risk.inherent else None)
        if grades is None:
            unknown += 1
        else:
            cells[grades] += 1
    address = reverse("operation:risk-list")
    lines = [
        (
            LIKELIHOODS[likelihood],
            [
                {
                    "count": cells[likelihood, impact],
                    "score": likelihood * impact,
                    "tone": tone_of(likelihood * impact),
                    "url": "" if now else f"{address}?likelihood={likelihood}&impact={impact}",
                }
                for impact in range(1, 6)
            ],
        )
        for likelihood in range(5, 0, -1)
    ]  # fmt: skip
    return ui.page(
        request, "operation/risk/map.html", title=_("Risk heat map"), lines=lines, impacts=IMPACTS.values(), now=now,
        unknown=unknown, total=sum(cells.values()),
    )  # fmt: skip
