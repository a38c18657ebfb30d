"""Goals: their tree, their progress, and check-ins."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import OperationalError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from itsm.accounts.models import User
from itsm.audit import services as audit
from itsm.lib import clock
from itsm.lib.errors import Denied, Invalid, Refused
from itsm.lib.sources import Source
from itsm.workflow.moves import lock, move
from strategy import measures, policies
from strategy.models import CheckIn, DemandPattern, Goal, KeyResult
from strategy.states import GoalState

if TYPE_CHECKING:
    from itsm.catalogue.models import ServiceOffering

log = logging.getLogger(__name__)

CENT = Decimal("0.01")


def check(goal: Goal, lists: Mapping[str, Any]) -> dict[str, Any]:
    """No goal becomes a part of itself, also when two people turn the tree at once: the goals above are locked."""
    seen, above = {goal.pk}, goal.parent_id
    rows = Goal.objects.select_for_update(nowait=True).values_list("parent_id", flat=True)
    while above is not None:
        if above in seen:
            return {"parent": _("That would make a circle.")}
        seen.add(above)
        try:
            above = rows.get(pk=above)
        except OperationalError as error:
            raise Refused(_("Somebody changes a goal above this one at the moment. Try again.")) from error
    return {}


@transaction.atomic
def check_in(result: KeyResult, value: Decimal, *, actor: User, source: str, note: str = "") -> CheckIn:
    """Keep how a key result stands now; the progress of the goal and of those above follows."""
    goal = lock(result.goal)
    verdict = policies.may_lead_goal(goal, actor)
    if not verdict:
        raise Denied(verdict.reason)
    if goal.state != GoalState.ACTIVE:
        raise Refused(_("Check-ins are for active goals."))
    result = KeyResult.objects.select_for_update(of=("self",)).get(pk=result.pk)
    if result.measured_by and not actor.is_system:
        raise Refused(_("It is read from %(source)s every day. Edit it to check in by hand.") % {
            "source": measures.label(result.measured_by),
        })  # fmt: skip
    return _keep(goal, result, value, actor=actor, source=source, note=note)


def _keep(goal: Goal, result: KeyResult, value: Decimal, *, actor: User, source: str, note: str) -> CheckIn:
    before, result.current = result.current, value
    made = CheckIn(key_result=result, value=value, note=note.strip(), by=actor, at=clock.now())
    try:
        made.clean_fields(exclude=["by", "key_result"])
    except ValidationError as error:
        raise Invalid({name: list(messages) for name, messages in error.message_dict.items()}) from error
    made.save()
    result.save(update_fields=["current"])
    goal.version += 1
    goal.updated_at = clock.now()
    goal.save()
    audit.record(goal, "goal.check_in", actor=actor, source=source, changes={result.title: [str(before), str(value)]})
    keep_progress(goal)
    return made


def progress_of(goal: Goal) -> Decimal | None:
    """Sum of weight x progress over sum of weights, of key results and parts that measure something.

    Abandoned parts do not count. Undefined while nothing is measured.
    """
    parts = [(one.weight, one.progress) for one in goal.key_results.all()]
    children = goal.children.exclude(state=GoalState.ABANDONED)
    parts += [(child.weight, child.progress) for child in children if child.progress is not None]
    weights = sum(weight for weight, _share in parts)
    if not weights:
        return None
    total = sum((weight * share for weight, share in parts), Decimal(0)) / weights
    return total.quantize(Decimal("0.01"), ROUND_HALF_UP)


def keep_progress(goal: Goal) -> None:
    """Store the progress of a goal and, where it changed, of every goal above it."""
    seen: set[int] = set()
    current: Goal | None = goal
    while current is not None and current.pk not in seen:
        seen.add(current.pk)
        progress = progress_of(current)
        Goal.objects.filter(pk=current.pk).update(progress=progress)
        current.progress = progress
        current = current.parent


def part_written(goal: Goal) -> None:
    """A key result was added, changed or removed. One that is bound to a measure says at once how it stands."""
    for result in goal.key_results.exclude(measured_by=""):
        value = value_of(result)
        if value is not None and (result.current, result.read_on) != (value, _until()):
            KeyResult.objects.filter(pk=result.pk).update(current=value, read_on=_until())
    keep_progress(goal)


# ---------- key results that are read ----------


def _until() -> date:
    """Days count when they are over."""
    return timezone.localtime(clock.now(), timezone.get_default_timezone()).date() - timedelta(days=1)


def value_of(result: KeyResult) -> Decimal | None:
    """What its measure says now, as exact as it is kept; none where nothing was measured."""
    only = measures.Filter(result.service_id, result.team_id)
    found = measures.read(result.measured_by, only, _until(), result.window_days)
    return None if found is None else found.quantize(CENT, ROUND_HALF_UP)


def read_due() -> int:
    """Read what active goals are bound to; a value that changed is a check-in by nobody. Returns how many changed."""
    bound = KeyResult.objects.filter(goal__state=GoalState.ACTIVE).exclude(measured_by="").order_by("goal", "pk")
    changed = 0
    for pk in list(bound.values_list("pk", flat=True)):
        try:
            changed += read(pk)
        except Exception:
            # A measure belongs to another stage and may fail in any way; the other key results are read.
            log.exception("a key result could not be read", extra={"key_result": pk})
    return changed


@transaction.atomic
def read(pk: int) -> bool:
    """Read one key result; true when it stands elsewhere than before."""
    active = Goal.objects.filter(key_results=pk, state=GoalState.ACTIVE)
    goal = Goal.objects.select_for_update(of=("self",)).filter(pk__in=active.values("pk")).first()
    result = KeyResult.objects.select_for_update(of=("self",)).filter(pk=pk).exclude(measured_by="").first()
    value = value_of(result) if goal is not None and result is not None else None
    if goal is None or result is None or value is None:
        return False
    moved = value != result.current
    if moved:
        words = _("Read from %(source)s") % {"source": result.source}
        _keep(goal, result, value, actor=User.objects.system(), source=Source.SYSTEM, note=words)
    KeyResult.objects.filter(pk=pk).update(read_on=_until())
    return moved


def written(goal: Goal, before: Goal | None) -> None:
    """A goal that got another parent, or another weight in it, changes the progress above it."""
    for parent in {above.pk: above for above in (before and before.parent, goal.parent) if above}.values():
        keep_progress(parent)


@transaction.atomic
def abandon(goal: Goal, *, actor: User, source: str, reason: str, version: int | None = None) -> Goal:
    """What is abandoned does not count in the goal above."""
    moved = move(goal, "abandon", actor=actor, source=source, version=version, reason=reason)
    keep_progress(moved)
    if moved.parent is not None:
        keep_progress(moved.parent)
    return moved


@transaction.atomic
def take_up(goal: Goal, *, actor: User, source: str, reason: str, version: int | None = None) -> Goal:
    """It counts again."""
    moved = move(goal, "take_up", actor=actor, source=source, version=version, reason=reason)
    keep_progress(moved)
    if moved.parent is not None:
        keep_progress(moved.parent)
    return moved


@transaction.atomic
def expect(*, offering: ServiceOffering, month: date, expected: int, actor: User, source: str) -> DemandPattern:
    """Plan how often an offering is wanted in a month; planning it again replaces the figure."""
    verdict = policies.may_write(actor)
    if not verdict:
        raise Denied(verdict.reason)
    row, made = DemandPattern.objects.get_or_create(offering=offering, month=month, defaults={"expected": expected})
    before = None if made else row.expected
    if before != expected:
        row.expected = expected
        row.save()
        audit.record(
            row, "created" if made else "changed", actor=actor, source=source, changes={"expected": [before, expected]}
        )
    return row
