"""Event logs of other systems: upload, what the columns mean, how far it is, and the same analysis as of tickets."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from improvement import log_policies as policies
from improvement.forms.event_logs import ColumnsForm, UploadForm, initial_of
from improvement.models import EventLog
from improvement.services import event_logs as services
from improvement.views import process
from itsm.lib.errors import Denied
from itsm.lib.sources import Source
from itsm.ui import csv_export, htmx, keyset, toasts
from itsm.ui import pages as ui

PAGE = 30
#: More activities make a picture that nobody reads; all of them are in the tables.
MOST_DRAWN = 12


class LogWords:
    """Activities and holders as the log names them."""

    def __init__(self, result: dict[str, Any]) -> None:
        self.order = list(dict.fromkeys(activity for one in result["variants"] for activity in one["path"]))

    def state(self, name: str) -> str:
        return name

    def team(self, name: str | None) -> str:
        return name or _("No team")

    def reason(self, name: str) -> str:
        return name


def _readers_only(request: HttpRequest) -> None:
    if not policies.reads(request.user):  # type: ignore[arg-type]
        raise Http404


def _fetch(request: HttpRequest, pk: int) -> EventLog:
    _readers_only(request)
    return get_object_or_404(EventLog.objects.visible_to(request.user).select_related("uploaded_by"), pk=pk)  # type: ignore[arg-type]


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """All logs, and the way to a new one."""
    _readers_only(request)
    user: Any = request.user
    may = policies.may_upload(user)
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST":
        if not may:
            raise Denied(may.reason)
        if form.is_valid():
            try:
                made = services.keep(
                    form.cleaned_data["file"], name=form.cleaned_data["name"], actor=user, source=Source.WEB
                )
            except ValidationError as error:
                form.add_error("file", error)
            else:
                return redirect("improvement:log-columns", pk=made.pk)
    rows = EventLog.objects.visible_to(user).select_related("uploaded_by").defer("result", "problems")
    page = keyset.paginate(rows, ["-created_at", "-id"], request.GET.get("cursor", ""), PAGE)
    return ui.page(
        request, "improvement/process/logs.html", title=_("Event logs"), page=page, form=form if may else None,
        status=422 if form.errors else 200,
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
def columns(request: HttpRequest, pk: int) -> HttpResponse:
    """What the columns mean, with a preview; "Read anew" takes another delimiter or encoding and starts nothing."""
    kept = _fetch(request, pk)
    verdict = policies.may_change(kept, request.user)  # type: ignore[arg-type]
    if not verdict:
        raise Denied(verdict.reason)
    given = {name: request.POST.get(name, kept.meaning.get(name, "")) for name in ("encoding", "delimiter")}
    if given["encoding"] not in services.ENCODINGS or given["delimiter"] not in services.DELIMITERS:
        given = {"encoding": "", "delimiter": ""}
    seen = services.peek(kept, **given)
    more = {"seen": seen, "is_csv": kept.format == "csv"}
    if request.method == "POST" and "look" not in request.POST:
        form = ColumnsForm(request.POST, **more)
        if form.is_valid() and not seen.problem:
            services.start(kept, form.meaning(), actor=request.user, source=Source.WEB)  # type: ignore[arg-type]
            return redirect(kept)
    elif request.method == "POST" or not kept.meaning.get("case"):
        form = ColumnsForm(initial=initial_of(_as_dict(services.guess(seen))), **more)
    else:
        form = ColumnsForm(initial=initial_of(kept.meaning), **more)
    # What is taken for something stands first: the rest may be far to the right.
    chosen = [form[name].value() for name in ("case", "activity", "detail", "at", "team")]
    heads = list(dict.fromkeys([*(name for name in chosen if name in seen.columns), *seen.columns]))
    shown = [[row.get(name, "") for name in heads] for row in seen.rows[: services.SHOWN_ROWS]]
    return ui.page(
        request, "improvement/process/log_columns.html", title=_("What do the columns mean?"), form=form, log=kept,
        seen=seen, heads=heads, rows=shown, status=422 if form.errors else 200,
    )  # fmt: skip


def _as_dict(meaning: services.Meaning) -> dict[str, Any]:
    return {name: getattr(meaning, name) for name in meaning.__slots__}


@require_safe
def log(request: HttpRequest, pk: int) -> HttpResponse:
    """How far it is, then what came out."""
    kept = _fetch(request, pk)
    user: Any = request.user
    if kept.asked_at is None and policies.may_change(kept, user):
        return redirect("improvement:log-columns", pk=kept.pk)
    context: dict[str, Any] = {
        "title": kept.name, "log": kept, "of_log": True, "may_change": bool(policies.may_change(kept, user)),
        "more_problems": kept.bad_rows - len(kept.problems),
    }  # fmt: skip
    if htmx.is_htmx(request) and htmx.target(request) == "log-progress":
        if kept.is_pending:
            return ui.page(request, "improvement/process/_log_progress.html", **context)
        return htmx.redirect(request, kept.get_absolute_url())
    if kept.result is not None:
        words = LogWords(kept.result)
        context |= process.shown(_drawable(kept.result), words, lambda *_parts, **_more: "")
        context["edges"] = [
            {**edge, "one": edge["from"], "other": edge["to"], "url": ""} for edge in kept.result["edges"][:200]
        ]
        context["urls"] = {}
        context["tables"] = [
            (label, reverse("improvement:log-export", args=[kept.pk, name]))
            for name, label in (
                ("flow", _("Flow")), ("variants", _("Variants")), ("waiting", _("Who had it")),
                ("handovers", _("Handovers")),
            )
        ]  # fmt: skip
    return ui.page(request, "improvement/process/log.html", **context)


def _drawable(result: dict[str, Any]) -> dict[str, Any]:
    """The result as it is drawn: the most frequent activities, without what follows itself; the tables have it all."""
    most = sorted(result["activities"], key=lambda pair: -pair[1])[:MOST_DRAWN]
    return {**result, "activities": most, "edges": [one for one in result["edges"] if one["from"] != one["to"]]}


@require_safe
def export(request: HttpRequest, pk: int, table: str) -> HttpResponseBase:
    """One table of the analysis as CSV."""
    kept = _fetch(request, pk)
    if table not in process.TABLES or kept.result is None:
        raise Http404
    head, rows = process.TABLES[table]
    return csv_export.stream(f"log-{kept.pk}-{table}.csv", head, rows(kept.result, LogWords(kept.result)))


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask, then delete the log with its file."""
    kept = _fetch(request, pk)
    verdict = policies.may_change(kept, request.user)  # type: ignore[arg-type]
    if not verdict:
        raise Denied(verdict.reason)
    if request.method == "POST":
        services.remove(kept, actor=request.user, source=Source.WEB)  # type: ignore[arg-type]
        toasts.say(request, _("%(name)s deleted") % {"name": kept.name}, tone="grey")
        return redirect("improvement:logs")
    return ui.page(
        request, "improvement/process/log_delete.html", title=_("Delete %(name)s") % {"name": kept.name}, log=kept
    )
