"""The list itself, its news and its numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from itsm.desk.forms import bulk as bulk_forms
from itsm.desk.record import trail
from itsm.desk.reports import counts, fields, queue
from itsm.desk.reports.layout import GROUPS, sorts_for
from itsm.desk.reports.standard_views import STANDARD
from itsm.desk.reports.state import QueueState, pinned
from itsm.desk.services import bulk, saved_views
from itsm.desk.views.queue.access import desk_only, state_of
from itsm.lib import clock
from itsm.tickets import kinds
from itsm.ui import pages as ui
from itsm.ui import panels


@require_GET
@desk_only
def index(request: HttpRequest) -> HttpResponse:
    state = state_of(request)
    numbers = counts.of_views(state.user, state.kinds)
    own = state.view.code if state.view is not None and not state.explicit else ""
    found = queue.page(state, request.GET.get("cursor", ""), known=numbers.get(own))
    query = state.query()
    shown = ",".join(str(row["id"]) for row in found.rows)
    trail.remember(
        request.session, url=request.get_full_path(), label=state.title, start=found.page.start,
        numbers=[row["number"] for row in found.rows], total=str(found.page.count),
    )  # fmt: skip
    return ui.page(
        request,
        "desk/queue/page.html",
        title=state.title,
        state=state,
        query=query,
        page=found.page,
        rows=render_rows(request, state, found),
        now=clock.now(),
        tabs=tabs(state, numbers),
        chips=chips(state, found.names),
        filter_url=_with(reverse("desk:queue-filter"), query),
        fresh_url=reverse("desk:queue-fresh")
        + "?"
        + state.query(since=int(clock.now().timestamp() * 1000), shown=shown),
        counts_url=_with(reverse("desk:queue-counts"), query),
        export_url=_with(reverse("desk:queue-export"), query),
        columns_url=_with(reverse("desk:queue-columns"), query),
        save_url=_with(reverse("desk:queue-view-new"), query),
        sorts=[(sort, state.query(sort=sort.code)) for sort in sorts_for(state.filters)],
        groups=[("", _("Nothing"), state.query(group="")), *((c, g, state.query(group=c)) for c, g in GROUPS.items())],
        group_label=GROUPS.get(state.group_by, ""),
        actions=_actions(request),
        new=_new(state),
        most=bulk.MOST,
        empty=_empty(state),
    )


def _new(state: QueueState) -> panels.Link | None:
    """What the list is of, if the person may open one; else the first kind of ticket that they may."""
    codes = {kind.code for kind in kinds.all_kinds()}
    offered = {link.name: link for link in panels.create_menu(state.user) if link.name in codes}
    wanted = [offered[code] for code in state.kinds if code in offered]
    return next(iter([*wanted, *offered.values()]), None)


def render_rows(request: HttpRequest, state: QueueState, found: queue.QueuePage) -> SafeString:
    """The rows from the fast engine, with finished values only."""
    user: Any = request.user
    html = engines["jinja2"].get_template("desk/queue/rows.html").render(
        {
            "groups": found.groups,
            "columns": [column.code for column in state.columns],
            "now": clock.now(),
            "selectable": user.acts_for_desk,
            "words": {
                "select": _("Select"), "unread": _("unread"), "major": _("Major"), "vip": _("VIP"),
                "awaiting": _("The requester awaits an answer"), "restricted": _("Restricted"),
            },
            "span": len(state.columns) + (1 if user.acts_for_desk else 0),
        }
    )  # fmt: skip
    return mark_safe(html)  # noqa: S308 - autoescaped by the other engine


def _with(url: str, query: str) -> str:
    return f"{url}?{query}" if query else url


def tabs(state: QueueState, numbers: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The pinned views with their numbers; the one in use always, pinned or not."""
    shown = pinned(state.views)
    if state.view is not None and not state.view.pinned:
        shown.append(state.view)
    return [
        {
            "label": view.label,
            "url": f"?{state.view_query(view)}",
            "current": state.view is not None and view.code == state.view.code,
            "count": numbers.get(view.code),
            "code": view.code,
        }
        for view in shown
    ]


