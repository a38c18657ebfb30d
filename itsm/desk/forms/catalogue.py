"""Service categories, services, dependencies and offerings with their request forms."""

from __future__ import annotations

import json
import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http.request import QueryDict  # noqa: TID251 - a dictionary of lists, no HTTP
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from itsm.accounts.models import Team
from itsm.catalogue import questions
from itsm.catalogue.graph import path_between
from itsm.catalogue.models import Service, ServiceCategory, ServiceDependency, ServiceOffering
from itsm.catalogue.validators import validate_form_schema, validate_plan
from itsm.desk.forms.approvers import Approvers, approval_initial
from itsm.desk.forms.fields import LinesField, PersonField, refuse_loop
from itsm.lib import clock, currencies, house

#: Icons to choose from: what offerings and categories are usually about.
ICONS = (
    "layers", "package", "laptop", "monitor", "smartphone", "printer", "wifi", "globe", "mail", "calendar",
    "message-square", "phone", "key-round", "lock", "shield", "user-plus", "users", "building-2", "server",
    "database", "cloud", "hard-drive", "credit-card", "shopping-cart", "truck", "factory", "file-text", "folder",
    "bar-chart-3", "wrench", "life-buoy", "circle-help",
)  # fmt: skip


def icon_field() -> forms.ChoiceField:
    return forms.ChoiceField(
        label=gettext_lazy("Icon"), choices=[(name, name.replace("-", " ")) for name in ICONS], required=False
    )


class WithIcon(forms.ModelForm):
    """A form whose row has an icon: one from the list, or the one it has."""

    icon = icon_field()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        present = self.instance.icon
        if present not in ICONS:
            self.fields["icon"].choices = [(present, present), *self.fields["icon"].choices]

    def clean_icon(self) -> str:
        return self.cleaned_data["icon"] or self.instance.icon


class CategoryForm(WithIcon):
    class Meta:
        model = ServiceCategory
        fields = ["name", "parent", "icon", "position"]

    def clean_parent(self) -> ServiceCategory | None:
        parent = self.cleaned_data["parent"]
        if self.instance.pk:
            refuse_loop(self.instance, parent, "parent")
        return parent


