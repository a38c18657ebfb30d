"""Extension points: what higher packages put on pages that lower packages draw. Filled in ``apps.ready()``."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils.safestring import SafeString, mark_safe

log = logging.getLogger(__name__)

#: Where a panel can stand: cards on the home page, panels of a service (its overview, and one tab for each lifecycle
#: stage) and strips above them, panels in the right column, above and below the timeline of a ticket, notices above
#: every page, the status beside the sign-in form, cards of a lifecycle stage (the subject is its ``lifecycle.Stage``),
#: the right column of a record of any kind, and what a requester sees on the own ticket.
PLACES = (
    "home", "service", "service_strategy", "service_design", "service_transition", "service_operation",
    "service_improvement", "service_notice", "ticket", "ticket_top", "ticket_body", "person", "notice", "signin",
    "stage", "record", "portal_ticket", "new_ticket",
)  # fmt: skip

Context = Callable[[HttpRequest, Any], dict[str, Any] | None]


@dataclass(frozen=True, slots=True)
class Panel:
    """A template and what it needs; a context of None means there is nothing to show."""

    place: str
    name: str
    template: str
    context: Context
    label: Any = ""
    roles: frozenset[str] = frozenset()
    order: int = 100
    cls: str = ""


def _everybody(user: Any) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Link:
    """A settings page, a palette command or an entry of the create menu."""

    label: Any
    url_name: str
    icon: str = "settings-2"
    description: Any = ""
    roles: frozenset[str] = frozenset()
    order: int = 100
    key: str = ""
    group: Any = ""
    name: str = ""
    allowed: Callable[[Any], bool] = _everybody

    @property
    def url(self) -> str:
        try:
            return reverse(self.url_name)
        except NoReverseMatch:
            return ""


_panels: dict[tuple[str, str], Panel] = {}
_settings: dict[str, Link] = {}
_commands: dict[str, Link] = {}
_create: dict[str, Link] = {}


def register(
    place: str,
    name: str,
    template: str,
    context: Context,
    *,
    label: Any = "",
    roles: Iterable[str] = (),
    order: int = 100,
    cls: str = "",
) -> None:
    """Put a panel in a place. ``context(request, subject)`` returns the template's values or None for nothing."""
    if place not in PLACES:
        raise ValueError(f"Unknown place {place!r}; one of {', '.join(PLACES)}.")
    _panels[(place, name)] = Panel(place, name, template, context, label, frozenset(map(str, roles)), order, cls)


def panels(place: str, user: Any) -> list[Panel]:
    """What stands in a place for this person, in order."""
    found = [p for p in _panels.values() if p.place == place and _allowed(p.roles, user)]
    return sorted(found, key=lambda p: (p.order, p.name))


def draw(place: str, request: HttpRequest, subject: Any = None) -> SafeString:
    """All panels of a place as HTML. One that fails is left out and logged: the page is worth more."""
    drawn = []
    for panel in panels(place, getattr(request, "user", None)):
        try:
            context = panel.context(request, subject)
            if context is not None:
                values = {"panel": panel, "subject": subject, **context}
                drawn.append(render_to_string(panel.template, values, request=request))
        except Exception:
            log.exception("panel failed", extra={"panel": f"{place}.{panel.name}"})
    return mark_safe("".join(drawn))  # noqa: S308 - rendered templates


def register_settings(
    name: str, label: Any, url_name: str, *, description: Any = "", icon: str = "settings-2",
    roles: Iterable[str] = ("administrator",), group: Any = "", order: int = 100,
) -> None:  # fmt: skip
    """Add a page to the settings overview."""
    _settings[name] = Link(label, url_name, icon, description, frozenset(map(str, roles)), order, "", group, name)


def register_command(
    name: str, label: Any, url_name: str, *, icon: str = "arrow-right", key: str = "", roles: Iterable[str] = (),
    group: Any = "", order: int = 100,
) -> None:  # fmt: skip
    """Add a command to the palette (pages of the navigation are there already). ``key`` is shown beside it."""
    _commands[name] = Link(label, url_name, icon, "", frozenset(map(str, roles)), order, key, group, name)


def register_create(
    name: str, label: Any, url_name: str, *, icon: str, key: str, roles: Iterable[str] = (), order: int = 100,
    allowed: Callable[[Any], bool] = _everybody,
) -> None:  # fmt: skip
    """Add something that can be created, by whom ``allowed`` says: C and then ``key`` opens its form."""
    _create[name] = Link(label, url_name, icon, "", frozenset(map(str, roles)), order, key.lower(), "", name, allowed)


def settings_sections(user: Any) -> list[Link]:
    return _shown(_settings, user)


def commands(user: Any) -> list[Link]:
    return _shown(_commands, user)


def create_menu(user: Any) -> list[Link]:
    return _shown(_create, user)


def _allowed(roles: frozenset[str], user: Any) -> bool:
    return not roles or bool(user is not None and user.is_authenticated and user.holds(*roles))


def _shown(links: dict[str, Link], user: Any) -> list[Link]:
    found = [link for link in links.values() if _allowed(link.roles, user) and link.url and link.allowed(user)]
    return sorted(found, key=lambda link: (str(link.group), link.order, str(link.label)))
