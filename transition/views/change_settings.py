"""Settings of change enablement: freezes, maintenance windows, questions, approval rules, templates."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from itsm.desk.views.settings.base import Pages
from itsm.ui.reference import Column
from itsm.ui.times import duration, when
from transition.forms.change_settings import FreezeForm, MaintenanceForm, QuestionForm, RuleForm, TemplateForm
from transition.models import ApprovalRule, ChangeTemplate, FreezeWindow, MaintenanceWindow, RiskQuestion
from transition.policies import changes as policies

GROUP = gettext_lazy("Changes")


def _services(one: FreezeWindow | MaintenanceWindow) -> str:
    return ", ".join(str(service) for service in one.services.all()) or str(gettext_lazy("every service"))


FREEZES = Pages(
    "freezes", FreezeWindow, FreezeForm, GROUP, "snowflake", gettext_lazy("Freezes"),
    gettext_lazy("Times in which nothing but emergencies is changed."),
    columns=(
        Column("name", gettext_lazy("Freeze")),
        Column("starts_at", gettext_lazy("From"), cell=lambda one: when(one.starts_at)),
        Column("ends_at", gettext_lazy("Until"), cell=lambda one: when(one.ends_at)),
        Column("services", gettext_lazy("Services"), cell=_services, opt=True),
        Column("is_active", gettext_lazy("Active"), opt=True),
    ),
    rows=lambda: FreezeWindow.objects.prefetch_related("services"), order=("-starts_at", "id"), search=("name",),
    roles=policies.KEEPERS, position=10,
    empty=gettext_lazy("Enter the times in which the business cannot bear any surprise, such as year end."),
)  # fmt: skip
WINDOWS = Pages(
    "maintenance-windows", MaintenanceWindow, MaintenanceForm, GROUP, "wrench", gettext_lazy("Maintenance windows"),
    gettext_lazy("Times of the week that are agreed for work on services."),
    columns=(
        Column("name", gettext_lazy("Window")), Column("weekday", gettext_lazy("Day")),
        Column("starts_at", gettext_lazy("Begin"), cell=lambda one: f"{one.starts_at:%H:%M} {one.timezone}"),
        Column("minutes", gettext_lazy("Length"), cell=lambda one: duration(one.minutes * 60)),
        Column("services", gettext_lazy("Services"), cell=_services, opt=True),
        Column("is_active", gettext_lazy("Active"), opt=True),
    ),
    rows=lambda: MaintenanceWindow.objects.prefetch_related("services"), order=("weekday", "id"), search=("name",),
    roles=policies.KEEPERS, position=20,
    empty=gettext_lazy("Agree with customers when a service may be worked on, and enter it here."),
)  # fmt: skip
TEMPLATES = Pages(
    "change-templates", ChangeTemplate, TemplateForm, GROUP, "copy-check", gettext_lazy("Standard changes"),
    gettext_lazy("What is done often and safely: changes made from these need no approval."),
    columns=(
        Column("name", gettext_lazy("Template")), Column("service", gettext_lazy("Service")),
        Column("minutes", gettext_lazy("Takes"), cell=lambda one: duration(one.minutes * 60), opt=True),
        Column("is_active", gettext_lazy("In force")),
    ),
    rows=lambda: ChangeTemplate.objects.select_related("service"), search=("name",), roles=policies.KEEPERS,
    position=30, empty=gettext_lazy("Turn a change that went well three times into a template."),
)  # fmt: skip
QUESTIONS = Pages(
    "risk-questions", RiskQuestion, QuestionForm, GROUP, "circle-question-mark", gettext_lazy("Risk questions"),
    gettext_lazy("What is asked about the risk of a change, and how much each answer counts."),
    columns=(
        Column("text", gettext_lazy("Question")),
        Column("options", gettext_lazy("Answers"), cell=lambda one: len(one.options), right=True),
        Column("most", gettext_lazy("Most points"), right=True), Column("is_active", gettext_lazy("Active"), opt=True),
    ),
    order=("position", "id"), roles=policies.KEEPERS, position=40,
    empty=gettext_lazy("Without questions only blast radius and track record count."),
)  # fmt: skip
RULES = Pages(
    "approval-rules", ApprovalRule, RuleForm, GROUP, "stamp", gettext_lazy("Approval of changes"),
    gettext_lazy("Who approves changes of which risk."),
    columns=(
        Column("change_type", gettext_lazy("Type")),
        Column("from_score", gettext_lazy("From score"), right=True), Column("level", gettext_lazy("Called")),
        Column("role", gettext_lazy("Approved by"), cell=lambda one: one.get_role_display() or one.team),
        Column("quorum", gettext_lazy("Approvals needed"), right=True, opt=True),
        Column("in_meeting", gettext_lazy("In a meeting"), opt=True),
    ),
    rows=lambda: ApprovalRule.objects.select_related("team"), order=("change_type", "from_score", "id"),
    roles=policies.KEEPERS, position=50, empty=gettext_lazy("Nobody can approve a change before there is a rule."),
)  # fmt: skip
PAGES = (FREEZES, WINDOWS, TEMPLATES, QUESTIONS, RULES)
