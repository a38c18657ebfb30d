"""Answers to surveys: figures with their interval, the answers behind them, and what becomes of an unhappy one."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from improvement import feedback_policies, improvement_policies
from improvement.feedback_states import Band, SurveyKind
from improvement.models import Answer, Feedback, Improvement, Survey
from improvement.reports import satisfaction as reports
from improvement.satisfaction import Counts, Share
from improvement.services import feedback, improvements
from itsm.catalogue.models import Service
from itsm.lib import house
from itsm.lib.sources import Source
from itsm.ui import charts, keyset
from itsm.ui import pages as ui

PAGE = 50
LABELS = {"csat": "CSAT", "nps": "NPS"}


def interval(found: Share | None) -> str:
    """How sure a figure is, in words; always with its number of answers."""
    if found is None:
        return ""
    return _("%(low)d to %(high)d with 95%% confidence, n = %(n)d") % {
        "low": round(found.low), "high": round(found.high), "n": found.n,
    }  # fmt: skip


def short(found: Share | None) -> str:
    """The same for a cell of a table."""
    if found is None:
        return ""
    return _("%(low)d–%(high)d, n = %(n)d") % {"low": round(found.low), "high": round(found.high), "n": found.n}


def headline(kind: str, found: Counts) -> Share | None:
    return found.nps if kind == "nps" else found.top


def whole(found: Share | None) -> str:
    return "–" if found is None else f"{found.percent:.0f}"


@require_GET
def satisfaction(request: HttpRequest) -> HttpResponse:
    """Twelve months of answers, by month and by service, each leading to the answers."""
    user = request.user
    if not user.is_desk:
        raise Http404
    kind = request.GET.get("kind", "csat")
    kind = kind if kind in LABELS else "csat"
    slug = request.GET.get("service", "")
    service = Service.objects.visible_to(user).filter(slug=slug).first() if slug else None
    found = reports.figures(user, kind, service)
    address = reverse("improvement:answers")

    def to(**more: Any) -> str:
        chosen = {"kind": kind, "service": service.pk if service else "", **more}
        return f"{address}?{urlencode({name: value for name, value in chosen.items() if value})}"

    # From the first month with an answer on.
    first = next((place for place, (_month, one) in enumerate(found.months) if one.n), 0)
    shown = found.months[first:]
    values = [headline(kind, one) for _month, one in shown]
    labels = [date_format(month, "M Y") for month, _one in shown]
    line = [one.percent if one else None for one in values]
    chart = charts.line(
        [date_format(month, "M") for month, _one in shown],
        [charts.Series(LABELS[kind], line, "blue", strong=True)],
        summary=_("%(what)s by month; the table below holds every value.") % {"what": LABELS[kind]},
        unit="" if kind == "nps" else "%", low=-100 if kind == "nps" else 0, high=100,
    )  # fmt: skip
    months = [
        (label, whole(value), short(value), one, to(month=f"{month:%Y-%m}"))
        for label, value, (month, one) in zip(labels, values, shown, strict=True)
        if one.n
    ]
    services = [
        (
            one, reverse("improvement:satisfaction") + f"?kind={kind}&service={one.slug}" if one else "",
            whole(headline(kind, counts)), short(headline(kind, counts)), counts,
            to(service=one.pk if one else "none"),
        )
        for one, counts in found.services
    ]  # fmt: skip
    tabs = [
        {"label": label, "url": "?" + urlencode({"kind": code} | ({"service": slug} if service else {})),
         "current": code == kind}
        for code, label in LABELS.items()
    ]  # fmt: skip
    return ui.page(
        request, "improvement/survey/satisfaction.html", title=_("Satisfaction"), kind=kind, label=LABELS[kind],
        unit="" if kind == "nps" else "%",
        service=service, found=found, total=headline(kind, found.total), bottom=found.total.bottom,
        total_interval=interval(headline(kind, found.total)), bottom_interval=interval(found.total.bottom),
        response=found.response, response_interval=interval(found.response), chart=chart, months=months[::-1],
        services=services, tabs=tabs, all_url=to(), bad_url=to(band="bad"), fewest=reports.FEWEST,
        may_survey=bool(feedback_policies.may_survey(user)),
    )  # fmt: skip


def _chosen(request: HttpRequest) -> dict[str, Any]:
    """The filters of the address that make sense."""
    given = request.GET
    chosen: dict[str, Any] = {}
    for name, known in (("kind", LABELS), ("band", Band.values)):
        if given.get(name) in known:
            chosen[name] = given[name]
    for name in ("service", "survey"):
        text = given.get(name, "")
        if (text.isascii() and text.isdigit() and len(text) < 18) or (name == "service" and text == "none"):
            chosen[name] = text
    year, _dash, month = given.get("month", "").partition("-")
    if (year + month).isascii() and (year + month).isdigit() and 1900 < int(year) < 2200 and 1 <= int(month) <= 12:
        chosen["month"] = date(int(year), int(month), 1)
    return chosen


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """The answers themselves: those of tickets one may see."""
    user = request.user
    if not user.is_desk:
        raise Http404
    chosen = _chosen(request)
    query = " ".join(request.GET.get("q", "").replace("\x00", "").split())[:100]
    rows = reports.narrowed(Answer.objects.visible_to(user), chosen)
    for word in query.split()[:10]:
        rows = rows.filter(Q(comment__icontains=word) | Q(person__name__icontains=word))
    page = keyset.paginate(
        rows.select_related("person", "ticket", "service", "survey"),
        ("-at", "-id"),
        request.GET.get("cursor", ""),
        PAGE,
    )
    page.count = keyset.capped_count(rows)
    services = Service.objects.visible_to(user).order_by("name").values_list("pk", "name")
    surveys = Survey.objects.visible_to(user).order_by("title").values_list("pk", "title")
    filters = [
        ("kind", _("Kind"), SurveyKind.choices), ("band", _("Answer"), Band.choices),
        ("service", _("Service"), list(services)), ("survey", house.heading("survey"), list(surveys)),
    ]  # fmt: skip
    return ui.page(
        request, "improvement/survey/answers.html", title=_("Answers"), page=page, query=query,
        month=chosen.get("month"), filtered=bool(chosen or query),
        filters=[
            {"name": name, "label": label, "choices": [(str(value), text) for value, text in choices],
             "value": str(chosen.get(name, ""))}
            for name, label, choices in filters
        ],
    )  # fmt: skip


def _one(request: HttpRequest, pk: int) -> Answer:
    if not request.user.is_desk:
        raise Http404
    rows = Answer.objects.visible_to(request.user).select_related(
        "person", "ticket", "service__owner", "survey", "team"
    )
    return get_object_or_404(rows, pk=pk)


@require_GET
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One answer with what it is about and what became of it."""
    user, answer = request.user, _one(request, pk)
    return ui.page(
        request, "improvement/survey/answer.html", answer=answer, title=_("Answer %(answer)s") % {"answer": answer},
        details=[(one.question.text, one.shown) for one in answer.details.select_related("question")],
        improvements=list(Improvement.objects.visible_to(user).filter(answer=answer).order_by("id")[:5]),
        feedback=list(Feedback.objects.visible_to(user).filter(answer=answer).order_by("id")[:5]),
        may_improve=bool(improvement_policies.may_suggest(user)) and not answer.is_anonymous,
    )  # fmt: skip


@require_POST
def improve(request: HttpRequest, pk: int) -> HttpResponse:
    """One click: an improvement with the satisfaction of today as its baseline."""
    made = improvements.from_answer(_one(request, pk), actor=request.user, source=Source.WEB)
    return ui.see(request, made, _("%(number)s is in the register.") % {"number": made.number})


@require_POST
def handle(request: HttpRequest, pk: int) -> HttpResponse:
    """Handle it like any other feedback: answer the person, or turn it into work."""
    made = feedback.from_answer(_one(request, pk), actor=request.user, source=Source.WEB)
    return ui.see(request, made, _("%(number)s is kept.") % {"number": made.number})
