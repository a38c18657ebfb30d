"""Raising, planning and assessing changes; the list, the report, and the link from what one caused."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from itsm.desk.record import page
from itsm.desk.reports import services as service_names
from itsm.desk.views.tickets import shared
from itsm.lib import clock
from itsm.lib.errors import Denied
from itsm.lib.sources import Source
from itsm.tickets import kinds
from itsm.tickets.models import TicketLink
from itsm.ui import keyset
from itsm.ui import pages as ui
from itsm.ui.forms import attempt, status
from itsm.ui.times import when_words
from itsm.workflow import links
from transition.forms.changes import FORMATS, AssessForm, NewChangeForm, PlanForm
from transition.models import Change
from transition.policies import changes as policies
from transition.reports import change_conflicts, change_risk
from transition.reports import changes as reports
from transition.services import change_votes, changes
from transition.states.changes import ChangeState, ChangeType, Outcome, RiskLevel

PAGE = 50
#: Months that the report shows.
MONTHS = 6


def _desk(request: HttpRequest) -> None:
    if not request.user.is_desk:
        raise Http404


def _change(request: HttpRequest, number: str, *, write: bool = False) -> Change:
    found = page.fetch(request.user, number) if request.user.is_desk else None
    if not isinstance(found, Change):
        raise Http404
    if write:
        verdict = policies.may_work(found, request.user)
        if not verdict:
            raise Denied(verdict.reason)
    return found


def new(request: HttpRequest) -> HttpResponse:
    """Raise a change: from a template, from what broke, or from nothing."""
    _desk(request)
    verdict = policies.may_raise(request.user)
    if not verdict:
        raise Denied(verdict.reason)
    parent = page.fetch(request.user, request.GET["parent"]) if request.GET.get("parent") else None
    form = NewChangeForm(shared.sent(request), initial=_start(request, parent))
    if request.method == "POST":
        made = attempt(form, lambda **_data: _open(request, form, parent))
        if made is not None:
            return ui.see(request, made, _("%(number)s is drafted") % {"number": made.number})
    kind = kinds.get("change")
    return ui.page(
        request, "transition/change/new.html", title=_("New %(kind)s") % {"kind": kind.phrase}, form=form,
        parent=parent, status=status(form), kind=kind,
    )  # fmt: skip


def _start(request: HttpRequest, parent: Any) -> dict[str, Any]:
    start: dict[str, Any] = {"change_type": ChangeType.NORMAL}
    if parent is not None:
        start |= {"service": parent.service_id, "title": parent.title}
        start["items"] = [link.item for link in parent.ticket_items.select_related("item")]
    names = ("service", "title", "template", "change_type", "planned_start", "planned_end", "items", "release")
    start |= {name: request.GET[name] for name in names if request.GET.get(name)}
    if request.GET.get("template"):
        start["change_type"] = ChangeType.STANDARD
    return start


@transaction.atomic
def _open(request: HttpRequest, form: NewChangeForm, parent: Any) -> Change:
    made = changes.open(actor=request.user, source=Source.WEB, channel="portal", **form.keywords())
    if parent is not None:
        # What broke waits for this; the relation says so on both. Only a problem goes away with it.
        kind = TicketLink.Kind.FIXED_BY if parent.kind == "problem" else TicketLink.Kind.RELATED_TO
        links.link(parent, made, kind, actor=request.user, source_of_change=Source.WEB)
    return made


def plan(request: HttpRequest, number: str) -> HttpResponse:
    """Write the plan of a change down."""
    change = _change(request, number, write=True)
    form = PlanForm(shared.sent(request), initial=PlanForm.of(change), change=change)
    if request.method == "POST":
        sent = request.POST.get("version", "")
        version = int(sent) if sent.isdigit() and len(sent) < 10 else None
        done = attempt(form, lambda **data: changes.plan(
            change, actor=request.user, source=Source.WEB, version=version, **data
        ))  # fmt: skip
        if done is not None:
            return ui.see(request, done, _("The plan is kept."))
        if getattr(form, "conflict", None):
            form.add_error(None, _("Somebody changed this meanwhile. Look at it again first."))
    return ui.page(
        request, "transition/change/form.html", title=_("Plan of %(number)s") % {"number": change.number}, form=form,
        change=change, submit=_("Save"), status=status(form), kept=[("version", change.version)],
        cancel_url=change.get_absolute_url(), locked=not change.is_writable,
    )  # fmt: skip


def assess(request: HttpRequest, number: str) -> HttpResponse:
    """Answer the questions about the risk."""
    change = _change(request, number, write=True)
    questions = change_risk.questions()
    form = AssessForm(
        questions, shared.sent(request), initial={f"q{key}": value for key, value in change.answers.items()}
    )
    if request.method == "POST":
        done = attempt(form, lambda **_data: changes.assess(
            change, actor=request.user, source=Source.WEB, answers=form.answers()
        ))  # fmt: skip
        if done is not None:
            words = {"level": done.get_risk_level_display(), "score": done.risk_score}
            return ui.see(request, done, _("Risk: %(level)s, %(score)d of 100") % words)
    return ui.page(
        request, "transition/change/form.html", title=_("Risk of %(number)s") % {"number": change.number}, form=form,
        change=change, submit=_("Assess"), status=status(form), cancel_url=change.get_absolute_url(),
        locked=not change.is_assessable,
        intro=_("The answers count together with what depends on it and with how similar changes went."),
    )  # fmt: skip


class SlotForm(forms.Form):
    planned_start = forms.DateTimeField(input_formats=[*FORMATS, "%Y-%m-%dT%H:%M:%S%z"])
    planned_end = forms.DateTimeField(input_formats=[*FORMATS, "%Y-%m-%dT%H:%M:%S%z"])


def slot(request: HttpRequest, number: str) -> HttpResponse:
    """The next free window: shown, and taken with one press."""
    change = _change(request, number)
    if request.method == "POST":
        _change(request, number, write=True)
        form = SlotForm(request.POST)
        done = attempt(form, lambda **data: changes.reschedule(
            change, actor=request.user, source=Source.WEB, reason=_("Moved to the next free window"), **data
        ))  # fmt: skip
        if done is not None:
            return ui.see(request, done, _("Moved to %(moment)s") % {"moment": when_words(done.planned_start)})
        return ui.see(request, change, _("It could not be moved there."), tone="red")
    found = change_conflicts.next_slot(change)
    return ui.page(
        request, "transition/change/slot.html", title=_("Next free window"), change=change, found=found,
        conflicts=change_conflicts.find(change, request.user),
        may_move=bool(policies.may_reschedule(change, request.user)), voids=change_votes.counts_on_votes(change),
    )  # fmt: skip


@require_POST
def caused(request: HttpRequest, number: str, ticket: str) -> HttpResponse:
    """Say that a ticket was caused by this change."""
    change = _change(request, number)
    broken = shared.writable(request, ticket)
    links.link(broken, change, TicketLink.Kind.CAUSED_BY, actor=request.user, source_of_change=Source.WEB)
    words = {"one": broken.number, "other": change.number}
    return ui.see(request, broken, _("%(one)s is linked: caused by %(other)s") % words)


# ---------- list ----------


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Every change, narrowed as the report and the calendar ask."""
    _desk(request)
    rows, chosen = _narrowed(request)
    rows = rows.select_related("service").defer(*reports.HEAVY)
    found = keyset.paginate(rows, ("-id",), request.GET.get("cursor", ""), PAGE)
    found.count = keyset.capped_count(rows)
    return ui.page(
        request, "transition/change/list.html", title=kinds.get("change").plural, page=found, filters=chosen,
        filtered=any(one["value"] for one in chosen), may_raise=bool(policies.may_raise(request.user)),
    )  # fmt: skip


