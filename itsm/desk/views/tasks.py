"""The list of tasks: what waits for a person and their teams inside tickets of every kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Value
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from itsm.desk.views.queue.access import desk_only
from itsm.lib import clock
from itsm.lib.clock import FAR_FUTURE
from itsm.lib.sources import Source
from itsm.tickets.models import TicketTask
from itsm.ui import keyset, nav
from itsm.ui import pages as ui
from itsm.workflow import work

State = TicketTask.State
PAGE_SIZE = 50

#: The lists by their word in the address: label, which tasks, and what to say when there are none.
LISTS: dict[str, tuple[Any, Callable[[Any, Any], Any], Any]] = {
    "mine": (
        gettext_lazy("For me and free"), lambda rows, user: rows.of(user).filter(state=State.OPEN),
        gettext_lazy("No task waits for you or your teams."),
    ),
    "teams": (
        gettext_lazy("My teams"), lambda rows, user: rows.filter(team__in=user.team_ids, state=State.OPEN),
        gettext_lazy("Your teams have done everything."),
    ),
    "coming": (
        gettext_lazy("Not yet their turn"), lambda rows, user: rows.filter(team__in=user.team_ids, state=State.WAITING),
        gettext_lazy("Nothing of your teams waits for others."),
    ),
    "done": (
        gettext_lazy("Done by me"), lambda rows, user: rows.filter(done_by=user.pk, state=State.DONE),
        gettext_lazy("You have finished no task yet."),
    ),
    "all": (gettext_lazy("All open"), lambda rows, user: rows.filter(state=State.OPEN), gettext_lazy("No open task.")),
}  # fmt: skip


@require_safe
@desk_only
def index(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    chosen = request.GET.get("list", "mine")
    chosen = chosen if chosen in LISTS else "mine"
    _label, select, empty = LISTS[chosen]
    rows = select(TicketTask.objects.visible_to(user), user).select_related("ticket__requester", "team", "assignee")
    rows = rows.defer("ticket__description", "ticket__custom").annotate(by=Coalesce("due_at", Value(FAR_FUTURE)))
    order = ["-done_at", "-id"] if chosen == "done" else ["by", "id"]
    page = keyset.paginate(rows, order, request.GET.get("cursor", ""), PAGE_SIZE)
    page.count = keyset.capped_count(rows)
    tabs = [{"label": label, "url": f"?list={name}", "current": name == chosen} for name, (label, _s, _e) in
            LISTS.items()]  # fmt: skip
    return ui.page(
        request, "desk/tasks/list.html", part="desk/tasks/_rows.html", title=_("Tasks"), page=page, tabs=tabs,
        chosen=chosen, empty=empty, now=clock.now(), writes=user.acts_for_desk, my_teams=user.team_ids,
    )  # fmt: skip


@require_POST
@desk_only
def step(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """Take it, finish it, or open it again, from the list."""
    user: Any = request.user
    task = get_object_or_404(TicketTask.objects.visible_to(user).select_related("ticket"), pk=pk)
    if verb == "take":
        work.take_task(task, actor=user, source=Source.WEB)
        said = _("It is yours: %(title)s")
    elif verb in work.TASK_STEPS:
        work.TASK_STEPS[verb](task, actor=user, source=Source.WEB)
        said = {"done": _("Done: %(title)s"), "skip": _("Not needed: %(title)s")}.get(verb, _("Open again: %(title)s"))
    else:
        raise Http404
    nav.forget_counts(user)
    ui.say(request, said % {"title": task.title})
    return ui.redirect(request, "desk:tasks")
