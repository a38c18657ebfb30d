"""Forms of agreements and their targets."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from design.agreement_states import AgreementType
from design.models import Agreement, AgreementTarget
from itsm.accounts.models import Team
from itsm.catalogue.models import Service
from itsm.desk.forms.fields import ManyField, MinutesField, PersonField, kind_field
from itsm.tickets.models import HoldReason


class AgreementForm(forms.ModelForm):
    """Between whom, about what, at which hours, from when to when."""

    owner = PersonField(label=_("Owner"), help_text=_("Email address of whoever keeps it."))

    class Meta:
        model = Agreement
        fields = [
            "title", "type", "services", "customer", "provider_team", "customer_team", "supplier", "contract",
            "support_level", "calendar", "owner", "starts_on", "ends_on", "description",
        ]  # fmt: skip
        widgets = {
            "services": forms.SelectMultiple(attrs={"size": 7}),
            "starts_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "ends_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "description": forms.Textarea(attrs={"rows": 4}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        usable = ~Q(status__in=Service.Status.ENDED)
        if self.instance.pk:
            usable |= Q(agreements=self.instance)
        self.fields["services"].queryset = Service.objects.filter(usable).distinct().order_by("name")
        for name in ("provider_team", "customer_team"):
            self.fields[name].queryset = Team.objects.filter(is_active=True).order_by("name")


class TargetForm(forms.ModelForm):
    """One promise of an agreement."""

    kind = kind_field()
    minutes = MinutesField(label=_("Within"), help_text=_("Working time, such as 30m, 4h or 2d 4h."))
    pause_reasons = ManyField(
        label=_("Waiting that pauses the clock"),
        help_text=_("While a ticket waits for one of these, the clock stands still."),
    )

    class Meta:
        model = AgreementTarget
        fields = ["kind", "metric", "priority", "minutes", "calendar", "warn_percent", "pause_reasons"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.agreement.type == AgreementType.OLA:
            del self.fields["pause_reasons"]
            return
        chosen = self.instance.pause_reasons
        reasons = HoldReason.objects.filter(Q(is_active=True) | Q(code__in=chosen))
        self.fields["pause_reasons"].choices = list(reasons.values_list("code", "label"))
