"""Asking for the analysis of a process: at once where it is small, from what a job keeps where it is large."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db import connection, transaction
from django.db.models import Q

from improvement.models import KeptAnalysis
from improvement.reports.process import tickets
from improvement.reports.process.tickets import Question
from itsm.lib import clock, jobs

#: A small analysis is remembered for so many seconds; a kept one is worked out anew when asked for after a day.
REMEMBERED = 300
STALE = timedelta(days=1)
#: Kept analyses that nobody asked for lately go.
FORGOTTEN = timedelta(days=60)
CLAIM = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Answer:
    """The result, or None while a job works it out; ``as_of`` says from when a kept one is."""

    result: dict[str, Any] | None
    as_of: datetime | None = None
    pending: bool = False


def ask(question: Question) -> Answer:
    """The analysis of a question. A page never waits for more than ``tickets.AT_ONCE`` rows."""
    key = f"improvement:process:{question.key}"
    remembered = cache.get(key)
    if remembered is not None:
        return Answer(remembered)
    now = clock.now()
    kept = KeptAnalysis.objects.filter(key=question.key).first()
    if kept is None:
        # Only what nobody asked before is counted first: what was too much for a page once is so again.
        if tickets.size(question) <= tickets.AT_ONCE:
            result = tickets.work_out(question)
            cache.set(key, result, REMEMBERED)
            return Answer(result)
        kept, _made = KeptAnalysis.objects.get_or_create(key=question.key, defaults={"question": question.as_dict()})
    fresh = kept.computed_at is not None and kept.computed_at > now - STALE
    if not fresh:
        KeptAnalysis.objects.filter(pk=kept.pk).update(asked_at=now)
        jobs.enqueue("improvement.analyse_processes")
    return Answer(kept.result, kept.computed_at, pending=not fresh)


def work_off() -> int:
    """Work out what was asked for and is missing or old; returns how many. Two workers do not take the same."""
    now = clock.now()
    KeptAnalysis.objects.filter(asked_at__lt=now - FORGOTTEN).delete()
    done = 0
    while (kept := _claim(now)) is not None:
        result = tickets.work_out(Question.of(kept.question))
        KeptAnalysis.objects.filter(pk=kept.pk).update(result=result, computed_at=clock.now(), claimed_until=None)
        done += 1
    return done


@transaction.atomic
def _claim(now: datetime) -> KeptAnalysis | None:
    wanted = Q(computed_at__isnull=True) | Q(computed_at__lt=now - STALE, asked_at__gt=now - STALE)
    free = Q(claimed_until__isnull=True) | Q(claimed_until__lt=now)
    skips = connection.features.has_select_for_update_skip_locked
    rows = KeptAnalysis.objects.select_for_update(skip_locked=skips)
    kept = rows.filter(wanted, free).order_by("asked_at").first()
    if kept is not None:
        kept.claimed_until = clock.now() + CLAIM
        kept.save(update_fields=["claimed_until"])
    return kept
