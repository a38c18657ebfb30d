"""``manage.py analyse_log FILE``: what happened in a process that was lived in another system."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from statistics import fmean, median
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from improvement.reports.process import files
from improvement.reports.process.log import Analysis, Seconds
from itsm.integrations.importer import readers

DAY = 86_400
USUAL = files.Columns()


class Command(BaseCommand):
    help = (
        "Analyse an event log (CSV or XES, also gzipped): flow, variants, rework, handovers, reopenings. Nothing is "
        "stored. Name several columns by commas to read them as one."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        def several(text: str) -> tuple[str, ...]:
            return tuple(name.strip() for name in text.split(",") if name.strip())

        parser.add_argument("file", type=Path)
        parser.add_argument("--case", default=USUAL.case, help="column of the case (default: %(default)s)")
        parser.add_argument("--activity", type=several, default=USUAL.activity, help="columns of the activity")
        parser.add_argument("--team", type=several, default=USUAL.holder, help="columns of who held the case")
        parser.add_argument("--at", default=USUAL.at, help="column of the moment, ISO 8601 (default: %(default)s)")
        parser.add_argument("--count", type=several, default=(), help="columns whose distinct values are counted")
        parser.add_argument(
            "--finished", action="append", metavar="ACTIVITY",
            help="activity that means that the work is done, its columns joined by a slash (default: Completed/Closed)",
        )  # fmt: skip
        parser.add_argument("--encoding", default=USUAL.encoding)
        parser.add_argument("--delimiter", default=USUAL.delimiter)
        parser.add_argument("--variants", type=int, default=10, help="so many are listed (default: %(default)s)")

    def handle(self, *, file: Path, variants: int, **given: Any) -> None:
        finished = USUAL.finished
        if given["finished"]:
            finished = frozenset(tuple(one.split("/")) for one in given["finished"])
        columns = files.Columns(
            case=given["case"], activity=given["activity"], holder=given["team"], at=given["at"], also=given["count"],
            finished=finished, encoding=given["encoding"], delimiter=given["delimiter"],
        )  # fmt: skip
        try:
            reading = files.read(file, columns)
        except readers.FileError as error:
            raise CommandError(str(error)) from error
        if not reading.full.cases:
            raise CommandError("The file has no events that could be read.")
        for line in self._lines(reading, columns, variants):
            self.stdout.write(line)

    def _lines(self, reading: files.Reading, columns: files.Columns, variants: int) -> Any:
        full, lengths = reading.full, reading.full.events_per_case
        yield f"cases {full.cases}, events {full.events}"
        yield f"events per case: mean {fmean(lengths):.4f}, median {median(lengths):g}, max {lengths[-1]}"
        if full.durations.median is not None and full.durations.mean is not None:
            middle, mean = full.durations.median / DAY, full.durations.mean / DAY
            yield f"duration in days: median {middle:.4f}, mean {mean:.4f}"
        first = columns.activity[0]
        yield f"activities {len(full.activities)}: " + ", ".join(
            f"{_name(a)} {n}" for a, n in full.activities.most_common()
        )
        yield f"variants {len(full.variants)}"
        yield f"over {first} only: activities {len(reading.brief.activities)}, variants {len(reading.brief.variants)}"
        for name, amount in reading.distinct.items():
            yield f"distinct {name}: {amount}"
        yield f"handovers {full.handovers.times} in {full.handovers.cases} cases"
        yield f"returns to a team that had it before {full.returns.times} in {full.returns.cases} cases"
        yield f"reopenings {full.reopens.times} in {full.reopens.cases} cases"
        yield f"rework: {full.reworked.times} steps repeated in {full.reworked.cases} cases"
        yield f"ends: {_amounts(full.ends)}"
        yield from _variants(full, variants)
        yield from _flow(full)
        if reading.bad_rows:
            yield f"{reading.bad_rows} rows not understood:"
            yield from (f"  line {line}: {problem}" for line, problem in reading.problems)


def _name(activity: Any) -> str:
    return "/".join(part for part in activity if part) or "-"


def _amounts(counted: Counter[Any]) -> str:
    return ", ".join(f"{_name(activity)} {amount}" for activity, amount in counted.most_common())


def _days(seconds: Seconds) -> str:
    return "-" if seconds.median is None else f"{seconds.median / DAY:.2f} d"


def _variants(full: Analysis, most: int) -> Any:
    best = sorted(full.variants.items(), key=lambda item: -item[1].cases.cases)[: max(0, most)]
    for path, variant in best:
        share = 100 * variant.cases.cases / full.cases
        yield f"  {share:5.1f} %  {variant.cases.cases:6}  {_days(variant.seconds):>10}  " + " > ".join(
            map(_name, path)
        )


def _flow(full: Analysis) -> Any:
    yield "flow (times, median time until the next step):"
    for edge, seconds in sorted(full.edges.items(), key=lambda item: -item[1].count):
        yield f"  {seconds.count:6}  {_days(seconds):>10}  {_name(edge[0])} > {_name(edge[1])}"
