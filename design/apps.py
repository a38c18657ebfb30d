"""Service design: performance, agreements, processes, design packages and their validation."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DesignConfig(AppConfig):
    name = "design"
    label = "design"
    verbose_name = _("Service design")

    def ready(self) -> None:
        from design import checks, navigation_agreements, navigation_packages, navigation_performance
        from design.demo import agreements, packages
        from itsm.lib import chapters

        navigation_agreements.register_kinds()
        navigation_packages.register_kinds()
        navigation_performance.register_kinds()
        navigation_agreements.register()
        navigation_packages.register()
        navigation_performance.register()
        checks.register()
        chapters.register("agreements", agreements.tell_agreements, order=50, when="before")
        chapters.register("processes", packages.tell_processes, order=70)
        chapters.register("packages", packages.tell_package, order=80)
        chapters.register("performance", agreements.tell_design, order=85)
