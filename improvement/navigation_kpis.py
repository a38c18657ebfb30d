"""What KPIs register: their definitions, pages and activity 18."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from improvement.reports.kpis import catalogue
from itsm.audit import actions


def register() -> None:
    """Called once from ``ImprovementConfig.ready``."""
    catalogue.register_all()
    actions.register({"kpi.decide": _("decided")})
