"""Moments, spans and numbers in the words of the interface. Fast: a queue page calls them 150 times."""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from django.utils import dates, formats, timezone
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from itsm.lib import clock, currencies, house

MINUTE, HOUR, DAY = 60, 3600, 86400


@lru_cache(maxsize=32)
def _words(language: str | None) -> dict[str, str]:
    """The translated patterns, looked up once per language instead of once per row."""
    return {
        "d": pgettext("days, short", "{}d"),
        "h": pgettext("hours, short", "{}h"),
        "m": pgettext("minutes, short", "{}m"),
        "s": pgettext("seconds, short", "{}s"),
        "ago": _("{} ago"),
        "in": _("in {}"),
        "now": _("just now"),
        "day": pgettext("day and month", "{day} {month}"),
        "year": pgettext("day, month and year", "{day} {month} {year}"),
        "moment": pgettext("date, time", "{date}, {time}"),
        "weekday": pgettext("weekday and date", "{weekday} {date}"),
    }


@lru_cache(maxsize=32)
def _names(language: str | None) -> tuple[list[str], list[str], list[str]]:
    months = ["", *(str(dates.MONTHS_3[n]).title() for n in range(1, 13))]
    long_months = ["", *(str(dates.MONTHS[n]) for n in range(1, 13))]
    return months, long_months, [str(dates.WEEKDAYS_ABBR[n]) for n in range(7)]


