"""What people say about themselves."""

from __future__ import annotations

import zoneinfo
from functools import lru_cache
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from itsm.accounts.models import User


@lru_cache(maxsize=1)
def time_zones() -> list[str]:
    """Zones people live in, without the historic aliases."""
    return sorted(name for name in zoneinfo.available_timezones() if "/" in name and not name.startswith("Etc/"))


class ProfileForm(forms.ModelForm):
    """How the product looks and speaks to a person, and who stands in while the person is away."""

    delegate_email = forms.EmailField(
        label=_("Who stands in for you"), required=False, help_text=_("The colleague’s email address.")
    )

    class Meta:
        model = User
        fields = ["language", "timezone", "theme", "density", "single_keys", "away_from", "away_until"]
        labels = {"single_keys": _("Single-key shortcuts"), "away_from": _("Away from"), "away_until": _("Back on")}
        help_texts = {
            "single_keys": _("Such as J and K in lists. Keys with Ctrl always work."),
            "away_until": _("Empty: until you say so. Meanwhile approvals and work go to who stands in for you."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        default = [("", _("As the installation"))]
        languages = [*default, *settings.LANGUAGES]
        self.fields["language"] = forms.ChoiceField(label=_("Language"), choices=languages, required=False)
        zones = [(name, name.replace("_", " ")) for name in time_zones()]
        own = self.instance.timezone
        if own and own not in time_zones():
            zones.insert(0, (own, own))
        self.fields["timezone"] = forms.ChoiceField(label=_("Time zone"), choices=[*default, *zones], required=False)
        if self.instance.delegate and not self.is_bound:
            self.initial["delegate_email"] = self.instance.delegate.email
        self.order_fields(
            ["language", "timezone", "theme", "density", "single_keys", "away_from", "away_until", "delegate_email"]
        )

    def clean_delegate_email(self) -> str:
        email = self.cleaned_data["delegate_email"].strip()
        self._delegate = User.objects.people().filter(email__iexact=email).first() if email else None
        if email and self._delegate is None:
            raise forms.ValidationError(_("There is no active person with this address."))
        if self._delegate is not None and self._delegate.pk == self.instance.pk:
            raise forms.ValidationError(_("You cannot stand in for yourself."))
        return email

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        start, end = data.get("away_from"), data.get("away_until")
        if end and not start:
            self.add_error("away_from", _("Say from when you are away."))
        elif start and end and end <= start:
            self.add_error("away_until", _("This has to be after the day you leave."))
        return data

    def _post_clean(self) -> None:
        super()._post_clean()
        if "delegate_email" in self.cleaned_data:
            self.instance.delegate = self._delegate
