"""The value and cost map: live services by their last twelve months, and proposals by what their cases promise."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from itsm.catalogue.models import Service
from itsm.ui import charts
from itsm.ui.charts import Series
from itsm.ui.scatter import Point, scatter
from strategy.models import PortfolioDecision
from strategy.reports import costs
from strategy.reports import portfolio as reports
from strategy.services import months
from strategy.views.words import amount

#: Colour by what was decided last; a proposal is violet.
VERDICTS = {"keep": "green", "invest": "blue", "retire": "amber"}
PROPOSED, UNDECIDED = "violet", "grey"


def value_map(user: Any) -> dict[str, Any]:
    """Drawing, keys and table; nothing while nothing is known."""
    live = costs.dearest_live(user, months.running())
    decided = reports.latest_decisions([service.pk for service, _year in live])
    pipeline = [case for case in reports.value_map(user) if case.service.status in Service.Status.PIPELINE]
    points, rows = [], []
    for service, year in live:
        verdict = decided.get(service.pk)
        words = verdict.get_verdict_display() if verdict else _("Not decided")
        points.append(Point(
            float(year.cost), float(year.value), 4 + 3 * (5 - service.criticality), service.name,
            _("cost %(cost)s, value %(value)s") % {"cost": amount(year.cost), "value": amount(year.value)},
            VERDICTS.get(verdict.verdict, UNDECIDED) if verdict else UNDECIDED,
            reverse("strategy:service-cost", args=[service.slug]),
        ))  # fmt: skip
        rows.append([service.name, amount(year.cost), amount(year.value), words])
    for case in pipeline:
        points.append(Point(
            float(case.cost_of_year), float(case.yearly_value or 0), 4 + 3 * (5 - case.service.criticality),
            case.service.name,
            _("expected: cost %(cost)s, value %(value)s") % {
                "cost": amount(case.cost_of_year), "value": amount(case.yearly_value)
            }, PROPOSED, case.get_absolute_url(),
        ))  # fmt: skip
        rows.append([case.service.name, amount(case.cost_of_year), amount(case.yearly_value), _("Proposed")])
    if not points:
        return {}
    named = [(str(PortfolioDecision.Verdict(code).label), tone) for code, tone in VERDICTS.items()]
    keys = [Series(name, [], tone) for name, tone in [*named, (_("Not decided"), UNDECIDED), (_("Proposed"), PROPOSED)]]
    summary = _("Services by what they cost and bring in twelve months. The table below holds every value.")
    return {
        "plot": scatter(
            points, x_name=_("Cost of twelve months"), y_name=_("Value"), summary=summary,
            diagonal=_("Value equals cost"),
        ),
        "keys": charts.legend(keys),
        "table": charts.as_table([_("Service"), _("Cost"), _("Value"), _("Decided")], rows),
    }  # fmt: skip
