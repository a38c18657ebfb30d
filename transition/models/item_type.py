"""Types of configuration items: a tree that says what is asked of an item and what tells it from others."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from itsm.catalogue.fields import FormSchemaField, names_in_order
from itsm.catalogue.validators import validate_form_schema

#: Columns of an item that can be an identity key, besides attributes of its type.
IDENTITY_COLUMNS = ("serial", "name")
#: No type lies deeper.
MOST_LEVELS = 20


class CIType(models.Model):
    """What an item is: its place in the tree decides which attributes it has and what tells it from others."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("a kind of")
    )
    icon = models.CharField(_("icon"), max_length=40, default="box")
    is_asset = models.BooleanField(
        _("asset"), default=False, help_text=_("Bought, owned and written off, such as a laptop.")
    )
    attributes = FormSchemaField(
        _("attributes"), default=dict, blank=True, validators=[validate_form_schema],
        help_text=_("JSON Schema of what is asked of each item, besides what the types above ask."),
    )  # fmt: skip
    identity_keys = models.JSONField(
        _("identity keys"), default=list, blank=True,
        help_text=_("What tells one item from another, such as serial, hostname or mac; added to those above."),
    )  # fmt: skip
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("type of item")
        verbose_name_plural = _("types of items")
        constraints = [
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(parent=F("id")), name="transition_citype_not_own_parent"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        seen, parent = {self.pk}, self.parent
        while parent is not None:
            if self.pk and parent.pk in seen:
                raise ValidationError({"parent": _("That would make a circle.")})
            seen.add(parent.pk)
            parent = parent.parent
        if not isinstance(self.identity_keys, list) or not all(isinstance(key, str) for key in self.identity_keys):
            raise ValidationError({"identity_keys": _("A list of names.")})
        known = {*IDENTITY_COLUMNS, *self.schema().get("properties", {})}
        unknown = [key for key in self.identity_keys if key not in known]
        if unknown:
            raise ValidationError(
                {"identity_keys": _("Not an attribute of this type: %(names)s.") % {"names": ", ".join(unknown)}}
            )

    def lineage(self) -> list[CIType]:
        """The type and those above it, the topmost first."""
        found: list[CIType] = []
        current: CIType | None = self
        while current is not None and current not in found and len(found) < MOST_LEVELS:
            found.append(current)
            current = current.parent
        return found[::-1]

    def schema(self) -> dict[str, Any]:
        """JSON Schema of the attributes with those of the types above; empty where nothing is asked."""
        properties: dict[str, Any] = {}
        required: list[str] = []
        for one in self.lineage():
            own = one.attributes if isinstance(one.attributes, dict) else {}
            asked = own.get("properties", {})
            properties |= {name: asked[name] for name in names_in_order(own)}
            required += own.get("required", ())
        if not properties:
            return {}
        return {
            "type": "object",
            "properties": properties,
            "required": list(dict.fromkeys(required)),
            "x-order": list(properties),
        }

    def keys(self) -> list[str]:
        """Identity keys with those of the types above."""
        return list(dict.fromkeys(key for one in self.lineage() for key in one.identity_keys))

    def with_below(self) -> list[int]:
        """Ids of the type and all types below it."""
        below: dict[int | None, list[int]] = {}
        for pk, parent in CIType.objects.values_list("pk", "parent_id"):
            below.setdefault(parent, []).append(pk)
        found, todo = [], [self.pk]
        while todo:
            pk = todo.pop()
            if pk not in found:
                found.append(pk)
                todo += below.get(pk, ())
        return found
