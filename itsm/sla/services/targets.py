"""Changing what is promised: targets are superseded, everything else is saved, and open tickets follow.

``store`` and ``remove`` are for support levels, coverage, escalation policies with their steps, calendars and their
days; ``saved`` and ``removed`` are the same for whoever has saved the row already, such as the generic pages.

What an agreement published changes only with the agreement: everybody else is refused, unless ``published`` says that
it is the agreement who asks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _

from itsm.accounts.models import Organisation, Team
from itsm.audit import services as audit
from itsm.catalogue.models import Service
from itsm.lib import clock
from itsm.lib.errors import Invalid, Refused
from itsm.sla.models import (
    CalendarDay,
    Coverage,
    EscalationPolicy,
    EscalationStep,
    Metric,
    SupportLevel,
    Target,
    WorkCalendar,
)
from itsm.sla.services import calendars, recalculation
from itsm.sla.services.recalculation import About

if TYPE_CHECKING:
    from itsm.accounts.models import User

Values = Mapping[str, Any]

#: What a target says; a row that says the same need not be superseded.
_PROMISED = ("minutes", "warn_percent", "calendar_id", "pause_reasons")
#: Fields of a support level that clocks run by.
_LEVEL_TERMS = ("calendar_id", "pause_reasons", "escalation_policy_id", "is_active")


@transaction.atomic
def set_target(
    owner: SupportLevel | Team, *, kind: str, metric: str, priority: int | None, minutes: int, warn_percent: int = 75,
    calendar: WorkCalendar | None = None, pause_reasons: list[str] | None = None, service: Service | None = None,
    actor: User | None, source: str, published: bool = False,
) -> Target:  # fmt: skip
    """Promise so many minutes from now on. The row before is superseded, and clocks that have stopped keep it.

    Nothing happens when this is promised already. ``calendar`` is for the targets of a team; what an agreement
    publishes may have hours and pausing reasons of its own too. ``service``: what a team or a supplier promises about
    one service, which only an agreement says.
    """
    of_team = isinstance(owner, Team)
    type(owner)._default_manager.select_for_update().get(pk=owner.pk)
    made = Target(
        support_level=owner if isinstance(owner, SupportLevel) else None,
        team=owner if isinstance(owner, Team) else None, service=service, calendar=calendar, kind=kind, metric=metric,
        priority=priority, minutes=minutes, warn_percent=warn_percent, pause_reasons=pause_reasons,
        created_at=clock.now(),
    )  # fmt: skip
    _validate(made, exclude=["support_level", "team", "calendar", "service"])
    if not published:
        _refuse_published(owner)
    if of_team != (metric == Metric.OLA) or (calendar and not (of_team or published)):
        raise Invalid({"metric": _("A team promises its own time, a support level everything else.")})
    if (metric == Metric.UC) != (service is not None and not of_team) or (service is not None and not published):
        raise Invalid({"metric": _("What a supplier promises is in the contract about a service.")})
    old = _current(made)
    if old is not None:
        alike = all(getattr(old, name) == getattr(made, name) for name in _PROMISED)
        if alike:
            return old
        _supersede(old)
    # After the old row gave way: there is one current target of each kind.
    made.save(force_insert=True)
    change = [_words(old), _words(made)]
    audit.record(owner, "changed", actor=actor, source=source, changes={f"target.{_key(made)}": change})
    _follow(owner, made, actor)
    return made


@transaction.atomic
def withdraw_target(target: Target, *, actor: User | None, source: str, published: bool = False) -> None:
    """Promise nothing more: running clocks by this target are withdrawn, those that have stopped keep it."""
    current = Target.objects.current().select_for_update(of=("self",)).filter(pk=target.pk).first()
    if current is None:
        return
    owner: Any = current.team or current.support_level
    if not published:
        _refuse_published(owner)
        if current.service_id is not None:
            raise Refused(_("An agreement published this: it changes with the agreement."), code="published")
    _supersede(current)
    change = {f"target.{_key(current)}": [_words(current), None]}
    audit.record(owner, "changed", actor=actor, source=source, changes=change)
    _follow(owner, current, actor)


def _current(like: Target) -> Target | None:
    return (
        Target.objects.current()
        .filter(
            support_level=like.support_level_id, team=like.team_id, service=like.service_id, kind=like.kind,
            metric=like.metric, priority=like.priority,
        )
        .first()
    )  # fmt: skip


def _supersede(target: Target) -> None:
    target.superseded_at = clock.now()
    target.save(update_fields=["superseded_at"])


def _key(target: Target) -> str:
    about = f".{target.service.slug}" if target.service else ""
    return f"{target.kind}.{target.metric}.{f'P{target.priority}' if target.priority else 'any'}{about}"


def _words(target: Target | None) -> str | None:
    return f"{target.minutes} min, warning at {target.warn_percent} %" if target else None


def _follow(owner: SupportLevel | Team | None, target: Target, actor: User | None) -> None:
    reason = _("Target of %(owner)s: %(metric)s") % {"owner": owner, "metric": target.get_metric_display()}
    about = [(target.service_id, None, None)] if target.metric == Metric.UC else []
    if target.team_id:
        recalculation.request(reason=reason, actor=actor, teams=[target.team_id])
    else:
        recalculation.request(reason=reason, actor=actor, levels=[target.support_level_id], coverage=about)  # type: ignore[list-item]


def _refuse_published(*levels: Any) -> None:
    for level in levels:
        if isinstance(level, SupportLevel) and level.published_by:
            raise Refused(
                _("%(number)s published this: it changes with the agreement.") % {"number": level.published_by},
                code="published",
            )


def _levels_of(record: models.Model, *sides: Values | None) -> list[SupportLevel]:
    """The support levels that a row is or was about."""
    if isinstance(record, SupportLevel):
        return [record]
    if isinstance(record, Coverage):
        ids = {side["support_level_id"] for side in sides if side}
        return list(SupportLevel.objects.filter(pk__in=ids - {None}))
    return []


@transaction.atomic
def store(record: models.Model, *, actor: User | None, source: str, published: bool = False) -> None:
    """Check and save a row that terms are made of, record it, and let open tickets follow."""
    before = None
    if record.pk is not None:
        before = values_of(type(record)._default_manager.select_for_update().get(pk=record.pk))
    _validate(record)
    record.save()
    saved(record, before, actor=actor, source=source, published=published)


@transaction.atomic
def remove(record: models.Model, *, actor: User | None, source: str, published: bool = False) -> None:
    """Delete such a row. What clocks ran by cannot be deleted: the database refuses it."""
    before = values_of(record)
    record.delete()
    removed(record, before, actor=actor, source=source, published=published)


def saved(
    record: models.Model, before: Values | None, *, actor: User | None, source: str, published: bool = False
) -> None:
    """Record that a row was saved and let open tickets follow; ``before``: its values by attname, if it was there."""
    after = values_of(record)
    difference = audit.diff(_plain(before or {}), _plain(after))
    if not difference:
        return
    if not published:
        _refuse_published(*_levels_of(record, before, after))
    audit.record(record, "created" if before is None else "changed", actor=actor, source=source, changes=difference)
    _propagate(record, before, after, actor=actor, source=source)


def removed(record: models.Model, before: Values, *, actor: User | None, source: str, published: bool = False) -> None:
    """Record that a row was deleted and let open tickets follow. Its key is taken from ``before``."""
    if not published:
        _refuse_published(*_levels_of(record, before))
    record.pk = before[record._meta.pk.attname]  # type: ignore[union-attr]
    audit.record(
        record, "deleted", actor=actor, source=source, changes={k: [v, None] for k, v in _plain(before).items()}
    )
    _propagate(record, before, None, actor=actor, source=source)
    record.pk = None


def organisation_moved(organisation: Organisation, before: int | None, *, actor: User | None) -> None:
    """Let open tickets follow when an organisation became part of another: what that one was promised holds below it.

    Call it in the transaction of the change; ``before`` is the key of what it was part of.
    """
    if organisation.parent_id != before:
        reason = f"{organisation._meta.verbose_name} “{organisation}”"
        recalculation.request(reason=reason, actor=actor, coverage=[(None, None, organisation.pk)])


def values_of(record: models.Model) -> dict[str, Any]:
    return {field.attname: getattr(record, field.attname) for field in record._meta.concrete_fields}


def _plain(values: Values) -> dict[str, Any]:
    return {name: audit.plain(value) for name, value in values.items()}


def _propagate(
    record: models.Model, before: Values | None, after: Values | None, *, actor: User | None, source: str
) -> None:
    reason = f"{record._meta.verbose_name} “{record}”"[:200]
    levels: list[int] = []
    coverage: list[About] = []
    match record:
        case WorkCalendar() if after:
            calendars.publish(record, actor=actor, source=source)
        case CalendarDay():
            calendars.publish(record.calendar, actor=actor, source=source)
        case SupportLevel() if before and after and any(before[name] != after[name] for name in _LEVEL_TERMS):
            levels = [record.pk]
        case EscalationStep():
            levels = _levels_climbing(record.policy_id)
        case EscalationPolicy() if before and not after:
            # Already taken off its levels by the database; their tickets are found by their clocks.
            levels = list(SupportLevel.objects.values_list("pk", flat=True))
        case Coverage():
            sides = [side for side in (before, after) if side]
            coverage = [(side["service_id"], side["offering_id"], side["organisation_id"]) for side in sides]
    if levels or coverage:
        recalculation.request(reason=reason, actor=actor, levels=levels, coverage=coverage)


def _levels_climbing(policy_id: int) -> list[int]:
    return list(SupportLevel.objects.filter(escalation_policy=policy_id).values_list("pk", flat=True))


def _validate(record: models.Model, exclude: list[str] | None = None) -> None:
    try:
        record.full_clean(exclude=exclude, validate_constraints=False)
    except ValidationError as error:
        raise Invalid({name: list(messages) for name, messages in error.message_dict.items()}) from error
