"""Changing properties: each in its place, or all on a page."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from itsm.desk.record import properties
from itsm.desk.views.tickets import shared
from itsm.lib.errors import Denied
from itsm.tickets.models import TimelineEntry
from itsm.ui import pages as ui
from itsm.ui.forms import attempt, status
from itsm.ui.htmx import explained, is_htmx, only_oob
from itsm.workflow import custom, edits, macros


def _open(request: HttpRequest, number: str) -> tuple[Any, dict[str, Any]]:
    ticket = shared.desk_ticket(request, number)
    verdict = edits.may_edit(ticket, request.user)
    if not verdict:
        raise Denied(verdict.reason)
    return ticket, {field.code: field for field in custom.fields_of(ticket.kind)}


def edit_field(request: HttpRequest, number: str, name: str) -> HttpResponse:
    """One property: its form, in its place or on a page of its own."""
    ticket, extra = _open(request, number)
    if name not in properties.names(ticket, extra.values()):
        raise Http404
    form = properties.EditForm(ticket, [name], extra, shared.sent(request))
    if request.method == "POST" and (done := _save(request, form)) is not None:
        return shared.changed(request, done, _undoable(done, form), undo=_undo(done, form))
    return _show(request, ticket, form, name)


def edit_all(request: HttpRequest, number: str) -> HttpResponse:
    """Every property on one page: works without script, and for those who change many things."""
    ticket, extra = _open(request, number)
    form = properties.EditForm(ticket, properties.names(ticket, extra.values()), extra, shared.sent(request))
    if request.method == "POST" and (done := _save(request, form)) is not None:
        return shared.changed(request, done, _("Saved"))
    return ui.page(
        request, "desk/ticket/edit.html", title=_("Edit %(number)s") % {"number": ticket.number}, status=status(form),
        ticket=ticket, form=form, editors=_editors(ticket) if form.conflict else "",
    )  # fmt: skip


def _save(request: HttpRequest, form: properties.EditForm) -> Any:
    return attempt(form, lambda **_data: form.save(actor=request.user, source="web"))


def _show(request: HttpRequest, ticket: Any, form: properties.EditForm, name: str) -> HttpResponse:
    context = {
        "ticket": ticket, "form": form, "name": name, "editors": _editors(ticket) if form.conflict else "",
        "action": shared.url_of(ticket, "ticket-edit-field", name),
        "label": _("Priority") if name == "priority" else str(form.fields[name].label),
    }  # fmt: skip
    if is_htmx(request):
        part = ui.render_part(request, "desk/ticket/_edit_field.html", status=status(form), inline=True, **context)
        return explained(part)
    title = _("%(number)s: change %(field)s") % {"number": ticket.number, "field": context["label"]}
    return ui.page(request, "desk/ticket/edit_field.html", title=title, status=status(form), **context)


def _editors(ticket: Any) -> str:
    """Who changed it last: the person to talk to."""
    entry = ticket.timeline.order_by("-at", "-id").only("author_label").first()
    return entry.author_label if entry else ""


def _undoable(ticket: Any, form: properties.EditForm) -> str:
    changed = [str(form.fields[name].label) for name in form.wanted if form.is_changed(name)]
    return _("%(fields)s saved") % {"fields": ", ".join(changed)} if changed else ""


def _undo(ticket: Any, form: properties.EditForm) -> str:
    """The address that takes the change back, when there was one."""
    if not any(form.is_changed(name) for name in form.wanted):
        return ""
    entry = ticket.timeline.filter(kind=TimelineEntry.Kind.CHANGE).order_by("-id").only("id").first()
    return shared.url_of(ticket, "ticket-undo", entry.pk) if entry else ""


@require_POST
def undo(request: HttpRequest, number: str, entry: int) -> HttpResponse:
    """Put the old values of one change back, unless somebody changed them again."""
    ticket, _extra = _open(request, number)
    told = get_object_or_404(
        ticket.timeline.select_related("audit_entry"), pk=entry, kind=TimelineEntry.Kind.CHANGE, author=request.user
    )
    changes: dict[str, Any] = {}
    expected: dict[str, Any] = {}
    allowed = {*edits.COMMON, *ticket.kind_info.editable}
    for attname, (old, new) in told.audit_entry.changes.items():
        name = attname.removesuffix("_id")
        if name.startswith("custom."):
            changes.setdefault("custom", {})[name.removeprefix("custom.")] = old
            expected[name] = new
        elif name in allowed:
            changes[name], expected[name] = old, new
    done = edits.edit(ticket, actor=request.user, source="web", expected=expected, **macros.resolve(ticket, changes))
    return shared.changed(request, done, _("Taken back"))


@require_POST
def take(request: HttpRequest, number: str) -> HttpResponse:
    """Assign to me, where no step of the kind does it."""
    ticket, _extra = _open(request, number)
    done = edits.edit(ticket, actor=request.user, source="web", assignee=request.user)
    return shared.changed(request, done, _("%(number)s assigned to you") % {"number": done.number})


@require_safe
def parts(request: HttpRequest, number: str) -> HttpResponse:
    """Every part of the page as it is now: what Escape in an edited place brings back."""
    ticket = shared.desk_ticket(request, number)
    if not is_htmx(request):
        return ui.redirect(request, ticket.get_absolute_url())
    return only_oob(HttpResponse(shared.refreshed(request, ticket)))
