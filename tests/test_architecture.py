"""The rules of the house that no single module can see; import-linter and ruff check the others."""

from __future__ import annotations

import ast
import re
import tomllib
from fnmatch import fnmatch
from html.parser import HTMLParser

import pytest
from celery import current_app
from django.apps import apps
from django.conf import settings
from django.db import models
from django.urls import reverse

from itsm import schedule
from itsm.audit import actions
from itsm.tickets import kinds
from itsm.tickets.models import Ticket
from itsm.workflow import steps
from tests import source
from tests.source import ROOT

#: Where a state may be written without a step of a state machine, and why.
STATE_WRITERS = {
    "itsm/workflow/opening.py:open_ticket": "a ticket is born in a state",
    "itsm/workflow/history.py:_row": "imported tickets were moved elsewhere",
    "itsm/approvals/services.py:_decide": "rounds end once and are no tickets",
    "itsm/sla/services/clocks.py:read_into": "a clock's state is a cache of the pure function",
    "itsm/integrations/api/idempotency.py:once": "the status of an HTTP answer",
    "itsm/sla/services/clocks.py:_withdraw": "a clock's state is a cache of the pure function",
}
#: Whose present moment is the machine's, and why.
CLOCK_READERS = {
    "itsm/lib/clock.py": "the clock itself",
    "operation/management/commands/seed_demo.py": "reports how long it took",
}


def own_models() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if model.__module__.split(".")[0] in source.PACKAGES]


def layers() -> list[set[str]]:
    """Our packages from the top to the bottom, as import-linter checks them."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    stages, kernel = (
        [{name.strip(" ()") for name in layer.split("|")} for layer in contract["layers"]] for contract in contracts[:2]
    )
    return [stage for stage in stages if stage != {"itsm"}] + [{f"itsm.{name}" for name in layer} for layer in kernel]


def rank(model: type[models.Model]) -> int:
    """How high a model's app stands: 0 is the bottom. Framework apps stand below everything."""
    package = apps.get_app_config(model._meta.app_label).name
    order = layers()[::-1]
    return next((place for place, layer in enumerate(order, 1) if package in layer), 0)


def relations(model: type[models.Model]) -> list[models.Field]:
    return [f for f in model._meta.get_fields() if f.is_relation and not f.auto_created and f.related_model]


def points_up(model: type[models.Model], target: type[models.Model]) -> bool:
    same_app = model._meta.app_label == target._meta.app_label
    return not same_app and rank(target) >= rank(model)


def test_relations_point_down():
    assert [
        f"{m._meta.label}.{f.name}" for m in own_models() for f in relations(m) if points_up(m, f.related_model)
    ] == []


def test_a_relation_that_points_up_would_be_found():
    assert points_up(apps.get_model("accounts.Team"), apps.get_model("tickets.Ticket"))
    assert points_up(apps.get_model("tickets.Ticket"), apps.get_model("operation.Incident"))
    assert not points_up(apps.get_model("operation.Incident"), apps.get_model("accounts.User"))


def test_every_model_has_its_place_in_the_order():
    assert [m._meta.label for m in own_models() if rank(m) == 0] == []


# The one door


def machines() -> list[type[models.Model]]:
    return [model for model in own_models() if steps.verbs(model)]


def test_there_are_machines_to_check():
    assert {m._meta.label for m in machines()} >= {"operation.Incident", "catalogue.Service"}


def test_every_step_has_a_permission_that_says_why_not():
    bare = [
        f"{model._meta.label}.{verb}"
        for model in machines()
        for verb in steps.verbs(model)
        for transition in getattr(model, verb)._django_fsm.transitions.values()
        if not callable(transition.permission)
    ]
    assert bare == []


def test_every_step_of_a_ticket_is_a_function_of_its_kind_or_needs_none():
    """A step with input but without a service function would lose what the person wrote."""
    lost = []
    for kind in kinds.all_kinds():
        for verb in steps.verbs(kind.model):
            step = steps.describe(kind.model, verb)
            if step.inputs and not callable(getattr(kind.verbs_module, verb, None)):
                lost.append(f"{kind.code}.{verb}")
    assert lost == []


