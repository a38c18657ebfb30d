"""The desk's own entries in the navigation, the palette and the create menu."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from itsm.accounts.roles import MANAGERS, Role
from itsm.audit import actions
from itsm.desk.record import approvals
from itsm.desk.reports import counts
from itsm.desk.views.settings.sections import register as register_settings_pages
from itsm.notifications.services import inbox
from itsm.ui import nav, panels

if TYPE_CHECKING:
    from itsm.tickets.kinds import Kind


def register() -> None:
    """Called once from ``DeskConfig.ready``."""
    nav.register("services", _("Services"), "desk:services", "boxes", order=20, go="v")
    register_queue()
    register_inbox()
    register_tickets()
    register_settings()
    register_dashboards()
    nav.register(
        "bottom", _("Service lifecycle"), "desk:lifecycle", "workflow", order=5, go="l",
        hint=_("Five stages, twenty activities, and what needs attention"),
    )  # fmt: skip
    nav.register(
        "top", _("Home"), "desk:my-work", "house", roles=[Role.AGENT], order=5, go="h",
        hint=_("What waits for you now"),
    )  # fmt: skip


def register_dashboards() -> None:
    """Numbers: for managers under Improve, for the desk beside its lists."""
    for group, roles in (
        ("improve", [*MANAGERS, Role.AUDITOR, Role.SERVICE_OWNER]), ("desk", [Role.AGENT, Role.ADMINISTRATOR]),
    ):  # fmt: skip
        nav.register(
            group, _("Service levels"), "desk:dashboard-sla", "chart-line", roles=roles, order=80, go="d",
            tab=_("Insight"), hint=_("Are promises kept"),
        )  # fmt: skip


def register_settings() -> None:
    """The administration pages and the way to them."""
    actions.register({"invited": _("invited"), "password_mailed": _("mailed a link for a new password")})
    register_settings_pages()
    nav.register(
        "bottom", _("Settings"), "desk:settings", "settings-2", order=90,
        roles=[Role.ADMINISTRATOR, Role.SERVICE_LEVEL_MANAGER, Role.AUDITOR],
    )  # fmt: skip


def register_inbox() -> None:
    """Inbox, preferences, and the settings of notifications."""
    for group, order in (("top", 20), ("portal", 60)):
        nav.register(
            group, _("Inbox"), "desk:inbox", "inbox", order=order, count=inbox.badge, tone="red", tip=_("unread"),
            go="n", tab=_("Inbox"),
        )  # fmt: skip
    panels.register("notice", "inbox", "desk/inbox/_poll.html", lambda request, subject: {})
    # On a phone the portal's bar has no room for it.
    nav.register("user", _("Inbox"), "desk:inbox", "inbox", order=5)
    nav.register("user", _("Preferences"), "desk:preferences", "sliders-horizontal", order=10)
    section = _("Notifications")
    panels.register_settings(
        "messages", _("Messages"), "desk:messages", icon="mail", group=section, order=10,
        description=_("Mails and chat messages: what was sent, what waits, what failed"),
    )  # fmt: skip
    panels.register_settings(
        "templates", _("Notification texts"), "desk:templates", icon="pen-line", group=section, order=20,
        description=_("The words of mails, in your own voice"),
    )  # fmt: skip
    panels.register_settings(
        "chat", _("Chat channels"), "desk:chat-channels", icon="messages-square", group=section, order=30,
        description=_("Rooms in Slack, Teams, Mattermost and others that hear about tickets"),
    )  # fmt: skip


def register_tickets() -> None:
    """What waits for a person's vote."""
    nav.register(
        "top", _("Approvals"), "desk:approvals", "stamp", order=30, count=approvals.waiting, tone="amber",
        tip=_("waiting for you"),
    )  # fmt: skip


def register_queue() -> None:
    """My work; the lists of the kinds of ticket come from the packages that own them."""
    nav.register(
        "top", _("My work"), "desk:queue", "circle-user", order=10, count=counts.mine, tip=_("assigned to you"), go="w",
        query="view=mine", hint=_("Tickets assigned to you"),
    )  # fmt: skip


def register_kind(kind: Kind, *, order: int = 100, go: str = "", tab: Any = "", allowed: Any = None) -> None:
    """The list of one kind of ticket, with how many are open. Call it from ``ready`` after ``kinds.register``."""
    nav.register(
        "desk", kind.plural, "desk:queue", kind.icon, order=order, count=counts.open_of_kind(kind.code), tip=_("open"),
        go=go, tab=tab, query=f"kind={kind.code}", allowed=allowed,
    )  # fmt: skip
