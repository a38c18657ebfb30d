"""Announcing outages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from itsm.catalogue.models import Service
from operation.models import Outage
from operation.services import outages
from operation.states import OutageKind


class OutageForm(forms.Form):
    """What is told, about which services, from when to when."""

    services = forms.ModelMultipleChoiceField(
        Service.objects.none(), label=_("Services"), widget=forms.SelectMultiple(attrs={"size": 6}),
        error_messages={"required": _("Choose at least one service.")},
    )  # fmt: skip
    kind = forms.ChoiceField(label=_("What people notice"), choices=OutageKind.choices, widget=forms.RadioSelect)
    title = forms.CharField(
        label=_("Title"), max_length=160,
        help_text=_("What people notice, such as “Card payments fail in the web shop”."),
    )  # fmt: skip
    message = forms.CharField(
        label=_("Message"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("What is done about it, and what people can do meanwhile. Everybody who uses them sees it."),
    )  # fmt: skip
    begins_at = forms.DateTimeField(
        label=_("From"), required=False, help_text=_("Empty: now."), widget=forms.DateTimeInput,
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
    )  # fmt: skip
    ends_at = forms.DateTimeField(
        label=_("Expected until"), required=False, widget=forms.DateTimeInput,
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
    )  # fmt: skip

    def __init__(self, *args: Any, outage: Outage | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.outage = outage
        self.fields["services"].queryset = Service.objects.exclude(status__in=Service.Status.ENDED).order_by("name")
        if outage is not None:
            self.fields["version"] = forms.IntegerField(
                widget=forms.HiddenInput, required=False, initial=outage.version
            )
            self.fields["begins_at"].required = True

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        begins, ends = data.get("begins_at"), data.get("ends_at")
        if begins and ends and ends < begins:
            self.add_error("ends_at", _("The end lies before the beginning."))
        if begins and self.outage is not None and outages.lies_ahead(self.outage, begins):
            self.add_error("begins_at", _("It has begun already: the beginning cannot lie ahead."))
        return data

    def values(self) -> dict[str, Any]:
        """Keywords of ``outages.announce`` and ``outages.edit``."""
        return {
            name: self.cleaned_data[name] for name in ("title", "message", "kind", "begins_at", "ends_at", "services")
        }
