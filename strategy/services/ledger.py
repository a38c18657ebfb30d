"""Writing the books: what is checked between fields, and what takes the place of what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from django.db import transaction
from django.utils.translation import gettext as _

from itsm.accounts.models import User
from itsm.lib import currencies, house, jobs
from itsm.lib.errors import Denied
from itsm.workflow.moves import move
from strategy import cost_policies as policies
from strategy import costing, drivers
from strategy.cost_states import Basis, BudgetState, CentreState, Expenditure, Recurrence, TermState
from strategy.models import AllocationRule, Budget, CostItem, CostMonth, Tariff, ValueMeasure
from strategy.models.allocation import Term

T = TypeVar("T", bound=Term)


def written(record: Any, before: Any) -> None:
    """Open months follow soon."""
    jobs.enqueue("strategy.keep_months")


# ---------- what does not fit together ----------


def check_item(item: CostItem, lists: Mapping[str, Any]) -> dict[str, Any]:
    """Months are kept as their first day; a cost has a part in at least one month that is open."""
    errors: dict[str, Any] = {}
    item.starts_on = costing.month_of(item.starts_on)
    item.ends_on = costing.month_of(item.ends_on) if item.ends_on else None
    once = item.recurrence == Recurrence.ONE_OFF
    if item.ends_on is not None and item.ends_on < item.starts_on:
        return {"ends_on": _("The end lies before the beginning.")}
    if once and item.ends_on is not None:
        errors["ends_on"] = _("What is paid once has no end.")
    if not once and item.spread_months != 1:
        errors["spread_months"] = _("Only what is paid once is written off.")
    if item.expenditure == Expenditure.OPEX and item.spread_months != 1:
        errors["spread_months"] = _("Only an investment (capex) is written off over months.")
    if item.currency not in currencies.CODES:
        errors["currency"] = _("There is no currency of this code.")
    if item.currency == house.currency() and item.rate != 1:
        errors["rate"] = _("The books are in %(currency)s: its rate is 1.") % {"currency": item.currency}
    if item.worth < costing.CENT:
        errors["amount"] = _("That is less than a cent.")
    if item.cost_centre is not None and item.cost_centre.state == CentreState.CLOSED:
        errors["cost_centre"] = _("The cost centre is closed.")
    last = costing.add_months(item.starts_on, item.spread_months - 1) if once else item.ends_on
    if not errors and last is not None and _all_closed(item.starts_on, last):
        errors["starts_on"] = _("These months are closed: nothing can be booked into them.")
    return errors


def _all_closed(first: Any, last: Any) -> bool:
    closed = CostMonth.objects.filter(month__gte=first, month__lte=last, closed_at__isnull=False).count()
    return closed == costing.months_from(first, last) + 1


def check_budget(budget: Budget, lists: Mapping[str, Any]) -> dict[str, Any]:
    """Periods of one service do not overlap; who may not plan for a service does not name it."""
    budget.starts_on = costing.month_of(budget.starts_on)
    others = Budget.objects.filter(service=budget.service_id).exclude(state=BudgetState.WITHDRAWN)
    for other in others.exclude(pk=budget.pk):
        if other.starts_on <= budget.last_month and budget.starts_on <= other.last_month:
            return {"starts_on": _("It overlaps with %(other)s.") % {"other": other.number}}
    verdict = policies.may_plan_this(budget, budget.created_by)
    return {} if verdict else {"service": verdict.reason}


def check_rule(rule: AllocationRule, lists: Mapping[str, Any]) -> dict[str, Any]:
    """The driver is known; only what counts can be limited to services."""
    if rule.driver != drivers.FIXED and drivers.find(rule.driver) is None:
        return {"driver": _("Nothing counts “%(what)s”.") % {"what": rule.driver}}
    if rule.driver == drivers.FIXED and lists.get("services"):
        return {"services": _("With fixed shares, each share names its service.")}
    if rule.cost_centre.state == CentreState.CLOSED:
        return {"cost_centre": _("The cost centre is closed.")}
    return {}


def check_tariff(tariff: Tariff, lists: Mapping[str, Any]) -> dict[str, Any]:
    """There is a price exactly when one is charged, and somebody counts the unit."""
    if drivers.find(tariff.unit) is None:
        return {"unit": _("Nothing counts “%(what)s”.") % {"what": tariff.unit}}
    if tariff.basis == Basis.AT_COST and tariff.price is not None:
        return {"price": _("At cost there is no price.")}
    if tariff.basis != Basis.AT_COST and tariff.price is None:
        return {"price": _("Say the price.")}
    return {}


def check_measure(measure: ValueMeasure, lists: Mapping[str, Any]) -> dict[str, Any]:
    """A measure ends with its goal only knowingly: it is not tied to one that is over."""
    if measure.goal is not None and measure.goal.state == "abandoned":
        return {"goal": _("The goal is abandoned.")}
    return {}


# ---------- in force ----------


@transaction.atomic
def activate(term: T, *, actor: User, source: str, version: int | None = None, comment: str = "") -> T:
    """Put it in force; what was in force before ends in the same moment."""
    verdict = policies.may_keep(term, actor)
    if not verdict:
        raise Denied(verdict.reason)
    if term.state == TermState.DRAFT:
        for earlier in term.before().select_for_update():
            reason = _("%(number)s takes its place.") % {"number": term.number}
            move(earlier, "end", actor=User.objects.system(), source=source, reason=reason)
    return move(term, "activate", actor=actor, source=source, version=version, body=comment)
