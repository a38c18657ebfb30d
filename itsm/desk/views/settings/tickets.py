"""Reference data of tickets and of their steps."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from itsm.accounts.roles import Role
from itsm.audit import services as audit
from itsm.desk.forms.tickets import (
    CannedReplyForm,
    CategoryForm,
    CustomFieldForm,
    HoldReasonForm,
    MatrixForm,
    ProcessForm,
)
from itsm.desk.forms.workflow import MacroForm, PolicyForm
from itsm.desk.views.settings.base import TICKETS, Pages, SettingsForm, require, save_grid
from itsm.lib.sources import Source
from itsm.tickets import kinds
from itsm.tickets.models import (
    CannedReply,
    CustomField,
    HoldReason,
    Macro,
    PriorityRule,
    ProcessSetting,
    TicketCategory,
)
from itsm.tickets.services import reference
from itsm.ui.pages import Column
from itsm.workflow import steps
from itsm.workflow.models import TransitionPolicy


def kind_label(code: str) -> str:
    known = dict(kinds.choices())
    return known.get(code, code)


def verb_label(kind: str, verb: str) -> str:
    known = {info.code: info for info in kinds.all_kinds()}
    step = steps.describe(known[kind].model, verb) if kind in known else None
    return step.label if step else verb


# ---------- the priority matrix ----------


def matrix(request: HttpRequest) -> HttpResponse:
    """Impact and urgency give the priority of every ticket opened or re-rated from now on."""
    require(request.user, Role.ADMINISTRATOR)
    return save_grid(
        request, "desk/settings/matrix.html", MatrixForm, lambda form: _store_matrix(form, request.user),
        # All nine are locked: two administrators write one after the other.
        lock=lambda: list(PriorityRule.objects.select_for_update()), done=reverse("desk:settings-matrix"),
        said=_("Priority matrix saved"), title=_("Priority matrix"),
    )  # fmt: skip


def _store_matrix(form: MatrixForm, actor: Any) -> None:
    rules = {(rule.impact, rule.urgency): rule for rule in PriorityRule.objects.all()}
    for (impact, urgency), priority in form.cells().items():
        rule = rules.get((impact, urgency)) or PriorityRule(impact=impact, urgency=urgency)
        before = rule.priority
        if before == priority:
            continue
        action = "changed" if rule.pk else "created"
        rule.priority = priority
        rule.save()
        audit.record(rule, action, actor=actor, source=Source.WEB, changes={"priority": [before, priority]})


# ---------- the rest ----------


class ProcessEdit(SettingsForm):
    def name_of(self, instance: Any) -> str:
        return _("Process: %(kind)s") % {"kind": kind_label(instance.kind)}


def processes() -> QuerySet[ProcessSetting]:
    """One row per kind; a kind that nobody asked about yet gets its row now."""
    for info in kinds.all_kinds():
        reference.settings_for(info.code)
    return ProcessSetting.objects.filter(kind__in=dict(kinds.choices())).select_related("default_team")


class MacroEdit(SettingsForm):
    template = "desk/settings/macro.html"


class PolicyEdit(SettingsForm):
    template = "desk/settings/policy.html"


def _conditions(policy: TransitionPolicy) -> str:
    said = [
        (policy.required_fields, _("fields")), (policy.roles, _("roles")), (policy.checklist, _("checklist")),
        (policy.approval, _("approval")),
    ]  # fmt: skip
    return ", ".join(words for there, words in said if there)


def _does(macro: Macro) -> str:
    said = [
        (macro.changes, _("changes fields")), (macro.reply, _("replies")), (macro.note, _("writes a note")),
        (macro.verb, verb_label(macro.kind, macro.verb)),
    ]  # fmt: skip
    return ", ".join(words for there, words in said if there)


PAGES = [
    Pages(
        "categories", TicketCategory, CategoryForm, TICKETS, "folder-tree", gettext_lazy("Ticket categories"),
        gettext_lazy("What tickets are about, and which team gets them."),
        columns=(
            Column("name", gettext_lazy("Name")), Column("parent", gettext_lazy("Part of")),
            Column("kind", gettext_lazy("Only for"), lambda c: kind_label(c.kind) if c.kind else "–", opt=True),
            Column("service", gettext_lazy("Service"), opt=True), Column("team", gettext_lazy("Goes to team")),
            Column("is_active", gettext_lazy("Active"), opt=True),
        ),
        search=("name", "parent__name"), position=20,
        rows=lambda: TicketCategory.objects.select_related("parent", "service", "team"),
    ),
    Pages(
        "hold-reasons", HoldReason, HoldReasonForm, TICKETS, "circle-pause", gettext_lazy("Hold reasons"),
        gettext_lazy("What a ticket on hold can wait for. Support levels say which of them stop the clocks."),
        columns=(
            Column("label", gettext_lazy("Label")), Column("code", gettext_lazy("Code")),
            Column("party", gettext_lazy("Waits for")),
            Column("resumes_on_reply", gettext_lazy("Ends with a reply"), opt=True),
            Column("needs_comment", gettext_lazy("Needs a comment"), opt=True),
            Column("is_active", gettext_lazy("Active"), opt=True),
        ),
        search=("label", "code"), order=("position", "label", "id"), delete_view=None, position=30,
    ),
    Pages(
        "processes", ProcessSetting, ProcessForm, TICKETS, "route", gettext_lazy("Processes"),
        gettext_lazy("Reopening, closing by itself, reminders, default team."),
        columns=(
            Column("kind", gettext_lazy("Kind"), lambda p: kind_label(p.kind)),
            Column("default_team", gettext_lazy("Default team")),
            Column("reopen_days", gettext_lazy("Days to reopen"), right=True),
            Column("auto_close_days", gettext_lazy("Closes after days"), right=True),
            Column("reminders", gettext_lazy("Reminders"), right=True, opt=True),
        ),
        order=("kind",), rows=processes, form_view=ProcessEdit, delete_view=None, creates=False, position=40,
    ),
    Pages(
        "custom-fields", CustomField, CustomFieldForm, TICKETS, "text-cursor-input", gettext_lazy("Custom fields"),
        gettext_lazy("Fields of your own on tickets and on the portal."),
        columns=(
            Column("label", gettext_lazy("Label")), Column("code", gettext_lazy("Code")),
            Column("kind", gettext_lazy("Kind"), lambda f: kind_label(f.kind)), Column("type", gettext_lazy("Type")),
            Column("required", gettext_lazy("Required"), opt=True),
            Column("on_portal", gettext_lazy("On the portal"), opt=True),
            Column("is_active", gettext_lazy("Active"), opt=True),
        ),
        search=("label", "code"), order=("position", "id"), delete_view=None, position=50,
    ),
    Pages(
        "policies", TransitionPolicy, PolicyForm, TICKETS, "git-pull-request-arrow",
        gettext_lazy("Transition policies"),
        gettext_lazy("Conditions of a step: fields, roles, checklist, approval."),
        columns=(
            Column("name", gettext_lazy("Name")), Column("kind", gettext_lazy("Kind"), lambda p: kind_label(p.kind)),
            Column("verb", gettext_lazy("Step"), lambda p: verb_label(p.kind, p.verb)),
            Column("conditions", gettext_lazy("Conditions"), _conditions),
            Column("is_active", gettext_lazy("Active"), opt=True),
        ),
        search=("name",), form_view=PolicyEdit, position=60,
        empty=gettext_lazy("Without one, steps need only what the process itself asks for."),
    ),
    Pages(
        "macros", Macro, MacroForm, TICKETS, "wand-sparkles", gettext_lazy("Macros"),
        gettext_lazy("Several things in one click: texts, field changes and a step."),
        columns=(
            Column("name", gettext_lazy("Name")), Column("kind", gettext_lazy("Kind"), lambda m: kind_label(m.kind)),
            Column("does", gettext_lazy("Does"), _does), Column("team", gettext_lazy("Only for team"), opt=True),
            Column("is_active", gettext_lazy("Active"), opt=True),
        ),
        search=("name", "reply", "note"), rows=lambda: Macro.objects.select_related("team"), form_view=MacroEdit,
        position=70,
    ),
    Pages(
        "canned-replies", CannedReply, CannedReplyForm, TICKETS, "message-square-quote", gettext_lazy("Canned replies"),
        gettext_lazy("Texts to insert into a reply or a note."),
        columns=(
            Column("name", gettext_lazy("Name")), Column("team", gettext_lazy("Only for team")),
            Column("owner", gettext_lazy("Only for person"), opt=True),
            Column("is_active", gettext_lazy("Active"), opt=True),
        ),
        search=("name", "body"), position=80,
        rows=lambda: CannedReply.objects.select_related("team", "owner"),
    ),
]  # fmt: skip
