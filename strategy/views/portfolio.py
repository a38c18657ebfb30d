"""The portfolio board, business cases and decisions."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from itsm.catalogue.models import Service
from itsm.desk.views.records import Filter, RecordPages, person_column, state_column
from itsm.lib import clock, house
from itsm.lib.errors import Denied
from itsm.lib.sources import Source
from itsm.ui import components, keyset
from itsm.ui import pages as ui
from itsm.ui.forms import attempt, status
from itsm.ui.reference import Column
from itsm.ui.times import day, money
from itsm.workflow import steps
from strategy import policies
from strategy.forms.planning import CaseForm, DecisionForm, ProposalForm
from strategy.models import BusinessCase, PortfolioDecision
from strategy.reports import costs
from strategy.reports import portfolio as reports
from strategy.services import cases, months
from strategy.states import CaseState, Investment
from strategy.views.value_map import value_map
from strategy.views.words import amount


class Cases(RecordPages):
    model = BusinessCase
    form = CaseForm
    base = "cases"
    related = ("service", "owner")
    search_fields = ("title", "service__name")
    columns = (
        Column("title", house.heading("business_case")), state_column(), Column("service", gettext_lazy("Service")),
        Column("cost", gettext_lazy("Cost"), cell=lambda case: amount(case.cost), right=True),
        Column("value", gettext_lazy("Value"), cell=lambda case: amount(case.value), right=True),
        Column("score", gettext_lazy("Score"), right=True), person_column("owner", gettext_lazy("Owner")),
        Column("decide_by", gettext_lazy("Decide by"), cell=lambda case: _decide_by(case)),
    )  # fmt: skip
    filters = (
        Filter("state", gettext_lazy("State"), lambda: CaseState.choices),
        Filter("investment", gettext_lazy("Investment"), lambda: Investment.choices),
    )
    body = "strategy/portfolio/_case.html"
    beside = ((gettext_lazy("Portfolio"), "strategy:portfolio", "layers"),)
    intro = gettext_lazy("Cost, value, risk and fit of an investment in a service, and what was decided.")
    empty_text = gettext_lazy("Say why a service is worth its money, and let the portfolio decide.")

    def facts(self, request: HttpRequest, record: BusinessCase) -> Any:
        yield _("Service"), format_html('<a href="{}">{}</a>', record.service.get_absolute_url(), record.service)
        yield _("Owner"), components.person(record.owner)
        yield _("Investment"), record.get_investment_display()
        yield _("Decide by"), _decide_by(record) if record.decide_by else ""
        yield _("Risk"), _("%d of 5") % record.risk if record.risk else ""
        yield _("Strategic fit"), _("%d of 5") % record.fit if record.fit else ""
        yield _("Score"), _("%d of 100") % record.score

    def context(self, request: HttpRequest, record: BusinessCase) -> dict[str, Any]:
        return {
            "money": [
                (_("One-off cost"), amount(record.one_off_cost)), (_("Yearly cost"), amount(record.yearly_cost)),
                (_("Yearly value"), amount(record.yearly_value)),
                (_("Cost over %d years") % record.years, amount(record.cost)),
                (_("Value over %d years") % record.years, amount(record.value)),
                (_("Return on investment"), "–" if record.roi is None else f"{record.roi}%"),
                (_("Net present value"), amount(record.npv)),
                (_("Paid back after"), "–" if record.payback_years is None else _("%s years") % record.payback_years),
            ],
            "goals": list(record.goals.order_by("title")),
            "requirements": list(record.requirements.order_by("title")),
        }  # fmt: skip


def _decide_by(case: BusinessCase) -> Any:
    if case.decide_by is None:
        return "–"
    if case.is_overdue(clock.now().date()):
        return format_html('<span class="chip" data-tone="red">{}</span>', day(case.decide_by))
    return day(case.decide_by)


@require_GET
def board(request: HttpRequest) -> HttpResponse:
    """Every service by where it stands in its life; a card's menu takes the guarded steps."""
    user = request.user
    if not user.is_desk:
        raise Http404
    query = " ".join(request.GET.get("q", "").replace("\x00", "").split())[:100]
    services = Service.objects.visible_to(user)
    if query:
        services = services.filter(name__icontains=query)
    columns = reports.columns(services, user)
    for column in columns.values():
        for card in column.cards:
            card.steps = [
                (step, reverse("desk:service-step", args=[card.service.slug, step.verb]))
                for step in steps.available(card.service)
                if step.transition.permission(card.service, user)
            ]
    stages = [
        (code, label(), tone, [columns[s] for s in statuses], sum(columns[s].count for s in statuses))
        for code, label, tone, statuses in reports.STAGES
    ]
    sees_money = user.holds(*policies.CASE_READERS)
    shown = [card.service.pk for column in columns.values() for card in column.cards]
    year = costs.of_year(user, shown, months.running()) if sees_money else {}
    for column in columns.values():
        for card in column.cards:
            card.year = year.get(card.service.pk)
    spent = costs.trend(user, months.running()) if sees_money else []
    return ui.page(
        request, "strategy/portfolio/board.html", title=_("Service portfolio"), stages=stages, query=query,
        investment=reports.investment(user) if sees_money else None, money=money, live=columns["live"].count,
        due=reports.decisions_due(user, clock.now().date()), may_propose=bool(policies.may_write(user)),
        may_decide=policies.decides(user), map=value_map(user) if sees_money else {},
        run_cost=money(sum((total.cost for total in spent), Decimal(0))) if spent else "",
        spark=[round(float(total.cost)) for total in spent],
    )  # fmt: skip


