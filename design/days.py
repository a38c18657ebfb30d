"""Calendar days of the installation: agreements begin and end with them, wherever the reader is."""

from __future__ import annotations

from datetime import date

from django.utils import timezone

from itsm.lib import clock


def today() -> date:
    return timezone.localtime(clock.now(), timezone.get_default_timezone()).date()
