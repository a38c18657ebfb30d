"""What every page knows: who reads it and how they like it. Everything costly is looked up when drawn."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject, cached_property

from itsm.lib import house
from itsm.ui import nav as navigation
from itsm.ui import panels


class Shell:
    """The frame around a page. Attributes are computed on first use, so fragments pay nothing."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    @cached_property
    def user(self) -> Any:
        user = getattr(self.request, "user", None)
        return user if user is not None and user.is_authenticated else None

    @property
    def house(self) -> house.House:
        return house.current()

    @cached_property
    def site_name(self) -> str:
        return self.house.name

    @cached_property
    def mark(self) -> str:
        return self.site_name[:1].upper()

    @cached_property
    def logo(self) -> str:
        """Address of the organisation's logo, or ""."""
        return reverse("desk:brand-logo", args=[self.house.logo]) if self.house.logo else ""

    @cached_property
    def style(self) -> str:
        """Address of the style sheet with the organisation's colour, or ""."""
        return reverse("desk:brand-style", args=[self.house.version]) if self.house.accent else ""

    @cached_property
    def icon(self) -> str:
        """Address of the sign in the browser's tab, or "" for the product's own."""
        if self.logo:
            return self.logo
        return reverse("desk:brand-icon", args=[self.house.version]) if self.house.accent else ""

    @cached_property
    def greeting(self) -> str:
        """The organisation's first line of the portal, or ""."""
        name = self.user.get_short_name() if self.user else ""
        return self.house.greeting.replace("{name}", name)

    @cached_property
    def support_phone(self) -> str:
        return str(getattr(settings, "SUPPORT_PHONE", ""))

    @cached_property
    def theme(self) -> str:
        """Forced by the person, or "" to follow the system."""
        theme = getattr(self.user, "theme", "")
        return theme if theme in ("light", "dark") else ""

    @cached_property
    def density(self) -> str:
        return "compact" if getattr(self.user, "density", "") == "compact" else ""

    @cached_property
    def single_keys(self) -> bool:
        return bool(getattr(self.user, "single_keys", True))

    @cached_property
    def is_desk(self) -> bool:
        """Staff see the agents' shell, everybody else the portal."""
        return bool(getattr(self.user, "is_desk", False))

    @cached_property
    def base(self) -> str:
        """The shell of a page that serves both kinds of people: ``{% extends shell.base %}``."""
        return "base.html" if self.is_desk else "portal.html"

    @cached_property
    def nav(self) -> list[navigation.Group]:
        return navigation.shell(self.user, self.request.get_full_path()) if self.user else []

    @cached_property
    def portal(self) -> list[navigation.Item]:
        return navigation.menu("portal", self.user, self.request.path) if self.user else []

    @cached_property
    def menu(self) -> list[navigation.Item]:
        return navigation.menu("user", self.user, self.request.path) if self.user else []

    @cached_property
    def tabs(self) -> list[navigation.Item]:
        """Up to three pages for the phone's bar."""
        return [item for group in self.nav for item in group.items if item.entry.tab][:3]

    @cached_property
    def everywhere(self) -> list[navigation.Entry]:
        return navigation.everything(self.user) if self.user else []

    @cached_property
    def commands(self) -> list[panels.Link]:
        return panels.commands(self.user) if self.user else []

    @cached_property
    def create(self) -> list[panels.Link]:
        return panels.create_menu(self.user) if self.user else []


def shell(request: HttpRequest) -> dict[str, Any]:
    """Template context processor: ``shell`` in every page."""
    return {"shell": SimpleLazyObject(lambda: Shell(request))}
