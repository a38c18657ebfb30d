"""Forms of availability objectives and of types of applications."""

from __future__ import annotations

from typing import Any

from django import forms

from itsm.catalogue.models import Service
from operation.models import ApplicationType, AvailabilityObjective
from operation.services import availability
from transition.models import CIType


class ObjectiveForm(forms.ModelForm):
    class Meta:
        model = AvailabilityObjective
        fields = ["service", "item", "percent"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["service"].queryset = Service.objects.live().order_by("name")
        self.fields["item"].queryset = availability.applications().order_by("name")


class ApplicationTypeForm(forms.ModelForm):
    class Meta:
        model = ApplicationType
        fields = ["type"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["type"].queryset = CIType.objects.order_by("name")
