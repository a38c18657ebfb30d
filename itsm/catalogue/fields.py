"""A JSON column that keeps the order of a form's questions."""

from __future__ import annotations

from typing import Any

from django.db import models

ORDER = "x-order"


def with_order(schema: Any) -> Any:
    """The schema with the order of its questions written out; what is not a form comes back as it is."""
    if not isinstance(schema, dict) or not isinstance(schema.get("properties"), dict):
        return schema
    return {**schema, ORDER: names_in_order(schema)}


def names_in_order(schema: dict[str, Any] | None) -> list[str]:
    """Names of the questions in the order they are asked: as written out, then the others."""
    asked = (schema or {}).get("properties", {})
    known = [name for name in (schema or {}).get(ORDER, ()) if name in asked]
    return list(dict.fromkeys([*known, *asked]))


class FormSchemaField(models.JSONField):
    """JSON Schema of a form. PostgreSQL forgets the order of keys, so it is written out when the row is saved."""

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = with_order(super().pre_save(model_instance, add))
        setattr(model_instance, self.attname, value)
        return value

    def deconstruct(self) -> Any:
        # The column is that of any JSON field: migrations need not know better.
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.JSONField", args, kwargs
