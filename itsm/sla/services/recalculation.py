"""Letting open tickets follow terms that changed: asked for by a row, worked off in batches by a job."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q

from itsm.accounts.models import Organisation
from itsm.lib import clock, jobs
from itsm.sla.models import Clock, Coverage, Recalculation
from itsm.sla.services import clocks
from itsm.tickets.models import Ticket

if TYPE_CHECKING:
    from itsm.accounts.models import User

log = logging.getLogger(__name__)

BATCH = 50
SECONDS = 60.0
#: A worker that was not heard of for so long has died.
LEASE = timedelta(minutes=3)

#: Service, offering and organisation of a coverage; ``None`` stands for all.
About = tuple[int | None, int | None, int | None]


def about(row: Coverage) -> About:
    return row.service_id, row.offering_id, row.organisation_id


def request(
    *, reason: str, actor: User | None, levels: Iterable[int] = (), teams: Iterable[int] = (),
    coverage: Iterable[About] = (),
) -> Recalculation:  # fmt: skip
    """Ask that the open tickets of these levels, teams and coverages follow their present terms.

    Call it in the transaction of the change. One that waits already and has not begun is enough.
    """
    levels = sorted(set(levels))
    coverage = {*coverage, *(about(row) for row in Coverage.objects.filter(support_level__in=levels))}
    scope: dict[str, Any] = {
        "levels": levels,
        "teams": sorted(set(teams)),
        "coverage": [list(each) for each in sorted(coverage, key=str)],
    }
    waiting = Recalculation.objects.unfinished().filter(claimed_until__isnull=True, done=0, scope=scope).first()
    jobs.enqueue("sla.recalculate_clocks")
    return waiting or Recalculation.objects.create(
        scope=scope, reason=reason[:200], requested_by=actor, requested_at=clock.now(), total=tickets_in(scope).count()
    )


def tickets_in(scope: dict[str, Any]) -> models.QuerySet[Ticket]:
    """The open tickets whose terms may be others now."""
    running = Clock.objects.filter(ticket=OuterRef("pk"), stopped_at__isnull=True, withdrawn_at__isnull=True)
    wanted = Q(team__in=scope["teams"]) | Q(Exists(running.filter(target__support_level__in=scope["levels"])))
    for service, offering, organisation in scope["coverage"]:
        named = {"service": service, "offering": offering, "organisation": organisation}
        given: dict[str, Any] = {name: pk for name, pk in named.items() if pk is not None}
        if organisation is not None:
            # What is promised to an organisation is promised to those below it, too.
            del given["organisation"]
            given["organisation__in"] = Organisation.objects.and_below([organisation]).order_by().values("pk")
        wanted |= Q(**given) if given else Q(pk__isnull=False)
    return Ticket.objects.open().filter(wanted)


def work_off(*, seconds: float = SECONDS) -> int:
    """Work on what was asked for, oldest first, until it is done or the time is up. Returns how many tickets were done.

    A ticket is a transaction of its own, and doing it twice changes nothing: whoever takes over from a worker that
    died repeats its last batch.
    """
    started = time.monotonic()
    done = 0
    while time.monotonic() - started <= seconds:
        claimed = _claim()
        if claimed is None:
            return done
        done += _work_on(claimed, started + seconds)
    return done


def _claim() -> Recalculation | None:
    now = clock.now()
    free = Recalculation.objects.unfinished().filter(Q(claimed_until__isnull=True) | Q(claimed_until__lt=now))
    for row in free[:5]:
        if free.filter(pk=row.pk).update(claimed_until=now + LEASE):
            return row
    return None


def _work_on(row: Recalculation, until: float) -> int:
    count = 0
    last = row.last_ticket_id
    while time.monotonic() <= until:
        found = tickets_in(row.scope).filter(pk__gt=last).order_by("pk")
        batch = list(found.values_list("pk", flat=True)[:BATCH])
        outcomes = [_recalculate_safely(pk) for pk in batch]
        count += len(batch)
        last = batch[-1] if batch else last
        finished = len(batch) < BATCH
        Recalculation.objects.filter(pk=row.pk).update(
            last_ticket_id=last,
            done=F("done") + len(batch),
            changed=F("changed") + outcomes.count(True),
            failed=F("failed") + outcomes.count(None),
            claimed_until=None if finished else clock.now() + LEASE,
            finished_at=clock.now() if finished else None,
        )
        if finished:
            return count
    Recalculation.objects.filter(pk=row.pk).update(claimed_until=None)
    return count


def _recalculate_safely(pk: int) -> bool | None:
    try:
        return recalculate(pk)
    except Exception:
        # A ticket whose history is broken must not stop the batch; it is counted as failed.
        log.exception("the clocks of a ticket could not be recalculated", extra={"ticket": pk})
        return None


@transaction.atomic
def recalculate(pk: int) -> bool:
    """Let one ticket's clocks follow its present terms; true when that changed something."""
    ticket = Ticket.objects.select_for_update().get(pk=pk)
    before = {name: getattr(ticket, name) for name in clocks.SUMMARY}
    written = clocks.sync_many([ticket])
    changed = [name for name in clocks.SUMMARY if getattr(ticket, name) != before[name]]
    if changed:
        ticket.save(update_fields=changed)
    return bool(written or changed)
