"""The arithmetic of cost: months, exact shares, what of a cost falls into a month. Decimal and whole numbers only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from strategy.money import CENT, cents

#: How many months lie between two payments of a recurring cost.
STEPS = {"monthly": 1, "quarterly": 3, "yearly": 12}
ONE_OFF = "one_off"


def month_of(day: date) -> date:
    """A month is kept as its first day."""
    return day.replace(day=1)


def add_months(month: date, count: int) -> date:
    at = month.year * 12 + month.month - 1 + count
    return date(at // 12, at % 12 + 1, 1)


def months_from(first: date, last: date) -> int:
    """How many months later ``last`` is than ``first``."""
    return (last.year - first.year) * 12 + last.month - first.month


def months(first: date, last: date) -> list[date]:
    """Every month from the first to the last, both included."""
    return [add_months(month_of(first), at) for at in range(months_from(first, last) + 1)]


def split(amount: Decimal, weights: Sequence[int]) -> list[Decimal]:
    """Shares of an amount in cents, in proportion to whole weights; they sum to the amount, always.

    Largest remainder: everybody gets the cents rounded down, and the cents left over go to those who lost most by
    rounding, the first of equals first. ``ValueError`` when nobody has a weight.
    """
    total = sum(weights)
    if total <= 0 or min(weights) < 0:
        raise ValueError("Somebody has to have a weight.")
    whole = int(amount.copy_abs().scaleb(2).to_integral_value(ROUND_HALF_UP))
    shares = [whole * weight // total for weight in weights]
    lost = sorted(range(len(weights)), key=lambda at: (-(whole * weights[at] % total), at))
    for at in lost[: whole - sum(shares)]:
        shares[at] += 1
    sign = -1 if amount < 0 else 1
    return [sign * share * CENT for share in shares]


def even(amount: Decimal, parts: int, place: int) -> Decimal:
    """One of equal shares of a positive amount, as ``split`` gives it, without making the others."""
    whole = int(amount.scaleb(2).to_integral_value(ROUND_HALF_UP))
    return (whole // parts + (place < whole % parts)) * CENT


def of_month(
    amount: Decimal, recurrence: str, starts_on: date, ends_on: date | None, month: date, *, spread: int = 1
) -> Decimal:
    """What of a cost falls into a month.

    A recurring amount is spread evenly over the months it pays for, so that a year of a yearly cost sums to it
    exactly; a one-off amount falls into its month, or evenly into as many months as it is written off over.
    """
    place = months_from(starts_on, month)
    if place < 0:
        return Decimal(0)
    if recurrence == ONE_OFF:
        return even(amount, spread, place) if place < spread else Decimal(0)
    if ends_on is not None and month > ends_on:
        return Decimal(0)
    step = STEPS[recurrence]
    return even(amount, step, place % step)


def plan_until(amount: Decimal, length: int, counted: int) -> Decimal:
    """How much of a budget of so many months is meant for the first of them."""
    return sum((even(amount, length, place) for place in range(counted)), Decimal(0))


def variance(actual: Decimal, plan: Decimal) -> Decimal | None:
    """(actual - plan) / plan in percent; undefined without a plan."""
    return (100 * (actual - plan) / plan).quantize(Decimal("0.1"), ROUND_HALF_UP) if plan else None


def forecast(actual: Decimal, length: int, counted: int) -> Decimal | None:
    """Actual plus the run rate for the months that remain; unknown before the first month is over."""
    return cents(actual + actual / counted * (length - counted)) if counted else None


def per_unit(cost: Decimal, units: int | None) -> Decimal | None:
    """Cost of a service by the units consumed; undefined without units."""
    return cents(cost / units) if units else None
