"""Every kind of reference data with its pages, and where the overview shows it."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from itsm.accounts.roles import Role
from itsm.desk.views.settings import automation, calendars, catalogue, levels, people, tickets
from itsm.desk.views.settings.base import HOUSE, LEVEL_MANAGERS, LEVELS, SYSTEM, TICKETS, Pages
from itsm.ui import panels

SECTIONS: list[Pages] = [
    *people.PAGES, *catalogue.PAGES, *tickets.PAGES, *automation.PAGES, *levels.PAGES, *calendars.PAGES,
]  # fmt: skip


def add(pages: Pages) -> None:
    """Reference data of a higher package; called in its ``AppConfig.ready``, before addresses are read."""
    if all(one.slug != pages.slug for one in SECTIONS):
        SECTIONS.append(pages)
        pages.register()


def register() -> None:
    """Put the pages on the overview; called while the application loads."""
    for pages in SECTIONS:
        pages.register()
    panels.register_settings(
        "matrix", _("Priority matrix"), "desk:settings-matrix", icon="grid-3x3", group=TICKETS, order=10,
        description=_("Impact and urgency give the priority."),
    )  # fmt: skip
    panels.register_settings(
        "branding", _("Branding"), "desk:settings-branding", icon="palette", group=HOUSE, order=10,
        description=_("Name, logo and colour; words of portal and mails; the currency."), roles=(Role.ADMINISTRATOR,),
    )  # fmt: skip
    panels.register_settings(
        "terms", _("Terms"), "desk:settings-terms", icon="languages", group=HOUSE, order=20,
        description=_("What incidents, requests, changes and the rest are called here."), roles=(Role.ADMINISTRATOR,),
    )  # fmt: skip
    panels.register_settings(
        "ola", _("Team targets"), "desk:settings-ola", icon="handshake", group=LEVELS, order=40, roles=LEVEL_MANAGERS,
        description=_("What teams promise each other: time in the team, by priority."),
    )  # fmt: skip
    panels.register_settings(
        "audit", _("Audit log"), "desk:settings-audit", icon="scroll-text", group=SYSTEM, order=10,
        description=_("Who changed what, when, from what to what."), roles=(Role.ADMINISTRATOR, Role.AUDITOR),
    )  # fmt: skip
    panels.register_settings(
        "status", _("System status"), "desk:settings-status", icon="activity", group=SYSTEM, order=20,
        description=_("Signs of life, waiting work, versions and sizes."),
    )  # fmt: skip
