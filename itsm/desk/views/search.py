"""One box over everything: the search page, and what the command palette asks for while somebody types."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from itsm.accounts.models import User
from itsm.search import registry
from itsm.search.highlight import mark
from itsm.search.query import clean, parse
from itsm.search.services import everywhere, search
from itsm.search.services.everything import Group
from itsm.tickets import kinds, numbers
from itsm.tickets.models import Ticket, TicketVisit
from itsm.ui import pages as ui
from itsm.ui.links import url_with

#: Hits per group on the page of everything, and on the page of one group.
FEW, MANY = 5, 50
RECENT = 5


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """Everything found, grouped by what it is; ``?in=`` shows one group, ``kind`` and ``open`` narrow tickets."""
    user: Any = request.user
    query = parse(request.GET.get("q", ""))
    only = request.GET.get("in", "")
    known = {index.name: index for index in registry.indexes(user)}
    only = only if only in known else ""
    kind = request.GET.get("kind", "")
    kind = kind if kind in dict(kinds.choices()) else ""
    open_only = request.GET.get("open") == "1"
    groups = _found(user, query.text, only, kind, open_only=open_only)
    return ui.page(
        request,
        "desk/search/index.html",
        title=_("Search"),
        query=query.text,
        groups=[
            (group, [_marked(hit, query) for hit in group.hits], url_with(request, **{"in": group.name}))
            for group in groups
        ],
        total=sum(len(group.hits) for group in groups),
        only=only,
        tabs=[("", _("Everything"), url_with(request, **{"in": None})), *(
            (name, index.label, url_with(request, **{"in": name})) for name, index in known.items()
        )],
        kinds=[(code, label, url_with(request, kind=code, **{"in": "tickets"})) for code, label in kinds.choices()],
        kind=kind,
        open_only=open_only,
        open_url=url_with(request, open=None if open_only else "1"),
        all_kinds_url=url_with(request, kind=None),
        filterable=only == "tickets",
        in_queue=_in_queue(query.text) if user.is_desk and query else "",
    )  # fmt: skip


def _in_queue(text: str) -> str:
    """The queue with the same words, for whoever wants to filter on or export."""
    return f"{reverse('desk:queue')}?{urlencode({'phase': 'any', 'q': text})}"


def _found(user: Any, text: str, only: str, kind: str, *, open_only: bool) -> list[Group]:
    if only == "tickets" and (kind or open_only):
        hits = search(user, text, kinds=[kind] if kind else None, open_only=open_only, limit=MANY, snippets=True)
        return [Group("tickets", _("Tickets"), "ticket", hits)] if hits else []
    return everywhere(user, text, names=[only] if only else None, limit=MANY if only else FEW)


def _marked(hit: registry.Hit, query: Any) -> dict[str, Any]:
    """A hit with its words marked; everything else is escaped on the way."""
    row = hit.row
    state = (kinds.get(row["kind"]).state_label(row["state"]), row["state"], row["phase"]) if row else None
    return {
        "hit": hit,
        "title": mark(hit.title, query),
        "snippet": mark(hit.snippet, query),
        "state": state,
        "row": row,
    }


@require_GET
def palette(request: HttpRequest) -> HttpResponse:
    """What the palette shows below its own commands: recent tickets, or what was found."""
    user: Any = request.user
    asked = clean(request.GET.get("q", ""))
    if not asked:
        groups = [{"label": _("Recent"), "items": _recent(user)}]
    elif asked.startswith("@") and user.is_desk:
        found = everywhere(user, asked[1:], names=["people"], limit=8)
        groups = [_group(group) for group in found]
    elif asked.startswith("#"):
        groups = [{"label": _("Tickets"), "items": [_item(hit) for hit in search(user, asked, limit=5) if hit.exact]}]
    else:
        groups = [_group(group) for group in everywhere(user, asked, limit=4)] if len(asked) > 1 else []
    return ui.render_part(request, "ui/_palette_results.html", groups=groups, query=asked.lstrip("#@"))


def _group(group: Group) -> dict[str, Any]:
    return {"label": group.label, "items": [_item(hit) for hit in group.hits]}


def _item(hit: registry.Hit) -> dict[str, Any]:
    return {"url": hit.url, "icon": hit.icon, "title": hit.title, "number": hit.number, "hint": hit.hint}


def _recent(user: User) -> list[dict[str, Any]]:
    """The tickets this person looked at last and still may see."""
    seen = list(TicketVisit.objects.filter(user=user).order_by("-at").values_list("ticket_id", flat=True)[: 2 * RECENT])
    if not seen:
        return []
    visible = Ticket.objects.visible_to(user).filter(pk__in=seen).order_by().values("id", "kind", "title")
    rows = {row["id"]: row for row in visible}
    found = [rows[pk] for pk in seen if pk in rows][:RECENT]
    return [
        {
            "url": f"/tickets/{numbers.number(row['kind'], row['id'])}/",
            "icon": kinds.get(row["kind"]).icon,
            "title": row["title"],
            "number": numbers.number(row["kind"], row["id"]),
            "hint": str(kinds.get(row["kind"]).label),
        }
        for row in found
    ]
