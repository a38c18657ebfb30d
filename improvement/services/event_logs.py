"""Event logs of other systems: kept as they come, understood by a person, worked out by a job."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import logging
import re
import shutil
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from improvement import log_policies as policies
from improvement.models import EventLog
from improvement.reports.process import files, tickets
from improvement.reports.process.log import Analysis, Rules, Stay, analyse, together
from itsm.audit import services as audit
from itsm.integrations.importer import readers
from itsm.lib import clock, jobs
from itsm.lib.decisions import Decision
from itsm.lib.errors import Denied, Refused

if TYPE_CHECKING:
    from itsm.accounts.models import User

log = logging.getLogger(__name__)

MOST_BYTES, MOST_UNPACKED = 50_000_000, 200_000_000
#: More events are the command's: a worker holds them all in its memory.
MOST_EVENTS = 500_000
PEEK_BYTES, PEEK_ROWS, SHOWN_ROWS = 256_000, 200, 8
MOST_PROBLEMS = 200
REPORT_EVERY = 5_000
CLAIM = timedelta(minutes=10)
ENCODINGS = ("utf-8-sig", "utf-16", "cp1252")
DELIMITERS = (",", ";", "\t", "|")
#: Forms of moments, by what is stored: none for ISO 8601.
MOMENTS: dict[str, tuple[str, ...]] = {
    "iso": (),
    "dmy_dots": ("%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M"),
    "dmy_slashes": ("%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M"),
    "mdy_slashes": ("%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M"),
    "ymd_slashes": ("%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M"),
}


@dataclass(frozen=True, slots=True)
class Meaning:
    """What the columns of a log say. ``finished``: activities that mean that the work is done."""

    case: str = ""
    activity: str = ""
    detail: str = ""
    team: str = ""
    at: str = ""
    moments: str = "iso"
    finished: tuple[str, ...] = ()
    encoding: str = "utf-8-sig"
    delimiter: str = ","

    def columns(self, form: str) -> files.Columns:
        return files.Columns(
            case=self.case, activity=tuple(filter(None, (self.activity, self.detail))),
            holder=(self.team,) if self.team else (), at=self.at, encoding=self.encoding, delimiter=self.delimiter,
            moments=MOMENTS[self.moments], format=form,
        )  # fmt: skip


def _require(verdict: Decision) -> None:
    if not verdict:
        raise Denied(verdict.reason)


# ---------- keeping a file ----------


def keep(upload: Any, *, name: str, actor: User, source: str) -> EventLog:
    """Store a file that may be a log. ``ValidationError`` says why it is none."""
    _require(policies.may_upload(actor))
    title = Path(str(upload.name)).name
    if upload.size > MOST_BYTES:
        raise ValidationError(_("The file is larger than %(most)d MB.") % {"most": MOST_BYTES // 1_000_000})
    with _unpacked(upload) as (plain, size):
        form = _form_of(title, plain)
        with transaction.atomic():
            made = EventLog(
                name=(name or title)[:160], format=form, size=size, uploaded_by=actor, created_at=clock.now()
            )
            made.file.save(title, File(plain), save=False)
            made.save()
            made.meaning = asdict(guess(peek(made)))
            made.save(update_fields=["meaning"])
            audit.record(made, "created", actor=actor, source=source, changes={"name": [None, made.name]})
    return made


@contextmanager
def _unpacked(upload: Any) -> Iterator[tuple[IO[bytes], int]]:
    """The bytes of the log itself in a temporary file; what unpacks to too much is refused before it fills the disk."""
    head = upload.read(2)
    upload.seek(0)
    with tempfile.TemporaryFile() as plain:
        stream: Any = gzip.GzipFile(fileobj=upload) if head == b"\x1f\x8b" else upload
        size = 0
        try:
            while block := stream.read(1 << 20):
                size += len(block)
                if size > MOST_UNPACKED:
                    most = {"most": MOST_UNPACKED // 1_000_000}
                    raise ValidationError(_("Unpacked, the file is larger than %(most)d MB.") % most)
                plain.write(block)
        except (OSError, EOFError, zlib.error) as error:
            raise ValidationError(_("The packed file is damaged.")) from error
        plain.seek(0)
        yield plain, size


def _form_of(name: str, plain: IO[bytes]) -> str:
    """CSV or XES, by what the file holds and not by its name alone."""
    start = plain.read(4_096)
    plain.seek(0)
    if not start.strip():
        raise ValidationError(_("The file is empty."))
    text = start.removeprefix(codecs.BOM_UTF8).lstrip()
    if text.startswith(b"<"):
        if b"<log" not in start and b":log" not in start:
            raise ValidationError(_("This is XML, but no XES log."))
        return files.XES
    if b"\0" in start and not start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise ValidationError(_("This is neither a CSV nor an XES file."))
    if name.lower().removesuffix(".gz").endswith(".xes"):
        raise ValidationError(_("This is no XES log, although it is called so."))
    return files.CSV


# ---------- looking into it ----------


@dataclass(slots=True)
class Peek:
    """The beginning of a log: its columns and first rows."""

    columns: list[str]
    rows: list[dict[str, str]]
    encoding: str = "utf-8-sig"
    delimiter: str = ","
    problem: str = ""

    def sample(self, column: str) -> list[str]:
        return [row[column] for row in self.rows if row.get(column)]


def peek(kept: EventLog, encoding: str = "", delimiter: str = "") -> Peek:
    """Columns and first rows; of CSV with the encoding and the delimiter that fit best unless they are named."""
    if kept.format == files.XES:
        return _peek_xes(kept)
    with kept.file.open("rb") as stored:
        start = stored.read(PEEK_BYTES)
    fits = encoding or _encoding_of(start)
    text = codecs.getincrementaldecoder(fits)("replace").decode(start)
    if len(start) == PEEK_BYTES:
        text = text[: text.rfind("\n") + 1] or text
    sign = delimiter or _delimiter_of(text)
    found = Peek([], [], fits, sign)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=sign)
        found.columns = [name.strip() for name in next(reader, [])]
        for values in islice(reader, PEEK_ROWS):
            if any(values):
                pairs = zip(found.columns, (value.strip() for value in values), strict=False)
                found.rows.append(dict(pairs))
    except csv.Error as error:
        found.problem = str(error)
    if len(found.columns) < 3:
        found.problem = _("A log needs at least three columns: case, activity and moment. Is the delimiter right?")
    elif len(set(found.columns)) < len(found.columns):
        found.problem = _("Two columns have the same heading.")
    return found


def _peek_xes(kept: EventLog) -> Peek:
    found = Peek([], [])
    try:
        with _local(kept) as path:
            for row in islice(readers.rows(path, files.mapping(path, Meaning().columns(files.XES))), PEEK_ROWS):
                found.rows.append(row.values)
    except readers.FileError as error:
        found.problem = str(error)
    found.columns = list(dict.fromkeys(name for row in found.rows for name in row))
    return found


def _encoding_of(start: bytes) -> str:
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig"


def _delimiter_of(text: str) -> str:
    head = text.split("\n", 1)[0]
    return max(DELIMITERS, key=head.count)


#: What columns are usually called, the likeliest first.
USUAL = {
    "case": (r"case:concept:name$", r"case.?(id|number|key)?$", r"(problem|incident|ticket|request|change|sr|case).?"
             r"(number|no|nr|id|key)$", r"(number|key|id)$"),
    "at": (r"time:timestamp$", r"time.?stamp", r"change.?date", r"(date|time|moment|changed|at)\b"),
    "activity": (r"concept:name$", r"activity|event.?name", r"(?<!sub )\b(status|state)$", r"action|event$"),
    "detail": (r"lifecycle:transition$", r"sub.?(status|state)$"),
    "team": (r"org:group$", r"(owner|support).?(st|team|group)|assignment.?group", r"team|group|queue",
             r"org:resource$|resource|assignee"),
}  # fmt: skip
_DONE = re.compile(r"clos|complet|resolv|done|fulfil|finish|erledigt|gelöst|abgeschlossen", re.IGNORECASE)
_NOT_DONE = re.compile(r"cancel|reject|storn|abgebrochen", re.IGNORECASE)


def guess(seen: Peek) -> Meaning:
    """What the columns may mean, by their names and by what is in them."""
    found: dict[str, str] = {}
    for what in ("case", "at", "activity", "detail", "team"):
        taken = set(found.values())
        for pattern in USUAL[what]:
            hits = [one for one in seen.columns if one not in taken and re.search(pattern, one, re.IGNORECASE)]
            if what == "at":
                hits = [one for one in hits if _form_of_moments(seen.sample(one)) is not None] or []
            if hits:
                found[what] = hits[0]
                break
    if "at" not in found:
        moments = (one for one in seen.columns if _form_of_moments(seen.sample(one)) is not None)
        found["at"] = next(moments, "")
    written = _form_of_moments(seen.sample(found["at"])) if found["at"] else None
    columns = [found[what] for what in ("activity", "detail") if found.get(what)]
    names = dict.fromkeys(joined(tuple(row.get(one, "") for one in columns)) for row in seen.rows)
    finished = tuple(name for name in names if _DONE.search(name) and not _NOT_DONE.search(name))
    return Meaning(
        **found, moments=written or "iso", finished=finished, encoding=seen.encoding, delimiter=seen.delimiter
    )


def _form_of_moments(sample: list[str]) -> str | None:
    """In which form most of these are moments; None for none."""
    fits = (form for form in MOMENTS if sample and not odd_moment(sample, form))
    return next(fits, None)


def odd_moment(sample: list[str], form: str) -> str:
    """The first of these that is no moment of the form, when that is true of most; else nothing."""
    odd = [text for text in sample if not _is_moment(text, form)]
    return odd[0] if 2 * len(odd) > len(sample) else ""


def _is_moment(text: str, form: str) -> bool:
    try:
        if form == "iso":
            # Bare numbers are dates to ISO 8601, and to nobody else.
            return bool(files.moment_of(text, ())) and not text.isdigit()
    except ValueError:
        return False
    return any(_matches(text, pattern) for pattern in MOMENTS[form])


def _matches(text: str, pattern: str) -> bool:
    try:
        datetime.strptime(text, pattern)  # noqa: DTZ007 - only whether it fits is asked
    except ValueError:
        return False
    return True


def joined(activity: tuple[str, ...]) -> str:
    """An activity of several columns as one name."""
    return " / ".join(part for part in activity if part)


# ---------- working it out ----------


@transaction.atomic
def start(kept: EventLog, meaning: Meaning, *, actor: User, source: str) -> None:
    """Say what the columns mean; a job takes it from there. Said anew, it is worked out anew."""
    locked = EventLog.objects.select_for_update().get(pk=kept.pk)
    _require(policies.may_change(locked, actor))
    now = clock.now()
    if locked.claimed_until is not None and locked.claimed_until > now and locked.computed_at is None:
        raise Refused(_("It is being worked out right now. Wait until it is done."), code="busy")
    before = locked.meaning
    locked.meaning, locked.asked_at, locked.claimed_until, locked.computed_at = asdict(meaning), now, None, None
    locked.rows_read = locked.bad_rows = 0
    locked.result, locked.problems, locked.error = None, [], ""
    locked.save()
    audit.record(locked, "changed", actor=actor, source=source, changes={"meaning": [before or None, locked.meaning]})
    jobs.enqueue("improvement.analyse_processes")


@transaction.atomic
def remove(kept: EventLog, *, actor: User, source: str) -> None:
    """Delete the log with its file."""
    _require(policies.may_change(kept, actor))
    audit.record(kept, "deleted", actor=actor, source=source, changes={"name": [kept.name, None]})
    stored = kept.file
    kept.delete()
    transaction.on_commit(lambda: stored.storage.delete(str(stored.name)))


def work_off() -> int:
    """Work out what waits; returns how many. Two workers do not take the same."""
    done = 0
    while (kept := _claim(clock.now())) is not None:
        changes: dict[str, Any]
        try:
            changes = _work_out(kept)
        except readers.FileError as error:
            changes = {"error": str(error)[:500]}
        except Exception:
            # Whatever is wrong with a file that somebody brought must not keep the next one waiting.
            log.exception("event log failed", extra={"log": kept.pk})
            changes = {"error": _("It could not be worked out. The log of the product says why.")}
        rows = EventLog.objects.filter(pk=kept.pk)
        rows.update(**changes, computed_at=clock.now(), claimed_until=None)
        done += 1
    return done


@transaction.atomic
def _claim(now: datetime) -> EventLog | None:
    skips = connection.features.has_select_for_update_skip_locked
    rows = EventLog.objects.select_for_update(skip_locked=skips).filter(asked_at__isnull=False, computed_at=None)
    kept = rows.filter(Q(claimed_until__isnull=True) | Q(claimed_until__lt=now)).order_by("asked_at").first()
    if kept is not None:
        kept.claimed_until = now + CLAIM
        kept.save(update_fields=["claimed_until"])
    return kept


def _work_out(kept: EventLog) -> dict[str, Any]:
    meaning = Meaning(**{**kept.meaning, "finished": tuple(kept.meaning.get("finished", ()))})
    reading = files.Reading(Analysis(), Analysis(), keep=MOST_PROBLEMS)
    finished = {name.casefold() for name in meaning.finished}
    with _local(kept) as path:
        rows = together(_watched(kept, files.stays(path, meaning.columns(kept.format), reading)))
    found = analyse(rows, Rules(finished=lambda name: name.casefold() in finished))
    if not found.cases:
        return {"error": _("No row was understood."), "problems": reading.problems, "bad_rows": reading.bad_rows}
    return {
        "result": tickets.plain(found), "problems": reading.problems, "bad_rows": reading.bad_rows,
        "rows_read": found.events,
    }  # fmt: skip


def _watched(kept: EventLog, rows: Iterator[Stay]) -> Iterator[Stay]:
    """The rows with plain names; says now and then how far it is, and stops at what is too much."""
    for number, row in enumerate(rows, 1):
        if number > MOST_EVENTS:
            raise readers.FileError(
                _("The log has more than %(most)s events. Analyse it with the command analyse_log.")
                % {"most": f"{MOST_EVENTS:,}"}
            )
        if number % REPORT_EVERY == 0:
            now = clock.now()
            EventLog.objects.filter(pk=kept.pk).update(rows_read=number, claimed_until=now + CLAIM)
        holder = joined(row.resource) if row.resource else None  # type: ignore[arg-type]
        yield row._replace(activity=joined(row.activity), resource=holder)  # type: ignore[arg-type]


@contextmanager
def _local(kept: EventLog) -> Iterator[Path]:
    """The stored file where the reader can open it, wherever the storage is."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"log.{kept.format}"
        with kept.file.open("rb") as stored, path.open("wb") as copy:
            shutil.copyfileobj(stored, copy)
        yield path
