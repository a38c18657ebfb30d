"""Process definitions: publishing one version in place of another, and starting the next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from design import process_flow as flow
from design.models import ProcessDefinition, ProcessStep, StepDuty, SystemRequirement
from itsm.accounts.models import User
from itsm.tickets import kinds
from itsm.workflow import records
from itsm.workflow.moves import move

#: What the next version starts with.
COPIED = ("name", "kind", "owner", "purpose", "inputs", "outputs", "kpis")


def check(process: ProcessDefinition, lists: Mapping[str, Any]) -> dict[str, Any]:
    """The kind of ticket exists, and the states that steps name are its states."""
    if process.kind and not flow.is_known(process.kind):
        return {"kind": _("There are no tickets of this kind.")}
    if process.pk:
        known = set(kinds.get(process.kind).states.values) if process.kind else set()  # type: ignore[attr-defined]
        used = process.steps.values_list("from_state", "to_state")
        if any(state and state not in known for pair in used for state in pair):
            return {"kind": _("Steps name states of the kind it governs now: clear those first.")}
    return {}


@transaction.atomic
def publish(
    process: ProcessDefinition, *, actor: User, source: str, version: int | None = None, comment: str = ""
) -> ProcessDefinition:
    """Put a version in force; the one before is superseded in the same moment."""
    for earlier in process.family().published().exclude(pk=process.pk):
        move(earlier, "supersede", actor=User.objects.system(), source=source)
    return move(process, "publish", actor=actor, source=source, version=version, body=comment)


@transaction.atomic
def new_version(
    process: ProcessDefinition, *, actor: User, source: str, version: int | None = None
) -> ProcessDefinition:
    """A draft that starts with everything this version says."""
    moved = move(process, "new_version", actor=actor, source=source, version=version)
    made = records.create(
        ProcessDefinition, actor=actor, source=source, **{name: getattr(moved, name) for name in COPIED}
    )
    made.first_id = moved.first_id or moved.pk
    made.edition = 1 + max(moved.family().exclude(pk=made.pk).values_list("edition", flat=True))
    made.save(update_fields=["first", "edition"])
    for step in moved.steps.all():
        duties = list(step.duties.all())
        copied = ProcessStep.objects.create(
            definition=made, position=step.position, name=step.name, type=step.type, description=step.description,
            input=step.input, output=step.output, from_state=step.from_state, to_state=step.to_state,
            next_steps=step.next_steps,
        )  # fmt: skip
        StepDuty.objects.bulk_create(StepDuty(step=copied, duty=d.duty, role=d.role, team_id=d.team_id) for d in duties)
    SystemRequirement.objects.bulk_create(
        SystemRequirement(
            definition=made, step=need.step, system=need.system, service=need.service, purpose=need.purpose,
            status=need.status, evidence=need.evidence,
        )
        for need in moved.systems.select_related("service")
    )  # fmt: skip
    return made
