"""Continual improvement: feedback, KPIs, reviews, the improvement register, process analysis."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ImprovementConfig(AppConfig):
    name = "improvement"
    label = "improvement"
    verbose_name = _("Continual improvement")
