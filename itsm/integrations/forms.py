"""Forms about tokens."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from itsm.integrations.scopes import WILDCARDS, Scope
from itsm.lib import clock

#: Lifetimes that are offered, in days.
LIFETIMES = (7, 30, 90, 180, 365)


def _lifetimes() -> list[tuple[int, str]]:
    most, usual = settings.API_TOKEN_MAX_DAYS, settings.API_TOKEN_DEFAULT_DAYS
    days = sorted({day for day in (*LIFETIMES, usual, most) if day <= most})
    return [(day, ngettext("%d day", "%d days", day) % day) for day in days]


def _scopes() -> list[tuple[str, str]]:
    return [(code, f"{code} – {label}") for code, label in [*Scope.choices, *WILDCARDS.items()]]


class TokenForm(forms.Form):
    """A new token."""

    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("What it is for, such as “Monitoring bridge”."))
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"), choices=_scopes, widget=forms.CheckboxSelectMultiple,
        help_text=_("A token never does more than you may do yourself."),
    )  # fmt: skip
    expires = forms.TypedChoiceField(label=_("Valid for"), choices=_lifetimes, coerce=int)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["expires"].initial = settings.API_TOKEN_DEFAULT_DAYS

    def as_wanted(self) -> dict[str, Any]:
        """What the service takes."""
        data = self.cleaned_data
        expires_at = clock.now() + timedelta(days=data["expires"])
        return {"name": data["name"], "wanted": data["scopes"], "expires_at": expires_at}
