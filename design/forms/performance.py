"""Forms of performance targets and redundant groups."""

from __future__ import annotations

from typing import Any

from django import forms

from design.models import PerformanceTarget, RedundancyGroup
from itsm.catalogue.models import Service


class PerformanceForm(forms.ModelForm):
    """What the whole has to deliver, what the service delivers by itself, and what is asked of it."""

    class Meta:
        model = PerformanceTarget
        fields = [
            "service", "availability", "latency_ms", "throughput", "rto_minutes", "rpo_minutes", "own_availability",
            "own_latency_ms", "capacity", "own_recovery_minutes", "own_data_loss_minutes", "demand",
            "headroom_percent", "description",
        ]  # fmt: skip
        widgets = {"description": forms.Textarea(attrs={"rows": 4})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = Service.objects.exclude(status__in=Service.Status.ENDED)
        if self.instance.pk:
            rows = rows | Service.objects.filter(pk=self.instance.service_id)
        self.fields["service"].queryset = rows.order_by("name")


class GroupForm(forms.ModelForm):
    """What the service needs only some of."""

    class Meta:
        model = RedundancyGroup
        fields = ["name", "members", "required"]
        widgets = {"members": forms.CheckboxSelectMultiple}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["members"].queryset = self.instance.target.service.dependencies.order_by("name")
