"""Shares and months to the cent, whatever the numbers."""

from __future__ import annotations

import itertools
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strategy import costing

AMOUNTS = st.decimals(Decimal("-999999999.99"), Decimal("999999999.99"), places=2)
WEIGHTS = st.lists(st.integers(0, 10**6), min_size=1, max_size=40).filter(sum)
MONTHS = st.dates(date(2020, 1, 1), date(2030, 12, 31)).map(costing.month_of)


@given(AMOUNTS, WEIGHTS)
def test_shares_sum_to_the_cent_and_are_fair(amount, weights):
    shares = costing.split(amount, weights)
    assert sum(shares) == amount
    total = sum(weights)
    for share, weight in zip(shares, weights, strict=True):
        assert abs(Fraction(share) - Fraction(amount) * weight / total) < Fraction(1, 100), "at most a cent off"
        assert share == share.quantize(Decimal("0.01"))
        assert weight or not share, "who has no weight has no share"


@given(AMOUNTS, WEIGHTS)
def test_whoever_weighs_more_never_gets_less(amount, weights):
    pairs = sorted(zip(weights, map(abs, costing.split(amount, weights)), strict=True))
    assert all(one[1] <= other[1] for one, other in itertools.pairwise(pairs) if one[0] < other[0])


@pytest.mark.parametrize("weights", [[], [0, 0], [1, -1], [-2, 5]])
def test_nothing_is_shared_among_nobody(weights):
    with pytest.raises(ValueError, match="weight"):
        costing.split(Decimal(1), weights)


def spread_by_hand(amount, recurrence, first, last, spread):
    """The slow obvious way: every month written down from the beginning, one after the other."""
    found: dict[date, Decimal] = {}
    if recurrence == "one_off":
        for at, part in enumerate(costing.split(amount, [1] * spread)):
            found[costing.add_months(first, at)] = part
        return found
    size = {"monthly": 1, "quarterly": 3, "yearly": 12}[recurrence]
    month, parts = first, []
    while month <= (last or date(2045, 12, 1)):
        parts = parts or costing.split(amount, [1] * size)
        found[month] = parts.pop(0)
        month = costing.add_months(month, 1)
    return found


@given(
    st.decimals(Decimal("0.01"), Decimal(999999), places=2),
    st.sampled_from(["one_off", "monthly", "quarterly", "yearly"]),
    MONTHS, st.none() | st.integers(0, 60), st.integers(1, 48), MONTHS,
)  # fmt: skip
def test_months_as_written_down_by_hand(amount, recurrence, first, length, spread, month):
    last = None if length is None or recurrence == "one_off" else costing.add_months(first, length)
    spread = spread if recurrence == "one_off" else 1
    expected = spread_by_hand(amount, recurrence, first, last, spread).get(month, Decimal(0))
    assert costing.of_month(amount, recurrence, first, last, month, spread=spread) == expected


@given(st.decimals(Decimal("0.01"), Decimal(999999), places=2), MONTHS)
def test_a_year_of_a_yearly_cost_is_its_amount(amount, first):
    year = [costing.of_month(amount, "yearly", first, None, costing.add_months(first, at)) for at in range(24)]
    assert sum(year[:12]) == sum(year[12:]) == amount


def test_budget_arithmetic():
    assert costing.plan_until(Decimal(100), 3, 3) == 100
    assert costing.plan_until(Decimal(100), 3, 1) == Decimal("33.34")
    assert costing.variance(Decimal(110), Decimal(100)) == Decimal("10.0")
    assert costing.variance(Decimal(1), Decimal(0)) is None
    assert costing.forecast(Decimal(300), 12, 3) == Decimal("1200.00")
    assert costing.forecast(Decimal(0), 12, 0) is None
    assert costing.per_unit(Decimal(10), 3) == Decimal("3.33")
    assert costing.per_unit(Decimal(10), 0) is None
