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


MOST_TASKS = 50


def validate_plan(plan: Any) -> None:
    """Refuse what is no fulfilment plan: a list of tasks with ``title``, ``team`` (id), ``step`` and ``days``."""
    if not isinstance(plan, list) or not all(isinstance(line, dict) for line in plan):
        raise ValidationError(_("A plan is a list of tasks."))
    if len(plan) > MOST_TASKS:
        raise ValidationError(_("At most %(most)d tasks."), params={"most": MOST_TASKS})
    for number, line in enumerate(plan, start=1):
        where = {"line": number}
        title = line.get("title")
        if not isinstance(title, str) or not title.strip() or len(title) > 200:
            raise ValidationError(_("Task %(line)d: say in up to 200 characters what is done."), params=where)
        unknown = set(line) - {"title", "team", "step", "days"}
        if unknown:
            raise ValidationError(
                _("Task %(line)d: unknown: %(names)s."), params={**where, "names": ", ".join(sorted(unknown))}
            )
        for name, most in (("step", 99), ("days", 365)):
            value = line.get(name)
            if value is not None and (isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most):
                raise ValidationError(
                    _("Task %(line)d: %(name)s is a number from 1 to %(most)d."),
                    params={**where, "name": name, "most": most},
                )
        team = line.get("team")
        if team is not None and (isinstance(team, bool) or not isinstance(team, int)):
            raise ValidationError(_("Task %(line)d: the team is named by its id."), params=where)


def validate_approval(spec: Any) -> None:
    """Refuse what is no approval policy: ``approvers`` with ``rule``, ``quorum`` and ``days``."""
    if spec in (None, {}):
        return
    ways = ({"who"}, {"user"}, {"team"}, {"leads"}, {"role"})
    approvers = spec.get("approvers") if isinstance(spec, dict) else None
    if not isinstance(approvers, list) or not all(isinstance(one, dict) and set(one) in ways for one in approvers):
        raise ValidationError(_("Approvers are a list of who, user, team, leads or role."))
    if any("who" in one and one["who"] not in ("requester_manager", "service_owner") for one in approvers):
        raise ValidationError(_("“who” is requester_manager or service_owner."))
    if spec.get("rule", "any") not in ("any", "all", "quorum"):
        raise ValidationError(_("The rule is any, all or quorum."))
    for name in ("quorum", "days"):
        value = spec.get(name, 1)
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 365:
            raise ValidationError(_("%(name)s is a number from 1 to 365."), params={"name": name})
