"""List rows: plain values from the base table, the names of what they point to in one more query."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from django.db.models import CharField, QuerySet, Value
from django.db.models.functions import Cast
from django.urls import NoReverseMatch, reverse
from rest_framework import serializers

from itsm.accounts.models import Team, User
from itsm.api.fields import Moment
from itsm.catalogue.models import Service
from itsm.integrations.api.shapes import Named, NamedWithSlug, PersonName, shape
from itsm.tickets import kinds, numbers
from itsm.tickets.models import TicketCategory
from itsm.tickets.models.ticket import LIST_FIELDS
from itsm.tickets.states import Phase, Priority, SlaState

COLUMNS = (*(name for name in LIST_FIELDS if name not in ("is_vip", "restricted_to_id")), "due_sort", "channel")

_PLACEHOLDER = "0"


@lru_cache(maxsize=64)
def _address(kind: str) -> tuple[str, str]:
    for name in (f"api:{kind}-detail", "api:ticket-detail"):
        try:
            before, _mark, after = reverse(name, args=[_PLACEHOLDER]).rpartition(_PLACEHOLDER)
        except NoReverseMatch:
            continue
        return before, after
    raise NoReverseMatch(kind)


def address(kind: str, number: str) -> str:
    """Where a ticket is read and written: in the collection of its kind."""
    before, after = _address(kind)
    return f"{before}{number}{after}"


def _names(model: Any, tag: str, ids: set[int], name: str, extra: str) -> QuerySet[Any]:
    tagged = Value(tag, output_field=CharField())
    rows = model._default_manager.filter(pk__in=ids).order_by()
    return rows.values_list(tagged, "pk", Cast(name, CharField()), Cast(extra, CharField()))


def names_of(rows: Iterable[dict[str, Any]]) -> dict[tuple[str, int], tuple[str, str]]:
    """(name, email or slug) of every person, team, service and category that the rows point to: one query."""
    wanted: dict[str, set[int]] = {"user": set(), "team": set(), "service": set(), "category": set()}
    for row in rows:
        wanted["user"].update((row["requester_id"], row["assignee_id"]))
        for tag in ("team", "service", "category"):
            wanted[tag].add(row[f"{tag}_id"])
    parts = [
        _names(model, tag, ids - {None}, "name", extra)
        for model, tag, ids, extra in (
            (User, "user", wanted["user"], "email"),
            (Team, "team", wanted["team"], "name"),
            (Service, "service", wanted["service"], "slug"),
            (TicketCategory, "category", wanted["category"], "name"),
        )
        if ids - {None}
    ]
    if not parts:
        return {}
    found = parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]
    return {(tag, pk): (name, extra) for tag, pk, name, extra in found}


def shaped(rows: list[dict[str, Any]], user: User, base: str) -> list[dict[str, Any]]:
    """The rows as they are answered. ``base`` is the origin that addresses begin with."""
    names = names_of(rows)

    def ref(tag: str, pk: int | None, extra: str = "") -> dict[str, Any] | None:
        if pk is None:
            return None
        name, more = names.get((tag, pk), ("", ""))
        if tag == "user":
            shown = {"id": pk, "name": name or more}
            return {**shown, "email": more} if user.is_desk or pk == user.pk else shown
        return {"id": pk, "name": name, extra: more} if extra else {"id": pk, "name": name}

    answers = []
    for row in rows:
        kind = row["kind"]
        number = numbers.number(kind, row["id"])
        answers.append(
            {
                "id": row["id"],
                "number": number,
                "kind": kind,
                "kind_label": str(kinds.get(kind).label),
                "url": base + address(kind, number),
                "title": row["title"],
                "state": row["state"],
                "state_label": kinds.get(kind).state_label(row["state"]),
                "phase": row["phase"],
                "hold_reason": row["hold_reason"],
                "priority": row["priority"],
                "is_major": row["is_major"],
                "awaiting_reply": row["awaiting_reply"],
                "channel": row["channel"],
                "requester": ref("user", row["requester_id"]),
                "assignee": ref("user", row["assignee_id"]),
                "team": ref("team", row["team_id"]),
                "service": ref("service", row["service_id"], "slug"),
                "category": ref("category", row["category_id"]),
                "opened_at": row["opened_at"],
                "updated_at": row["updated_at"],
                "resolved_at": row["resolved_at"],
                "reopen_count": row["reopen_count"],
                "sla": {
                    "state": row["sla_state"],
                    "metric": row["sla_metric"],
                    "due_at": row["due_at"],
                    "warn_at": row["warn_at"],
                },
                "version": row["version"],
            }
        )
    return answers


# What the documentation says of it


SLA = shape(
    "TicketSla",
    {
        "state": serializers.ChoiceField(SlaState.choices),
        "metric": serializers.CharField(allow_blank=True, help_text="Which clock is due next."),
        "due_at": Moment(allow_null=True),
        "warn_at": Moment(allow_null=True),
    },
)
ROW_FIELDS: dict[str, serializers.Field] = {
    "id": serializers.IntegerField(),
    "number": serializers.CharField(help_text="Such as `INC-1042`."),
    "kind": serializers.CharField(),
    "kind_label": serializers.CharField(help_text="What the kind is called here; `kind` itself never changes."),
    "url": serializers.URLField(),
    "title": serializers.CharField(),
    "state": serializers.CharField(),
    "state_label": serializers.CharField(),
    "phase": serializers.ChoiceField(Phase.choices),
    "hold_reason": serializers.CharField(allow_blank=True),
    "priority": serializers.ChoiceField(Priority.choices),
    "is_major": serializers.BooleanField(),
    "awaiting_reply": serializers.BooleanField(help_text="The newest public word is the requester's."),
    "channel": serializers.CharField(),
    "requester": PersonName(allow_null=True),
    "assignee": PersonName(allow_null=True),
    "team": Named(allow_null=True),
    "service": NamedWithSlug(allow_null=True),
    "category": Named(allow_null=True),
    "opened_at": Moment(),
    "updated_at": Moment(),
    "resolved_at": Moment(allow_null=True),
    "reopen_count": serializers.IntegerField(),
    "sla": SLA(),
    "version": serializers.IntegerField(help_text="Rises with every change; the second part of the ETag."),
}
ROW = shape("TicketRow", ROW_FIELDS)
