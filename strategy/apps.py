"""Service strategy: goals, requirements, portfolio, policies, cost and value."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StrategyConfig(AppConfig):
    name = "strategy"
    label = "strategy"
    verbose_name = _("Service strategy")

    def ready(self) -> None:
        from strategy import navigation

        navigation.register_kinds()
        navigation.register()
