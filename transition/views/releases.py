"""Releases, deployments and meetings of the change advisory board."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from itsm.desk.views.records import Filter, RecordPages, person_column, service_filter, state_column
from itsm.lib import clock, house
from itsm.lib.errors import Invalid
from itsm.lib.sources import Source
from itsm.ui import components
from itsm.ui import pages as ui
from itsm.ui.forms import attempt
from itsm.ui.reference import Column
from itsm.ui.times import day, when
from itsm.workflow import records
from transition.forms.releases import AgendaForm, DecisionForm, DeploymentForm, MeetingForm, ReleaseForm
from transition.models import AgendaItem, CABMeeting, Change, Deployment, Release
from transition.policies import releases as policies
from transition.reports import changes as reports
from transition.services import cab, releases
from transition.states.changes import (
    Decision,
    DeploymentState,
    Environment,
    MeetingState,
    ReleaseSize,
    ReleaseState,
)


def _links(rows: Any) -> Any:
    return format_html_join(", ", '<a href="{}">{}</a>', ((one.get_absolute_url(), one) for one in rows))


class Releases(RecordPages):
    model = Release
    form = ReleaseForm
    base = "changes/releases"
    body = "transition/release/_body.html"
    related = ("owner",)
    search_fields = ("title", "release_version", "description")
    columns = (
        Column("title", house.heading("release"), cell=str), state_column(),
        Column("size", gettext_lazy("Size")),
        person_column("owner", gettext_lazy("Owner")),
        Column("planned_for", gettext_lazy("Planned for"), cell=lambda one: _planned(one)),
    )  # fmt: skip
    filters = (
        Filter("state", gettext_lazy("State"), lambda: ReleaseState.choices),
        Filter("size", gettext_lazy("Size"), lambda: ReleaseSize.choices),
        service_filter("services"),
    )
    texts = (("", "description"), (gettext_lazy("Known defects"), "known_defects"))
    intro = gettext_lazy("What is built, tested and deployed together, and what went back.")
    empty_text = gettext_lazy("Plan a release: put changes into it, test it, then deploy it.")

    def start(self, request: HttpRequest) -> dict[str, Any]:
        return {"owner": request.user, **super().start(request)}

    def facts(self, request: HttpRequest, record: Release) -> Any:
        yield _("Size"), record.get_size_display()
        yield _("Version"), record.release_version
        yield _("Services"), _links(record.services.all())
        yield _("Owner"), components.person(record.owner)
        yield _("Planned for"), day(record.planned_for) if record.planned_for else ""
        yield _("Deployed"), when(record.deployed_at) if record.deployed_at else ""
        if record.deployed_at and record.planned_for:
            late = record.deployed_at.date() > record.planned_for
            yield _("On time"), _("No") if late else _("Yes")

    def context(self, request: HttpRequest, record: Release) -> dict[str, Any]:
        rows = Change.objects.visible_to(request.user).filter(release=record).select_related("service")
        settled = record.state not in (ReleaseState.PLANNING, ReleaseState.BUILDING)
        return {
            "changes": list(rows.defer(*reports.HEAVY).order_by("planned_start", "id")[:100]),
            "deployments": list(record.deployments.order_by("planned_at", "id")),
            "may_write": bool(policies.may_edit(record, request.user)), "settled": settled,
            "may_deploy": bool(policies.may_plan(request.user)) and record.state not in ("closed", "cancelled"),
            "form": AgendaForm(),
        }  # fmt: skip


def _planned(release: Release) -> Any:
    if release.planned_for is None:
        return "–"
    if release.state in ReleaseState.AHEAD and release.planned_for < clock.now().date():
        return format_html('<span class="chip" data-tone="red">{}</span>', day(release.planned_for))
    return day(release.planned_for)


def _release(request: HttpRequest, number: str) -> Release:
    return Releases().one(request, number)  # type: ignore[no-any-return]


def _named(request: HttpRequest, text: str) -> Change:
    change = Change.objects.visible_to(request.user).numbered(text.strip()).first()
    if change is None:
        raise Invalid({"change": _("There is no change with this number.")})
    return change  # type: ignore[return-value]


@require_POST
def include(request: HttpRequest, number: str) -> HttpResponse:
    """Put a change into a release, by its number."""
    release = _release(request, number)
    form = AgendaForm(request.POST)
    made = attempt(form, lambda change: releases.include(
        release, _named(request, change), actor=request.user, source=Source.WEB
    ))  # fmt: skip
    if made is not None:
        return ui.see(request, release, _("%(number)s is part of it.") % {"number": made.number})
    return _again(request, Releases(), release, form)


@require_POST
def leave_out(request: HttpRequest, number: str, change: str) -> HttpResponse:
    """Take a change out of a release again."""
    release = _release(request, number)
    found = _named(request, change)
    releases.leave_out(release, found, actor=request.user, source=Source.WEB)
    return ui.see(request, release, _("%(number)s is not part of it any more.") % {"number": found.number})


def _again(request: HttpRequest, pages: RecordPages, record: Any, form: Any) -> HttpResponse:
    """The page of the record with what was wrong at its form."""
    words = " ".join(message for messages in form.errors.values() for message in messages)
    return ui.see(request, record, words, tone="red")


class Deployments(RecordPages):
    model = Deployment
    form = DeploymentForm
    base = "changes/deployments"
    related = ("release",)
    search_fields = ("release__title", "release__release_version", "notes")
    columns = (
        Column("release", house.heading("release"), cell=lambda one: one.release),
        Column("environment", gettext_lazy("Environment")),
        state_column(),
        Column("planned_at", gettext_lazy("Planned for"), cell=lambda one: when(one.planned_at)),
        Column("ended_at", gettext_lazy("Ended"), cell=lambda one: when(one.ended_at)),
    )
    filters = (
        Filter("state", gettext_lazy("State"), lambda: DeploymentState.choices),
        Filter("environment", gettext_lazy("Environment"), lambda: Environment.choices),
    )
    texts = (("", "notes"),)
    intro = gettext_lazy("Releases on their way into test, staging and production.")
    empty_text = gettext_lazy("A deployment brings a release into one environment.")

    def start(self, request: HttpRequest) -> dict[str, Any]:
        return {"planned_at": clock.now().replace(second=0, microsecond=0), **super().start(request)}

    def facts(self, request: HttpRequest, record: Deployment) -> Any:
        yield house.heading("release"), _links([record.release])
        yield _("Environment"), record.get_environment_display()
        yield _("Planned for"), when(record.planned_at)
        yield _("Began"), when(record.started_at) if record.started_at else ""
        yield _("Ended"), when(record.ended_at) if record.ended_at else ""


class Meetings(RecordPages):
    model = CABMeeting
    form = MeetingForm
    base = "changes/cab"
    body = "transition/cab/_body.html"
    related = ("chair",)
    columns = (
        Column("title", gettext_lazy("Meeting")),
        state_column(),
        Column("starts_at", gettext_lazy("Begin"), cell=lambda one: when(one.starts_at)),
        person_column("chair", gettext_lazy("Chair")),
    )
    filters = (Filter("state", gettext_lazy("State"), lambda: MeetingState.choices),)
    search_fields = ("title", "minutes")
    texts = ()
    intro = gettext_lazy("The change advisory board decides about risky changes together.")
    empty_text = gettext_lazy("Plan a meeting: changes that wait for the board are put on its agenda.")

    def start(self, request: HttpRequest) -> dict[str, Any]:
        return {"chair": request.user, "title": _("Change advisory board"), **super().start(request)}

    def facts(self, request: HttpRequest, record: CABMeeting) -> Any:
        yield _("Begin"), when(record.starts_at)
        yield _("Place"), record.place
        yield _("Chair"), components.person(record.chair)
        people = list(record.attendees.all())
        names = format_html_join("", "{}", ((components.person(one),) for one in people))
        yield _("Takes part"), format_html('<span class="stack tight">{}</span>', names) if people else ""

    def context(self, request: HttpRequest, record: CABMeeting) -> dict[str, Any]:
        visible = Change.objects.visible_to(request.user).filter(agenda_items__meeting=record).values("pk")
        rows = record.agenda.filter(change__in=visible).select_related("change__service", "change__requester")
        may = bool(policies.may_edit_meeting(record, request.user))
        return {
            "agenda": [(item, Decision.TONES[item.decision]) for item in rows],
            "may_decide": may and record.state == MeetingState.HELD, "may_write": may,
            "choices": [one for one in Decision if one != Decision.PENDING],
        }  # fmt: skip


def _meeting(request: HttpRequest, number: str) -> CABMeeting:
    return Meetings().one(request, number)  # type: ignore[no-any-return]


@require_POST
def put_on_agenda(request: HttpRequest, number: str) -> HttpResponse:
    """Add a change to the agenda, by its number."""
    meeting = _meeting(request, number)
    form = AgendaForm(request.POST)
    made = attempt(form, lambda change: cab.add(
        meeting, _named(request, change), actor=request.user, source=Source.WEB
    ))  # fmt: skip
    if made is not None:
        return ui.see(request, meeting, _("%(number)s is on the agenda.") % {"number": made.change.number})
    return _again(request, Meetings(), meeting, form)


@require_POST
def decide(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """Write down what the board decided about one change."""
    meeting = _meeting(request, number)
    item = get_object_or_404(AgendaItem.objects.select_related("change", "meeting"), meeting=meeting, pk=pk)
    form = DecisionForm(request.POST)
    made = attempt(form, lambda decision, note: cab.decide(
        item, decision, actor=request.user, source=Source.WEB, note=note
    ))  # fmt: skip
    if made is None:
        return _again(request, Meetings(), meeting, form)
    words = {"number": item.change.number, "decision": made.get_decision_display()}
    return ui.see(request, meeting, _("%(number)s: %(decision)s.") % words)


@require_POST
def remove(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """Take a change off the agenda that is not decided."""
    meeting = _meeting(request, number)
    item = get_object_or_404(AgendaItem, meeting=meeting, pk=pk)
    if item.decision != Decision.PENDING:
        raise Invalid({"change": _("This is decided already.")})
    name = str(_("agenda item"))
    records.drop_part(meeting, item, actor=request.user, source=Source.WEB, name=name)
    return ui.see(request, meeting, _("Removed."))
