"""Automation: rules over the events of tickets."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AutomationConfig(AppConfig):
    name = "itsm.automation"
    label = "automation"
    verbose_name = _("Automation")

    def ready(self) -> None:
        from itsm.notifications import topics

        topics.register(
            topics.Topic(
                "rule", "work", _("A rule tells your team about a ticket"), _("{rule.name}: {ticket.title}"),
                _(
                    "Hello {recipient.first_name},\n\nthe rule “{rule.name}” tells your team about {ticket.number}:\n\n"
                    "{ticket.title}\n\n{ticket.url}"
                ),
                extra=("rule.name", "ticket.number", "ticket.title", "ticket.url"), direct=True,
                own_subject="[{ticket.number}] {ticket.title}", desk_only=True,
                sample=(
                    ("rule.name", _("Tell the network team of every outage")), ("ticket.number", "INC-1042"),
                    ("ticket.title", _("No connection in Oslo")), ("ticket.url", "https://desk.example.com/tickets/INC-1042/"),
                ),
            )
        )  # fmt: skip
