"""Service transition: what is delivered to whom, its quality, its support, and the knowledge base."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TransitionConfig(AppConfig):
    name = "transition"
    label = "transition"
    verbose_name = _("Service transition")

    def ready(self) -> None:
        from django import forms

        from itsm.audit import actions
        from itsm.lib import chapters
        from itsm.ui import markdown
        from itsm.workflow import inputs, registration
        from strategy import drivers
        from transition import (
            checks,
            navigation,
            navigation_change,
            navigation_configuration,
            navigation_delivery,
            search,
        )
        from transition.demo import delivery
        from transition.forms.articles import validate_to_come
        from transition.models import Article
        from transition.reports import usage

        drivers.register(drivers.Driver("subscribers", _("Subscribers"), _("subscriber"), usage.subscribers, order=10))
        drivers.register(drivers.Driver("items", _("Items in use"), _("item"), usage.items, order=50))
        drivers.register_source(drivers.Source("assets", _("Write-off of items"), usage.write_off))
        drivers.register_source(
            drivers.Source("contracts", _("Contracts"), usage.contracts, into="direct", lines=usage.contract_lines)
        )
        inputs.register(
            "change_note",
            lambda required: forms.CharField(
                label=_("What changed"), max_length=300, required=required, help_text=_("Shown in the history.")
            ),
            lambda: {"type": "string", "maxLength": 300},
        )
        inputs.register(
            "review_at",
            lambda required: forms.DateField(
                label=_("Look at it again on"),
                required=required,
                validators=[validate_to_come],
                widget=forms.DateInput(attrs={"type": "date"}),
            ),
            lambda: {"type": "string", "format": "date"},
        )
        registration.register_actions("article", Article, _("article"))
        actions.register({"article.used": _("used on a ticket")})
        markdown.link_numbers("KB", "/knowledge/{}/")
        navigation_configuration.register_kinds()
        navigation_delivery.register_kinds()
        navigation_change.register_kinds()
        navigation.register()
        navigation_delivery.register()
        search.register()
        chapters.register("delivery", delivery.tell, order=90)
        navigation_configuration.register()
        navigation_change.register()
        checks.register()
