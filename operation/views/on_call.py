"""Who is on call: all rotas, one rota with its next weeks, planning turns and stand-ins."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from itsm.accounts.models import Team, User
from itsm.accounts.roles import Role
from itsm.lib import clock
from itsm.lib.errors import Denied
from itsm.lib.sources import Source
from itsm.ui import pages as ui
from itsm.ui.forms import attempt, status
from operation.forms.on_call import RotaForm, StandInForm
from operation.models import Rota
from operation.services import on_call

#: How far ahead the page of a rota looks.
WEEKS = 8
#: Turns that the overview shows of each rota.
NEXT = 3


def _desk(request: HttpRequest) -> Any:
    if not request.user.is_desk:
        raise Http404
    return request.user


def _teams(user: Any) -> Any:
    """The teams whose turns somebody plans."""
    if user.holds(Role.ADMINISTRATOR, Role.INCIDENT_MANAGER):
        return Team.objects.values("pk")
    return Team.objects.filter(pk__in=user.led_team_ids).values("pk")


def _plans(user: Any) -> bool:
    return bool(user.holds(Role.ADMINISTRATOR, Role.INCIDENT_MANAGER) or user.led_team_ids)


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    user, now = _desk(request), clock.now()
    found = []
    for rota in on_call.loaded(Rota.objects.visible_to(user).order_by("-is_active", "name"))[:100]:
        shifts = on_call.schedule(rota, now, now + timedelta(weeks=WEEKS)) if rota.is_active else []
        now_on = shifts[0] if shifts and shifts[0].begins_at <= now else None
        found.append((rota, now_on, shifts[1 : NEXT + 1] if now_on else shifts[:NEXT]))
    return ui.page(
        request, "operation/on_call/list.html", title=_("On call"), rotas=found, now=now, may_plan=_plans(user)
    )


def _find(request: HttpRequest, pk: int) -> Rota:
    rows = on_call.loaded(Rota.objects.visible_to(_desk(request)))
    return get_object_or_404(rows, pk=pk)  # type: ignore[no-any-return]


def rota(request: HttpRequest, pk: int) -> HttpResponse:
    """Now, the next weeks, where nobody is there, and the form to stand in."""
    found, user = _find(request, pk), _desk(request)
    people = User.objects.people().filter(memberships__team=found.team_id).order_by("name", "pk")
    may_manage = bool(on_call.may_manage(found, user))
    if not may_manage:
        people = people.filter(pk=user.pk)
    form = StandInForm(request.POST if request.method == "POST" else None, people=people, initial=_start(user))
    if request.method == "POST":
        made = attempt(
            form, lambda user, begins_at, ends_at, reason: on_call.stand_in(
                found, user, begins_at, ends_at, actor=request.user, source=Source.WEB, reason=reason
            ),
        )  # fmt: skip
        if made is not None:
            return ui.see(request, found, _("%(person)s stands in.") % {"person": made.user})
    now = clock.now()
    end = now + timedelta(weeks=WEEKS)
    shifts = on_call.schedule(found, now, end) if found.is_active else []
    return ui.page(
        request, "operation/on_call/rota.html", title=found.name, rota=found, shifts=shifts, now=now, form=form,
        current=next((shift for shift in shifts if shift.begins_at <= now < shift.ends_at), None),
        gaps=on_call.gaps(shifts, now, end) if found.is_active else [], status=status(form), weeks=WEEKS,
        coming=[one for one in found.overrides.all() if one.ends_at > now], may_manage=may_manage,
        may_stand_in=people.exists() and user.acts_for_desk,
        left=[member.user for member in found.members.all() if not member.user.is_active],
    )  # fmt: skip


def _start(user: Any) -> dict[str, Any]:
    now = clock.now().replace(minute=0, second=0, microsecond=0)
    return {"user": user.pk, "begins_at": now + timedelta(hours=1), "ends_at": now + timedelta(hours=25)}


@require_POST
def take_back(request: HttpRequest, pk: int, override: int) -> HttpResponse:
    found = _find(request, pk)
    one = get_object_or_404(found.overrides.select_related("user", "rota"), pk=override)
    on_call.take_back(one, actor=request.user, source=Source.WEB)
    return ui.see(request, found, _("The rotation goes on as planned."))


def create(request: HttpRequest) -> HttpResponse:
    user = _desk(request)
    if not _plans(user):
        raise Denied(on_call.may_manage(None, user).reason)
    return _form(request, Rota(timezone=user.timezone, starts_on=clock.now().date()), _("New rota"))


def edit(request: HttpRequest, pk: int) -> HttpResponse:
    found = _find(request, pk)
    verdict = on_call.may_manage(found, request.user)
    if not verdict:
        raise Denied(verdict.reason)
    return _form(request, Rota.objects.visible_to(request.user).get(pk=found.pk), _("Change %(name)s") % {
        "name": found.name
    })  # fmt: skip


def _form(request: HttpRequest, found: Rota, title: str) -> HttpResponse:
    data = request.POST if request.method == "POST" else None
    form = RotaForm(data, instance=found, teams=_teams(request.user))
    if data is not None:
        saved = attempt(form, lambda people, **_rest: on_call.save(
            form.instance, people, actor=request.user, source=Source.WEB
        ))  # fmt: skip
        if saved is not None:
            return ui.see(request, saved, _("%(name)s saved") % {"name": saved})
    return ui.page(
        request, "operation/on_call/form.html", title=title, form=form, status=status(form), rota=found,
        submit=_("Save"),
    )  # fmt: skip
