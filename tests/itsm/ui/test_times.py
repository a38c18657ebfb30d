from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone, translation

from itsm.lib import clock, house
from itsm.ui import times

NOW = datetime(2026, 11, 24, 14, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"), (45, "45s"), (60, "1m"), (3599, "59m"), (3600, "1h"), (7800, "2h 10m"), (11100, "3h 05m"),
        (86400, "1d"), (97200, "1d 3h"), (864000, "10d"), (867600, "10d"), (-240, "4m"), (None, "–"),
        (timedelta(minutes=4), "4m"),
    ],
)  # fmt: skip
def test_duration(seconds, text):
    assert times.duration(seconds) == text


@pytest.mark.parametrize(
    ("minutes", "text", "short"),
    [
        (0, "just now", "just now"),
        (6, "6m ago", "6m"),
        (61, "1h ago", "1h"),
        (-30, "in 30m", "in 30m"),
        (2880, "2d ago", "2d"),
        (60 * 24 * 9, "15 Nov", "15 Nov"),
    ],
)
def test_ago(minutes, text, short):
    moment = NOW - timedelta(minutes=minutes)
    assert f">{text}</time>" in times.ago(moment, NOW)
    assert f">{short}</time>" in times.ago(moment, NOW, short=True)


def test_exact_time_is_in_the_zone_of_the_reader():
    with timezone.override("Asia/Tokyo"):
        assert times.exact(NOW) == "24 November 2026, 23:12"
        assert 'title="24 November 2026, 23:12"' in times.ago(NOW, NOW)
        assert 'datetime="2026-11-24T14:12:00+00:00"' in times.ago(NOW, NOW)


def test_when_is_absolute_and_names_the_year_only_when_it_differs():
    assert ">Sat 28 Nov, 20:00</time>" in times.when(datetime(2026, 11, 28, 20, tzinfo=UTC), now=NOW)
    assert ">Fri 1 Jan 2027, 08:00 UTC</time>" in times.when(datetime(2027, 1, 1, 8, tzinfo=UTC), now=NOW, zone=True)
    with clock.moved_to(NOW):
        assert times.day(date(2026, 5, 3)) == "3 May"


def test_nothing_is_a_dash():
    assert [
        times.ago(None),
        times.when(None),
        times.number(None),
        times.money(None),
        times.percent(None),
        times.compact(None),
    ] == ["–"] * 6


def test_numbers_have_thin_structure():
    assert times.number(1052) == "1,052"
    assert times.percent(94.2) == "94.2%"
    assert times.percent(95) == "95%"
    assert [times.compact(n) for n in (950, 9999, 41200, 412000, 1_200_000, 1.5)] == [
        "950",
        "9,999",
        "41.2k",
        "412k",
        "1.2m",
        "1.5",
    ]
    assert [times.money(n) for n in (1150, 412000, -20)] == ["€1,150", "€412k", "-€20"]


def test_scripts_get_all_their_words():
    assert set(times.ui_words()) >= {"left", "over", "ago", "now", "lost", "failed", "page", "d", "h", "m", "s"}


def test_numbers_are_rounded_and_not_cut():
    assert times.percent(200 / 3) == "66.7%"
    assert times.percent(99.99) == "100%"
    assert times.number(2.675, 1) == "2.7"


@pytest.mark.parametrize(
    ("language", "currency", "value", "said"),
    [
        ("en", "EUR", "1234.5", "€1,234.50"),
        ("en", "EUR", "-0.005", "-€0.01"),
        ("de", "EUR", "1234.5", "1.234,50\u00a0€"),
        ("fr", "USD", "-12", "-12,00\u00a0$"),
        ("en", "CHF", "12", "CHF\u00a012.00"),
        ("en", "JPY", "1200", "¥1,200"),
        ("en", "JPY", "33.33", "¥33.33"),
    ],
)
def test_amounts_are_written_as_the_language_writes_them(language, currency, value, said):
    with translation.override(language):
        assert times.amount(Decimal(value), currency) == said


def test_amounts_without_a_currency_are_in_that_of_the_house():
    house.hold(house.House(currency="GBP"))
    assert (times.amount(Decimal("3.2")), times.money(412000)) == ("£3.20", "£412k")


def test_a_period_names_both_years_when_they_differ():
    assert times.period(date(2026, 1, 1), date(2027, 12, 31)) == "1 Jan 2026 – 31 Dec 2027"
    assert times.period(date(2020, 1, 1), date(2020, 12, 31)) == "1 Jan 2020 – 31 Dec 2020"
