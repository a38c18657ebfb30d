"""The improvement register: suggesting, asking for approval, measuring, linking."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from improvement import improvement_policies as policies
from improvement import measures, suggestions
from improvement.models import Answer, Improvement, ImprovementMeasurement
from improvement.services import answers
from itsm.accounts.models import User
from itsm.accounts.roles import Role
from itsm.audit import services as audit
from itsm.lib import clock
from itsm.lib.errors import Denied, Invalid, Refused
from itsm.lib.sources import Source
from itsm.workflow import records
from itsm.workflow.moves import lock, move

if TYPE_CHECKING:
    from itsm.tickets.models import Ticket

log = logging.getLogger(__name__)

SATISFACTION = "satisfaction:csat"
#: Days that a number bound to satisfaction looks back: few answers come, and a month of them says little.
WINDOW = 90
#: An improvement that is bound to data gets a measurement when the latest is so old.
EVERY = timedelta(days=7)
#: What a suggested target adds to the satisfaction of today.
STEP = Decimal(10)
APPROVAL_DAYS = 10
#: What an approval was about: it is not changed behind its back.
AGREED = ("baseline_value", "baseline_on", "target_value", "measured_by", "window_days", "unit", "service_id")


def check(improvement: Improvement, lists: Mapping[str, Any]) -> dict[str, Any]:
    """What is wrong between fields; what was approved stays as it was."""
    errors: dict[str, Any] = {}
    today = clock.now().date()
    if improvement.measured_by and measures.find(improvement.measured_by) is None:
        errors["measured_by"] = _("Nobody measures this.")
    if improvement.baseline_on and improvement.baseline_on > today:
        errors["baseline_on"] = _("The baseline is of the past: choose today or a day before.")
    if improvement.baseline_value is None and improvement.baseline_on:
        errors["baseline_value"] = _("Say what was measured on that day.")
    if improvement.pk and improvement.approved_at is not None:
        before = Improvement.objects.get(pk=improvement.pk)
        for name in AGREED:
            if getattr(before, name) != getattr(improvement, name):
                errors[name.removesuffix("_id")] = _("It was approved with this; assess it again to change it.")
    return errors


def begin(improvement: Improvement) -> None:
    """What is bound to a number starts with what that number is today."""
    _read_baseline(improvement)
    if improvement.baseline_value is not None and improvement.baseline_on is None:
        improvement.baseline_on = clock.now().date()
    improvement.save()


def _read_baseline(improvement: Improvement) -> None:
    measure = measures.find(improvement.measured_by) if improvement.measured_by else None
    if measure is None:
        return
    improvement.unit = improvement.unit or str(measure.unit)
    if improvement.baseline_value is None:
        reading = measures.read(
            improvement.measured_by, improvement.service, clock.now().date(), improvement.window_days
        )
        if reading is not None and reading.value != improvement.target_value:
            improvement.baseline_value, improvement.baseline_on = reading.value, clock.now().date()


# ---------- where improvements come from ----------


def suggest(*, actor: User, source: str, title: str, owner: User | None = None, **fields: Any) -> Improvement:
    """An improvement in one step: baseline read from its measure, target suggested, for the owner of the service."""
    service = fields.get("service")
    owner = owner or (service.owner if service is not None and service.owner_id else None) or actor
    measured = fields.get("measured_by", "")
    if measured.startswith("satisfaction:"):
        fields.setdefault("window_days", WINDOW)
    made = records.create(
        Improvement, actor=actor, source=source, title=title[:160], owner=owner,
        **{name: value for name, value in fields.items() if value not in (None, "")},
    )  # fmt: skip
    if measured.startswith("satisfaction:") and made.baseline_value is not None and made.target_value is None:
        target = min(Decimal(100), made.baseline_value + STEP)
        if target != made.baseline_value:
            made = records.edit(made, actor=actor, source=source, target_value=target)
    return made


@transaction.atomic
def from_answer(answer: Answer, *, actor: User, source: str) -> Improvement:
    """An unhappy answer becomes an improvement with the satisfaction of today as its baseline; once per answer."""
    answers.require_named(answer)
    verdict = policies.may_suggest(actor)
    if not verdict:
        raise Denied(verdict.reason)
    Answer.objects.select_for_update().filter(pk=answer.pk).values_list("pk").first()
    found = answers.improvement_of(answer)
    if found is not None:
        return found
    ticket, service = answer.ticket, answer.service
    about = service or answer.survey
    # The register is read by the whole desk: words about a restricted ticket stay with the answer.
    told = answer.comment if ticket is None or ticket.restricted_to_id is None else ""
    origin = _("Survey answer %(answer)s") % {"answer": answer}
    made = suggest(
        actor=actor, source=source, service=service, answer=answer, measured_by=f"satisfaction:{answer.kind}",
        title=_("More satisfied people: %(what)s") % {"what": about}, origin=origin,
        description="\n".join(f"> {line}" for line in told.splitlines()), origin_url=answer.get_absolute_url(),
    )  # fmt: skip
    if ticket is not None and ticket.restricted_to_id is None:
        made = link(made, ticket, actor=actor, source=source)
    return made


def suggested(user: User) -> list[tuple[str, suggestions.Suggestion]]:
    """What data suggest and nobody has taken up yet."""
    found = suggestions.found(user)
    taken = set(
        Improvement.objects.filter(origin_url__in=[one.origin_url for _source, one in found if one.origin_url])
        .active().values_list("origin_url", flat=True)
    )  # fmt: skip
    return [(source, one) for source, one in found if one.origin_url not in taken]


def accept(source_name: str, key: str, *, actor: User, source: str) -> Improvement:
    """Take up a suggestion; ``Refused`` when somebody was faster or the data say something else by now."""
    one = next((one for name, one in suggested(actor) if (name, one.key) == (source_name, key)), None)
    if one is None:
        raise Refused(_("This is not suggested any more."), code="gone")
    return suggest(
        actor=actor, source=source, title=one.title, description=one.description, service=one.service,
        area=one.area, measured_by=one.measured_by, unit=one.unit, baseline_value=one.baseline_value,
        target_value=one.target_value, origin=one.origin, origin_url=one.origin_url,
    )  # fmt: skip


# ---------- steps that do more than move ----------


@transaction.atomic
def assess(
    improvement: Improvement, *, actor: User, source: str, version: int | None = None, **grades: Any
) -> Improvement:
    """A new assessment: what was asked or approved about the old one is void."""
    moved = move(improvement, "assess", actor=actor, source=source, version=version, **grades)
    records.withdraw(moved, actor=actor, source=source)
    return moved


@transaction.atomic
def submit(
    improvement: Improvement, *, actor: User, source: str, version: int | None = None, comment: str = ""
) -> Improvement:
    """Ask the improvement managers and the owner of the service; one of them is enough, and not the one who asks."""
    moved = move(improvement, "submit", actor=actor, source=source, version=version, body=comment)
    people = list(User.objects.people().holding(Role.IMPROVEMENT_MANAGER))
    if moved.service is not None and moved.service.owner is not None and moved.service.owner not in people:
        people.append(moved.service.owner)
    others = [person for person in people if person.pk != actor.pk]
    if not people:
        raise Refused(_("There is nobody to ask: no improvement manager and no owner of the service."))
    records.ask(
        moved, others or people, actor=actor, source=source, days=APPROVAL_DAYS,
        question=_("Do “%(title)s” (priority %(score)d, from %(baseline)s to %(target)s)?")
        % {
            "title": moved.title, "score": moved.score, "baseline": moved.in_unit(moved.baseline_value),
            "target": moved.in_unit(moved.target_value),
        },
    )  # fmt: skip
    return moved


@transaction.atomic
def reject(
    improvement: Improvement, *, actor: User, source: str, reason: str, version: int | None = None
) -> Improvement:
    """Decide against it, whatever is still being asked."""
    moved = move(improvement, "reject", actor=actor, source=source, version=version, reason=reason)
    records.withdraw(moved, actor=actor, source=source)
    return moved


# ---------- measuring ----------


def add_measurement(
    improvement: Improvement, *, actor: User, source: str, value: Decimal, measured_on: date, note: str = "",
    cases: int | None = None,
) -> ImprovementMeasurement:  # fmt: skip
    """Keep how it is on a day. Measurements are never changed."""
    verdict = policies.may_measure(improvement, actor)
    if not verdict:
        raise Denied(verdict.reason)
    if measured_on > clock.now().date():
        raise Invalid({"measured_on": _("Choose today or a day before.")})
    part = ImprovementMeasurement(improvement=improvement, by=actor, at=clock.now(), cases=cases)
    values = {"value": value, "measured_on": measured_on, "note": note}
    records.put_part(improvement, part, values, actor=actor, source=source, name=gettext_noop("measurement"))
    return part


def read_now(improvement: Improvement, *, actor: User, source: str) -> ImprovementMeasurement:
    """Measure with the data of today."""
    reading = measures.read(improvement.measured_by, improvement.service, clock.now().date(), improvement.window_days)
    if reading is None:
        raise Refused(_("There is nothing to measure in these days."), code="nothing")
    return add_measurement(
        improvement, actor=actor, source=source, value=reading.value, cases=reading.cases,
        measured_on=clock.now().date(),
    )  # fmt: skip


def read_due() -> int:
    """Measure everything that is bound to data and was not measured for a week."""
    system = User.objects.system()
    before = clock.now().date() - EVERY
    done = 0
    due = Improvement.objects.read_by_itself().exclude(measurements__measured_on__gt=before).select_related("service")
    for improvement in due.order_by("pk"):
        try:
            read_now(improvement, actor=system, source=Source.SYSTEM)
        except Refused:
            continue
        except Exception:
            # A measure belongs to another package and may fail in any way; the others are read.
            log.exception("an improvement could not be measured", extra={"improvement": improvement.pk})
        else:
            done += 1
    return done


# ---------- links ----------


@transaction.atomic
def link(improvement: Improvement, ticket: Ticket, *, actor: User, source: str) -> Improvement:
    """Tie it to a change, a problem or another ticket."""
    return _tie(improvement, ticket, True, actor=actor, source=source)


@transaction.atomic
def unlink(improvement: Improvement, ticket: Ticket, *, actor: User, source: str) -> Improvement:
    return _tie(improvement, ticket, False, actor=actor, source=source)


def _tie(improvement: Improvement, ticket: Ticket, on: bool, *, actor: User, source: str) -> Improvement:
    fresh = lock(improvement)
    verdict = policies.may_edit(fresh, actor)
    if not verdict:
        raise Denied(verdict.reason)
    if ticket.restricted_to_id is not None and on:
        raise Invalid({"ticket": _("The register is read by everybody at the desk; this ticket is not.")})
    if fresh.tickets.filter(pk=ticket.pk).exists() == on:
        if on:
            raise Invalid({"ticket": _("It is linked already.")})
        raise Invalid({"ticket": _("It is not linked.")})
    (fresh.tickets.add if on else fresh.tickets.remove)(ticket.pk)
    fresh.version += 1
    fresh.updated_at = clock.now()
    fresh.save()
    changes = {"tickets": [None, ticket.number] if on else [ticket.number, None]}
    audit.record(fresh, "improvement.edit", actor=actor, source=source, changes=changes)
    return fresh
