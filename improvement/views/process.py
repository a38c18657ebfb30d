"""Process analysis: how tickets of a kind really went, what stands out, and the tickets behind it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from design.reports import processes
from improvement import log_policies
from improvement.reports import findings
from improvement.reports.process import picture
from improvement.reports.process.tickets import Question
from improvement.services import analyses
from improvement.views.kpis import periods
from itsm.accounts.models import Team
from itsm.desk.reports.service_levels.scope import Period, Scope, address
from itsm.sla.services import measure
from itsm.tickets import kinds
from itsm.tickets.models import HoldReason, Ticket
from itsm.ui import csv_export, keyset
from itsm.ui import pages as ui

PAGE = 50


def asked(request: HttpRequest) -> tuple[Scope, Period, Question]:
    """What is analysed. Owners of services who read no other tickets choose among their own services and teams."""
    user: Any = request.user
    if not user.is_desk:
        raise Http404
    scope = Scope.read(request.GET.dict(), user)
    if scope.is_empty and not user.is_agent:
        raise Http404
    known = {kind.code for kind in kinds.all_kinds()}
    if scope.kind not in known:
        scope = _with(scope, kind="incident" if "incident" in known else sorted(known)[0])
    if not (user.is_agent or user.reads_all) and not (
        scope.service in scope.own_services or scope.team in scope.own_teams
    ):
        own = sorted(scope.own_services)
        scope = _with(scope, service=own[0], team=None) if own else _with(scope, team=min(scope.own_teams))
    period = Period.read(request.GET.dict(), measure.today())
    question = Question(scope.kind, period.first, period.last, scope.service, scope.team, scope.priority)
    return scope, period, question


def _with(scope: Scope, **changes: Any) -> Scope:
    other = replace(scope, **changes)
    known = {name: scope.__dict__[name] for name in ("teams", "services") if name in scope.__dict__}
    other.__dict__.update(known)
    return other


def filters(scope: Scope) -> list[dict[str, Any]]:
    """Without "no team" and "no service": nobody analyses what nobody had."""
    chosen = scope.params()
    everything = scope.user.is_agent or scope.sees_all
    services = [
        (value, label) for value, label in scope.service_choices()
        if value != "none" and (everything or not value or int(value) in scope.own_services)
    ]  # fmt: skip
    teams = [
        ("", _("All teams")),
        *((str(pk), team.name) for pk, team in scope.teams.items()
          if pk not in scope.hidden_teams and (everything or pk in scope.own_teams)),
    ]  # fmt: skip
    fields = (
        ("kind", _("Kind"), scope.kind_choices()[1:]), ("service", _("Service"), services),
        ("team", _("Team"), teams), ("priority", _("Priority"), scope.priority_choices()),
    )  # fmt: skip
    return [
        {"name": name, "label": label, "choices": choices, "value": chosen.get(name, "")}
        for name, label, choices in fields
    ]


class Words:
    """States, teams and hold reasons in words."""

    def __init__(self, kind: str) -> None:
        self.kind = kinds.get(kind)
        self.teams = dict(Team.objects.values_list("pk", "name"))
        self.reasons = dict(HoldReason.objects.values_list("code", "label"))

    @property
    def order(self) -> list[str]:
        """States in the order of a ticket's life."""
        return list(self.kind.phases)

    def state(self, code: str) -> str:
        return self.kind.state_label(code)

    def team(self, pk: int | None) -> str:
        return self.teams.get(pk, _("No team")) if pk else _("No team")

    def reason(self, code: str) -> str:
        return str(self.reasons.get(code, code.replace("_", " ")))


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The whole analysis on one page."""
    scope, period, question = asked(request)
    answer = analyses.ask(question)
    context: dict[str, Any] = {
        "scope": scope, "period": period, "periods": periods(request, scope, period), "filters": filters(scope),
        "answer": answer, "kind": kinds.get(question.kind), "process": processes.in_force(question.kind),
        "suggestions": findings.for_page(request.user, question.service),
        "logs_url": reverse("improvement:logs") if log_policies.reads(request.user) else "",  # type: ignore[arg-type]
    }  # fmt: skip
    if answer.result is not None:
        context |= shown(answer.result, Words(question.kind), _addresses(scope, period))
        context["export"] = {
            name: address(reverse("improvement:process-export", args=[name]), scope.params(), period.days_params())
            for name in TABLES
        }
    return ui.page(request, "improvement/process/index.html", title=_("Process analysis"), **context)


def _addresses(scope: Scope, period: Period) -> Callable[..., str]:
    def of(what: str, **more: Any) -> str:
        path = reverse("improvement:process-tickets")
        return address(path, scope.params(), period.days_params(), {"what": what, **more})

    return of


def shown(result: dict[str, Any], words: Any, to: Callable[..., str]) -> dict[str, Any]:
    """A result in words, with an address for each number that has something behind it."""
    return {
        "result": result,
        "picture": picture.draw(result, words.order, words.state, lambda a, b: to("edge", **{"from": a, "to": b})),
        "edges": [
            {**edge, "one": words.state(edge["from"]), "other": words.state(edge["to"]),
             "url": to("edge", **{"from": edge["from"], "to": edge["to"]})}
            for edge in result["edges"]
        ],
        "variants": [
            {**one, "states": [words.state(state) for state in one["path"]], "url": to("variant", n=place)}
            for place, one in enumerate(result["variants"][:12])
        ],
        "waits": [
            {**one, "name": words.state(one["state"]), "holder": words.team(one["team"]),
             "for": words.reason(one["reason"]) if one["reason"] else ""}
            for one in result["waits"][:12]
        ],
        "rework": [
            {**one, "name": words.state(one["state"]), "url": to("rework", state=one["state"])}
            for one in result["rework"][:8]
        ],
        "pairs": [
            {**one, "one": words.team(one["from"]), "other": words.team(one["to"]),
             "url": to("pair", **{"from": one["from"], "to": one["to"]})}
            for one in result["pairs"][:8]
        ],
        "deviations": [
            {**one, "one": words.state(one["from"]), "other": words.state(one["to"]),
             "url": to("deviation", **{"from": one["from"], "to": one["to"]})}
            for one in result["deviations"][:8]
        ],
        "unused": [(words.state(one), words.state(other)) for one, other in result["unused"]],
        "urls": {name: to(name) for name in ("handovers", "returns", "reopens", "reworked")},
    }  # fmt: skip


# ---------- the tickets behind a number ----------


def _entry(result: dict[str, Any], params: Any) -> tuple[str, dict[str, Any]] | None:
    """The part of the result that an address names, and its words."""
    what = params.get("what", "")
    if what in ("handovers", "returns", "reopens", "reworked"):
        return what, result[what]
    if what == "variant":
        place = params.get("n", "")
        rows = result["variants"]
        return (what, rows[int(place)]) if place.isdigit() and len(place) < 4 and int(place) < len(rows) else None
    if what == "rework":
        found = [one for one in result["rework"] if one["state"] == params.get("state")]
        return (what, found[0]) if found else None
    tables = {"edge": "edges", "pair": "pairs", "deviation": "deviations"}
    if what not in tables:
        return None
    wanted = (params.get("from", ""), params.get("to", ""))
    found = [one for one in result[tables[what]] if (str(one["from"]), str(one["to"])) == wanted]
    return (what, found[0]) if found else None


def _title(what: str, entry: dict[str, Any], words: Words) -> str:
    if what == "variant":
        return " → ".join(words.state(state) for state in entry["path"])
    if what == "pair":
        return f"{words.team(entry['from'])} → {words.team(entry['to'])}"
    if what in ("edge", "deviation"):
        return f"{words.state(entry['from'])} → {words.state(entry['to'])}"
    if what == "rework":
        return _("Back to: %(state)s") % {"state": words.state(entry["state"])}
    return {
        "handovers": _("Went from one team to another"), "returns": _("Came back to a team that had it before"),
        "reopens": _("Solved, and taken up again"), "reworked": _("Came back to a state it had left"),
    }[what]  # fmt: skip


@require_safe
def tickets(request: HttpRequest) -> HttpResponse:
    """The tickets behind a number; of very many the newest."""
    scope, period, question = asked(request)
    answer = analyses.ask(question)
    named = _entry(answer.result, request.GET) if answer.result is not None else None
    if named is None:
        raise Http404
    what, entry = named
    found = Ticket.objects.visible_to(request.user).filter(pk__in=entry["tickets"])
    shown = found.select_related("service", "team", "assignee").defer("description", "custom")
    page = keyset.paginate(shown, ["-opened_at", "-id"], request.GET.get("cursor", ""), PAGE)
    page.count = keyset.capped_count(found)
    words = Words(question.kind)
    return ui.page(
        request, "improvement/process/tickets.html", title=_title(what, entry, words), page=page, entry=entry,
        scope=scope, period=period, cut=entry["cases"] > len(entry["tickets"]), named=len(entry["tickets"]),
        back=address(reverse("improvement:process"), scope.params(), period.params()),
    )  # fmt: skip


# ---------- exports ----------

TABLES: dict[str, tuple[list[str], Callable[[dict[str, Any], Any], Any]]] = {
    "flow": (
        ["from", "to", "times", "cases", "median_seconds", "mean_seconds", "expected"],
        lambda result, words: ([e["from"], e["to"], e["times"], e["cases"], e["median"], e["mean"], e["expected"]]
                               for e in result["edges"]),
    ),
    "variants": (
        ["path", "cases", "share_percent", "median_seconds", "conforms"],
        lambda result, words: ([" > ".join(v["path"]), v["cases"], round(v["share"], 2), v["median"], v["conforms"]]
                               for v in result["variants"]),
    ),
    "waiting": (
        ["state", "team", "reason", "stays", "seconds", "median_seconds", "share_percent"],
        lambda result, words: ([w["state"], words.team(w["team"]), w["reason"], w["times"], round(w["seconds"]),
                                w["median"], round(w["share"], 2)] for w in result["waits"]),
    ),
    "handovers": (
        ["from", "to", "times", "cases"],
        lambda result, words: ([words.team(p["from"]), words.team(p["to"]), p["times"], p["cases"]]
                               for p in result["pairs"]),
    ),
}  # fmt: skip


@require_safe
def export(request: HttpRequest, table: str) -> HttpResponseBase:
    """One table of the analysis as CSV."""
    _scope, period, question = asked(request)
    answer = analyses.ask(question)
    if table not in TABLES or answer.result is None:
        raise Http404
    head, rows = TABLES[table]
    name = f"process-{question.kind}-{table}-{period.first}-{period.last}.csv"
    return csv_export.stream(name, head, rows(answer.result, Words(question.kind)))
