"""The import itself: read, group, build, write in batches, report."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.db import transaction
from django.utils.translation import gettext as _

from itsm.accounts.models import User
from itsm.integrations.importer import cases, readers, service_level
from itsm.integrations.importer.cases import Case, Problem
from itsm.integrations.importer.mapping import Mapping
from itsm.integrations.importer.references import References
from itsm.integrations.importer.staging import Staging
from itsm.tickets.models import ImportedCase
from itsm.tickets.states import Channel
from itsm.workflow import history

BATCH = 200

Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Report:
    """What an import did, or would do."""

    cases: int = 0
    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    #: Cases that people worked on here since the last import: left alone.
    kept: int = 0
    problems: list[Problem] = field(default_factory=list)
    made: dict[str, int] = field(default_factory=dict)


def run(
    path: Path, mapping: Mapping, *, actor: User, dry_run: bool = False, progress: Progress | None = None
) -> Report:
    """Import a file. Good rows go in, bad ones stand in ``Report.problems``; a second run changes nothing.

    ``FileError`` when the file as a whole cannot be read: then nothing was written.
    """
    report = Report()
    references = References(mapping, dry_run=dry_run)
    with Staging() as staging:
        staging.fill(_keyed(path, mapping, report))
        report.cases, total = staging.count()
        report.rows = total + len(report.problems)
        done = 0
        for batch in _batches(staging.cases()):
            _import_batch(batch, mapping, references, report, actor=actor, dry_run=dry_run)
            done += sum(len(rows) for _case, rows in batch)
            if progress:
                progress(done, total)
    report.made = references.made
    report.problems.sort(key=lambda problem: problem.line)
    return report


def _keyed(path: Path, mapping: Mapping, report: Report) -> Iterator[tuple[str, readers.Row]]:
    for row in readers.rows(path, mapping):
        case_id = row.values.get(mapping.case_id, "")
        if row.problem:
            report.problems.append(Problem(row.line, case_id, row.problem, row.values))
        elif not case_id:
            report.problems.append(Problem(row.line, "", _("The number of the case is missing."), row.values))
        else:
            yield case_id, row


def _batches(grouped: Iterator[tuple[str, list[readers.Row]]]) -> Iterator[list[tuple[str, list[readers.Row]]]]:
    batch: list[tuple[str, list[readers.Row]]] = []
    for item in grouped:
        batch.append(item)
        if len(batch) >= BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


@transaction.atomic
def _import_batch(
    batch: list[tuple[str, list[readers.Row]]],
    mapping: Mapping,
    references: References,
    report: Report,
    *,
    actor: User,
    dry_run: bool,
) -> None:
    known = {
        row.case_id: row
        for row in ImportedCase.objects.filter(
            source=mapping.source, case_id__in=[case_id for case_id, _rows in batch]
        ).select_related("ticket")
    }
    new: list[tuple[Case, history.Life]] = []
    for case_id, rows in batch:
        before = known.get(case_id)
        same = before is not None and before.fingerprint == cases.fingerprint(rows)
        case, problems = cases.build(case_id, rows, mapping)
        report.problems += problems
        if same:
            report.unchanged += case is not None
            continue
        if case is None:
            continue
        try:
            life = _life(case, mapping, references)
        except ValueError as error:
            report.problems.append(Problem(rows[-1].line, case_id, str(error), rows[-1].values))
            continue
        if before is None:
            new.append((case, life))
        elif before.ticket.version != before.version:
            report.kept += 1
        else:
            report.updated += 1
            if not dry_run:
                _update(before, case, life, actor)
    report.created += len(new)
    if dry_run or not new:
        return
    if mapping.service_level:
        service_level.ensure(mapping.service_level, new[0][1].fields.get("service"), mapping.kind)
    tickets = history.write(mapping.kind, [life for _case, life in new], actor=actor)
    ImportedCase.objects.bulk_create(
        ImportedCase(
            source=mapping.source, case_id=case.id, ticket_id=ticket.pk, fingerprint=case.fingerprint,
            version=ticket.version,
        )
        for (case, _life_), ticket in zip(new, tickets, strict=True)
    )  # fmt: skip


def _update(before: ImportedCase, case: Case, life: history.Life, actor: User) -> None:
    ticket = history.rewrite(before.ticket.specific(), life, actor=actor)
    before.fingerprint, before.version = case.fingerprint, ticket.version
    before.save(update_fields=["fingerprint", "version"])


def _life(case: Case, mapping: Mapping, references: References) -> history.Life:
    fields = case.fields
    requester = references.person(fields.get("requester"))
    if requester is None:
        raise ValueError(_("The requester is missing."))
    title = " ".join(str(fields.get("title") or case.id).split())
    impact, urgency = fields.get("impact") or 3, fields.get("urgency") or 3
    by_matrix = references.priority(impact, urgency)
    priority = fields.get("priority") or by_matrix
    spells: list[history.Spell] = []
    transfers = 0
    for moment in case.moments:
        team, assignee = references.team(moment.team), references.person(moment.assignee)
        references.join(assignee, team)
        if spells and team and spells[-1].team and team != spells[-1].team:
            transfers += 1
        spells.append(
            history.Spell(
                at=moment.at, state=moment.state, hold_reason=moment.hold_reason, team=team, assignee=assignee,
                actor_label=(moment.actor or "")[:150],
            )
        )  # fmt: skip
    return history.Life(
        fields={
            "title": title[:200],
            "description": str(fields.get("description") or ""),
            "requester": requester,
            "organisation_id": requester.organisation_id,
            "is_vip": requester.is_vip,
            "service": references.service(fields.get("service")),
            "category": references.category(fields.get("category")),
            "channel": fields.get("channel") or Channel.API,
            "impact": impact,
            "urgency": urgency,
            "priority": priority,
            "priority_reason": "" if priority == by_matrix else str(_("As in %s") % mapping.source),
            "external_id": f"{mapping.source}:{case.id}"[:80],
        },
        spells=spells,
        opened_at=case.opened_at,
        resolved_at=case.resolved_at,
        closed_at=case.closed_at,
        reopened=case.reopened,
        transfers=transfers,
    )
