"""Forms of event sources and monitors."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from itsm.accounts.models import Team
from itsm.catalogue.models import Service
from operation.models import EventSource, Monitor
from operation.services import monitors


class SourceForm(forms.ModelForm):
    class Meta:
        model = EventSource
        fields = ["name", "tool", "service", "team", "opens_from", "window_minutes", "stale_hours", "is_active"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["service"].queryset = Service.objects.live().order_by("name")
        self.fields["team"].queryset = Team.objects.filter(is_active=True).order_by("name")


class MonitorForm(forms.ModelForm):
    class Meta:
        model = Monitor
        fields = [
            "name", "probe", "target", "expect_status", "every_seconds", "timeout_seconds", "fails_after", "severity",
            "service", "is_active",
        ]  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["service"].queryset = Service.objects.live().order_by("name")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("probe") and data.get("target"):
            try:
                monitors.check_target(data["probe"], data["target"])
            except ValidationError as error:
                self.add_error("target", error)
        return data
