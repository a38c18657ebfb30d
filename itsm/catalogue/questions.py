"""The questions of an offering's form: JSON Schema as plain form fields, and answers back again."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from itsm.catalogue import validators
from itsm.catalogue.fields import names_in_order
from itsm.ui.times import amount

#: Up to so many options stand side by side as radio buttons.
MOST_RADIOS = 5
LONGEST_ANSWER = 5000


def fields(schema: dict[str, Any] | None, prefix: str = "q_") -> dict[str, forms.Field]:
    """One form field per question, in the order of the schema; names get ``prefix``."""
    required = set((schema or {}).get("required", ()))
    return {f"{prefix}{name}": _field(name, question, required=name in required) for name, question in _asked(schema)}


def _asked(schema: dict[str, Any] | None) -> list[tuple[str, dict[str, Any]]]:
    return [(name, schema["properties"][name]) for name in names_in_order(schema)] if schema else []


def _field(name: str, question: dict[str, Any], *, required: bool) -> forms.Field:
    shown: dict[str, Any] = {
        "label": str(question.get("title") or name.replace("_", " ").capitalize()),
        "help_text": str(question.get("description", "")),
        "required": required,
        "initial": question.get("default"),
    }
    options = _options(question)
    if options:
        return _choice(question, options, shown)
    match question["type"]:
        case "boolean":
            # Both answers are answers: a box that was not ticked would be neither.
            return _choice(question, [(True, _("Yes")), (False, _("No"))], shown)
        case "integer":
            return forms.IntegerField(min_value=question.get("minimum"), max_value=question.get("maximum"), **shown)
        case "number":
            return forms.DecimalField(min_value=question.get("minimum"), max_value=question.get("maximum"), **shown)
    match question.get("format"):
        case "date":
            return forms.DateField(widget=forms.DateInput(attrs={"type": "date"}), **shown)
        case "email":
            return forms.EmailField(**shown)
        case "textarea":
            return forms.CharField(max_length=_longest(question), widget=forms.Textarea(attrs={"rows": 4}), **shown)
    return forms.CharField(max_length=_longest(question), min_length=question.get("minLength"), **shown)


def _longest(question: dict[str, Any]) -> int:
    return min(int(question.get("maxLength", LONGEST_ANSWER)), LONGEST_ANSWER)


def _options(question: dict[str, Any]) -> list[tuple[Any, str]]:
    if "enum" in question:
        return [(value, str(value)) for value in question["enum"]]
    if "oneOf" in question:
        return [(o["const"], _option(o)) for o in question["oneOf"] if "const" in o]
    return []


def _option(option: dict[str, Any]) -> str:
    """An option with what it is and costs, as far as the form says so."""
    words = [str(option.get("title", option["const"]))]
    if option.get("description"):
        words.append(str(option["description"]))
    if option.get("price") is not None:
        words.append(amount(Decimal(str(option["price"])), option.get("currency", "")))
    return " · ".join(words)


def _choice(question: dict[str, Any], options: list[tuple[Any, str]], shown: dict[str, Any]) -> forms.Field:
    by_text = {str(value): value for value, _label in options}
    choices = [(str(value), label) for value, label in options]
    if shown["initial"] is not None:
        shown["initial"] = str(shown["initial"])
    few = len(options) <= MOST_RADIOS
    if not few or not shown["required"]:
        choices = [("", "–" if not few else _("No answer")), *choices]
    return forms.TypedChoiceField(
        choices=choices, coerce=lambda text: by_text[text], empty_value=None,
        widget=forms.RadioSelect if few else forms.Select, **shown,
    )  # fmt: skip


def answers(schema: dict[str, Any] | None, cleaned: dict[str, Any], prefix: str = "q_") -> dict[str, Any]:
    """What was answered, by question, as JSON values; questions left out are left out."""
    given: dict[str, Any] = {}
    for name, question in _asked(schema):
        value = cleaned.get(f"{prefix}{name}")
        if value in (None, ""):
            continue
        given[name] = _plain(value, question)
    return given


def _plain(value: Any, question: dict[str, Any]) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value.isoformat() if isinstance(value, date | datetime) else value


def problems(schema: dict[str, Any] | None, given: dict[str, Any], prefix: str = "q_") -> dict[str, list[str]]:
    """What the schema objects to, by field name; ``__all__`` is what concerns the form as a whole."""
    asked = (schema or {}).get("properties", {})
    found = validators.check_answers(schema or {}, given)
    return {(f"{prefix}{name}" if name in asked else "__all__"): messages for name, messages in found.items()}


def price(schema: dict[str, Any] | None, given: dict[str, Any], base: Decimal | None = None) -> Decimal | None:
    """What it costs: the price of the offering, and of the chosen options that have one."""
    found = [] if base is None else [base]
    for name, question in _asked(schema):
        for option in question.get("oneOf", ()):
            if option.get("const") == given.get(name, object()) and option.get("price") is not None:
                found.append(Decimal(str(option["price"])))
    return sum(found, Decimal(0)).quantize(Decimal("0.01")) if found else None


def in_words(schema: dict[str, Any] | None, given: dict[str, Any]) -> list[tuple[str, str]]:
    """Question and answer as people read them, in the order of the form."""
    words = []
    for name, question in _asked(schema):
        if name not in given:
            continue
        value = given[name]
        shown = dict(_options(question)).get(value) if _options(question) else None
        if isinstance(value, bool):
            shown = _("Yes") if value else _("No")
        words.append((str(question.get("title") or name.replace("_", " ").capitalize()), str(shown or value)))
    return words
