"""Values of the fields an organisation added: checked against ``CustomField`` rows."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from itsm.lib.errors import Invalid
from itsm.tickets.models import CustomField


def fields_of(kind: str, *, on_portal: bool = False) -> list[CustomField]:
    """The active custom fields of a kind, in their order."""
    found = CustomField.objects.filter(kind=kind, is_active=True)
    return list(found.filter(on_portal=True) if on_portal else found)


def clean(kind: str, answers: dict[str, Any], *, on_portal: bool, partial: bool = False) -> dict[str, Any]:
    """Checked values by code; ``Invalid`` names each bad one as ``custom.<code>``.

    ``partial`` checks only what is given (an edit); otherwise required fields must be there.
    """
    fields = {field.code: field for field in fields_of(kind)}
    errors: dict[str, str] = {f"custom.{code}": _("There is no such field.") for code in answers if code not in fields}
    values: dict[str, Any] = {}
    for code, field in fields.items():
        if code not in answers:
            asked = field.on_portal or not on_portal
            if field.required and asked and not partial:
                errors[f"custom.{code}"] = _("This field is required.")
            continue
        try:
            values[code] = _value(field, answers[code])
        except ValueError as error:
            errors[f"custom.{code}"] = str(error)
    if errors:
        raise Invalid(errors)
    return values


def _value(field: CustomField, raw: Any) -> Any:
    if raw in (None, ""):
        if field.required:
            raise ValueError(_("This field is required."))
        return None
    match field.type:
        case CustomField.Type.NUMBER:
            try:
                number = Decimal(str(raw))
            except InvalidOperation:
                number = Decimal("NaN")
            if not number.is_finite():
                raise ValueError(_("Enter a number."))
            return str(number)
        case CustomField.Type.DATE:
            try:
                return date.fromisoformat(str(raw)).isoformat()
            except ValueError:
                raise ValueError(_("Enter a date as YYYY-MM-DD.")) from None
        case CustomField.Type.CHOICE:
            if raw not in field.choices:
                raise ValueError(_("Choose one of: %(choices)s.") % {"choices": ", ".join(map(str, field.choices))})
            return raw
        case CustomField.Type.YES_NO:
            if str(raw).lower() in ("true", "1", "yes", "on"):
                return True
            if str(raw).lower() in ("false", "0", "no", "off"):
                return False
            raise ValueError(_("Answer yes or no."))
        case CustomField.Type.TEXT if len(str(raw)) > 500:
            raise ValueError(_("At most 500 characters."))
        case _ if len(str(raw)) > 20_000:
            raise ValueError(_("At most 20,000 characters."))
    return str(raw)
