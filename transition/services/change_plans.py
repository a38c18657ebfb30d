"""What the plan of a change has to be like: what fits together, what its template says, what weighs on its risk."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from itsm.lib import clock
from itsm.lib.errors import Invalid
from transition.models import Change, ChangeTemplate
from transition.policies import changes as policies
from transition.states.changes import ChangeType, ReleaseState

if TYPE_CHECKING:
    from itsm.catalogue.models import Service

#: What ``plan`` may change, besides services and items.
PLANNED = (
    "change_type", "template", "release", "planned_start", "planned_end", "outage_minutes", "implementation_plan",
    "test_plan", "backout_plan",
)  # fmt: skip
#: A window cannot lie further back than this: it may be written down while it happens.
PAST = timedelta(days=1)


def from_template(template: ChangeTemplate, fields: dict[str, Any]) -> None:
    """What the template says holds for a standard change; another type only begins with it."""
    fields.setdefault("change_type", ChangeType.STANDARD)
    standard = fields["change_type"] == ChangeType.STANDARD
    for name in ("implementation_plan", "test_plan", "backout_plan", "outage_minutes"):
        if standard or fields.get(name) in (None, ""):
            fields[name] = getattr(template, name)
    for name in ("service", "team"):
        if not fields.get(name) and getattr(template, f"{name}_id"):
            fields[name] = getattr(template, name)
    if fields.get("planned_start") and not fields.get("planned_end"):
        fields["planned_end"] = fields["planned_start"] + timedelta(minutes=template.minutes)


def check(change: Change, before: Change | None) -> None:
    """What has to fit together; ``Invalid`` names the field."""
    errors: dict[str, Any] = {}
    begin, end = change.planned_start, change.planned_end
    if bool(begin) != bool(end):
        errors["planned_end" if begin else "planned_start"] = _("Say when it begins and when it ends.")
    elif begin and end:
        if end <= begin:
            errors["planned_end"] = _("It ends before it begins.")
        elif end - begin > policies.LONGEST:
            errors["planned_end"] = _("A change takes at most 31 days; make it several.")
        elif (before is None or before.planned_start != begin) and begin < clock.now() - PAST:
            errors["planned_start"] = _("This is over already.")
    if change.change_type == ChangeType.STANDARD and change.template_id is None:
        errors["template"] = _("A standard change is made from a template.")
    if (
        change.template is not None
        and not change.template.is_active
        and (before is None or before.template_id != change.template_id)
    ):
        errors["template"] = _("This template is not in force any more.")
    release = change.release
    joins = release is not None and (before is None or before.release_id != release.pk)
    if joins and release is not None and release.state not in (ReleaseState.PLANNING, ReleaseState.BUILDING):
        errors["release"] = _("What is in this release is settled already.")
    if errors:
        raise Invalid(errors)


def weighs(before: Change, after: Change, services: Iterable[Service] | None) -> bool:
    if before.change_type != after.change_type or before.template_id != after.template_id:
        return True
    return services is not None and {one.pk for one in services} != {one.pk for one in before.services.all()}


def validate(change: Change) -> None:
    try:
        change.clean_fields(exclude=[f.name for f in change._meta.fields if f.name not in PLANNED or f.is_relation])
    except ValidationError as error:
        raise Invalid({name: list(messages) for name, messages in error.message_dict.items()}) from error
