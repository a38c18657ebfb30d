"""Return, present value, payback and score against slow, obvious references."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from strategy import money

amounts = st.decimals(min_value=0, max_value=10_000_000, places=2)


@given(amounts, amounts)
def test_return_on_investment(value, cost):
    found = money.roi(value, cost)
    if not cost:
        assert found is None
    else:
        exact = Fraction(100) * (Fraction(value) - Fraction(cost)) / Fraction(cost)
        assert abs(Fraction(found) - exact) <= Fraction(1, 20)


@given(st.lists(st.decimals(min_value=-1_000_000, max_value=1_000_000, places=2), max_size=12),
       st.decimals(min_value=0, max_value=50, places=2))  # fmt: skip
def test_present_value(flows, percent):
    exact = sum(
        (Fraction(flow) / (1 + Fraction(percent) / 100) ** year for year, flow in enumerate(flows)), Fraction(0)
    )
    assert abs(Fraction(money.npv(flows, percent)) - exact) <= Fraction(1, 200) + Fraction(1, 10**6)


def test_without_discount_it_is_the_sum():
    assert money.npv([Decimal(-100), Decimal(60), Decimal(60)], Decimal(0)) == Decimal("20.00")


def test_payback():
    assert money.payback(Decimal(100), Decimal(40)) == Decimal("2.5")
    assert money.payback(Decimal(100), Decimal(0)) is None
    assert money.payback(Decimal(100), Decimal(-1)) is None
    assert money.payback(Decimal(0), Decimal(5)) == 0


@given(st.none() | st.decimals(min_value=-500, max_value=900, places=1), st.none() | st.integers(1, 5),
       st.none() | st.integers(1, 5))  # fmt: skip
def test_score_is_the_weighted_sum(roi, fit, risk):
    share = Fraction(0) if roi is None else min(max(Fraction(roi) / 200, Fraction(0)), Fraction(1))
    exact = 40 * share + 30 * Fraction((fit or 1) - 1, 4) + (30 * Fraction(5 - risk, 4) if risk else 0)
    rounded = int((Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(Decimal(1), ROUND_HALF_UP))
    assert abs(money.score(roi, fit, risk) - rounded) <= 1
    assert 0 <= money.score(roi, fit, risk) <= 100


def test_the_best_earns_all_points_and_the_unknown_none():
    assert money.score(Decimal(200), 5, 1) == 100
    assert money.score(None, None, None) == 0
