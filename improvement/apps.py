"""Continual improvement: feedback, KPIs, reviews, the improvement register, process analysis."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ImprovementConfig(AppConfig):
    name = "improvement"
    label = "improvement"
    verbose_name = _("Continual improvement")

    def ready(self) -> None:
        from improvement import (
            checks,
            navigation_feedback,
            navigation_improvements,
            navigation_kpis,
            navigation_process,
            navigation_reviews,
        )

        # Each area registers what is its own: kinds, pages, panels, activities, chapters of the demo story.
        areas = (
            navigation_feedback, navigation_improvements, navigation_kpis, navigation_reviews, navigation_process,
        )  # fmt: skip
        for area in areas:
            area.register()
        checks.register()
