"""Form fields of the settings pages: what people type, and what is stored."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.urls import reverse_lazy
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from itsm.accounts.models import User
from itsm.sla.validators import validate_spans
from itsm.tickets import kinds

# ---------- people ----------

_ADDRESS = re.compile(r"<([^<>\s]+@[^<>\s]+)>\s*$")


class PersonInput(forms.TextInput):
    """An email address with suggestions while typing; without script the address alone is enough."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        list_id = f"{(attrs or {}).get('id', name)}-people"
        more = {
            "list": list_id, "autocomplete": "off", "spellcheck": "false",
            "hx-get": reverse_lazy("desk:settings-suggest"),
            "hx-trigger": "input changed delay:250ms", "hx-target": f"#{list_id}", "hx-sync": "this:replace",
        }  # fmt: skip
        box = super().render(name, value, {**(attrs or {}), **more}, renderer)
        return format_html('{}<datalist id="{}"></datalist>', box, list_id)


class PersonField(forms.CharField):
    """A person by email address (or ``Name <address>``), or by a name only one person has."""

    widget = PersonInput

    def __init__(self, people: QuerySet[User] | None = None, **kwargs: Any) -> None:
        self.people = people
        super().__init__(**{"max_length": 300, **kwargs})

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, int):
            value = User.objects.filter(pk=value).first()
        return value.email if isinstance(value, User) else value

    def to_python(self, value: Any) -> User | None:  # type: ignore[override]
        text = str(super().to_python(value) or "").strip()
        if not text:
            return None
        return one_person(text, self.people if self.people is not None else User.objects.people())

    def validate(self, value: Any) -> None:
        if self.required and value is None:
            raise ValidationError(self.error_messages["required"], code="required")

    def run_validators(self, value: Any) -> None:
        """The limit of length is the browser's; a person has none."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        return (self.prepare_value(initial) or "") != (data or "")


def one_person(text: str, people: QuerySet[User]) -> User:
    """The one person a text names; ``ValidationError`` when there is none, or several."""
    match = _ADDRESS.search(text)
    address = match.group(1) if match else text
    found = list(people.filter(email__iexact=address)[:1]) or list(people.filter(name__iexact=text)[:2])
    if len(found) == 1:
        return found[0]
    if found:
        raise ValidationError(_("Several people are called “%(text)s”: give the email address."), params={"text": text})
    raise ValidationError(_("Nobody active has the address or name “%(text)s”."), params={"text": text})


class PeopleField(forms.CharField):
    """Several people, one a line; given back as a list."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"widget": forms.Textarea(attrs={"rows": 3}), "max_length": 20_000, **kwargs})

    def to_python(self, value: Any) -> list[User]:  # type: ignore[override]
        texts = re.split(r"[\n;,]+", str(super().to_python(value) or ""))
        found: dict[int, User] = {}
        for text in filter(None, (text.strip() for text in texts)):
            person = one_person(text, User.objects.people())
            found[person.pk] = person
        return list(found.values())

    def run_validators(self, value: Any) -> None:
        """What to_python gives is checked there."""


# ---------- lists and lines ----------


class LinesField(forms.CharField):
    """A list of texts, one a line; doubles and empty lines are dropped."""

    def __init__(self, *, longest: int = 200, **kwargs: Any) -> None:
        self.longest = longest
        super().__init__(**{"widget": forms.Textarea(attrs={"rows": 4}), **kwargs})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(map(str, value)) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        text = super().to_python(value) or ""
        lines = list(dict.fromkeys(filter(None, (" ".join(line.split()) for line in str(text).splitlines()))))
        for line in lines:
            if len(line) > self.longest:
                raise ValidationError(
                    _("“%(line)s…” is longer than %(longest)d characters."),
                    params={"line": line[:40], "longest": self.longest},
                )
        return lines

    def run_validators(self, value: Any) -> None:
        """Each line has been checked."""

    def validate(self, value: Any) -> None:
        if self.required and not value:
            raise ValidationError(self.error_messages["required"], code="required")