def _is_step(function: ast.FunctionDef) -> bool:
    return any(
        source.dotted(d.func) in ("fsm.transition", "transition")
        for d in function.decorator_list
        if isinstance(d, ast.Call)
    )


def _writes_state(node: ast.AST) -> bool:
    if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return any(isinstance(t, ast.Attribute) and t.attr in ("state", "status") for t in targets)
    if isinstance(node, ast.Call) and source.dotted(node.func) == "setattr" and len(node.args) == 3:
        return source.text_of(node.args[1]) in ("state", "status")
    return False


def _own_nodes(function: ast.FunctionDef):
    """The nodes of a function without those of functions inside it."""
    todo = list(ast.iter_child_nodes(function))
    while todo:
        node = todo.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            todo += ast.iter_child_nodes(node)


def state_writers() -> set[str]:
    found = set()
    for path, tree in source.modules().items():
        for name, function in source.functions(tree):
            if not _is_step(function) and any(_writes_state(node) for node in _own_nodes(function)):
                found.add(f"{path}:{name}")
    return found


def test_nobody_writes_a_state_past_the_machine():
    assert state_writers() - set(STATE_WRITERS) == set()


def test_states_of_tickets_are_never_updated_in_bulk():
    """``update(state=…)`` on anything that has a machine would pass the door unseen."""
    models_with_machine = {model.__name__ for model in machines()} | {"Ticket"}
    found = []
    for path, tree in source.modules().items():
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "update"
                and {"state", "status", "phase"} & {word.arg for word in node.keywords}
                and any(isinstance(n, ast.Name) and n.id in models_with_machine for n in ast.walk(node.func))
            ):
                found.append(f"{path}:{node.lineno}")
    assert found == []


def test_time_is_asked_of_one_clock():
    """History imports and demo data move that clock; whoever asks the machine would not notice."""
    asks = ("timezone.now", "datetime.now", "datetime.utcnow", "date.today", "datetime.today", "timezone.localdate")
    found = {where.partition(":")[0] for where, _call in source.calls(*asks)}
    assert found - set(CLOCK_READERS) == set()


# Names that must exist elsewhere


def known_jobs() -> set[str]:
    current_app.loader.import_default_modules()
    return set(current_app.tasks)


def test_every_job_that_is_sent_or_scheduled_exists():
    sent = {source.text_of(call.args[0]): where for where, call in source.calls("jobs.enqueue", "enqueue")}
    assert None not in sent, "a job's name is a literal, so that it can be found"
    assert {name: where for name, where in sent.items() if name not in known_jobs()} == {}
    ours = {name for name in known_jobs() if not name.startswith("celery.")}
    assert set(schedule.PERIODIC) - ours == set()
    assert ours - set(schedule.PERIODIC) - set(sent) == set(), "nobody starts these"


def test_every_action_that_is_recorded_has_its_words():
    registered = actions.registered()
    missing = {}
    for where, call in source.calls("audit.record", "audit_services.record"):
        code = source.text_of(call.args[1]) if len(call.args) > 1 else None
        if code and code.strip("*.") and not any(fnmatch(action, code) for action in registered):
            missing[where] = code
    assert missing == {}


@pytest.mark.parametrize("kind", kinds.all_kinds(), ids=lambda kind: kind.code)
def test_every_kind_is_complete(kind):
    model = kind.model
    assert issubclass(model, Ticket)
    assert model.__mro__[1] is Ticket, "one level deep"
    assert set(kind.phases) == set(kind.states.values), "every state has a phase"
    assert set(kind.plain_words) == set(kind.states.values), "every state has words for the portal"
    assert {
        f"{kind.code}.{verb}" for verb in [*steps.verbs(model), "open", "edit", "reply", "note"]
    } <= actions.registered()
    assert reverse("desk:ticket", args=[f"{kind.prefix}-1"]) == f"/tickets/{kind.prefix}-1/"
    assert callable(kind.verbs_module.open)


# What people see