class WithSlug(forms.ModelForm):
    """The short name follows the name where it is left empty."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["slug"].required = False
        self.fields["slug"].help_text = _("Part of the address. Empty: made from the name.")

    def clean_slug(self) -> str:
        given = self.cleaned_data["slug"] or slugify(self.cleaned_data.get("name", ""))[:120].strip("-")
        if not given:
            raise ValidationError(_("Give a short name of letters, digits and hyphens."))
        return given


class ServiceForm(WithSlug):
    """What a service is and who answers for it. Its status changes by steps only."""

    owner = PersonField(
        label=gettext_lazy("Service owner"), required=False,
        help_text=gettext_lazy("Email address of who answers for the service."),
    )  # fmt: skip

    class Meta:
        model = Service
        fields = ["name", "slug", "description", "category", "kind", "criticality", "owner", "support_team"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["support_team"].queryset = _active_or(Team, self.instance.support_team_id)

    def save(self, commit: bool = True) -> Service:
        if self.instance.pk and self.changed_data:
            self.instance.version += 1
            self.instance.updated_at = clock.now()
        return super().save(commit)


def _active_or(model: Any, present: int | None) -> Any:
    """Active rows and the one that is chosen already."""
    return model.objects.filter(is_active=True) | model.objects.filter(pk=present)


class DependencyForm(forms.ModelForm):
    class Meta:
        model = ServiceDependency
        fields = ["service", "depends_on", "note"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        service, below = data.get("service"), data.get("depends_on")
        if service and below:
            if service == below:
                self.add_error("depends_on", _("A service does not depend on itself."))
            elif path := path_between(below.pk, service.pk, without=self.instance.pk):
                names = Service.objects.in_bulk(path)
                self.add_error(
                    "depends_on",
                    _("That would be a circle: %(path)s.") % {"path": " → ".join(str(names[pk]) for pk in path)},
                )
        return data


# ---------- offerings ----------

TEXT, LONG_TEXT, WHOLE, NUMBER, YES_NO, CHOICE, DATE, EMAIL = (
    "text", "long_text", "whole", "number", "yes_no", "choice", "date", "email",
)  # fmt: skip
QUESTION_KINDS = [
    (TEXT, gettext_lazy("Text")), (LONG_TEXT, gettext_lazy("Long text")), (WHOLE, gettext_lazy("Whole number")),
    (NUMBER, gettext_lazy("Number")), (YES_NO, gettext_lazy("Yes or no")), (CHOICE, gettext_lazy("Choice")),
    (DATE, gettext_lazy("Date")), (EMAIL, gettext_lazy("Email address")),
]  # fmt: skip
_QUESTIONS: dict[str, dict[str, Any]] = {
    TEXT: {"type": "string", "maxLength": 200}, LONG_TEXT: {"type": "string", "format": "textarea"},
    WHOLE: {"type": "integer"}, NUMBER: {"type": "number"}, YES_NO: {"type": "boolean"}, CHOICE: {"type": "string"},
    DATE: {"type": "string", "format": "date"}, EMAIL: {"type": "string", "format": "email"},
}  # fmt: skip


class SchemaField(forms.CharField):
    """A request form as JSON Schema, edited as text; says where the text is no JSON."""

    def __init__(self, **kwargs: Any) -> None:
        area = forms.Textarea(attrs={"rows": 14, "class": "mono", "spellcheck": "false"})
        super().__init__(**{"widget": area, "required": False, "max_length": 100_000, **kwargs})

    def prepare_value(self, value: Any) -> Any:
        return (json.dumps(value, indent=2, ensure_ascii=False) if value else "") if isinstance(value, dict) else value

    def to_python(self, value: Any) -> dict[str, Any]:  # type: ignore[override]
        text = super().to_python(value) or ""
        if not str(text).strip():
            return {}
        try:
            schema = json.loads(text)
        except json.JSONDecodeError as error:
            raise ValidationError(
                _("Line %(line)d, column %(column)d: this is not JSON."),
                params={"line": error.lineno, "column": error.colno},
            ) from error
        except RecursionError as error:
            raise ValidationError(_("This is nested too deeply.")) from error
        validate_form_schema(schema)
        return schema

    def run_validators(self, value: Any) -> None:
        """The schema has been checked."""

    def validate(self, value: Any) -> None:
        """An empty form asks nothing but what every form asks."""


class QuestionForm(forms.Form):
    """One more question, for whoever does not write JSON Schema."""

    label = forms.CharField(label=gettext_lazy("Question"), max_length=120)
    kind = forms.ChoiceField(label=gettext_lazy("Answer"), choices=QUESTION_KINDS)
    options = LinesField(label=gettext_lazy("Choices"), required=False, help_text=gettext_lazy("One a line."))
    hint = forms.CharField(label=gettext_lazy("Hint"), max_length=200, required=False)
    must = forms.BooleanField(label=gettext_lazy("Must be answered"), required=False)

    prefix = "question"

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("kind") == CHOICE and len(data.get("options", ())) < 2:
            self.add_error("options", _("Give at least two choices."))
        return data

    def added_to(self, schema: dict[str, Any]) -> dict[str, Any]:
        """The schema with this question at its end."""
        data = self.cleaned_data
        asked = dict(schema.get("properties", {}))
        question = {"title": data["label"], **_QUESTIONS[data["kind"]]}
        if data["hint"]:
            question["description"] = data["hint"]
        if data["kind"] == CHOICE:
            question["enum"] = data["options"]
        name = _free_name(data["label"], asked)
        required = [*schema.get("required", ()), *([name] if data["must"] else [])]
        made = {**schema, "type": "object", "properties": {**asked, name: question}}
        return {**made, "required": required} if required else made


def _free_name(label: str, taken: dict[str, Any]) -> str:
    base = re.sub(r"[^a-z0-9]+", "_", slugify(label)).strip("_")[:40] or "question"
    names = (base if number == 1 else f"{base}_{number}" for number in range(1, len(taken) + 2))
    return next(name for name in names if name not in taken)


class PlanField(LinesField):
    """A fulfilment plan, a task a line: what, by which team, in which step, within how many days."""

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, list):
            return value
        names = dict(Team.objects.filter(pk__in=[line.get("team") for line in value if isinstance(line, dict)])
                     .values_list("pk", "name"))  # fmt: skip
        return "\n".join(
            " | ".join(str(part) for part in (
                line.get("title", ""), names.get(line.get("team"), ""), line.get("step") or number,
                line.get("days") or "",
            )).rstrip(" |")
            for number, line in enumerate(value, start=1) if isinstance(line, dict)
        )  # fmt: skip

    def to_python(self, value: Any) -> list[dict[str, Any]]:
        if isinstance(value, list):
            return value
        plan = []
        for number, text in enumerate(super().to_python(value), start=1):
            title, team, step, days = ([part.strip() for part in text.split("|")] + ["", "", ""])[:4]
            found = Team.objects.filter(name__iexact=team, is_active=True).first() if team else None
            if team and found is None:
                raise ValidationError(
                    _("Line %(line)d: there is no team “%(team)s”."), params={"line": number, "team": team}
                )
            if any(part and not part.isdecimal() for part in (step, days)):
                raise ValidationError(_("Line %(line)d: step and days are whole numbers."), params={"line": number})
            line = {"title": title, "team": found.pk if found else None, "step": int(step or number),
                    "days": int(days) if days else None}  # fmt: skip
            plan.append(line)
        validate_plan(plan)
        return plan


class OfferingForm(Approvers, WithIcon, WithSlug):
    fulfilment_plan = PlanField(
        label=gettext_lazy("Fulfilment plan"), required=False,
        help_text=gettext_lazy(
            "One task a line: what | team | step | days. Tasks of a step wait for those of the steps before it; "
            "the team of the service does what names none."
        ),
    )  # fmt: skip
    request_form = SchemaField(
        label=gettext_lazy("Questions (JSON Schema)"),
        help_text=gettext_lazy("What the portal asks besides what it always asks. Empty: nothing more."),
    )  # fmt: skip

    class Meta:
        model = ServiceOffering
        fields = [
            "service", "name", "slug", "kind", "summary", "description", "icon", "entitled",
            "subscribers_only", "position", "is_active",
            "request_form", "price", "currency", "fulfilment_plan",
        ]  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["currency"].required = False
        if self.instance.pk:
            self.initial |= approval_initial(self.instance.approval_policy)

    def clean_currency(self) -> str:
        code: str = self.cleaned_data["currency"].strip().upper() or house.currency()
        if code not in currencies.CODES:
            raise ValidationError(_("Three letters, such as EUR."), code="invalid")
        return code

    @property
    def about(self) -> list[Any]:
        apart = {"request_form", "price", "currency", "fulfilment_plan", *(f.name for f in self.approver_fields())}
        return [field for field in self.visible_fields() if field.name not in apart]

    @property
    def delivery(self) -> list[Any]:
        return [self[name] for name in ("price", "currency", "fulfilment_plan")]

    def save(self, commit: bool = True) -> ServiceOffering:
        self.instance.approval_policy = self.approval_spec()
        return super().save(commit)

    def question(self) -> QuestionForm:
        """The helper as it is to be shown."""
        return getattr(self, "asked", None) or QuestionForm()


def with_question(posted: QueryDict) -> tuple[QueryDict, QuestionForm | None]:
    """What was posted with one more question in the JSON; the helper comes back when it has an error."""
    helper = QuestionForm(posted)
    schema_field = SchemaField()
    if not helper.is_valid():
        return posted, helper
    try:
        schema = schema_field.to_python(posted.get("request_form", ""))
    except ValidationError:
        helper.add_error(None, _("Put the JSON in order first: a question can only be added to a form that works."))
        return posted, helper
    changed = posted.copy()
    changed["request_form"] = schema_field.prepare_value(helper.added_to(schema))
    return changed, None


def preview_of(text: str) -> tuple[forms.Form | None, str]:
    """The form a schema draws, or why there is none."""
    try:
        schema = SchemaField().to_python(text)
    except ValidationError as error:
        return None, " ".join(error.messages)
    if not schema.get("properties"):
        return None, ""
    try:
        fields = questions.fields(schema, prefix="preview_")
    except (TypeError, ValueError, KeyError):
        return None, _("A question of this form can’t be drawn: check its limits and choices.")
    return type("Preview", (forms.Form,), fields)(), ""
