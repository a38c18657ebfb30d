"""Process definitions in the REST API."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import serializers

from design.api.parties import Parties
from design.models import ProcessDefinition, ProcessStep, SystemRequirement
from itsm.api.fields import Strict, StrictModel
from itsm.api.filters import FilterSet, Words
from itsm.integrations.api.records import FIRST, KEPT, LAST, Records, RecordSerializer, parts
from itsm.integrations.api.refs import PersonRef, service_ref
from itsm.workflow import records


class Renewing(Records):
    """Answers the step that makes a new version with that version."""

    moved: Any = None

    def perform(self, record: Any, verb: str, **how: Any) -> Any:
        self.moved = records.perform(record, verb, **how)
        return self.moved

    def get_moved(self, record: Any) -> Any:
        return super().get_moved(self.moved or record)


class ProcessWaySerializer(Strict):
    step = serializers.IntegerField(min_value=1, max_value=999, help_text="Number of the step.")
    label = serializers.CharField(
        max_length=60, required=False, allow_blank=True, help_text="The answer that leads there."
    )


class ProcessStepSerializer(StrictModel):
    next_steps = serializers.ListField(child=ProcessWaySerializer(), required=False, max_length=12)
    responsible = Parties(required=False)
    accountable = Parties(required=False)
    consulted = Parties(required=False)
    informed = Parties(required=False)

    class Meta:
        model = ProcessStep
        fields = [
            "id", "position", "name", "type", "description", "input", "output", "from_state", "to_state", "next_steps",
            "responsible", "accountable", "consulted", "informed",
        ]  # fmt: skip

    def validate_next_steps(self, value: list[Any]) -> list[dict[str, Any]]:
        return [{"step": one["step"], "label": one.get("label", "")} for one in value]


class ProcessSystemSerializer(StrictModel):
    service = service_ref(required=False, allow_null=True)

    class Meta:
        model = SystemRequirement
        fields = ["id", "step", "system", "service", "purpose", "status", "evidence"]


class ProcessSerializer(RecordSerializer):
    kind = serializers.CharField(
        max_length=20, required=False, allow_blank=True, help_text="Kind of ticket it governs, such as `incident`."
    )
    owner = PersonRef()
    steps = ProcessStepSerializer(many=True, read_only=True)
    systems = ProcessSystemSerializer(many=True, read_only=True)

    class Meta:
        model = ProcessDefinition
        fields = [
            *FIRST, "name", "kind", "owner", "purpose", "inputs", "outputs", "kpis", "edition", "steps", "systems",
            *LAST,
        ]  # fmt: skip
        read_only_fields = ["edition", *KEPT]
        # The door checks what may be there once; a validator here would ask for the kind, which may be left out.
        validators: ClassVar[list[Any]] = []


class ProcessFilters(FilterSet):
    state = Words(field_name="state")
    kind = Words(field_name="kind")


@extend_schema(tags=["design"])
@extend_schema_view(
    take_step=extend_schema(responses=ProcessSerializer),
    create=extend_schema(
        summary="Define a process", responses={201: ProcessSerializer},
        examples=[OpenApiExample(
            "Short", {"name": "Incident management", "kind": "incident", "owner": "owner@example.com"},
            request_only=True,
        )],
    ),
)  # fmt: skip
class Processes(Renewing):
    """How work is done, step by step. Addressed by number (`PROC-3`) or id."""

    queryset = ProcessDefinition.objects.none()
    serializer_class = ProcessSerializer
    filterset_class = ProcessFilters
    scope = "design"
    search_fields = ("name", "purpose")
    related = ("owner",)
    fetched = ("steps", "systems__service")
    steps_list, steps_one = parts("steps", ProcessStepSerializer, "definition", "step")
    systems_list, systems_one = parts("systems", ProcessSystemSerializer, "definition", "needed system")
