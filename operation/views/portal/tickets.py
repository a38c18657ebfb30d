"""Own tickets: lists, one ticket, its news and files, and what a requester does with it."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from itsm.accounts.models import User
from itsm.catalogue import questions
from itsm.lib.sources import Source
from itsm.notifications.services import inbox
from itsm.tickets.models import Attachment, Ticket
from itsm.tickets.services import reference
from itsm.ui import keyset
from itsm.ui import pages as ui
from itsm.workflow import conversation, steps, verbs
from operation import journey, reports
from operation.forms.portal import ConfirmForm, FollowUpForm, ReasonForm, ReplyForm, WatcherForm
from operation.models import Incident
from operation.services import incidents
from operation.views.portal.home import query_of

PAGE_SIZE = 20


def find(request: HttpRequest, number: str) -> Ticket:
    """The ticket with this number, or 404 also for what the person may not see."""
    rows = Ticket.objects.visible_to(request.user).numbered(number)
    return get_object_or_404(rows.select_related("assignee", "requester", "service", "offering"))


# ---------- lists ----------


def _views(user: Any) -> dict[str, tuple[str, Q]]:
    found = {
        "open": (_("Open"), Q(requester=user) & ~Q(phase="closed")),
        "done": (_("Done"), Q(requester=user, phase="closed")),
        "shared": (_("Shared with me"), Q(pk__in=user.watched_tickets.values("ticket_id")) & ~Q(requester=user)),
    }
    if user.sees_organisation and user.organisation_id:
        found["organisation"] = (_("My organisation"), Q(organisation=user.organisation_id))
    return found


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    user, query, views = request.user, query_of(request), _views(request.user)
    view = request.GET.get("view", "open")
    view = view if view in views else "open"
    rows = Ticket.objects.visible_to(user).filter(views[view][1])
    if query:
        # A number is looked for everywhere in the own tickets, words in the chosen list.
        numbered = Ticket.objects.visible_to(user).numbered(query).filter(requester=user)
        rows = rows.filter(title__icontains=query) if not numbered.exists() else numbered
    rows = reports.list_rows(rows)
    page = keyset.paginate(rows, ["-opened_at", "-id"], request.GET.get("cursor", ""), PAGE_SIZE)
    tabs = [{"label": label, "url": f"?view={name}", "current": name == view} for name, (label, _q) in views.items()]
    return ui.page(
        request, "operation/portal/tickets.html", part="operation/portal/_tickets.html", title=_("My requests"),
        rows=reports.as_rows(page.items, user), page=page, tabs=tabs, view=view, query=query,
    )  # fmt: skip


# ---------- one ticket ----------


@require_GET
def sent(request: HttpRequest, number: str) -> HttpResponse:
    """Received: the number, what happens next, and what is promised."""
    ticket = find(request, number)
    return ui.page(
        request, "operation/portal/sent.html", title=_("We have received it"), **_state_of(ticket, request.user)
    )


def ticket(request: HttpRequest, number: str) -> HttpResponse:
    found = find(request, number)
    inbox.saw_ticket(request.user, found.pk)
    return _page(request, found)


def _state_of(ticket: Ticket, user: User) -> dict[str, Any]:
    told = reports.progress([ticket]).get(ticket.pk)
    place = journey.of(ticket, user, reports.asks_requester() if ticket.hold_reason else frozenset(), told)
    metrics = ["first_response", "resolution", "fulfilment"]
    clocks = list(ticket.clocks.filter(metric__in=metrics, withdrawn_at__isnull=True))
    return {
        "ticket": ticket,
        "journey": place,
        "steps": journey.stepper(ticket),
        "words": journey.phrases(ticket),
        "next": journey.next_words(ticket, place, reference.settings_for(ticket.kind)),
        "promises": journey.promises(clocks) if ticket.phase_open else [],
    }


def _live(request: HttpRequest, ticket: Ticket) -> dict[str, Any]:
    """What changes by itself: status and timeline."""
    entries, more = reports.public_timeline(ticket, everything="all" in request.GET)
    return {**_state_of(ticket, request.user), "entries": entries, "more": more, "stamp": stamp(ticket, entries)}


def stamp(ticket: Ticket, entries: list[Any]) -> str:
    """Two pages with the same stamp show the same."""
    return f"{ticket.state}.{ticket.hold_reason}.{entries[-1].pk if entries else 0}"


def _page(request: HttpRequest, ticket: Ticket, **forms: Any) -> HttpResponse:
    """The page with every form the person may use now; a form that came back with errors replaces its empty one."""
    user, own = request.user, ticket.specific()
    offered = offers(own, user)
    failed = next((form for form in forms.values() if form.errors), None)
    context: dict[str, Any] = {
        **_live(request, ticket),
        "title": ticket.title,
        "form": failed,
        "offers": offered,
        "may_reply": conversation.may_reply(ticket, user),
        "watchers": [watcher.user for watcher in ticket.watchers.select_related("user")],
        "may_share": ticket.requester_id == user.pk and user.organisation_id is not None and ticket.phase != "closed",
        "order": order_of(own),
        "may_follow_up": isinstance(own, Incident) and ticket.requester_id == user.pk and _is_over(ticket, offered),
        "rounds": [r for r in reports.approvals_for(user) if (r.subject_type, r.subject_id) == ("ticket", ticket.pk)],
        "reply": ReplyForm(prefix="reply"),
        "confirm": ConfirmForm(prefix="confirm"),
        "reopen": ReasonForm(prefix="reopen", label=reopen_question(ticket)),
        "resubmit": ReasonForm(prefix="resubmit", label=_("Why do you need it?")),
        "verify": ConfirmForm(prefix="verify"),
        "cancel": ReasonForm(prefix="cancel", label=_("Why is it not needed any more?")),
        "follow_up": FollowUpForm(prefix="follow"),
        "share": WatcherForm(prefix="share", user=user),
        **forms,
    }
    context["watches"] = user in context["watchers"]
    return ui.page(request, "operation/portal/ticket.html", status=422 if failed else 200, **context)


def reopen_question(ticket: Ticket) -> str:
    ordered = ticket.kind in reports.KINDS
    return _("What is missing or wrong?") if ordered else _("What does still not work?")


def order_of(own: Any) -> dict[str, Any] | None:
    """What was ordered: answers, price and how it ends, for the person it is for."""
    if own.kind not in reports.KINDS:
        return None
    return {
        "answers": questions.in_words(own.questions, own.form), "price": own.price, "currency": own.currency,
        "until": getattr(own, "until", None), "again": own.offering if own.offering and own.phase == "closed" else None,
    }  # fmt: skip


#: Steps of a requester besides confirming: name in the address, what is said when it is done.
STEPS = ("confirm", "verify", "reopen", "resubmit", "cancel")


def offers(own: Any, user: User) -> dict[str, Any]:
    """The steps a requester takes, with the verdict about each that exists now."""
    mine = own.requester_id == user.pk
    found = {}
    for verb in STEPS:
        step = steps.find(own, verb)
        if step is not None and (mine or verb == "reopen"):
            verdict = steps.judge(own, step, user)
            if not verdict.denied:
                found[verb] = verdict
    return found


def _is_over(ticket: Ticket, offered: dict[str, Any]) -> bool:
    return ticket.phase == "closed" or (ticket.phase == "resolved" and not offered.get("reopen"))


@require_GET
def news(request: HttpRequest, number: str) -> HttpResponse:
    """The poll of an open page: nothing while nothing changed."""
    found = find(request, number)
    context = _live(request, found)
    if context["stamp"] == request.GET.get("stamp", ""):
        return HttpResponse(status=204)
    before = request.GET.get("stamp", "").split(".")
    context["moved"] = before[:2] != context["stamp"].split(".")[:2]
    return ui.render_part(request, "operation/portal/_live.html", **context)


@require_GET
def file(request: HttpRequest, number: str, pk: int) -> FileResponse:
    """A public file of a ticket the person may see, always as a download."""
    attachment = get_object_or_404(Attachment, ticket=find(request, number), pk=pk, public=True)
    return FileResponse(
        attachment.file.open("rb"), as_attachment=True, filename=attachment.name, content_type=attachment.content_type
    )


# ---------- what a requester does ----------


@require_POST
def reply(request: HttpRequest, number: str) -> HttpResponse:
    found = find(request, number)
    form = ReplyForm(request.POST, request.FILES, prefix="reply")
    if not form.is_valid():
        return _page(request, found, reply=form)
    conversation.reply(found, actor=request.user, source=Source.WEB, **form.cleaned_data)
    return _see(request, found, _("Your message was sent."))


@require_POST
def confirm(request: HttpRequest, number: str) -> HttpResponse:
    return _step(request, number, "confirm", ConfirmForm(request.POST, prefix="confirm"), _("Thank you. It is done."))


@require_POST
def reopen(request: HttpRequest, number: str) -> HttpResponse:
    form = ReasonForm(request.POST, prefix="reopen", label=reopen_question(find(request, number)))
    return _step(request, number, "reopen", form, _("We look at it again."))


@require_POST
def verify(request: HttpRequest, number: str) -> HttpResponse:
    """The right that was asked for works, and gives no more than that."""
    return _step(request, number, "verify", ConfirmForm(request.POST, prefix="verify"), _("Thank you."))


@require_POST
def resubmit(request: HttpRequest, number: str) -> HttpResponse:
    """Ask again for what was not approved."""
    form = ReasonForm(request.POST, prefix="resubmit", label=_("Why do you need it?"))
    return _step(request, number, "resubmit", form, _("It is decided anew."))


@require_POST
def cancel(request: HttpRequest, number: str) -> HttpResponse:
    form = ReasonForm(request.POST, prefix="cancel", label=_("Why is it not needed any more?"))
    return _step(request, number, "cancel", form, _("It was cancelled."))


def _step(request: HttpRequest, number: str, verb: str, form: Any, done: str) -> HttpResponse:
    found = find(request, number)
    own = found.specific()
    verdict = offers(own, request.user).get(verb)
    if form.is_valid() and verdict is not None and not verdict:
        # Held by a guard, such as the days to reopen: said at the question, with what was written kept.
        form.add_error(next(iter(form.fields)), verdict.reasons)
    if not form.is_valid():
        return _page(request, found, **{verb: form})
    verbs.perform(own, verb, actor=request.user, source=Source.WEB, data=_inputs(own, verb, form))
    return _see(request, found, done)


def _inputs(own: Any, verb: str, form: Any) -> dict[str, Any]:
    step = steps.describe(type(own), verb)
    known = {name.rstrip("?") for name in step.inputs} if step else set()
    return {name: value for name, value in form.cleaned_data.items() if name in known}


@require_POST
def follow_up(request: HttpRequest, number: str) -> HttpResponse:
    """A new incident that continues this one."""
    found = find(request, number)
    own = found.specific()
    if not isinstance(own, Incident) or found.requester_id != request.user.pk:
        raise Http404
    form = FollowUpForm(request.POST, prefix="follow")
    if not form.is_valid():
        return _page(request, found, follow_up=form)
    opened = incidents.follow_up(own, actor=request.user, source=Source.WEB, **form.cleaned_data)
    return ui.redirect(request, "operation:portal-ticket-sent", opened.number)


@require_POST
def share(request: HttpRequest, number: str) -> HttpResponse:
    """Let a colleague see it and hear of it."""
    found = find(request, number)
    form = WatcherForm(request.POST, prefix="share", user=request.user)
    if not form.is_valid():
        return _page(request, found, share=form)
    conversation.watch(found, form.person, actor=request.user, source=Source.WEB)
    return _see(request, found, _("%(name)s can see this now.") % {"name": form.person})


@require_POST
def watch(request: HttpRequest, number: str) -> HttpResponse:
    """Hear of a colleague's ticket, or no longer."""
    found = find(request, number)
    if "stop" in request.POST:
        conversation.unwatch(found, request.user, actor=request.user, source=Source.WEB)
        return ui.see(request, "operation:portal-tickets", _("You will not hear of it any more."))
    conversation.watch(found, request.user, actor=request.user, source=Source.WEB)
    return _see(request, found, _("You will hear of it from now on."))


def _see(request: HttpRequest, found: Ticket, text: str) -> HttpResponse:
    ui.say(request, text)
    return ui.redirect(request, "operation:portal-ticket", found.number)
