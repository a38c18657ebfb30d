"""The mapping file: which column means what. Every mistake in it is named with its place."""

from __future__ import annotations

import re
import zoneinfo
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any

import yaml
from django.utils.translation import gettext as _

from itsm.tickets import kinds
from itsm.tickets.states import Channel

_TEMPLATE = re.compile(r"\{([^{}]+)\}")
FIELDS = frozenset(
    {"title", "description", "requester", "service", "category", "channel", "impact", "urgency", "priority"}
)
EVENT_FIELDS = frozenset({"at", "state", "team", "assignee", "actor"})
SECTIONS = frozenset(
    {"kind", "source", "format", "encoding", "delimiter", "unknown", "dates", "case", "fields", "event", "create",
     "service_level"}
)  # fmt: skip


class MappingError(Exception):
    """The mapping file cannot be used; the message says where and why."""


@dataclass(frozen=True, slots=True)
class Column:
    """How one value is made: a template over columns or a constant, then a pattern, then a translation."""

    name: str
    template: str = ""
    pattern: re.Pattern[str] | None = None
    translate: dict[str, Any] = field(default_factory=dict)
    default: Any = None

    def columns(self) -> list[str]:
        return _TEMPLATE.findall(self.template)

    def read(self, row: dict[str, str]) -> Any:
        """The value for one row; ``None`` when unknown. ``ValueError`` when a translation is missing."""
        parts = [row.get(name, "") for name in self.columns()]
        if parts and not any(parts):
            return self.default
        text = _TEMPLATE.sub(lambda match: row.get(match[1], ""), self.template).strip()
        if self.pattern:
            found = self.pattern.search(text)
            text = found[1] if found and found.groups() else (found[0] if found else "")
        if not text:
            return self.default
        if self.translate:
            if text not in self.translate:
                raise ValueError(_("%(name)s: “%(value)s” is not in the mapping.") % {"name": self.name, "value": text})
            return self.translate[text]
        return text


@dataclass(frozen=True, slots=True)
class Mapping:
    """A checked mapping file."""

    kind: str
    source: str
    format: str
    encoding: str
    delimiter: str
    unknown: frozenset[str]
    date_formats: tuple[str, ...]
    zone: tzinfo
    case_id: str
    opened_at: str | None
    resolved_at: str | None
    closed_at: str | None
    fields: dict[str, Column]
    event: dict[str, Column]
    create: frozenset[str]
    service_level: dict[str, Any]

    def moment(self, text: str) -> datetime:
        """Parse a moment by the mapping's formats; ``ValueError`` when none fits."""
        for pattern in self.date_formats:
            try:
                parsed = (
                    datetime.fromisoformat(text) if pattern == "iso" else datetime.strptime(text, pattern)  # noqa: DTZ007
                )
            except ValueError:
                continue
            return (parsed if parsed.tzinfo else parsed.replace(tzinfo=self.zone)).astimezone(UTC)
        raise ValueError(_("“%(value)s” is not a date of the form %(forms)s.") % {
            "value": text[:60], "forms": ", ".join(self.date_formats),
        })  # fmt: skip

    def columns(self) -> set[str]:
        """Every column the file must have."""
        named = {self.case_id, *(c for c in (self.opened_at, self.resolved_at, self.closed_at) if c)}
        for column in (*self.fields.values(), *self.event.values()):
            named.update(column.columns())
        return named


