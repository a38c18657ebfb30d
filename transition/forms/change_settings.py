"""Forms of what change enablement keeps in the settings."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from itsm.accounts.models import Team
from itsm.desk.forms.fields import LinesField
from transition.forms.changes import living, moment
from transition.models import ApprovalRule, ChangeTemplate, FreezeWindow, MaintenanceWindow, RiskQuestion


class FreezeForm(forms.ModelForm):
    starts_at = moment(_("From"))
    ends_at = moment(_("Until"))

    class Meta:
        model = FreezeWindow
        fields = ["name", "reason", "starts_at", "ends_at", "services", "is_active"]
        widgets = {"services": forms.SelectMultiple(attrs={"size": 8})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["services"].queryset = living()


class MaintenanceForm(forms.ModelForm):
    class Meta:
        model = MaintenanceWindow
        fields = ["name", "weekday", "starts_at", "minutes", "timezone", "services", "is_active"]
        widgets = {
            "services": forms.SelectMultiple(attrs={"size": 8}),
            "starts_at": forms.TimeInput(attrs={"type": "time"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["services"].queryset = living()


class OptionsField(LinesField):
    """Answers, one a line: points first, then the words."""

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, list) and all(isinstance(one, dict) for one in value):
            return "\n".join(f"{one['points']} {one['label']}" for one in value)
        return value

    def to_python(self, value: Any) -> Any:
        found = []
        for line in super().to_python(value):
            points, _space, label = line.partition(" ")
            if not points.isdigit() or len(points) > 3 or not label.strip():
                raise ValidationError(
                    _now("“%(line)s”: points first, then the answer."), params={"line": line[:60]}
                )  # fmt: skip
            found.append({"label": label.strip(), "points": int(points)})
        return found

    def run_validators(self, value: Any) -> None:
        """The model checks them."""


class QuestionForm(forms.ModelForm):
    options = OptionsField(
        label=_("Answers"), help_text=_("One a line: points (0 to 50), then the words. “0 Nobody notices”"),
        widget=forms.Textarea(attrs={"rows": 5}),
    )  # fmt: skip

    class Meta:
        model = RiskQuestion
        fields = ["text", "hint", "options", "position", "is_active"]


class RuleForm(forms.ModelForm):
    class Meta:
        model = ApprovalRule
        fields = ["change_type", "from_score", "level", "role", "team", "rule", "quorum", "days", "in_meeting"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["team"].queryset = Team.objects.filter(is_active=True)


class TemplateForm(forms.ModelForm):
    tasks = LinesField(label=_("Tasks"), required=False, help_text=_("One a line; each change made from it has them."))

    class Meta:
        model = ChangeTemplate
        fields = [
            "name", "description", "service", "team", "implementation_plan", "test_plan", "backout_plan", "tasks",
            "minutes", "outage_minutes", "is_active",
        ]  # fmt: skip
        widgets = {
            "description": forms.Textarea(attrs={"rows": 3}), "implementation_plan": forms.Textarea(attrs={"rows": 6}),
            "test_plan": forms.Textarea(attrs={"rows": 3}), "backout_plan": forms.Textarea(attrs={"rows": 4}),
        }  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["service"].queryset = living()
        self.fields["team"].queryset = Team.objects.filter(is_active=True, is_restricted=False)