def _narrowed(request: HttpRequest) -> tuple[Any, list[dict[str, Any]]]:
    rows: Any = Change.objects.visible_to(request.user)
    chosen = []
    for name, label, choices in (
        ("state", _("State"), ChangeState.choices), ("change_type", _("Type"), ChangeType.choices),
        ("risk_level", _("Risk"), RiskLevel.choices), ("outcome", _("Outcome"), Outcome.choices),
    ):  # fmt: skip
        value = request.GET.get(name, "")
        value = value if value in dict(choices) else ""
        if value:
            rows = rows.filter(**{name: value})
        chosen.append({"name": name, "label": label, "choices": choices, "value": value})
    known = [(str(pk), name) for pk, name in service_names.names()]
    service = request.GET.get("service", "")
    service = service if service in dict(known) else ""
    if service:
        rows = rows.touching([int(service)])
    chosen.append({"name": "service", "label": _("Service"), "choices": known, "value": service})
    month = _month(request.GET.get("month", ""))
    if month is not None:
        begin = timezone.make_aware(datetime.combine(month, datetime.min.time()))
        following = (month + timedelta(days=32)).replace(day=1)
        end = timezone.make_aware(datetime.combine(following, datetime.min.time()))
        rows = rows.implemented().filter(actual_end__gte=begin, actual_end__lt=end)
    months = [(f"{one:%Y-%m}", date_format(one, "F Y")) for one in _months()]
    value = f"{month:%Y-%m}" if month else ""
    if value and value not in dict(months):
        months.append((value, value))
    chosen.append({"name": "month", "label": _("Ended in"), "choices": months, "value": value})
    if request.GET.get("clashes") == "1":
        rows = rows.filter(clashes__gt=0)
    return rows, chosen


def _month(text: str) -> date | None:
    year, _dash, number = text.partition("-")
    if len(year) == 4 and year.isdigit() and number.isdigit() and 1 <= int(number) <= 12 and int(year) > 1:
        return date(int(year), int(number), 1)
    return None


def _months() -> list[date]:
    """The months of the report, the newest first."""
    found = [timezone.localtime(clock.now()).date().replace(day=1)]
    while len(found) < MONTHS:
        found.append((found[-1] - timedelta(days=1)).replace(day=1))
    return found


@require_safe
def report(request: HttpRequest) -> HttpResponse:
    """How well changes go: success by month and type; each number leads to its changes."""
    _desk(request)
    months = _months()
    since = timezone.make_aware(datetime.combine(months[-1], datetime.min.time()))
    rows = reports.by_month(request.user, since)
    by_month = [(month, reports.totals([row for row in rows if row.month == month])) for month in reversed(months)]
    every = reports.totals(rows)
    return ui.page(
        request, "transition/change/report.html", title=_("How changes go"), rows=rows[::-1], total=every,
        trend=[one.rate or 0 for _month, one in by_month], months=by_month, list_url=reverse("transition:changes"),
        types=dict(ChangeType.choices),
        emergency=sum(row.total for row in rows if row.change_type == ChangeType.EMERGENCY),
        chart={
            "x": [date_format(month, "M Y") for month, _row in by_month],
            "series": [
                {"name": str(label), "tone": tone, "data": [getattr(one, code) for _month, one in by_month]}
                for code, label, tone in (
                    ("successful", Outcome.SUCCESSFUL.label, "green"),
                    ("with_issues", Outcome.WITH_ISSUES.label, "amber"),
                    ("failed", Outcome.FAILED.label, "red"), ("backed_out", Outcome.BACKED_OUT.label, "violet"),
                )
            ],
            "stack": True, "urls": [f"{reverse('transition:changes')}?month={month:%Y-%m}" for month, _row in by_month],
        },
    )  # fmt: skip
