"""Forms of subscriptions, deliveries and handovers."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from design.models import Agreement
from itsm.accounts.models import Organisation, Team
from itsm.catalogue.models import Service, ServiceOffering
from itsm.desk.forms.fields import PersonField
from itsm.sla.models import SupportLevel
from transition.models import Delivery, ExitCriterion, HandoverItem, QualityCheck, Subscription, SupportHandover

DAY = {"type": "date"}


def services() -> Any:
    """Services that something can still be delivered for."""
    return Service.objects.exclude(status__in=Service.Status.ENDED).order_by("name")


class SubscriptionForm(forms.ModelForm):
    """Who gets what, with which support level, from when."""

    class Meta:
        model = Subscription
        fields = [
            "organisation", "offering", "agreement", "support_level", "quantity", "valid_from", "valid_to", "notes",
        ]  # fmt: skip
        widgets = {
            "valid_from": forms.DateInput(attrs=DAY),
            "valid_to": forms.DateInput(attrs=DAY),
            "notes": forms.Textarea(attrs={"rows": 3}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisation"].queryset = Organisation.objects.filter(is_active=True)
        offered = ServiceOffering.objects.filter(is_active=True).select_related("service")
        self.fields["offering"].queryset = offered.order_by("service__name", "name")
        self.fields["offering"].label_from_instance = lambda one: f"{one.service}: {one}"
        self.fields["support_level"].queryset = SupportLevel.objects.filter(is_active=True, published_by="")
        agreed = Agreement.objects.filter(type=Agreement.Type.SLA, state__in=["draft", "agreed", "active"])
        self.fields["agreement"].queryset = agreed.order_by("title", "edition")
        self.fields["agreement"].label_from_instance = lambda one: f"{one.number} {one}"


class DeliveryForm(forms.ModelForm):
    """What is handed to customers, who answers for it and who accepts it."""

    owner = PersonField(label=_("Owner"), help_text=_("Email address of whoever answers for it."))
    customer = PersonField(
        label=_("Customer who accepts"), required=False, help_text=_("Email address of whoever says yes or no.")
    )

    class Meta:
        model = Delivery
        fields = ["title", "service", "description", "owner", "customer", "planned_for"]
        widgets = {"description": forms.Textarea(attrs={"rows": 5}), "planned_for": forms.DateInput(attrs=DAY)}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["service"].queryset = services()


class CheckForm(forms.ModelForm):
    class Meta:
        model = QualityCheck
        fields = ["criterion", "comparison", "wanted", "unit", "measured", "evidence"]
        widgets = {"evidence": forms.Textarea(attrs={"rows": 3})}


class ExitForm(forms.ModelForm):
    class Meta:
        model = ExitCriterion
        fields = ["text", "met"]


class HandoverForm(forms.ModelForm):
    """Which team takes over, and how support works then."""

    class Meta:
        model = SupportHandover
        fields = ["service", "team", "support_model", "articles_needed"]
        widgets = {"support_model": forms.Textarea(attrs={"rows": 6})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["service"].queryset = services()
        self.fields["team"].queryset = Team.objects.filter(is_active=True).order_by("name")


class HandoverItemForm(forms.ModelForm):
    class Meta:
        model = HandoverItem
        fields = ["topic", "detail", "required", "done", "evidence"]
        widgets = {"evidence": forms.Textarea(attrs={"rows": 3})}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("done") and not data.get("evidence", "").strip():
            self.add_error("evidence", _("Say where the proof is."))
        return data
