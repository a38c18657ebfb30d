"""Pages of service reviews: the list, one with its scorecard, open actions, and a page to print."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.dateparse import parse_date
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from improvement import review_policies as policies
from improvement import suggestions
from improvement.forms.reviews import ActionForm, FindingForm, PlanForm, ReviewForm
from improvement.kpi_policies import keeps
from improvement.models import ReviewAction, ReviewFinding, ServiceReview
from improvement.reports import scorecard
from improvement.reports.kpis import definition, figures
from improvement.services import reviews
from improvement.states import ReviewState
from itsm.desk.views.records import Filter, Part, RecordPages, person_column, service_filter, state_column
from itsm.lib.errors import Denied
from itsm.lib.sources import Source
from itsm.sla.services import measure
from itsm.ui import components, keyset
from itsm.ui import pages as ui
from itsm.ui.forms import attempt, status
from itsm.ui.reference import Column
from itsm.ui.times import day, number
from itsm.workflow import records


def _actions(review: ServiceReview) -> str:
    left = sum(action.done_on is None for action in review.actions.all())
    return _("%(n)s open") % {"n": number(left)} if left else "–"


class Reviews(RecordPages):
    model = ServiceReview
    form = ReviewForm
    base = "reviews"
    related = ("service", "chair")
    search_fields = ("service__name", "minutes")
    columns = (
        Column("__str__", gettext_lazy("Review"), cell=str), state_column(),
        person_column("chair", gettext_lazy("Chaired by")),
        Column("actions", gettext_lazy("Actions"), cell=_actions),
        Column("held_at", gettext_lazy("Held"), opt=True, cell=lambda one: day(one.held_at) if one.held_at else "–"),
    )  # fmt: skip
    filters = (Filter("state", gettext_lazy("State"), lambda: ReviewState.choices), service_filter())
    body = "improvement/review/_review.html"
    beside = ((gettext_lazy("Open actions"), "improvement:review-actions", "list-checks"),)
    parts = (
        Part("findings", gettext_lazy("finding"), FindingForm, "review"),
        Part("actions", gettext_lazy("action"), ActionForm, "review"),
    )
    intro = gettext_lazy("Once a month: the numbers of a service, what they mean, and who does what about it.")
    empty_text = gettext_lazy(
        "Begin with the service people ask about most; its numbers of the month are there already."
    )

    def rows(self, request: HttpRequest) -> Any:
        return super().rows(request).prefetch_related("actions")

    def start(self, request: HttpRequest) -> dict[str, Any]:
        first = super().start(request)
        first.setdefault("month", scorecard_month())
        first.setdefault("chair", request.user.email)
        return first

    def facts(self, request: HttpRequest, record: ServiceReview) -> Any:
        if record.service:
            yield _("Service"), _link(record.service)
        yield _("Chaired by"), components.person(record.chair)
        people = [str(person) for person in record.attendees.order_by("name")]
        yield _("Took part"), ", ".join([*people, *filter(None, [record.guests])])
        if record.held_at:
            yield _("Held"), day(record.held_at)

    def context(self, request: HttpRequest, record: ServiceReview) -> dict[str, Any]:
        frozen = bool(record.scorecard)
        card = record.scorecard or scorecard.build(record)
        today = measure.today()
        may = bool(policies.may_edit(record, request.user))
        names = {one.code: one.name for one in definition.all_of_them()}
        actions = list(record.actions.select_related("owner"))
        for action in actions:
            action.review = record
        return {
            "card": dressed(card),
            "frozen": frozen,
            "may": may,
            "findings": [(f, names.get(f.kpi, ""), _improve(record, f)) for f in record.findings.all()],
            "actions": _lines(actions, request.user, today),
            "today": today,
            "carried": _lines(scorecard.carried(record), request.user, today),
            "print_url": reverse("improvement:service-review-print", args=[record.number]),
        }

    @classmethod
    def urls(cls) -> list[URLPattern]:
        return [
            path(f"{cls.base}/actions/", open_actions, name="review-actions"),
            path(f"{cls.base}/plan/", plan, name="review-plan"),
            path(f"{cls.base}/<str:number>/print/", printed, name="service-review-print"),
            path(f"{cls.base}/<str:number>/action/<int:pk>/<slug:what>/", finish, name="review-action-finish"),
            *super().urls(),
        ]


def _link(service: Any) -> Any:
    return format_html('<a href="{}">{}</a>', service.get_absolute_url(), service.name)


def scorecard_month() -> str:
    """The month before: what reviews are usually about."""
    return str((measure.today().replace(day=1) - measure.DAY).replace(day=1))


def dressed(card: dict[str, Any]) -> dict[str, Any]:
    """A scorecard with words and tones for the page."""
    kpis = [
        {**row, "status_words": figures.STATUS[row["status"]][0], "tone": figures.STATUS[row["status"]][1],
         "name": (one.name if (one := definition.get(row["code"])) else row["name"])}
        for row in card.get("kpis", [])
    ]  # fmt: skip
    outages = [{**row, "day": parse_date(row["on"])} for row in card.get("outages", [])]
    major = [{**row, "day": parse_date(row["on"])} for row in card.get("major", [])]
    return {**card, "kpis": kpis, "outages": outages, "major": major}


def _lines(actions: Any, user: Any, today: Any) -> list[dict[str, Any]]:
    return [
        {"action": action, "late": action.is_overdue(today), "may": bool(policies.may_finish(action, user))}
        for action in actions
    ]


def _improve(review: ServiceReview, finding: ReviewFinding) -> str:
    """The form of a new improvement with the finding filled in."""
    return suggestions.address(
        title=finding.text[:160], service=review.service_id, origin_url=review.get_absolute_url(),
        origin=_("Review %(number)s") % {"number": review.number},
        measured_by=f"kpi:{finding.kpi}" if finding.kpi else "",
    )  # fmt: skip


def _one(request: HttpRequest, number: str) -> ServiceReview:
    found: ServiceReview = Reviews().one(request, number)
    return found


@require_safe
def printed(request: HttpRequest, number: str) -> HttpResponse:
    """A review on paper: one column, no navigation."""
    review = _one(request, number)
    page = Reviews()
    return ui.page(
        request, "improvement/review/print.html", title=f"{review.number} {review}", record=review,
        facts=[(label, value) for label, value in page.facts(request, review) if value],
        **page.context(request, review),
    )  # fmt: skip


@require_safe
def open_actions(request: HttpRequest) -> HttpResponse:
    """What reviews agreed and nobody has done yet, the most urgent first."""
    if not request.user.is_desk:
        raise Http404
    rows = ReviewAction.objects.visible_to(request.user).open().select_related("owner", "review__service")
    mine = request.GET.get("mine") == "1"
    if mine:
        rows = rows.filter(owner=request.user)
    page = keyset.paginate(rows, ["due_on", "id"], request.GET.get("cursor", ""), 50)
    page.count = keyset.capped_count(rows)
    tabs = [
        {"label": _("All"), "url": "?", "current": not mine},
        {"label": _("Mine"), "url": "?mine=1", "current": mine},
    ]
    return ui.page(
        request, "improvement/review/actions.html", title=_("Open actions"), page=page, tabs=tabs, mine=mine,
        lines=_lines(page, request.user, measure.today()), list_url=Reviews.address("-list"),
    )  # fmt: skip


@require_POST
def finish(request: HttpRequest, number: str, pk: int, what: str) -> HttpResponse:
    """An action is done, or not after all."""
    review = _one(request, number)
    action = get_object_or_404(ReviewAction.objects.filter(review=review).select_related("review"), pk=pk)
    if what not in ("done", "again"):
        raise Http404
    reviews.finish(action, actor=request.user, source=Source.WEB, done=what == "done")
    back = request.POST.get("back", "")
    target = {"actions": "improvement:review-actions"}.get(back) or _back_to(request, back) or review
    return ui.see(request, target, _("Done.") if what == "done" else _("Open again."))


def _back_to(request: HttpRequest, number: str) -> ServiceReview | None:
    """The review whose page the button stood on, where that is a later one."""
    found: ServiceReview | None = records.by_number(Reviews().rows(request), number).first() if number else None
    return found


def plan(request: HttpRequest) -> HttpResponse:
    """Whether drafts of reviews make themselves."""
    if not keeps(request.user):
        raise Denied(_("Only the managers of improvement and service levels plan reviews."))
    form = PlanForm(request.POST or None, instance=reviews.plan())
    if request.method == "POST":
        kept = attempt(form, lambda **sent: reviews.change_plan(actor=request.user, source=Source.WEB, **sent))
        if kept is not None:
            return ui.see(request, Reviews.address("-list"), _("Saved."))
    return ui.page(
        request, "improvement/review/plan.html", title=_("Plan of service reviews"), form=form, submit=_("Save"),
        list_url=Reviews.address("-list"), cancel_url=Reviews.address("-list"), status=status(form),
    )  # fmt: skip
