"""Automation rules with what became of their runs."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Max, Q, QuerySet
from django.utils.translation import gettext_lazy

from itsm.automation.models import AutomationRule, RuleRun
from itsm.desk.forms.automation import HAPPENINGS, RuleForm
from itsm.desk.views.settings.base import TICKETS, Pages, SettingsForm
from itsm.desk.views.settings.tickets import kind_label, verb_label
from itsm.ui.reference import Column, Values

#: Runs shown on the page of a rule.
SHOWN = 50


def event_label(rule: AutomationRule) -> str:
    happened = dict(HAPPENINGS).get(rule.event)
    return str(happened) if happened else verb_label(rule.kind, rule.event)


def _does(rule: AutomationRule) -> str:
    said = [rule.macro and str(rule.macro), rule.tell and str(rule.tell)]
    return ", ".join(words for words in said if words)


def rows() -> QuerySet[AutomationRule]:
    counted = {
        "ran": Count("runs"),
        "went_wrong": Count("runs", filter=~Q(runs__outcome=RuleRun.Outcome.DONE)),
        "last_run": Max("runs__at"),
    }
    return AutomationRule.objects.select_related("macro", "tell").annotate(**counted)


class RuleEdit(SettingsForm):
    template = "desk/settings/rule.html"

    def get_queryset(self) -> QuerySet[Any]:
        return AutomationRule.objects.all()

    def more(self, form: Any, instance: Any) -> Values:
        runs = RuleRun.objects.filter(rule=instance).select_related("ticket")[:SHOWN] if instance else []
        return {"runs": list(runs)}


PAGES = [
    Pages(
        "automation", AutomationRule, RuleForm, TICKETS, "workflow", gettext_lazy("Automation"),
        gettext_lazy("When something happens to a ticket, if it is such a ticket, then run a macro or tell a team."),
        columns=(
            Column("name", gettext_lazy("Name")), Column("kind", gettext_lazy("Kind"), lambda r: kind_label(r.kind)),
            Column("event", gettext_lazy("When"), event_label), Column("does", gettext_lazy("Does"), _does, opt=True),
            Column("ran", gettext_lazy("Runs"), right=True),
            Column("went_wrong", gettext_lazy("Refused or failed"), right=True, opt=True),
            Column("is_active", gettext_lazy("On")),
        ),
        search=("name",), order=("position", "id"), rows=rows, form_view=RuleEdit, position=75,
        empty=gettext_lazy("Nothing happens by itself yet. A first rule: tell the network team of every P1."),
    ),
]  # fmt: skip
