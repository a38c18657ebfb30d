"""Reading event logs as rows: CSV and XES, plain or gzipped, one row at a time."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from xml.etree.ElementTree import Element, ParseError, iterparse

from django.utils.translation import gettext as _

from itsm.integrations.importer.mapping import Mapping

MAX_FIELD = 1_000_000


class FileError(Exception):
    """The file as a whole cannot be read."""


@dataclass(frozen=True, slots=True)
class Row:
    """One event with the line (CSV) or event number (XES) it stands in; ``problem`` when it is unreadable."""

    line: int
    values: dict[str, str]
    problem: str = ""


def rows(path: Path, mapping: Mapping) -> Iterator[Row]:
    """The file's events in file order, values stripped, unknown markers as empty text."""
    reader = _xes if mapping.format == "xes" else _csv
    for row in reader(path, mapping):
        clean = {
            name: "" if (text := (value or "").strip()) in mapping.unknown else text
            for name, value in row.values.items()
        }
        yield Row(row.line, clean, row.problem)


def _open(path: Path, **options: Any) -> IO[Any]:
    try:
        return gzip.open(path, **options) if path.suffix == ".gz" else path.open(**options)
    except OSError as error:
        raise FileError(_("The file cannot be opened: %s") % error) from error


def _csv(path: Path, mapping: Mapping) -> Iterator[Row]:
    csv.field_size_limit(MAX_FIELD)
    try:
        with _open(path, mode="rt", encoding=mapping.encoding, newline="") as file:
            reader = csv.reader(file, delimiter=mapping.delimiter, strict=True)
            header = next(reader, None)
            if not header:
                raise FileError(_("The file is empty."))
            header = [name.strip() for name in header]
            missing = sorted(mapping.columns() - set(header))
            if missing:
                raise FileError(_("The file has no column %s.") % ", ".join(missing))
            while True:
                line = reader.line_num + 1
                try:
                    values = next(reader)
                except StopIteration:
                    return
                except csv.Error as error:
                    yield Row(line, {}, str(error))
                    continue
                if not any(values):
                    continue
                if len(values) != len(header):
                    words = {"has": len(values), "needs": len(header)}
                    yield Row(line, dict(zip(header, values, strict=False)),
                              _("%(has)d columns instead of %(needs)d.") % words)  # fmt: skip
                    continue
                yield Row(line, dict(zip(header, values, strict=True)))
    except UnicodeDecodeError as error:
        raise FileError(
            _("The file is not encoded as %(encoding)s (byte %(at)d). Name the encoding in the mapping.")
            % {"encoding": mapping.encoding, "at": error.start}
        ) from error
    except (EOFError, gzip.BadGzipFile) as error:
        raise FileError(_("The file is damaged: %s") % error) from error
    except LookupError as error:
        raise FileError(str(error)) from error


def _xes(path: Path, _mapping: Mapping) -> Iterator[Row]:
    """Events of an XES log (IEEE 1849): attributes by key, those of the trace as ``case:<key>``."""
    number = 0
    try:
        with _open(path, mode="rb") as file:
            trace: dict[str, str] = {}
            depth: list[str] = []
            for action, element in iterparse(_refuse_entities(file), events=("start", "end")):  # noqa: S314
                name = element.tag.rpartition("}")[2]
                if action == "start":
                    depth.append(name)
                    if name == "trace":
                        trace = {}
                    continue
                depth.pop()
                if name == "event":
                    number += 1
                    yield Row(number, {**trace, **_attributes(element)})
                    element.clear()
                elif depth and depth[-1] == "trace":
                    if (key := element.get("key")) is not None:
                        trace[f"case:{key}"] = element.get("value", "")
                elif name == "trace":
                    element.clear()
    except ParseError as error:
        raise FileError(_("The file is not valid XES: %s") % error) from error
    except (EOFError, gzip.BadGzipFile) as error:
        raise FileError(_("The file is damaged: %s") % error) from error


def _attributes(event: Element) -> dict[str, str]:
    return {child.get("key", ""): child.get("value", "") for child in event}


class _refuse_entities:  # noqa: N801 - reads like a function where it is used
    """A file that refuses a document type: entity expansion could fill the memory."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file

    def read(self, size: int = -1) -> bytes:
        data = self.file.read(size)
        if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
            raise FileError(_("The file declares a document type, which is not accepted."))
        return data