#: Reads in pages that start otherwise, and why.
UNGUARDED = {
    "transition/views/articles.py Article.objects.get": "a copy of the row that was just read as visible, for the form",
    "transition/api/articles.py Article.objects.all": "narrowed by visible_to in get_queryset",
    "itsm/desk/views/dashboards.py Ticket.objects.filter": "asks whether there is anything to count",
    "itsm/integrations/api/catalogue.py Service.objects.in_bulk": "names in a refusal, for writers of reference data",
    "transition/views/change_panels.py Service.objects.filter": "the desk only, which sees every service",
    "improvement/views/kpis.py KPI.objects.filter": "definitions, which everybody who opens the page may know",
    "improvement/views/reviews.py ReviewAction.objects.filter": "starts with a review that is visible",
    "itsm/desk/views/approvals.py Ticket.objects.filter": "who is asked to decide may read what about",
    "itsm/desk/views/approvals.py Round.objects.filter": "starts with the person's own seats",
    "itsm/desk/views/tickets/new.py Service.objects.live": "the desk only, which sees every service",
    "itsm/integrations/views/tokens.py ApiToken.objects.filter": "starts with the person's own",
    "operation/api/outages.py Outage.objects.all": "narrowed by visible_to in get_queryset",
    "operation/api/outages.py Outage.objects.current": "narrows rows that are visible",
    "itsm/desk/views/settings/catalogue.py Service.objects.select_related": "settings of administrators",
    "itsm/desk/views/settings/catalogue.py ServiceOffering.objects.select_related": "settings of administrators",
    "operation/views/outages.py Service.objects.filter": "the desk only, which sees every service",
    "operation/views/portal/approvals.py Round.objects.filter": "starts with the person's own seats",
    "operation/views/portal/approvals.py Ticket.objects.filter": "who is asked to decide may read what about",
    "operation/views/portal/report.py Incident.objects.major": "of services offered to the person, none restricted",
    "itsm/integrations/api/approvals.py Round.objects.filter": "is this model's visible_to",
    "itsm/integrations/api/auth.py ApiToken.objects.select_related": "nobody is signed in before the token is found",
    "itsm/integrations/api/catalogue.py Service.objects.select_related": "narrowed by visible_to in get_queryset",
    "itsm/integrations/api/levels.py Ticket.objects.numbered": "narrows clocks of tickets that are visible",
    "itsm/integrations/api/catalogue.py ServiceOffering.objects.select_related": "narrowed by offered_to",
    "itsm/integrations/api/refs.py Service.objects.all": "for writers of reference data",
    "itsm/integrations/api/refs.py ServiceOffering.objects.all": "for writers of reference data",
    "itsm/desk/views/inbox/messages.py Event.objects.exclude": "events of notifications, for administrators",
    "itsm/integrations/api/events.py Event.objects.filter": "the change feed, narrowed by what the person may see",
    "itsm/integrations/api/tickets/parts.py TicketTask.objects.filter": "of a ticket that is visible",
    "itsm/integrations/api/tickets/writing.py ServiceOffering.objects.all": "for the desk; offered_to for others",
}
#: Querysets that start with what the person may see.
READS = {"for_desk", "visible_to", "readable_by", "offered_to", "awaiting", "none"}


def querysets_for_people() -> set[str]:
    return {m.__name__ for m in own_models() if READS & set(dir(m._default_manager.all())) - {"none"}}


def test_pages_and_api_read_only_what_the_person_may_see():
    guarded = querysets_for_people()
    assert "Ticket" in guarded
    found = []
    for path, tree in source.modules().items():
        if not re.search(r"/(views|api)(/|\.py)", path):
            continue
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute)):
                continue
            chain = source.dotted(node).split(".")
            if len(chain) >= 3 and chain[-2] == "objects" and chain[-3] in guarded and chain[-1] not in READS:
                found.append(f"{path} {'.'.join(chain[-3:])}")
    assert set(found) - set(UNGUARDED) == set()


