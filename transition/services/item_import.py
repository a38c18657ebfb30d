"""Configuration items from a CSV file: checked row by row, good rows go in, bad ones are listed with their line."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

import yaml
from django.db import models, transaction
from django.utils.translation import gettext as _

from itsm.accounts.models import Organisation, Team, User
from itsm.catalogue.models import Service
from itsm.lib.errors import Denied, DomainError, Invalid
from transition.models import CIType, Supplier
from transition.policies import configuration as policies
from transition.services import upsert
from transition.states.configuration import CIState

if TYPE_CHECKING:
    from transition.models import ConfigurationItem

#: Columns of an item that a file may have; every other column is an attribute.
TEXTS = ("name", "description", "serial", "location", "currency")
DAYS = ("purchased_on", "warranty_until")
RELATED: dict[str, Callable[[], models.QuerySet[Any]]] = {
    "type": lambda: CIType.objects.filter(is_active=True),
    "team": lambda: Team.objects.filter(is_active=True),
    "organisation": lambda: Organisation.objects.filter(is_active=True),
    "supplier": lambda: Supplier.objects.filter(is_active=True),
    "services": lambda: Service.objects.all(),
}
PEOPLE = ("owner", "user")
FIELDS = (*TEXTS, *DAYS, *RELATED, *PEOPLE, "cost", "depreciation_months", "state")
SECTIONS = {"delimiter", "encoding", "dates", "columns", "constants", "values"}
LONGEST_FIELD = 100_000


class FileProblem(Exception):
    """The file or its mapping cannot be used at all; the message says why."""


@dataclass(frozen=True, slots=True)
class FileMapping:
    """What the columns of a file mean."""

    delimiter: str = ","
    encoding: str = "utf-8-sig"
    dates: str = "%Y-%m-%d"
    #: Field or attribute -> heading of the file.
    columns: dict[str, str] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    #: Field -> value of the file -> value here.
    values: dict[str, dict[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Problem:
    """A row that was not taken."""

    line: int
    reason: str
    values: dict[str, str]


@dataclass(slots=True)
class Report:
    """What became of the rows of a file."""

    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    problems: list[Problem] = field(default_factory=list)
    #: Headings nothing is read from.
    unread: list[str] = field(default_factory=list)


def load_mapping(text: str) -> FileMapping:
    """The mapping from YAML; every mistake is named."""
    try:
        given = yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        raise FileProblem(_("The mapping is not YAML: %s") % error) from error
    if not isinstance(given, dict):
        raise FileProblem(_("The mapping has sections, such as columns."))
    unknown = sorted(map(str, set(given) - SECTIONS))
    if unknown:
        raise FileProblem(_("The mapping has no section %s.") % ", ".join(unknown))
    found: dict[str, Any] = {}
    for name, value in given.items():
        wanted = dict if name in ("columns", "constants", "values") else str
        if not isinstance(value, wanted):
            raise FileProblem(_("The section “%s” of the mapping is written wrongly.") % name)
        found[name] = value
    for name in ("columns", "constants"):
        found[name] = {str(key): str(value) for key, value in found.get(name, {}).items()}
    for key, pairs in found.get("values", {}).items():
        if not isinstance(pairs, dict):
            raise FileProblem(_("The section “%s” of the mapping is written wrongly.") % f"values.{key}")
    found["values"] = {
        str(key): {str(old): str(new) for old, new in pairs.items()} for key, pairs in found.get("values", {}).items()
    }
    if len(found.get("delimiter", ",")) != 1:
        raise FileProblem(_("The delimiter is one character."))
    return FileMapping(**found)


def run(
    content: bytes, mapping: FileMapping | None = None, *, actor: User, dry_run: bool = False, most: int | None = None
) -> Report:  # fmt: skip
    """Import a file. Each row stands for itself; a dry run checks everything and keeps nothing."""
    verdict = policies.may_create(actor)
    if not verdict:
        raise Denied(verdict.reason)
    mapping = mapping or FileMapping()
    report = Report()
    with transaction.atomic():
        reader = _Reader(mapping)
        for line, values, problem in reader.rows(content, report, most):
            report.rows += 1
            try:
                if problem:
                    raise Invalid({"row": problem})
                _item, outcome = _take(reader, values, actor=actor)
                setattr(report, outcome, getattr(report, outcome) + 1)
            except DomainError as error:
                report.problems.append(Problem(line, _why(error), values))
        if dry_run:
            transaction.set_rollback(True)
    return report


def _take(reader: _Reader, values: dict[str, str], *, actor: User) -> tuple[ConfigurationItem, str]:
    given, state, services = reader.read(values)
    return upsert.upsert(given, actor=actor, source="import", state=state, services=services)


def _why(error: DomainError) -> str:
    if isinstance(error, Invalid):
        return "; ".join(f"{name}: {message}" for name, messages in error.fields.items() for message in messages)
    return str(error)


class _Reader:
    """Reads rows and turns their words into what an item holds; names are looked up once."""

    def __init__(self, mapping: FileMapping) -> None:
        self.mapping = mapping
        self.known: dict[tuple[str, str], Any] = {}
        self.schemas: dict[int, dict[str, Any]] = {}
        self.attributes = {name for one in CIType.objects.all() for name in one.attributes.get("properties", {})}

    def rows(self, content: bytes, report: Report, most: int | None) -> Iterator[tuple[int, dict[str, str], str]]:
        """Line, values by field, and what is wrong with the row as such."""
        try:
            text = content.decode(self.mapping.encoding)
        except (UnicodeDecodeError, LookupError) as error:
            raise FileProblem(_("The file cannot be read as %s.") % self.mapping.encoding) from error
        csv.field_size_limit(LONGEST_FIELD)
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=self.mapping.delimiter)
        try:
            heading = [name.strip() for name in next(reader, [])]
            if not any(heading):
                raise FileProblem(_("The file is empty."))
            names = self._names(heading, report)
            for row in reader:
                if not any(cell.strip() for cell in row):
                    continue
                if most is not None and report.rows >= most:
                    raise FileProblem(_("The file has more than %d rows. Use the command import_cis.") % most)
                cells = dict(zip(heading, (cell.strip() for cell in row), strict=False))
                values = {name: cells[column] for name, column in names.items() if cells.get(column)}
                problem = "" if len(row) == len(heading) else _("%(found)d cells where %(wanted)d are expected.") % {
                    "found": len(row), "wanted": len(heading)
                }  # fmt: skip
                yield reader.line_num, {**self.mapping.constants, **values}, problem
        except csv.Error as error:
            raise FileProblem(_("Line %(line)d: %(error)s") % {"line": reader.line_num, "error": error}) from error

    def _names(self, heading: list[str], report: Report) -> dict[str, str]:
        """Which field or attribute each heading is."""
        missing = sorted(set(self.mapping.columns.values()) - set(heading))
        if missing:
            raise FileProblem(_("The file has no column %s.") % ", ".join(missing))
        names = dict(self.mapping.columns)
        taken = set(names.values())
        for column in heading:
            plain = column.lower().replace(" ", "_")
            if column in taken or not column:
                continue
            if (plain in FIELDS or plain in self.attributes) and plain not in names:
                names[plain] = column
            else:
                report.unread.append(column)
        unknown = sorted(name for name in {*names, *self.mapping.constants} if name not in {*FIELDS, *self.attributes})
        if unknown:
            raise FileProblem(_("There is no field or attribute %s.") % ", ".join(unknown))
        if "type" not in names and "type" not in self.mapping.constants:
            raise FileProblem(_("The file needs a column “type”, or the mapping a constant for it."))
        return names

    def read(self, values: Mapping[str, str]) -> tuple[dict[str, Any], str, list[Any] | None]:
        """Values of the item, its state, and its services where the row names some."""
        given: dict[str, Any] = {}
        errors: dict[str, Any] = {}
        attributes: dict[str, str] = {}
        for name, raw in values.items():
            text = self.mapping.values.get(name, {}).get(raw, raw)
            if name not in FIELDS:
                attributes[name] = text
                continue
            try:
                given[name] = self._value(name, text)
            except ValueError as error:
                errors[name] = str(error)
        if "type" in given:
            given["attributes"] = self._typed(given["type"], attributes)
        elif "type" not in errors:
            errors["type"] = _("This field is required.")
        if errors:
            raise Invalid(errors)
        return given, given.pop("state", ""), given.pop("services", None)

    def _value(self, name: str, text: str) -> Any:
        if name in TEXTS:
            return text
        if name == "services":
            return [self._named(name, one.strip()) for one in text.split(";") if one.strip()]
        if name in RELATED:
            return self._named(name, text)
        if name in PEOPLE:
            return self._person(text)
        if name in DAYS:
            try:
                return datetime.strptime(text, self.mapping.dates).date()  # noqa: DTZ007 - a calendar day
            except ValueError as error:
                raise ValueError(
                    _("“%(text)s” is not a day like %(form)s.") % {"text": text, "form": self.mapping.dates}
                ) from error
        if name == "state":
            words = {str(label).lower(): value for value, label in CIState.choices}
            state = words.get(text.lower(), text.lower())
            if state not in CIState.values:
                raise ValueError(_("Choose one of: %(choices)s.") % {"choices": ", ".join(CIState.values)})
            return state
        try:
            number = Decimal(text)
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite():
            raise ValueError(_("Enter a number."))
        if name == "cost":
            return number
        if number != number.to_integral_value():
            raise ValueError(_("Enter a whole number."))
        return int(number)

    def _named(self, name: str, text: str) -> Any:
        key = (name, text.casefold())
        if key not in self.known:
            rows = RELATED[name]()
            found = rows.filter(name__iexact=text).first()
            if found is None and name == "services":
                found = rows.filter(slug=text).first()
            self.known[key] = found
        if self.known[key] is None:
            raise ValueError(_("There is no “%s”.") % text)
        return self.known[key]

    def _person(self, text: str) -> User:
        key = ("person", text.casefold())
        if key not in self.known:
            self.known[key] = User.objects.people().filter(email__iexact=text).first()
        if self.known[key] is None:
            raise ValueError(_("Nobody has the address “%s”.") % text)
        return self.known[key]  # type: ignore[no-any-return]

    def _typed(self, type_: CIType, attributes: dict[str, str]) -> dict[str, Any]:
        """Attributes as their schema wants them; what does not fit is left for the check to name."""
        if type_.pk not in self.schemas:
            self.schemas[type_.pk] = type_.schema().get("properties", {})
        asked = self.schemas[type_.pk]
        return {name: _as(asked.get(name, {}).get("type"), text) for name, text in attributes.items()}


def _as(kind: str | None, text: str) -> Any:
    if kind == "boolean" and text.lower() in ("yes", "true", "1", "no", "false", "0"):
        return text.lower() in ("yes", "true", "1")
    if kind in ("integer", "number"):
        try:
            return int(text) if kind == "integer" else float(text)
        except ValueError:
            return text
    return text