class ManyField(forms.TypedMultipleChoiceField):
    """Several choices as check boxes, stored as a list."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"widget": forms.CheckboxSelectMultiple, "required": False, "empty_value": [], **kwargs})


# ---------- spans of time ----------

_UNITS = {"": 1, "m": 1, "h": 60, "d": 1440, "w": 10080}
_PART = re.compile(
    r"(\d+(?:[.,]\d+)?)\s*(m(?:in(?:ute)?s?)?|h(?:(?:ou)?rs?)?|d(?:ays?)?|w(?:eeks?)?)?(?![a-z])", re.IGNORECASE
)


def minutes_of(text: str) -> int | None:
    """Minutes from ``4h 30m``, ``90``, ``1.5h``, ``2d`` or ``01:30``; ``None`` when it is none of these.

    A day is 24 hours of working time, not a working day: a target counts hours of cover.
    """
    text = text.strip()
    clock = re.fullmatch(r"(\d{1,4}):([0-5]\d)", text)
    if clock:
        return int(clock[1]) * 60 + int(clock[2])
    parts = _PART.findall(text)
    if not parts or _PART.sub("", text).strip(" ,"):
        return None
    return round(sum(float(amount.replace(",", ".")) * _UNITS[unit[:1].lower()] for amount, unit in parts))


def as_duration(minutes: int | None) -> str:
    """``4h 30m``: what ``minutes_of`` reads back, the same in every language."""
    hours, rest = divmod(int(minutes or 0), 60)
    return " ".join(filter(None, [f"{hours}h" if hours else "", f"{rest}m" if rest else ""]))


class MinutesField(forms.CharField):
    """A span of time as people write it, stored in minutes."""

    def __init__(self, *, least: int = 1, most: int = 525_600, **kwargs: Any) -> None:
        self.least, self.most = least, most
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        return as_duration(value) if isinstance(value, int) else value

    def to_python(self, value: Any) -> int | None:  # type: ignore[override]
        text = str(super().to_python(value) or "")
        if not text:
            return None
        found = minutes_of(text)
        if found is None:
            raise ValidationError(_("Write a time such as 30m, 4h or 4h 30m."))
        if not self.least <= found <= self.most:
            raise ValidationError(_("Between one minute and one year."))
        return found

    def validate(self, value: Any) -> None:
        if self.required and value is None:
            raise ValidationError(self.error_messages["required"], code="required")

    def run_validators(self, value: Any) -> None:
        """The limits have been checked."""


_SPAN = re.compile(r"(\d{1,2}(?::\d{2})?)\s*(?:-|–|—|to)\s*(\d{1,2}(?::\d{2})?)", re.IGNORECASE)


class SpansField(forms.CharField):
    """The hours of a day, several spans with breaks between: ``09:00-12:30, 13:30-17:00``."""

    def prepare_value(self, value: Any) -> Any:
        return spans_text(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[list[str]]:  # type: ignore[override]
        text = str(super().to_python(value) or "")
        spans = [[_clock(start), _clock(end)] for start, end in _SPAN.findall(text)]
        if re.sub(r"[\s,;+]", "", _SPAN.sub("", text)):
            raise ValidationError(_("Write hours as 09:00-12:30, 13:30-17:00."))
        validate_spans(spans)
        return spans

    def run_validators(self, value: Any) -> None:
        """The spans have been checked."""

    def validate(self, value: Any) -> None:
        if self.required and not value:
            raise ValidationError(self.error_messages["required"], code="required")


def spans_text(spans: Iterable[Iterable[str]]) -> str:
    return ", ".join("-".join(span) for span in spans)


def _clock(text: str) -> str:
    hours, _colon, minutes = text.partition(":")
    return f"{int(hours):02}:{minutes or '00'}"


# ---------- trees and kinds ----------


def kind_field(*, empty: Any = None, label: Any = None) -> forms.ChoiceField:
    """A kind of ticket. ``empty`` is the words for "every kind", where that is possible."""

    def choices() -> list[tuple[str, Any]]:
        return ([("", empty)] if empty is not None else []) + kinds.choices()

    return forms.ChoiceField(label=label or _("Kind of ticket"), choices=choices, required=empty is None)


def refuse_loop(obj: Model, above: Any, attribute: str) -> None:
    """Refuse to put a row below itself: walks up from the row it is put under."""
    seen: set[Any] = set()
    while above is not None and above.pk not in seen:
        if above.pk == obj.pk:
            raise ValidationError(_("That would be a circle: “%(name)s” lies below this one."), params={"name": above})
        seen.add(above.pk)
        above = getattr(above, attribute)
