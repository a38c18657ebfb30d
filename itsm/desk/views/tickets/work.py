"""Tasks, time spent, checklists."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from itsm.accounts.models import Team, User
from itsm.desk.record import page
from itsm.desk.views.tickets import shared
from itsm.lib import clock
from itsm.tickets.models import WorkLog
from itsm.ui import pages as ui
from itsm.ui.forms import attempt, status
from itsm.ui.htmx import is_htmx
from itsm.workflow import checklists, conditions, work


class TaskForm(forms.Form):
    title = forms.CharField(label=gettext_lazy("What is to be done?"), max_length=200)
    team = forms.ModelChoiceField(Team.objects.filter(is_active=True), label=gettext_lazy("Team"), required=False)
    assignee = forms.ModelChoiceField(
        User.objects.people().filter(memberships__isnull=False).distinct(), label=gettext_lazy("Person"), required=False
    )
    due_at = forms.DateTimeField(
        label=gettext_lazy("Due"), required=False, widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"],
    )  # fmt: skip


def tasks(request: HttpRequest, number: str) -> HttpResponse:
    """Plan a piece of work."""
    ticket = shared.writable(request, number)
    form = TaskForm(shared.sent(request))
    if request.method == "POST":
        task = attempt(form, lambda **data: work.add_task(ticket, actor=request.user, source="web", **data))
        if task is not None:
            return shared.changed(request, ticket, _("Task added"), at="#tasks")
    return shared.dialog(
        request, _("Add a task"), "desk/ticket/_simple_form.html", status=status(form), ticket=ticket, form=form,
        submit=_("Add task"), action=shared.url_of(ticket, "ticket-tasks"),
    )  # fmt: skip


def task(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """Change a task: words, holder, due."""
    ticket = shared.writable(request, number)
    found = get_object_or_404(ticket.tasks.select_related("ticket", "team", "assignee"), pk=pk)
    start = {name: getattr(found, name) for name in ("title", "team", "assignee", "due_at")}
    form = TaskForm(shared.sent(request), initial=start)
    if request.method == "POST":
        done = attempt(form, lambda **data: work.change_task(found, actor=request.user, source="web", **data))
        if done is not None:
            return shared.changed(request, ticket, _("Task saved"), at="#tasks")
    return shared.dialog(
        request, _("Change the task"), "desk/ticket/_simple_form.html", status=status(form), ticket=ticket, form=form,
        submit=_("Save"), action=shared.url_of(ticket, "ticket-task", found.pk),
    )  # fmt: skip


@require_POST
def task_step(request: HttpRequest, number: str, pk: int, verb: str) -> HttpResponse:
    """Done, not needed, or open again."""
    ticket = shared.writable(request, number)
    found = get_object_or_404(ticket.tasks.select_related("ticket", "team", "assignee"), pk=pk)
    action = work.TASK_STEPS.get(verb)
    if action is None:
        raise Http404
    action(found, actor=request.user, source="web")
    return shared.changed(request, ticket, at="#tasks")


class WorkForm(forms.Form):
    minutes = forms.IntegerField(label=gettext_lazy("Minutes"), min_value=1, max_value=1440)
    note = forms.CharField(label=gettext_lazy("What was done"), max_length=200, required=False)
    spent_on = forms.DateField(label=gettext_lazy("Day"), required=False)


def worklogs(request: HttpRequest, number: str) -> HttpResponse:
    """The time people spent, and a form to add some."""
    ticket = shared.desk_ticket(request, number)
    today = timezone.localtime(clock.now()).date()
    form = WorkForm(shared.sent(request), initial={"spent_on": today})
    if request.method == "POST":
        logged = attempt(form, lambda **data: work.log_work(ticket, actor=request.user, source="web", **data))
        if logged is not None:
            return shared.changed(request, ticket, _("%(minutes)d minutes logged") % {"minutes": logged.minutes})
    rows, minutes, cost = time_spent(ticket)
    return shared.dialog(
        request, _("Time spent"), "desk/ticket/_worklogs.html", status=status(form), ticket=ticket, form=form,
        logs=rows, minutes=minutes, cost=cost, may=bool(work.may_log(ticket, request.user)), submit=_("Log time"),
        action=shared.url_of(ticket, "ticket-work"),
    )  # fmt: skip


def time_spent(ticket: Any) -> tuple[list[WorkLog], int, Decimal | None]:
    """Every log, the sum of minutes, and what they cost; no cost when no rate is known."""
    rows = list(ticket.worklogs.select_related("user").order_by("-id"))
    costs = [cost for row in rows if (cost := row.cost) is not None]
    return rows, sum(row.minutes for row in rows), sum(costs, Decimal(0)) if costs else None


@require_safe
def more(request: HttpRequest, number: str) -> HttpResponse:
    """What the panel loads after the page: panels of higher packages, time spent, the requester's other tickets."""
    ticket = shared.desk_ticket(request, number)
    rows, minutes, cost = time_spent(ticket)
    context = {
        "ticket": ticket, "logs": rows[:3], "log_count": len(rows), "minutes": minutes, "cost": cost,
        "other_open": page.other_open(ticket, request.user), "may_log": bool(work.may_log(ticket, request.user)),
    }  # fmt: skip
    if is_htmx(request):
        return ui.render_part(request, "desk/ticket/_more.html", **context)
    title = _("%(number)s: time spent, and what else is known") % {"number": ticket.number}
    return ui.page(request, "desk/ticket/form_page.html", title=title, body="desk/ticket/_more.html", **context)


@require_POST
def tick(request: HttpRequest, number: str) -> HttpResponse:
    """Tick a checklist item off, or take the tick back."""
    ticket = shared.writable(request, number)
    chosen = request.POST.get("policy", "")
    policy = next((one for one in conditions.all_of(ticket) if str(one.pk) == chosen), None)
    if policy is None:
        raise Http404
    item, done = request.POST.get("item", ""), request.POST.get("done") == "1"
    checklists.tick(ticket, policy, item, done=done, actor=request.user, source="web")
    return shared.changed(request, ticket, at="#checklists")
