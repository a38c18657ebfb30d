"""The steps of a stateful record: what is possible, why not, what each asks for; and taking one."""

from __future__ import annotations

from typing import Any

import jsonschema
from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from itsm.api import conditional
from itsm.integrations.api.shapes import results, shape
from itsm.lib.errors import Denied, Invalid, Refused
from itsm.workflow import inputs, steps, verbs

TRANSITION = shape(
    "Transition",
    {
        "name": serializers.CharField(),
        "label": serializers.CharField(),
        "target": serializers.CharField(allow_null=True, help_text="The state it leads to, where that is fixed."),
        "allowed": serializers.BooleanField(),
        "reasons": serializers.ListField(child=serializers.CharField(), help_text="Why not."),
        "input": serializers.JSONField(help_text="JSON Schema of what `POST` takes."),
        "url": serializers.URLField(),
    },
)
TRANSITIONS = results("Transitions", TRANSITION)


def state_label(record: Any) -> str:
    """The state in words, of a ticket or of any other record."""
    own = getattr(record, "state_label", None)
    return str(own if own is not None else getattr(record, f"get_{record.state_field}_display")())


def listed(record: Any, user: Any, address: str) -> list[dict[str, Any]]:
    """Every step of the record's kind: those possible from here first, the others with the reason."""
    possible = {step.verb: step for step in steps.available(record)}
    model = type(record)
    found = []
    for verb in sorted(steps.verbs(model), key=lambda name: name not in possible):
        step = possible.get(verb) or steps.describe(model, verb)
        if step is None or not step.offered:
            continue
        if verb in possible:
            verdict = steps.judge(record, step, user)
            allowed, reasons = verdict.allowed, verdict.reasons
        else:
            words = {"step": step.label, "state": state_label(record)}
            allowed, reasons = False, [_("“%(step)s” is not possible while this is %(state)s.") % words]
        found.append(
            {
                "name": verb,
                "label": step.label,
                "target": step.target,
                "allowed": allowed,
                "reasons": reasons,
                "input": inputs.json_schema(step.inputs),
                "url": f"{address}{verb}/",
            }
        )
    return found


def checked(names: tuple[str, ...], data: Any) -> dict[str, Any]:
    """The input with its types checked; forms take nearly anything for a text. Null counts as not given."""
    if not isinstance(data, dict):
        raise Invalid({"non_field_errors": _("Send an object with the input of the step.")})
    given = {name: value for name, value in data.items() if value is not None}
    errors: dict[str, list[str]] = {}
    for error in jsonschema.Draft202012Validator(inputs.json_schema(names)).iter_errors(given):
        if error.validator == "type" and error.path:
            errors.setdefault(str(error.path[0]), []).append(error.message[:200])
    for name, value in given.items():
        if isinstance(value, str) and "\x00" in value:
            errors.setdefault(name, []).append(_("Null characters are not allowed."))
    if errors:
        raise Invalid(errors)
    return given


def refuse_early(record: Any, verb: str, user: Any) -> None:
    """Refuse before the input is read: who may not take a step learns nothing of what could be named in it."""
    step = steps.find(record, verb)
    if step is None:
        own = steps.describe(type(record), verb)
        words = {"step": own.label if own else verb, "state": state_label(record)}
        raise Refused(_("“%(step)s” is not possible while this is %(state)s.") % words, code="no_transition")
    denied = steps.judge(record, step, user).denied
    if denied:
        raise Denied(denied[0].reason or _("You may not do this."), reasons=[one.reason for one in denied])


class ReadingSteps:
    """``GET …/transitions/``. The view has ``get_record``."""

    @extend_schema(
        summary="List the transitions", responses=TRANSITIONS,
        description="Every step there is, with whether the caller may take it now, and why not.",
    )  # fmt: skip
    @action(detail=True, url_path="transitions")
    def transitions(self: Any, request: Request, **kwargs: Any) -> Response:
        address = request.build_absolute_uri(request.path)
        return Response({"results": listed(self.get_record(), request.user, address)})


class TakingSteps(ReadingSteps):
    """``POST …/transitions/<name>/``. The view may say how its records move: ``perform``."""

    @extend_schema(
        summary="Take a step", request=OpenApiTypes.OBJECT,
        description="The input is what the list of transitions describes. Answers with the record.",
        parameters=[OpenApiParameter("verb", str, OpenApiParameter.PATH, description="Name of the step.")],
    )  # fmt: skip
    @action(detail=True, methods=["post"], url_path=r"transitions/(?P<verb>[a-z_]{1,40})", url_name="take-step")
    def take_step(self: Any, request: Request, verb: str, **kwargs: Any) -> Response:
        record = self.get_record()
        step = steps.find(record, verb) or steps.describe(type(record), verb)
        if step is None or not step.offered:
            raise Http404
        version = conditional.version(request, record)
        refuse_early(record, verb, request.user)
        data = checked(step.inputs, request.data)
        self.perform(record, verb, actor=request.user, source="api", data=data, version=version)
        return self.shown(self.get_moved(record))

    def perform(self, record: Any, verb: str, **how: Any) -> Any:
        return verbs.perform(record, verb, **how)