def chips(state: QueueState, names: Any) -> list[dict[str, Any]]:
    """The filters in force: field, operator, value, and the address without each."""
    base = reverse("desk:queue-filter")
    return [
        {
            "label": applied.field.label,
            "operator": applied.operator,
            "value": words,
            "edit": f"{base}?{state.query(field=applied.field.name)}",
            "remove": f"?{state.query(filters=state.filters.without(applied.field.name, negated=applied.negated))}",
        }
        for applied, words in state.filters.words(names)
    ]


def _actions(request: HttpRequest) -> dict[str, list[bulk.Action]]:
    """What the bar under the list offers: on their own, in the status menu, in the menu of the rest."""
    user: Any = request.user
    if not user.acts_for_desk:
        return {}
    chosen = {kind.code for kind in kinds.all_kinds()}
    found = [action for action in bulk.ACTIONS.values() if bulk_forms.offered(action, chosen)]
    first = [action for action in found if action.key]
    steps = [action for action in found if action.verb]
    return {"first": first, "steps": steps, "more": [a for a in found if a not in first and a not in steps]}


def _empty(state: QueueState) -> dict[str, str]:
    """Why there is nothing, and what to do about it."""
    if state.explicit or state.filters.has("q"):
        return {
            "icon": "funnel-x", "title": _("No ticket fits these filters"),
            "text": _("Take one away, or look at everything that is open."),
            "url": "?view=all", "action": _("All open"),
        }  # fmt: skip
    if state.view is not None and state.view.code == "mine":
        return {
            "icon": "circle-check", "title": _("Nothing is assigned to you"),
            "text": _("Pick something nobody has taken yet."), "url": "?view=unassigned", "action": _("Unassigned"),
        }  # fmt: skip
    return {
        "icon": "circle-check", "title": _("Nothing here"), "text": _("No ticket is in this view at the moment."),
        "url": "?view=all", "action": _("All open"),
    }  # fmt: skip


@require_GET
@desk_only
def fresh(request: HttpRequest) -> HttpResponse:
    """Asked every half minute: "4 new" to press, or nothing. Rows never move by themselves."""
    state = state_of(request)
    since = request.GET.get("since", "")
    shown = {int(pk) for pk in request.GET.get("shown", "").split(",")[:200] if fields.is_id(pk)}
    # Milliseconds since 1970, as the page was given them.
    number = queue.news(state, since=int(since), shown=shown) if fields.is_id(since) else 0
    return ui.render_part(
        request, "desk/queue/_fresh.html", number=number, url=_with(reverse("desk:queue"), state.query())
    )


@require_GET
@desk_only
def numbers(request: HttpRequest) -> HttpResponse:
    """The numbers of the saved views' tabs, which come after the page."""
    state = state_of(request)
    saved = {view.code: view.filters for view in pinned(state.views) if view.code not in STANDARD}
    found = counts.of_saved(state.user, saved, state.kinds)
    return ui.render_part(request, "desk/queue/_counts.html", counts=found)


@desk_only
def columns(request: HttpRequest) -> HttpResponse:
    """Choose what the list shows."""
    state = state_of(request)
    back = _with(reverse("desk:queue"), state.query())
    if request.method == "POST":
        chosen = [] if "reset" in request.POST else request.POST.getlist("columns")
        saved_views.choose_columns(state.user, state.view.code if state.view else "", chosen)
        return ui.redirect(request, back)
    shown = {column.code for column in state.columns}
    return ui.page(
        request,
        "desk/queue/columns.html",
        part="desk/queue/_columns.html",
        title=_("Columns"),
        action=request.get_full_path(),
        columns=[(column, column.code in shown) for column in queue.all_columns() if column.code != "subject"],
        view=state.view,
        back=back,
    )
