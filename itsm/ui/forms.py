"""How Django form fields look and read: classes, native inputs and the aria attributes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django import forms
from django.forms.boundfield import BoundField
from django.forms.widgets import DateTimeBaseInput
from django.utils.safestring import SafeString

from itsm.lib.errors import Invalid, Stale

Result = TypeVar("Result")

#: Django renders dates as text; the browser's own picker wants the ISO form.
NATIVE = (
    (forms.DateTimeInput, "datetime-local", "%Y-%m-%dT%H:%M"),
    (forms.DateInput, "date", "%Y-%m-%d"),
    (forms.TimeInput, "time", "%H:%M"),
)


def kind(field: BoundField) -> str:
    """Which markup a field needs: hidden, checkbox, radios, checkboxes, file or input."""
    widget = field.field.widget
    if widget.is_hidden:
        return "hidden"
    # Order matters: the multiple choice is a subclass of the single one.
    if isinstance(widget, forms.CheckboxSelectMultiple):
        return "checkboxes"
    if isinstance(widget, forms.RadioSelect):
        return "radios"
    if isinstance(widget, forms.CheckboxInput):
        return "checkbox"
    return "file" if isinstance(widget, forms.FileInput) else "input"


def widget(field: BoundField, *, short: bool = False, rows: int | None = None, autofocus: bool = False) -> SafeString:
    """The control itself, dressed: ``{% widget form.name %}``. Label, hint and error come from ``ui/_field.html``."""
    control = field.field.widget
    attrs: dict[str, Any] = {}
    if kind(field) in ("input", "file"):
        own = control.attrs.get("class", "")
        narrow = " short" if short or isinstance(control, forms.NumberInput | DateTimeBaseInput) else ""
        attrs["class"] = f"input{narrow} {own}".strip()
    if isinstance(control, forms.Textarea):
        # Ten is what Django writes when nobody chose; a page of that is mostly white.
        own_rows = str(control.attrs.get("rows", "10"))
        attrs["rows"] = rows or (4 if own_rows == "10" else own_rows)
    placeholder, label = str(control.attrs.get("placeholder", "")).lower(), str(field.label).lower()
    if placeholder and (placeholder in label or label in placeholder):
        # A placeholder that repeats the label is noise; allauth writes them.
        del control.attrs["placeholder"]
    for cls, input_type, pattern in NATIVE:
        if isinstance(control, cls) and control.input_type == "text":
            control.input_type, control.format, control.supports_microseconds = input_type, pattern, False
            break
    # Django sets aria-describedby itself only when the field is rendered with its own template.
    described = " ".join(
        part for part in (
            f"{field.auto_id}_helptext" if field.help_text and field.auto_id else "",
            f"{field.auto_id}_error" if field.errors and field.auto_id else "",
        ) if part
    )  # fmt: skip
    if described:
        attrs["aria-describedby"] = described
    if field.errors:
        attrs["aria-invalid"] = "true"
    if autofocus:
        attrs["autofocus"] = True
    return field.as_widget(attrs=attrs)


def attempt(form: forms.Form, action: Callable[..., Result]) -> Result | None:
    """Call ``action`` with the cleaned values; what the domain finds wrong becomes messages at the fields.

    ``None`` when something was wrong. A stale write leaves what is stored now in ``form.conflict``.
    """
    form.conflict = {}  # type: ignore[attr-defined]
    if not form.is_valid():
        return None
    try:
        return action(**form.cleaned_data)
    except Invalid as error:
        for name, messages in error.fields.items():
            known = name if name in form.fields else None
            for message in messages:
                form.add_error(known, message)
    except Stale as error:
        form.conflict = error.current or {"version": ""}  # type: ignore[attr-defined]
    return None


def status(form: Any) -> int:
    """The answer's status for a form that is shown again: 409 for a stale write, 422 for bad input."""
    if getattr(form, "conflict", None):
        return 409
    return 422 if form.is_bound and form.errors else 200
