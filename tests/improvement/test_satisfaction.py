"""The pure numbers: shares with their interval, recommendation, bands."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from improvement.satisfaction import Counts, band_of, share, wilson


@pytest.mark.parametrize(
    ("good", "n", "low", "high"),
    # Worked out by hand from the formula; 0 of 10 and 10 of 10 are the textbook's.
    [(0, 10, 0.0, 27.75), (10, 10, 72.25, 100.0), (5, 10, 23.66, 76.34), (1, 1, 20.65, 100.0), (80, 100, 71.11, 86.66)],
)
def test_wilson(good, n, low, high):
    assert wilson(good, n) == pytest.approx((low, high), abs=0.01)


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_holds_the_share_and_stays_in_bounds(pair):
    good, n = pair
    low, high = wilson(good, n)
    assert 0 <= low <= 100 * good / n + 1e-9
    assert 100 * good / n - 1e-9 <= high <= 100
    mirrored = wilson(n - good, n)
    assert (low, high) == pytest.approx((100 - mirrored[1], 100 - mirrored[0]))


def test_more_answers_make_it_surer():
    few, many = wilson(8, 10), wilson(800, 1000)
    assert few[0] < many[0] < many[1] < few[1]


def test_of_nothing_there_is_no_share():
    assert share(0, 0) is None
    assert (Counts().top, Counts().bottom, Counts().nps) == (None, None, None)
    with pytest.raises(ValueError, match="at least one"):
        wilson(0, 0)
    with pytest.raises(ValueError, match="at most all"):
        wilson(3, 2)


def test_nps_is_promoters_minus_detractors():
    found = Counts(good=50, neutral=30, bad=20).nps
    assert (found.percent, found.n) == (30, 100)
    assert found.low == pytest.approx(14.7, abs=0.1)
    assert Counts(good=3).nps.high == 100
    assert Counts(bad=3).nps.percent == -100


def test_bands():
    assert [band_of("csat", score) for score in range(1, 6)] == ["bad", "bad", "neutral", "good", "good"]
    assert [band_of("nps", score) for score in range(11)] == ["bad"] * 7 + ["neutral"] * 2 + ["good"] * 2