def test_pages_do_not_catch_refusals():
    """Middleware turns every ``DomainError`` into its page or fragment; a ``try`` would hide one."""
    names = {"DomainError", "Refused", "Denied", "Invalid", "Stale"}
    found = []
    for path, tree in source.modules().items():
        if not re.search(r"/views(/|\.py)", path):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.ExceptHandler) and node.type is not None:
                caught = {source.dotted(n).split(".")[-1] for n in ast.walk(node.type)}
                found += [f"{path}:{node.lineno}"] if caught & names else []
    assert found == []


def test_whoever_catches_everything_says_why_and_logs_it():
    silent = []
    for path, tree in source.modules().items():
        lines = (source.ROOT / path).read_text().splitlines()
        for node in ast.walk(tree):
            if not isinstance(node, ast.ExceptHandler):
                continue
            if node.type is not None and source.dotted(node.type) not in ("Exception", "BaseException"):
                continue
            handler = lines[node.lineno - 1 : node.end_lineno]
            why = any("#" in line for line in handler[:2])
            logged = any("log." in line or "raise" in line for line in handler)
            if not (why and logged):
                silent.append(f"{path}:{node.lineno}")
    assert silent == []


def test_migrations_are_named_by_hand():
    names = [path for package in source.PACKAGES for path in (ROOT / package).rglob("migrations/0*.py")]
    assert names
    assert [
        str(path.relative_to(ROOT)) for path in names if re.search(r"_auto_|_alter_\w+_\w+_and_more", path.name)
    ] == []


class Words(HTMLParser):
    """Collects the text people would read that did not come through a translation."""

    SILENT = {"script", "style", "code", "pre", "kbd", "svg"}
    SAID = {"title", "aria-label", "placeholder", "alt", "data-label", "aria-description"}

    def __init__(self) -> None:
        super().__init__()
        self.silent = 0
        self.found: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.silent += tag in self.SILENT
        for name, value in attrs:
            if name in self.SAID:
                self.hear(value or "", least=1)

    def handle_startendtag(self, tag, attrs):
        for name, value in attrs:
            if name in self.SAID:
                self.hear(value or "", least=1)

    def handle_endtag(self, tag):
        self.silent -= tag in self.SILENT and self.silent > 0

    def handle_data(self, data):
        if not self.silent:
            self.hear(data, least=2)

    def hear(self, text: str, *, least: int) -> None:
        words = re.findall(r"[A-Za-z][a-z’']{2,}", text)
        if len(words) > least:
            self.found.append(" ".join(text.split()))


def untranslated(text: str) -> list[str]:
    text = re.sub(r"{% comment %}.*?{% endcomment %}|{#.*?#}", "", text, flags=re.S)
    text = re.sub(r"{%-? *(blocktranslate|blocktrans|trans)\b.*?{%-? *end\1 *-?%}", "", text, flags=re.S)
    text = re.sub(r"{%.*?%}|{{.*?}}", "", text, flags=re.S)
    parser = Words()
    parser.feed(text)
    return parser.found


def templates():
    return [
        pytest.param(path, id=str(path.relative_to(ROOT / "templates")))
        for path in sorted((ROOT / "templates").rglob("*"))
        if path.suffix in (".html", ".jinja")
    ]


@pytest.mark.parametrize("path", templates())
def test_what_a_template_says_is_translatable(path):
    assert untranslated(path.read_text()) == []


def test_bare_words_in_a_template_would_be_found():
    assert untranslated("<p>Nobody has answered yet.</p>") == ["Nobody has answered yet."]
    assert untranslated('<a title="Close this box">{% trans "Close" %}</a>') == ["Close this box"]
    assert untranslated('<p>{% translate "Nobody has answered yet." %}{{ x }} {# Words of a comment here #}</p>') == []


def test_settings_name_nothing_twice():
    """What two branches each add is merged without a conflict, and then runs twice."""
    for name in ("INSTALLED_APPS", "MIDDLEWARE"):
        entries = getattr(settings, name)
        assert [entry for entry in entries if entries.count(entry) > 1] == []
    tree = ast.parse((ROOT / "itsm" / "settings.py").read_text())
    assigned = [
        t.id for node in tree.body if isinstance(node, ast.Assign) for t in node.targets if isinstance(t, ast.Name)
    ]
    assert [name for name in assigned if assigned.count(name) > 1] == []