def duration(seconds: float | timedelta | None, *, words: dict[str, str] | None = None) -> str:
    """``2h 10m``, ``1d 3h``, ``4m``, ``45s``: two units at most, always positive."""
    if seconds is None:
        return "–"
    total = int(abs(seconds.total_seconds() if isinstance(seconds, timedelta) else seconds))
    w = words or _words(get_language())
    if total < MINUTE:
        return w["s"].format(total)
    if total < HOUR:
        return w["m"].format(total // MINUTE)
    if total < DAY:
        minutes = total % HOUR // MINUTE
        hours = w["h"].format(total // HOUR)
        return f"{hours} {w['m'].format(f'{minutes:02d}')}" if minutes else hours
    hours_left = total % DAY // HOUR
    days = w["d"].format(total // DAY)
    return f"{days} {w['h'].format(hours_left)}" if hours_left and total < 10 * DAY else days


def _one_unit(total: int, w: dict[str, str]) -> str:
    if total < HOUR:
        return w["m"].format(total // MINUTE)
    if total < DAY:
        return w["h"].format(total // HOUR)
    return w["d"].format(total // DAY)


def exact(moment: datetime) -> str:
    """``24 November 2026, 12:47`` in the reader's time zone: the tooltip of every relative time."""
    return _exact(moment, timezone.get_current_timezone(), get_language())


@lru_cache(maxsize=4096)
def _exact(moment: datetime, zone: tzinfo, language: str | None) -> str:
    w, local = _words(language), moment.astimezone(zone)
    day = w["year"].format(day=local.day, month=_names(language)[1][local.month], year=local.year)
    return w["moment"].format(date=day, time=f"{local:%H:%M}")


def _tag(moment: datetime, text: str, extra: str = "") -> SafeString:
    stamp, tip = moment.isoformat(timespec="seconds"), escape(exact(moment))
    return mark_safe(f'<time datetime="{stamp}" title="{tip}"{extra}>{escape(text)}</time>')  # noqa: S308 - escaped


def ago(moment: datetime | None, now: datetime | None = None, *, short: bool = False) -> SafeString:
    """A relative time: ``2m ago`` (``short``: ``2m``), ``in 3h``; after a week the date."""
    if moment is None:
        return mark_safe("–")
    language = get_language()
    w = _words(language)
    seconds = int(((now or clock.now()) - moment).total_seconds())
    if abs(seconds) >= 7 * DAY:
        return _tag(moment, day(moment, now=now))
    kind = ' data-ago="short"' if short else ' data-ago=""'
    if abs(seconds) < MINUTE:
        return _tag(moment, w["now"], kind)
    text = _one_unit(abs(seconds), w)
    if seconds < 0:
        return _tag(moment, w["in"].format(text), kind)
    return _tag(moment, text if short else w["ago"].format(text), kind)


def day(moment: datetime | date, *, now: datetime | None = None, weekday: bool = False) -> str:
    """``24 Nov``, with the year when it is not this one, with the weekday for planned things."""
    language = get_language()
    w, (months, _long, weekdays) = _words(language), _names(language)
    local = timezone.localtime(moment) if isinstance(moment, datetime) else moment
    this_year = timezone.localtime(now or clock.now()).year
    pattern = w["day"] if local.year == this_year else w["year"]
    text = pattern.format(day=local.day, month=months[local.month], year=local.year)
    return w["weekday"].format(weekday=weekdays[local.weekday()], date=text) if weekday else text


def period(first: date, last: date) -> str:
    """``1 Jan – 30 Jun``; a period that ends in another year names both years."""
    if first.year == last.year:
        return f"{day(first)} – {day(last)}"
    w, (months, _long, _weekdays) = _words(get_language()), _names(get_language())
    return " – ".join(w["year"].format(day=one.day, month=months[one.month], year=one.year) for one in (first, last))


def when(
    moment: datetime | None, *, weekday: bool = True, zone: bool = False, now: datetime | None = None
) -> SafeString:
    """An absolute time: ``Sat 28 Nov, 20:00``; ``zone`` adds the zone where it may differ."""
    if moment is None:
        return mark_safe("–")
    text = when_words(moment, weekday=weekday, now=now)
    return _tag(moment, f"{text} {timezone.localtime(moment):%Z}" if zone else text)


def when_words(moment: datetime, *, weekday: bool = True, now: datetime | None = None) -> str:
    """The same as plain text, for sentences: ``Sat 28 Nov, 20:00``."""
    local = timezone.localtime(moment)
    return _words(get_language())["moment"].format(date=day(moment, now=now, weekday=weekday), time=f"{local:%H:%M}")


def number(value: float | None, decimals: int | None = None) -> str:
    """``1,052``: grouped the way the reader's language groups."""
    if value is None:
        return "–"
    # Django cuts digits off; 66.67 is 66.7.
    shown = value if decimals is None else round(value, decimals)
    return formats.number_format(shown, decimal_pos=decimals, use_l10n=True, force_grouping=True)


def compact(value: float | None) -> str:
    """``412k``, ``1.2m``: for tiles, where the magnitude matters and not the last digit."""
    if value is None:
        return "–"
    for limit, suffix in ((1e9, "b"), (1e6, "m"), (1e3, "k")):
        if abs(value) >= limit * (10 if suffix == "k" else 1):
            scaled = value / limit
            return number(scaled, 0 if abs(scaled) >= 100 else 1).removesuffix(".0") + suffix
    return number(value, 0 if float(value).is_integer() else 1)


def percent(value: float | None, decimals: int = 1) -> str:
    """``94.2%`` of a value already in percent."""
    return "–" if value is None else f"{number(value, decimals).removesuffix('.0')}%"


def money(value: float | Decimal | None, currency: str = "") -> str:
    """``€412k``: rounded for a glance, never for a sum. In the currency of the house when none is named."""
    if value is None:
        return "–"
    code, number_ = currency or house.currency(), float(value)
    return currencies.written(compact(abs(number_)), code, get_language(), negative=number_ < 0)


def amount(value: Decimal | None, currency: str = "") -> str:
    """Money to the cent, as the reader's language writes numbers and currencies: ``€1,234.50``, ``1.234,50 €``."""
    if value is None:
        return "–"
    code = currency or house.currency()
    digits = currencies.decimals(value, code)
    # Django cuts digits off instead of rounding.
    rounded = value.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    shown = formats.number_format(abs(rounded), digits, use_l10n=True, force_grouping=True)
    return currencies.written(shown, code, get_language(), negative=rounded < 0)


def ui_words() -> dict[str, str]:
    """What the scripts say in the reader's language; see ``static/ui/js/dom.js``."""
    w = _words(get_language())
    return {
        **{key: w[key] for key in ("d", "h", "m", "s", "ago", "now")},
        "left": _("{} left"), "over": _("{} over"), "page": _("This page"),
        "lost": _("The connection was lost. Nothing was saved."),
        "failed": _("Something went wrong. Nothing was saved."),
    }  # fmt: skip
