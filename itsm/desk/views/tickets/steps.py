"""Every step of every kind: its form comes from what the step asks for, the work is done by the one door."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse

from itsm.desk.record import page
from itsm.desk.views.tickets import shared
from itsm.tickets.models import Ticket
from itsm.ui.forms import attempt, status
from itsm.workflow import inputs, steps, verbs


def step(request: HttpRequest, number: str, verb: str) -> HttpResponse:
    found = shared.writable(request, number)
    asked = steps.describe(type(found), verb)
    if asked is None or not asked.offered:
        raise Http404
    possible = steps.find(found, verb)
    form = _form(request, found, asked)
    if request.method == "POST":
        done = attempt(form, lambda **data: _take(request, found, verb, form))
        if done is not None:
            return shared.changed(request, done, _done(asked, done))
        return _show(request, found, asked, form, possible, status(form))
    if possible is not None and not asked.inputs and steps.judge(found, possible, request.user):
        # Nothing to fill in: the page asks once, for those who came by an address.
        return _show(request, found, asked, form, possible, 200)
    verdict = steps.judge(found, possible, request.user) if possible else None
    return _show(request, found, asked, form, possible, 200 if verdict else 409)


def _form(request: HttpRequest, ticket: Ticket, asked: steps.Step) -> forms.Form:
    built = inputs.form_class(asked.inputs)
    if request.method == "POST":
        return built(request.POST)
    # A moment of the kind itself, such as a planned begin, starts as it is now.
    own = {field.name for field in ticket._meta.local_fields if isinstance(field, models.DateTimeField)}
    start = {name: getattr(ticket, name) for name in built.base_fields if name in own}
    start |= {name: request.GET[name] for name in built.base_fields if name in request.GET}
    if "team" in built.base_fields and asked.verb != "escalate":
        start.setdefault("team", ticket.team_id)
    form = built(initial=start)
    if "assignee" in form.fields and ticket.team_id:
        # Whoever is in the ticket's team comes to mind first; the list stays complete.
        form.fields["assignee"].queryset = form.fields["assignee"].queryset.order_by("name")
    return form


def _take(request: HttpRequest, ticket: Ticket, verb: str, form: forms.Form) -> Any:
    version = request.POST.get("version", "")
    data = {name: request.POST.getlist(name)[-1] for name in form.fields if name in request.POST}
    return verbs.perform(
        ticket, verb, actor=request.user, source="web", data=data, version=int(version) if version.isdigit() else None
    )


def _done(asked: steps.Step, ticket: Ticket) -> str:
    return f"{ticket.number}: {asked.label}"


def _show(
    request: HttpRequest, ticket: Any, asked: steps.Step, form: forms.Form, possible: steps.Step | None, code: int
) -> HttpResponse:
    verdict = steps.judge(ticket, possible, request.user) if possible else None
    approvals = [one for one in page.approvals(ticket, request.user) if one.verb == asked.verb]
    return shared.dialog(
        request, asked.label, "desk/ticket/_step.html", status=code, ticket=ticket, step=asked, form=form,
        possible=possible is not None, denied=verdict.denied if verdict is not None else [],
        refused=verdict.refused if verdict is not None else [], approvals=approvals,
        lists=[one for one in page.checklists(ticket) if one.policy.verb == asked.verb],
        audience=_audience(ticket, asked, request), news=_news(ticket) if getattr(form, "conflict", None) else [],
        submit=asked.label, action=shared.url_of(ticket, "ticket-step", asked.verb),
    )  # fmt: skip


def _audience(ticket: Ticket, asked: steps.Step, request: HttpRequest) -> str:
    """Who hears of it, where the step says something to the outside."""
    if not {"summary", "note"} & {name.rstrip("?") for name in asked.inputs}:
        return ""
    return page.recipients(ticket, list(ticket.watchers.select_related("user")[: page.MOST_WATCHERS]), request.user)


def _news(ticket: Ticket) -> list[Any]:
    """What happened meanwhile: the last words on the timeline."""
    return list(ticket.timeline.order_by("-at", "-id")[:3])
