"""Money, months and links in the reader's words."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils.dates import MONTHS, MONTHS_3
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from itsm.ui.times import amount

__all__ = ["amount", "link", "month_name", "month_short", "or_dash", "percent"]


def percent(value: Decimal | None, *, sign: bool = False) -> str:
    """``12.5%``, or ``+12.5%``."""
    if value is None:
        return "–"
    rounded = value.quantize(Decimal("0.1"), ROUND_HALF_UP)
    shown = number_format(rounded, 1 if rounded % 1 else 0, force_grouping=True)
    return f"{'+' if sign and rounded > 0 else ''}{shown}%"


def month_name(month: date | None) -> str:
    """``November 2026``."""
    return f"{MONTHS[month.month]} {month.year}" if month else "–"


def month_short(month: date) -> str:
    """``Nov``, and ``Jan 26`` where a year begins: under a chart."""
    name = capfirst(MONTHS_3[month.month])
    return f"{name} {month.year % 100:02d}" if month.month == 1 else name


def or_dash(value: Decimal) -> str:
    """Money, and a dash for nothing: for tables that would be full of noughts."""
    return amount(value) if value else "–"


def link(record: Any, text: Any = "") -> SafeString:
    return format_html('<a href="{}">{}</a>', record.get_absolute_url(), text or record)
