"""Checks of catalogue input, shared by forms and API."""

from typing import Any

import jsonschema
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

#: What a question of a request form may be; everything a plain HTML form can ask.
QUESTION_TYPES = {"string", "integer", "number", "boolean"}


def validate_form_schema(schema: Any) -> None:
    """Refuse what is not a JSON Schema of a flat form."""
    if schema in (None, {}):
        return
    if not isinstance(schema, dict) or schema.get("type") != "object" or not isinstance(schema.get("properties"), dict):
        raise ValidationError(_("A form is a JSON Schema of type “object” with “properties”."))
    try:
        jsonschema.Draft202012Validator.check_schema(schema)
    except jsonschema.SchemaError as error:
        raise ValidationError(_("Not a valid JSON Schema: %(error)s"), params={"error": error.message}) from error
    for name, question in schema["properties"].items():
        if not isinstance(question, dict) or question.get("type") not in QUESTION_TYPES:
            raise ValidationError(
                _("Question “%(name)s”: the type must be one of %(types)s."),
                params={"name": name, "types": ", ".join(sorted(QUESTION_TYPES))},
            )
    unknown = set(schema.get("required", ())) - set(schema["properties"])
    if unknown:
        raise ValidationError(_("Required but not asked: %(names)s."), params={"names": ", ".join(sorted(unknown))})


def check_answers(schema: dict[str, Any], answers: dict[str, Any]) -> dict[str, list[str]]:
    """Errors by question of ``answers`` against the form's schema; empty when they fit."""
    if not schema:
        return {}
    errors: dict[str, list[str]] = {}
    strict = {"additionalProperties": False, **schema}
    for error in jsonschema.Draft202012Validator(strict, format_checker=jsonschema.FormatChecker()).iter_errors(
        answers
    ):
        if error.validator == "required":
            missing = next(name for name in error.validator_value if name not in answers and name in error.message)
            errors.setdefault(missing, []).append(str(_("This question needs an answer.")))
        else:
            errors.setdefault(str(error.path[0]) if error.path else "__all__", []).append(error.message)
    return errors
