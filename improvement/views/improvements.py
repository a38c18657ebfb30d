"""The improvement register: what should become better, the best first, and whether it did."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from improvement import improvement_policies as policies
from improvement import measures
from improvement.forms.improvements import ImprovementForm, MeasurementForm
from improvement.improvement_states import Area, ImprovementState
from improvement.models import Answer, Feedback, Improvement
from improvement.models.improvement import BENEFITS, CONFIDENCES, EFFORTS, REACHES
from improvement.reports import register as reports
from improvement.services import improvements
from improvement.views.feedback import link as linked
from improvement.views.feedback import link_service
from itsm.desk.views.records import Filter, RecordPages, service_filter
from itsm.lib import clock, house
from itsm.lib.errors import Denied, Invalid
from itsm.lib.sources import Source
from itsm.tickets.models import Ticket
from itsm.ui import charts, components, csv_export, keyset
from itsm.ui import pages as ui
from itsm.ui.forms import attempt, status
from itsm.ui.times import day, money
from itsm.workflow import records

PAGE = 50
#: Where the target stands on a bar: room for what is better than it.
GOAL = 80
BUBBLES = 60
TONES = {"identified": "grey", "assessed": "violet", "approved": "blue", "in_progress": "blue", "measuring": "teal"}


def bar(improvement: Improvement, value: Decimal | None) -> Any:
    """How far it is from baseline to target."""
    progress = improvement.progress(value) if value is not None else None
    if progress is None:
        return format_html('<span class="muted">{}</span>', _("Not measured"))
    tone = "green" if progress >= 100 else "amber" if progress >= 40 else "red"
    words = _("%(value)s, %(n)d percent of the way to the target") % {
        "value": improvement.in_unit(value), "n": round(progress),
    }  # fmt: skip
    return components.bullet(float(progress) * GOAL / 100, GOAL, tone, words)


class Improvements(RecordPages):
    model = Improvement
    form = ImprovementForm
    base = "register"
    order = ("-score", "-id")
    related = ("service__owner", "owner")
    search_fields = ("title", "description", "origin")
    filters = (
        Filter("state", gettext_lazy("State"), lambda: ImprovementState.choices),
        Filter("area", gettext_lazy("What changes"), lambda: Area.choices),
        service_filter(),
    )
    columns = ()
    body = "improvement/register/_improvement.html"
    texts = (("", "description"),)

    # ---------- the register ----------

    def _views(self, user: Any, today: Any) -> dict[str, tuple[Any, dict[str, Any]]]:
        return {
            "active": (_("Active"), {"state__in": ImprovementState.ACTIVE}),
            "mine": (_("Mine"), {"owner": user, "state__in": ImprovementState.ACTIVE}),
            "identified": (_("Identified"), {"state": ImprovementState.IDENTIFIED}),
            "realised": (
                _("Realised this year"), {"state": ImprovementState.REALISED, "closed_on__year": today.year}
            ),
            "all": (_("All"), {}),
        }  # fmt: skip

    def index(self, request: HttpRequest) -> HttpResponse:
        user, today = request.user, clock.now().date()
        query = " ".join(request.GET.get("q", "").replace("\x00", "").split())[:100]
        rows, chosen = self._narrowed(request, self.rows(request), query)
        filtered = bool(query) or any(one["value"] for one in chosen)
        views = self._views(user, today)
        view = request.GET.get("view", "all" if filtered else "active")
        view = view if view in views else "active"
        found = rows.filter(**views[view][1])
        page = keyset.paginate(reports.with_latest(found), self.order, request.GET.get("cursor", ""), PAGE)
        page.count = keyset.capped_count(found)
        visible = Improvement.objects.visible_to(user)
        tabs = [
            {"label": label, "url": f"?view={name}", "current": name == view,
             "count": keyset.capped_count(visible.filter(**condition))}
            for name, (label, condition) in views.items()
        ]  # fmt: skip
        register = reports.register(user, today)
        bubbles = list(visible.active().filter(score__gt=0).order_by("-score", "-id")[:BUBBLES])
        return ui.page(
            request, "improvement/register/list.html", title=_("Improvement register"), kind=self.kind, page=page,
            rows=[(one, bar(one, one.latest_value), one.is_overdue(today)) for one in page], tabs=tabs, view=view,
            query=query, filters=chosen, filtered=filtered, register=register,
            create_url=self.address("-new") if self.kind.may_create(user) else "",
            bubbles=bubbles, chart=_bubbles(bubbles), table=_bubble_table(bubbles),
            closed=[(one, _effect(one)) for one in reports.recently_closed(user)],
            suggested=improvements.suggested(user)[:5] if policies.may_suggest(user) else [],
            reads_money=user.holds(*policies.READERS),
            active_note=_("%(late)d overdue, %(measured)d being measured")
            % {"late": register.overdue, "measured": register.measuring},
            reached_note=_("%(n)d of %(all)d closed this year") % {"n": register.realised, "all": register.closed},
        )  # fmt: skip

    # ---------- one ----------

    def start(self, request: HttpRequest) -> dict[str, Any]:
        return {"owner": request.user, **super().start(request)}

    def facts(self, request: HttpRequest, record: Improvement) -> Any:
        user = request.user
        yield _("Owner"), components.person(record.owner)
        yield _("Service"), link_service(record.service)
        yield _("What changes"), record.get_area_display()
        late = record.is_overdue(clock.now().date())
        due = day(record.due_on) if record.due_on else ""
        yield _("Due"), format_html('<span class="chip" data-tone="red">{}</span>', due) if late else due
        yield _("Measured by"), measures.label(record.measured_by) if record.measured_by else _("people")
        yield _("Measured over"), _("%d days") % record.window_days if record.measured_by else ""
        if user.holds(*policies.READERS) or record.owner_id == user.pk:
            yield _("Expected per year"), money(record.yearly_benefit) if record.yearly_benefit is not None else ""
            yield _("Measured per year"), money(record.realised_benefit) if record.realised_benefit is not None else ""
        yield _("Approved"), day(record.approved_at) if record.approved_at else ""
        yield _("Measured since"), day(record.measuring_since) if record.measuring_since else ""
        yield _("Closed"), day(record.closed_on) if record.closed_on else ""
        yield _("Comes from"), self._origin(request, record)

    def _origin(self, request: HttpRequest, record: Improvement) -> Any:
        """The record it came from, for whoever may see that; else its words."""
        found: Any = None
        if record.feedback_id:
            found = Feedback.objects.visible_to(request.user).filter(pk=record.feedback_id).first()
        elif record.answer_id:
            answer = Answer.objects.visible_to(request.user).filter(pk=record.answer_id).first()
            return _anchor(answer.get_absolute_url() if answer else "", record.origin)
        return linked(found) if found else _anchor(record.origin_url, record.origin)

    def context(self, request: HttpRequest, record: Improvement) -> dict[str, Any]:
        user = request.user
        measured = list(record.measurements.select_related("by")[:200])
        latest = measured[0] if measured else None
        return {
            "measured": measured, "latest": latest, "bar": bar(record, latest.value if latest else None),
            "progress": record.progress(latest.value) if latest else None, "chart": _history(record, measured),
            "grades": [
                (_("Reach"), REACHES.get(record.reach or 0)), (_("Benefit"), BENEFITS.get(record.benefit or 0)),
                (_("Confidence"), CONFIDENCES.get(record.confidence or 0, f"{record.confidence}%")),
                (_("Effort"), EFFORTS.get(record.effort or 0)),
            ] if record.score else [],
            "tickets": list(Ticket.objects.visible_to(user).filter(improvements=record).order_by("-id")[:50]),
            "may_measure": bool(policies.may_measure(record, user)),
            "may_link": bool(policies.may_edit(record, user)),
        }  # fmt: skip


def _anchor(url: str, text: str) -> Any:
    return format_html('<a href="{}">{}</a>', url, text) if url and text else text


def _effect(improvement: Any) -> str:
    """From where to where it went, and what the target was."""
    return _("%(baseline)s to %(value)s, target %(target)s") % {
        "baseline": improvement.in_unit(improvement.baseline_value),
        "value": improvement.in_unit(improvement.latest_value), "target": improvement.in_unit(improvement.target_value),
    }  # fmt: skip


def _history(record: Improvement, measured: Iterable[Any]) -> Any:
    """Before and after: the baseline, then every measurement, with the target as a line."""
    points = [(one.measured_on, float(one.value), one) for one in measured][::-1]
    if not points or record.baseline_value is None:
        return ""
    since = record.measuring_since or (record.approved_at.date() if record.approved_at else None)
    base = (record.baseline_on or record.created_at.date(), float(record.baseline_value))
    xs = [base, *((on, value) for on, value, _one in points)]
    is_after = [False, *(since is not None and on >= since for on, _value, _one in points)]
    before = [value if not after else None for (_on, value), after in zip(xs, is_after, strict=True)]
    after = [value if late else None for (_on, value), late in zip(xs, is_after, strict=True)]
    if True in is_after:
        # The lines meet: the last value before is where the other begins.
        first = is_after.index(True)
        after[first - 1] = before[first - 1]
    series = [
        charts.Series(str(_("Before")), before, "grey", strong=True),
        charts.Series(str(_("After")), after, "green", strong=True),
    ]
    target = float(record.target_value) if record.target_value is not None else None
    return {
        "svg": charts.line(
            [day(on) for on, _value in xs], series, target=target, unit="%" if record.unit == "%" else "",
            summary=_("From %(baseline)s to %(value)s; the target is %(target)s.") % {
                "baseline": record.in_unit(record.baseline_value), "value": record.in_unit(Decimal(str(xs[-1][1]))),
                "target": record.in_unit(record.target_value),
            },
        ),
        "legend": charts.legend(series),
    }  # fmt: skip


def _bubbles(found: list[Improvement]) -> dict[str, Any]:
    return {
        "xName": str(_("Effort")), "yName": str(_("Benefit")), "xMin": 0, "xMax": 6, "yMin": 0, "yMax": 6,
        "points": [
            {"name": one.number, "value": [one.effort, one.benefit], "tone": TONES[one.state],
             "size": 10 + 3 * (one.reach or 1)}
            for one in found
        ],
    }  # fmt: skip


def _bubble_table(found: list[Improvement]) -> Any:
    head = [house.heading("improvement"), _("Benefit"), _("Effort"), _("Reach"), _("Confidence"), _("Priority")]
    rows = [
        [f"{one.number} {one}", one.benefit, one.effort, one.reach, f"{one.confidence}%", one.score] for one in found
    ]
    return charts.as_table(head, rows)


# ---------- pages beside ----------


def _one(request: HttpRequest, number: str) -> Improvement:
    if not request.user.is_desk:
        raise Http404
    rows = Improvement.objects.visible_to(request.user).select_related("service__owner", "owner")
    found = records.by_number(rows, number).first()
    if found is None:
        raise Http404
    return found


def measure(request: HttpRequest, number: str) -> HttpResponse:
    """Write down how it is on a day."""
    record = _one(request, number)
    verdict = policies.may_measure(record, request.user)
    if not verdict:
        raise Denied(verdict.reason)
    form = MeasurementForm(request.POST or None, initial={"measured_on": clock.now().date()})
    if request.method == "POST":
        how: dict[str, Any] = {"actor": request.user, "source": Source.WEB}
        if attempt(form, lambda **sent: improvements.add_measurement(record, **sent, **how)) is not None:
            return ui.see(request, record, _("Kept."))
    return ui.page(
        request, "desk/records/part.html", form=form, record=record, kind=records.kind_of(Improvement), row=None,
        title=_("New: %(kind)s") % {"kind": _("measurement")}, list_url=Improvements.address("-list"),
        cancel_url=record.get_absolute_url(), submit=_("Keep"), status=status(form),
    )  # fmt: skip


@require_POST
def read(request: HttpRequest, number: str) -> HttpResponse:
    """Measure with the data of today."""
    record = _one(request, number)
    made = improvements.read_now(record, actor=request.user, source=Source.WEB)
    return ui.see(request, record, _("It is %(value)s today.") % {"value": record.in_unit(made.value)})


@require_POST
def link(request: HttpRequest, number: str) -> HttpResponse:
    """Tie it to a ticket by number, or untie it."""
    record, user = _one(request, number), request.user
    remove = request.POST.get("remove", "")
    ticket = Ticket.objects.visible_to(user).numbered(remove or request.POST.get("ticket", "")).first()
    if ticket is None:
        raise Invalid({"ticket": _("There is no ticket of this number.")})
    change = improvements.unlink if remove else improvements.link
    change(record, ticket, actor=user, source=Source.WEB)
    return ui.see(request, record, _("Saved."))


@require_POST
def accept(request: HttpRequest) -> HttpResponse:
    """Take up what the data suggest."""
    if not request.user.is_desk:
        raise Http404
    verdict = policies.may_suggest(request.user)
    if not verdict:
        raise Denied(verdict.reason)
    source_name, _dot, key = request.POST.get("suggestion", "").partition(".")
    made = improvements.accept(source_name, key, actor=request.user, source=Source.WEB)
    return ui.see(request, made, _("%(number)s is in the register.") % {"number": made.number})


@require_GET
def export(request: HttpRequest) -> HttpResponse:
    """The register as CSV."""
    user = request.user
    if not user.is_desk:
        raise Http404
    reads = user.holds(*policies.READERS)
    rows = reports.with_latest(Improvement.objects.visible_to(user)).select_related("service", "owner")
    head = [
        _("Number"), house.heading("improvement"), _("State"), _("Service"), _("Owner"), _("Due"), _("Unit"),
        _("Baseline"),
        _("Target"), _("Measured"), _("Measured on"), _("Reach"), _("Benefit"), _("Confidence"), _("Effort"),
        _("Priority"), *([_("Expected per year"), _("Measured per year")] if reads else []),
    ]  # fmt: skip
    lines = (
        [
            one.number, one.title, one.get_state_display(), str(one.service or ""), str(one.owner), one.due_on,
            one.unit, one.baseline_value, one.target_value, one.latest_value, one.latest_on, one.reach, one.benefit,
            one.confidence, one.effort, one.score, *([one.yearly_benefit, one.realised_benefit] if reads else []),
        ]
        for one in rows.order_by(F("score").desc(), "-id").iterator(chunk_size=500)
    )  # fmt: skip
    return csv_export.stream("improvements.csv", head, lines)


def suggest_for(service: Any) -> str:
    """The form for a new improvement of a service."""
    return f"{reverse('improvement:improvement-new')}?service={service.pk}"