def propose(request: HttpRequest) -> HttpResponse:
    """A service that does not exist yet enters the pipeline."""
    if not request.user.is_desk:
        raise Http404
    verdict = policies.may_write(request.user)
    if not verdict:
        raise Denied(verdict.reason)
    form = ProposalForm(request.POST or None)
    if request.method == "POST":
        made = attempt(form, lambda **sent: cases.propose(actor=request.user, source=Source.WEB, **sent))
        if made is not None:
            return ui.see(request, f"{reverse('strategy:business-case-new')}?service={made.pk}", _("Proposed."))
    return ui.page(
        request, "strategy/portfolio/form.html", form=form, title=_("Propose a service"), submit=_("Propose"),
        status=status(form),
    )  # fmt: skip


def decide(request: HttpRequest, slug: str) -> HttpResponse:
    """What is decided about a service, with everything decided before."""
    if not request.user.is_desk:
        raise Http404
    service = get_object_or_404(Service.objects.visible_to(request.user), slug=slug)
    may = policies.decides(request.user)
    form = DecisionForm(request.POST or None) if may else None
    if request.method == "POST":
        if form is None:
            raise Denied(_("Only a portfolio manager decides this."))
        made = attempt(form, lambda **sent: cases.decide(service, actor=request.user, source=Source.WEB, **sent))
        if made is not None:
            return ui.see(request, service, _("Decided: %(what)s.") % {"what": made.get_verdict_display()})
    before = list(PortfolioDecision.objects.filter(service=service).select_related("by")[:50])
    return ui.page(
        request, "strategy/portfolio/decide.html", form=form, service=service, before=before, submit=_("Decide"),
        title=_("Portfolio decision"), status=status(form) if form else 200,
    )  # fmt: skip


@require_GET
def decisions(request: HttpRequest) -> HttpResponse:
    """The log of portfolio decisions."""
    if not request.user.is_desk:
        raise Http404
    rows = PortfolioDecision.objects.select_related("service", "by")
    page = keyset.paginate(rows, ["-id"], request.GET.get("cursor", ""), 50)
    return ui.page(request, "strategy/portfolio/decisions.html", title=_("Portfolio decisions"), page=page)
