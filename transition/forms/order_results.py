"""The form of what orders leave behind."""

from __future__ import annotations

from typing import Any

from django import forms

from itsm.catalogue.models import ServiceOffering
from itsm.sla.models import SupportLevel
from transition.models import CIType, OrderResult


class OrderResultForm(forms.ModelForm):
    class Meta:
        model = OrderResult
        fields = ["offering", "kind", "subscribe_to", "support_level", "item_type", "is_active"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offerings = ServiceOffering.objects.order_by("name")
        self.fields["offering"].queryset = offerings.filter(kind=ServiceOffering.Kind.REQUEST)
        self.fields["subscribe_to"].queryset = offerings.filter(is_active=True)
        # Levels that an agreement published are chosen with the agreement.
        self.fields["support_level"].queryset = SupportLevel.objects.filter(is_active=True, published_by="")
        self.fields["item_type"].queryset = CIType.objects.filter(is_active=True).order_by("name")