def load(path: Path) -> Mapping:
    """Read and check a mapping file; ``MappingError`` with one clear sentence."""
    try:
        raw = yaml.safe_load(path.read_text("utf-8"))
    except OSError as error:
        raise MappingError(_("The mapping cannot be read: %s") % error) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise MappingError(_("The mapping is not valid YAML: %s") % error) from error
    if not isinstance(raw, dict):
        raise MappingError(_("The mapping must be a list of named sections."))
    _refuse_unknown(raw, SECTIONS, "mapping")
    kind = _need(raw, "kind", str)
    if kind not in {known.code for known in kinds.all_kinds()}:
        raise MappingError(_("kind: “%s” is not a kind of ticket here.") % kind)
    case, event = _need(raw, "case", dict), _need(raw, "event", dict)
    fields = _need(raw, "fields", dict)
    _refuse_unknown(fields, FIELDS, "fields")
    _refuse_unknown(event, EVENT_FIELDS, "event")
    for name in ("at", "state"):
        if name not in event:
            raise MappingError(_("event.%s is missing.") % name)
    dates = raw.get("dates") or {}
    mapping = Mapping(
        kind=kind,
        source=_need(raw, "source", str),
        format=_one_of(raw.get("format", "csv"), ("csv", "xes"), "format"),
        encoding=raw.get("encoding", "utf-8-sig"),
        delimiter=raw.get("delimiter", ","),
        unknown=frozenset(str(value) for value in raw.get("unknown", [""])) | {""},
        date_formats=tuple(dates.get("formats") or ["iso"]),
        zone=_zone(dates.get("timezone", "UTC")),
        case_id=_need(case, "id", str),
        opened_at=case.get("opened_at"),
        resolved_at=case.get("resolved_at"),
        closed_at=case.get("closed_at"),
        fields={name: _column(f"fields.{name}", value) for name, value in fields.items()},
        event={name: _column(f"event.{name}", value) for name, value in event.items()},
        create=frozenset(raw.get("create") or ()),
        service_level=raw.get("service_level") or {},
    )
    _check_states(mapping)
    _check_channels(mapping)
    return mapping


def _check_states(mapping: Mapping) -> None:
    states = kinds.get(mapping.kind).phases
    for value, target in mapping.event["state"].translate.items():
        state = target[0] if isinstance(target, list) else target
        if state not in states:
            raise MappingError(
                _("event.state: “%(value)s” goes to “%(state)s”, which is not a state of this kind.")
                % {"value": value, "state": state}
            )


def _check_channels(mapping: Mapping) -> None:
    column = mapping.fields.get("channel")
    unknown = set(column.translate.values()) - set(Channel.values) if column else set()
    if unknown:
        raise MappingError(_("fields.channel: unknown channels %s.") % ", ".join(sorted(map(str, unknown))))


def _column(name: str, raw: Any) -> Column:
    if isinstance(raw, str):
        return Column(name, template=raw if "{" in raw else "{" + raw + "}")
    if not isinstance(raw, dict):
        raise MappingError(_("%s: give a column name or a block.") % name)
    _refuse_unknown(raw, {"column", "template", "value", "pattern", "map", "default"}, name)
    if "value" in raw:
        return Column(name, template=str(raw["value"]))
    template = raw.get("template") or ("{" + str(raw["column"]) + "}" if "column" in raw else "")
    if not template:
        raise MappingError(_("%s: needs “column”, “template” or “value”.") % name)
    try:
        pattern = re.compile(raw["pattern"]) if "pattern" in raw else None
    except re.error as error:
        raise MappingError(
            _("%(name)s: the pattern is not valid: %(error)s") % {"name": name, "error": error}
        ) from error
    translate = {str(key): value for key, value in (raw.get("map") or {}).items()}
    return Column(name, template=template, pattern=pattern, translate=translate, default=raw.get("default"))


def _need(raw: dict[str, Any], name: str, kind: type) -> Any:
    if not isinstance(raw.get(name), kind):
        raise MappingError(_("“%s” is missing or of the wrong form.") % name)
    return raw[name]


def _one_of(value: Any, allowed: tuple[str, ...], name: str) -> str:
    if value not in allowed:
        raise MappingError(_("%(name)s must be one of %(allowed)s.") % {"name": name, "allowed": ", ".join(allowed)})
    return str(value)


def _refuse_unknown(raw: dict[str, Any], allowed: Any, place: str) -> None:
    unknown = sorted(set(raw) - set(allowed))
    if unknown:
        raise MappingError(_("%(place)s: unknown “%(names)s”.") % {"place": place, "names": ", ".join(unknown)})


def _zone(name: str) -> tzinfo:
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError) as error:
        raise MappingError(_("dates.timezone: “%s” is not a known time zone.") % name) from error
