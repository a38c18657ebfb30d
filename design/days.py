"""Calendar days of the installation: agreements begin and end with them, wherever the reader is."""

from __future__ import annotations

from datetime import date

from django.utils import timezone
from django.utils.formats import date_format

from itsm.lib import clock


def today() -> date:
    return timezone.localtime(clock.now(), timezone.get_default_timezone()).date()


def in_words(day: date) -> str:
    """``31 May 2026``, in the reader's language."""
    return date_format(day, "j M Y")
