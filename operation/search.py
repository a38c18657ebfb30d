"""Outages and on-call rotas on the search page and in the palette: they have names, and no numbers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from itsm.search import registry
from itsm.search.registry import Hit
from itsm.search.sources import containing
from operation.models import Outage, Rota

if TYPE_CHECKING:
    from itsm.accounts.models import User


def outages(user: User, text: str) -> Any:
    """Outages and planned work the person may know of, by title or message."""
    return containing(Outage.objects.visible_to(user), text, ("title", "message"), "title")


def find_outages(user: User, text: str, limit: int) -> Iterable[Hit]:
    for one in outages(user, text).order_by("-begins_at", "-pk")[:limit]:
        yield Hit(
            url=one.get_absolute_url(), title=one.title, hint=str(one.get_state_display()), icon="circle-off",
            snippet=one.message[:200], index="outages",
        )  # fmt: skip


def rotas(user: User, text: str) -> Any:
    """On-call rotas by their own name or their team's."""
    return containing(Rota.objects.visible_to(user), text, ("name", "team__name"), "name")


def find_rotas(user: User, text: str, limit: int) -> Iterable[Hit]:
    for one in rotas(user, text).select_related("team")[:limit]:
        yield Hit(url=one.get_absolute_url(), title=one.name, hint=str(one.team), icon="phone-call", index="rotas")


def register() -> None:
    """Called once from ``OperationConfig.ready``."""
    registry.register("outages", _("Outages"), find_outages, icon="circle-off", desk=True, order=20, rows=outages)
    registry.register("rotas", _("On-call rotas"), find_rotas, icon="phone-call", desk=True, order=55, rows=rotas)
