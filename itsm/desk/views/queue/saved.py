"""Saved views: keep, rename, share, order, show as tabs, delete."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from itsm.desk import policies
from itsm.desk.forms.saved_views import SavedViewForm
from itsm.desk.models import SavedView
from itsm.desk.reports.fields import Names
from itsm.desk.reports.state import views_of
from itsm.desk.services import saved_views
from itsm.desk.views.queue.access import desk_only, state_of
from itsm.ui import pages as ui


def _view_or_404(request: HttpRequest, pk: int) -> SavedView:
    user: Any = request.user
    return get_object_or_404(SavedView.objects.usable_by(user), pk=pk)


@desk_only
def index(request: HttpRequest) -> HttpResponse:
    """All views of this person in their order."""
    user: Any = request.user
    rows = [
        {
            "view": view,
            "kind": view.saved.get_scope_display() if view.saved else _("Standard"),
            "by": view.saved.owner if view.saved and view.saved.owner_id != user.pk else None,
            "editable": view.saved is not None and bool(policies.may_change_view(view.saved, user)),
        }
        for view in views_of(user)
    ]
    return ui.page(request, "desk/queue/views.html", title=_("Views"), rows=rows)


@desk_only
def new(request: HttpRequest) -> HttpResponse:
    """Keep the list in the address under a name."""
    state = state_of(request)
    user: Any = request.user
    form = SavedViewForm(request.POST or None, user=user, initial={"scope": "private", "is_pinned": True})
    if form.is_bound and form.is_valid():
        view = saved_views.create(state, actor=user, source="web", **form.cleaned_data)
        ui.say(request, _("View “%s” saved") % view.name)
        return ui.redirect(request, f"{reverse('desk:queue')}?view={view.pk}")
    names = Names()
    names.load(state.filters.ids())
    return ui.page(
        request, "desk/queue/view_form.html", title=_("Save this view"), form=form, submit=_("Save view"),
        words=state.filters.words(names), cancel_url=f"{reverse('desk:queue')}?{state.query()}",
    )  # fmt: skip


@desk_only
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Rename, share, show as a tab."""
    view = _view_or_404(request, pk)
    user: Any = request.user
    saved_views.require_change(view, user)
    initial = {"name": view.name, "scope": view.scope, "team": view.team_id, "is_pinned": view.is_pinned}
    form = SavedViewForm(request.POST or None, user=user, view=view, initial=initial)
    if form.is_bound and form.is_valid():
        saved = saved_views.change(view, actor=user, source="web", **form.cleaned_data)
        ui.say(request, _("View “%s” saved") % saved.name)
        return ui.redirect(request, "desk:queue-views")
    return ui.page(
        request, "desk/queue/view_form.html", title=_("View “%s”") % view.name, form=form, view=view,
        submit=_("Save"), cancel_url=reverse("desk:queue-views"),
        delete_url=reverse("desk:queue-view-delete", args=[pk]),
    )  # fmt: skip


@require_POST
@desk_only
def update(request: HttpRequest, pk: int) -> HttpResponse:
    """The view becomes the list in the address: its filters, order and grouping."""
    view = _view_or_404(request, pk)
    user: Any = request.user
    saved_views.change(view, actor=user, source="web", state=state_of(request))
    ui.say(request, _("View “%s” saved") % view.name)
    return ui.redirect(request, f"{reverse('desk:queue')}?view={view.pk}")


@desk_only
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    view = _view_or_404(request, pk)
    user: Any = request.user
    saved_views.require_change(view, user)
    if request.method == "POST":
        saved_views.delete(view, actor=user, source="web")
        ui.say(request, _("View “%s” deleted") % view.name, tone="grey")
        return ui.redirect(request, "desk:queue-views")
    return ui.page(request, "desk/queue/view_delete.html", title=_("Delete “%s”?") % view.name, view=view)


@require_POST
@desk_only
def arrange(request: HttpRequest, code: str) -> HttpResponse:
    """Move a view by one place, or show it as a tab or not, for this person."""
    user: Any = request.user
    what = request.POST.get("do", "")
    if what in ("up", "down"):
        saved_views.move(user, code, by=-1 if what == "up" else 1)
    elif what in ("pin", "unpin"):
        saved_views.pin(user, code, pinned=what == "pin")
    else:
        raise Http404
    return ui.redirect(request, "desk:queue-views")
