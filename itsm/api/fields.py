"""Fields of serializers: relations by id or name, moments in UTC, nothing unknown; and ``?fields=``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC
from typing import Any

from django.db import models
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework import serializers

from itsm.api.exceptions import BadQuery


class Moment(serializers.DateTimeField):
    """An aware moment, given and taken in UTC unless it says otherwise."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("default_timezone", UTC)
        kwargs.setdefault("format", None)
        super().__init__(**kwargs)


class Ref(serializers.Field):
    """A related record: read as ``{"id", "name", …}``, written as its id, its number (``GOAL-3``) or its own name.

    ``rows(context)`` gives the records that may be named; ``key`` is the column of the name. ``shown`` are
    attributes shown besides id and name.
    """

    default_error_messages = {
        "missing": "There is nothing called “{value}” here.",
        "type": "Give an id or a name.",
    }

    def __init__(
        self,
        rows: Callable[[dict[str, Any]], QuerySet[Any]] | None = None,
        *,
        key: str = "name",
        shown: Iterable[str] = (),
        **kwargs: Any,
    ) -> None:
        self.rows, self.key, self.shown = rows, key, tuple(shown)
        super().__init__(**kwargs)

    def to_representation(self, value: Any) -> dict[str, Any]:
        return {"id": value.pk, "name": str(value), **{name: getattr(value, name) for name in self.shown}}

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict) and "id" in data:
            # What was read may be sent back as it is.
            data = data["id"]
        if isinstance(data, bool) or not isinstance(data, int | str) or data == "" or "\x00" in str(data):
            self.fail("type")
        assert self.rows is not None  # noqa: S101 - a field that is written names its rows
        rows = self.rows(self.context)
        prefix = getattr(rows.model, "prefix", "")
        if prefix and isinstance(data, str) and data.strip().upper().startswith(f"{prefix}-"):
            data = data.strip()[len(prefix) + 1 :]
        if isinstance(data, str) and not (data.isascii() and data.isdigit()):
            found = rows.filter(**{f"{self.key}__iexact": data}).first()
        else:
            found = rows.filter(pk=int(data)).first() if abs(int(data)) < 2**63 else None
        if found is None:
            self.fail("missing", value=str(data)[:80])
        return found


class Strict(serializers.Serializer):
    """A serializer that says so when it is sent a field that does not exist or cannot be written."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            errors: dict[str, list[str]] = {}
            for name in data:
                field = self.fields.get(name)
                if field is None:
                    errors[str(name)[:80]] = [_("Unknown field.")]
                elif field.read_only:
                    errors[name] = [_("This field is read-only.")]
            if errors:
                raise serializers.ValidationError(errors)
        return super().to_internal_value(data)


LARGEST = {
    models.PositiveSmallIntegerField: 2**15 - 1,
    models.SmallIntegerField: 2**15 - 1,
    models.PositiveIntegerField: 2**31 - 1,
    models.IntegerField: 2**31 - 1,
}


class StrictModel(Strict, serializers.ModelSerializer):
    """The same for a model, with moments in UTC."""

    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.DateTimeField: Moment,
    }

    def build_standard_field(self, field_name: str, model_field: Any) -> Any:
        """As usual, but whole numbers end where the smaller of both databases ends."""
        field_class, kwargs = super().build_standard_field(field_name, model_field)
        if "max_value" in kwargs:
            kwargs["max_value"] = min(kwargs["max_value"], LARGEST.get(type(model_field), kwargs["max_value"]))
        return field_class, kwargs


def wanted(request: Any) -> list[str]:
    """The names of ``?fields=``; empty for all."""
    return [name.strip() for name in request.query_params.get("fields", "").split(",") if name.strip()]


def select(data: Any, names: list[str]) -> Any:
    """Only these members of a record or of each record of a list."""
    if not names or data is None:
        return data
    sample = data if isinstance(data, dict) else (data[0] if data else None)
    if sample is not None and (strange := [name for name in names if name not in sample]):
        raise BadQuery("fields", _("There is no field “%(name)s”; there are: %(known)s.") % {
            "name": strange[0][:60], "known": ", ".join(sample),
        })  # fmt: skip
    if isinstance(data, dict):
        return {name: data[name] for name in names}
    return [{name: row[name] for name in names} for row in data]
