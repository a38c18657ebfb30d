"""Service strategy: goals, requirements, portfolio, policies, cost and value."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StrategyConfig(AppConfig):
    name = "strategy"
    label = "strategy"
    verbose_name = _("Service strategy")

    def ready(self) -> None:
        from itsm.lib import chapters
        from strategy import navigation, navigation_costs, navigation_policies
        from strategy.demo import money, planning, rules

        for area in (navigation, navigation_costs, navigation_policies):
            area.register_kinds()
        for area in (navigation, navigation_costs, navigation_policies):
            area.register()
        chapters.register("plans", planning.tell_plans, order=10, when="before")
        chapters.register("policies", rules.tell_policies, order=12, when="before")
        chapters.register("books", money.tell_books, order=14, when="before")
        chapters.register("progress", planning.tell_progress, order=20)
        chapters.register("months", money.tell_months, order=900)
        chapters.register("exceptions", rules.tell_exceptions, order=910)
