"""What a step asks for, declared once: the form on the page, the check of the API, the JSON Schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from itsm.accounts.models import Team, User
from itsm.lib.errors import Invalid
from itsm.tickets.models import HoldReason


@dataclass(frozen=True, slots=True)
class Input:
    """One named question of a step. ``field`` builds the form field; ``schema`` is its JSON Schema."""

    name: str
    field: Callable[..., forms.Field]
    schema: Callable[[], dict[str, Any]]


_inputs: dict[str, Input] = {}


def register(name: str, field: Callable[..., forms.Field], schema: Callable[[], dict[str, Any]]) -> None:
    """Declare an input that steps may name in ``custom={"inputs": (…)}``; a trailing ``?`` makes it optional."""
    _inputs[name] = Input(name, field, schema)


def _spec(name: str) -> tuple[Input, bool]:
    return _inputs[name.rstrip("?")], not name.endswith("?")


def form_class(names: tuple[str, ...]) -> type[forms.Form]:
    """A form whose ``cleaned_data`` are exactly the keywords of the step's service function."""
    fields = {}
    for name in names:
        spec, required = _spec(name)
        fields[spec.name] = spec.field(required=required)
    return type("StepForm", (forms.Form,), fields)


def json_schema(names: tuple[str, ...]) -> dict[str, Any]:
    """The same input as JSON Schema, for the API."""
    specs = [_spec(name) for name in names]
    return {
        "type": "object",
        "properties": {spec.name: spec.schema() for spec, _required in specs},
        "required": [spec.name for spec, required in specs if required],
        "additionalProperties": False,
    }


def clean(names: tuple[str, ...], data: Mapping[str, Any]) -> dict[str, Any]:
    """Check raw input; raises ``Invalid`` with the messages by field."""
    known = {spec.name for spec, _required in map(_spec, names)}
    unknown = {name: [_("Unknown field.")] for name in data if name not in known}
    if unknown:
        raise Invalid(unknown)
    form = form_class(names)(data)
    if not form.is_valid():
        raise Invalid({name: [str(m) for m in messages] for name, messages in form.errors.items()})
    return dict(form.cleaned_data)


def _text(label: Any, *, rows: int = 3, hint: Any = "", max_length: int = 20_000) -> Callable[..., forms.Field]:
    def build(*, required: bool) -> forms.Field:
        return forms.CharField(
            label=label, help_text=hint, required=required, max_length=max_length,
            widget=forms.Textarea(attrs={"rows": rows}),
        )  # fmt: skip

    return build


def _text_schema(max_length: int = 20_000) -> Callable[[], dict[str, Any]]:
    return lambda: {"type": "string", "maxLength": max_length}


class PersonField(forms.ModelChoiceField):
    """A person by id, or by email address (what integrations know)."""

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and "@" in value:
            found = User.objects.people().filter(email__iexact=value).first()
            if found is None:
                raise forms.ValidationError(_("Nobody has this email address."), code="invalid_choice")
            return found
        return super().to_python(value)


class TeamField(forms.ModelChoiceField):
    """A team by id or by name."""

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and value and not value.isdigit():
            found = Team.objects.filter(is_active=True, name__iexact=value).first()
            if found is None:
                raise forms.ValidationError(_("There is no team of this name."), code="invalid_choice")
            return found
        return super().to_python(value)


def _team(*, required: bool) -> forms.Field:
    return TeamField(Team.objects.filter(is_active=True), label=_("Team"), required=required)


def _person(*, required: bool) -> forms.Field:
    return PersonField(
        User.objects.people().filter(memberships__isnull=False).distinct(), label=_("Assignee"), required=required
    )


def _moment(label: Any) -> Callable[..., forms.Field]:
    def build(*, required: bool) -> forms.Field:
        return forms.DateTimeField(
            label=label, required=required, widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
            input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%d %H:%M"],
        )  # fmt: skip

    return build


def _hold_reason(*, required: bool) -> forms.Field:
    def options() -> list[tuple[str, str]]:
        return list(HoldReason.objects.filter(is_active=True).values_list("code", "label"))

    return forms.ChoiceField(label=_("Waiting for"), choices=options, required=required)


def _hold_schema() -> dict[str, Any]:
    return {"type": "string", "enum": list(HoldReason.objects.filter(is_active=True).values_list("code", flat=True))}


def choice(label: Any, choices: Any) -> tuple[Callable[..., forms.Field], Callable[[], dict[str, Any]]]:
    """Field and schema of a fixed choice, to hand to ``register``."""

    def build(*, required: bool) -> forms.Field:
        return forms.ChoiceField(label=label, choices=choices.choices, required=required)

    return build, lambda: {"type": "string", "enum": list(choices.values)}


Declaration = tuple[Callable[..., forms.Field], Callable[[], dict[str, Any]]]


def text(label: Any, *, rows: int = 3, hint: Any = "", max_length: int = 20_000) -> Declaration:
    """Field and schema of some lines of text, to hand to ``register``."""
    return _text(label, rows=rows, hint=hint, max_length=max_length), _text_schema(max_length)


def day(label: Any, *, hint: Any = "") -> Declaration:
    """Field and schema of a calendar day."""

    def build(*, required: bool) -> forms.Field:
        widget = forms.DateInput(attrs={"type": "date"})
        return forms.DateField(label=label, required=required, help_text=hint, widget=widget)

    return build, lambda: {"type": "string", "format": "date"}


def moment(label: Any) -> Declaration:
    """Field and schema of a point in time, in the reader's zone where none is given."""
    return _moment(label), lambda: {"type": "string", "format": "date-time"}


def grade(label: Any, words: Mapping[int, Any]) -> Declaration:
    """Field and schema of a number that stands for words, such as a likelihood from 1 to 5."""

    def build(*, required: bool) -> forms.Field:
        choices = [("", "–"), *words.items()]
        return forms.TypedChoiceField(label=label, choices=choices, coerce=int, empty_value=None, required=required)

    return build, lambda: {"type": "integer", "enum": [*words]}


def amount(label: Any, *, places: int = 2, digits: int = 14, hint: Any = "") -> Declaration:
    """Field and schema of a decimal number, never a float."""

    def build(*, required: bool) -> forms.Field:
        return forms.DecimalField(
            label=label, required=required, help_text=hint, max_digits=digits, decimal_places=places
        )

    return build, lambda: {"type": ["string", "number"]}


def yes_no(label: Any, yes: Any, no: Any) -> Declaration:
    """Field and schema of a question with two answers; no answer is none of them."""

    def build(*, required: bool) -> forms.Field:
        return forms.TypedChoiceField(
            label=label, choices=[("true", yes), ("false", no)], coerce=lambda value: value == "true",
            empty_value=None, required=required, widget=forms.RadioSelect,
        )  # fmt: skip

    return build, lambda: {"type": "string", "enum": ["true", "false"]}


register("note", _text(_("Note for the requester")), _text_schema())
register("comment", _text(_("Comment")), _text_schema())
register("reason", _text(_("Reason"), rows=2, max_length=2_000), _text_schema(2_000))
register("summary", _text(_("What is known"), hint=_("Goes to all stakeholders.")), _text_schema())
register("team", _team, lambda: {"type": ["integer", "string"], "description": "Team id or name"})
register("assignee", _person, lambda: {"type": ["integer", "string"], "description": "User id or email"})
register("until", _moment(_("Until")), lambda: {"type": "string", "format": "date-time"})
register("hold_reason", _hold_reason, _hold_schema)
