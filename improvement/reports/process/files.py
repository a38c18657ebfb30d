"""A log in a file as rows of the analysis: CSV or XES, read like an import, no ticket made of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from improvement.reports.process.log import Analysis, Rules, Stay, analyse, together
from itsm.integrations.importer import readers
from itsm.integrations.importer.mapping import Column, Mapping

#: What a file is usually called by.
CSV, XES = "csv", "xes"
KEEP = 20


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns say what. Several columns of an activity, or of a holder, are read together."""

    case: str = "case:concept:name"
    activity: tuple[str, ...] = ("concept:name", "lifecycle:transition")
    holder: tuple[str, ...] = ("org:group",)
    at: str = "time:timestamp"
    #: What is also counted by distinct values.
    also: tuple[str, ...] = ()
    #: Activities that mean that the work is done: what comes back from there was reopened. What was cancelled is not
    #: done, and taking it up again no reopening.
    finished: frozenset[tuple[str, ...]] = frozenset({("Completed", "Closed")})
    encoding: str = "utf-8-sig"
    delimiter: str = ","
    #: Patterns of ``strptime`` for moments that are not written as ISO 8601 says.
    moments: tuple[str, ...] = ()
    #: ``csv`` or ``xes``; empty: what the name of the file says.
    format: str = ""

    def all(self) -> tuple[str, ...]:
        return (self.case, self.at, *self.activity, *self.holder, *self.also)


@dataclass(slots=True)
class Reading:
    """What came out of a file: the figures, those over the first activity column alone, and rows not understood."""

    full: Analysis
    brief: Analysis
    distinct: dict[str, int] = field(default_factory=dict)
    problems: list[tuple[int, str]] = field(default_factory=list)
    bad_rows: int = 0
    #: So many rows that were not understood are named.
    keep: int = KEEP


def read(path: Path, columns: Columns) -> Reading:
    """Analyse a file. ``readers.FileError`` when it cannot be read at all; bad rows are left out and named."""
    values: dict[str, Counter[str]] = {name: Counter() for name in columns.also}
    reading = Reading(Analysis(), Analysis())
    rows = together(stays(path, columns, reading, values))
    reading.full = analyse(rows, Rules(finished=columns.finished.__contains__))
    brief = (row._replace(activity=row.activity[:1]) for row in rows)  # type: ignore[index]
    reading.brief = analyse(brief)
    reading.distinct = {name: len(found) for name, found in values.items()}
    return reading


def stays(
    path: Path, columns: Columns, reading: Reading, values: dict[str, Counter[str]] | None = None
) -> Iterator[Stay]:
    """The rows of a file that are understood, as they come; the others are noted in ``reading``."""
    for row in readers.rows(path, mapping(path, columns)):
        missing = [name for name in (columns.case, columns.at, columns.activity[0]) if not row.values.get(name)]
        if row.problem or missing:
            _refuse(reading, row.line, row.problem or f"no value for {', '.join(missing)}")
            continue
        try:
            moment = moment_of(row.values[columns.at], columns.moments)
        except ValueError:
            _refuse(reading, row.line, f"not a moment: {row.values[columns.at][:40]}")
            continue
        for name, found in (values or {}).items():
            found[row.values.get(name, "")] += 1
        holder = tuple(row.values.get(name, "") for name in columns.holder)
        yield Stay(
            row.values[columns.case],
            tuple(row.values.get(name, "") for name in columns.activity),
            holder if any(holder) else None,
            (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp(),
        )


def moment_of(text: str, patterns: tuple[str, ...]) -> datetime:
    """A moment as ISO 8601 or one of the patterns writes it; ``ValueError`` for any other."""
    for pattern in patterns:
        try:
            return datetime.strptime(text, pattern)  # noqa: DTZ007 - the caller knows what no zone means
        except ValueError:
            continue
    return datetime.fromisoformat(text)


def _refuse(reading: Reading, line: int, problem: str) -> None:
    reading.bad_rows += 1
    if len(reading.problems) < reading.keep:
        reading.problems.append((line, problem))


def mapping(path: Path, columns: Columns) -> Mapping:
    """What the reader of the import needs to know: the form of the file, no kind of ticket."""
    names = path.name.lower().removesuffix(".gz")
    form = columns.format or (XES if names.endswith(".xes") else CSV)
    made = Mapping(
        kind="", source="", format=form, encoding=columns.encoding,
        delimiter=columns.delimiter, unknown=frozenset({""}), date_formats=("iso",), zone=UTC, case_id=columns.case,
        opened_at=None, resolved_at=None, closed_at=None, fields={}, event={}, create=frozenset(), service_level={},
    )  # fmt: skip
    return replace(made, fields={name: Column(name, "{" + name + "}") for name in columns.all()})
