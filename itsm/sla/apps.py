"""Service level clocks: calendars, support levels, targets, clocks and the sweep that fires them."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SlaConfig(AppConfig):
    name = "itsm.sla"
    label = "sla"
    verbose_name = _("Service levels")

    def ready(self) -> None:
        from itsm.sla import gauges  # noqa: F401 - registers them
