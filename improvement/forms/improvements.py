"""Forms of the improvement register."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from improvement import measures
from improvement.models import Improvement, ImprovementMeasurement
from improvement.models.improvement import BENEFITS, CONFIDENCES, EFFORTS, REACHES
from itsm.catalogue.models import Service
from itsm.desk.forms.fields import PersonField

DAY = {"type": "date"}


def _grade(label: Any, words: dict[int, Any]) -> forms.TypedChoiceField:
    choices = [("", "–"), *words.items()]
    return forms.TypedChoiceField(label=label, choices=choices, coerce=int, empty_value=None, required=False)


class ImprovementForm(forms.ModelForm):
    """What should become better, from where to where, and what it would bring and cost."""

    owner = PersonField(label=_("Owner"), help_text=_("Email address of whoever makes it happen."))
    measured_by = forms.ChoiceField(
        label=_("Measured by"), required=False,
        help_text=_("A number from data is read by itself every week; its value of today becomes the baseline."),
    )  # fmt: skip
    reach = _grade(_("Reach"), REACHES)
    benefit = _grade(_("Benefit"), BENEFITS)
    confidence = _grade(_("Confidence"), CONFIDENCES)
    effort = _grade(_("Effort"), EFFORTS)
    origin_url = forms.CharField(required=False, max_length=300, widget=forms.HiddenInput)

    class Meta:
        model = Improvement
        fields = [
            "title", "description", "area", "service", "owner", "due_on", "measured_by", "window_days", "unit",
            "baseline_value", "baseline_on", "target_value", "reach", "benefit", "confidence", "effort",
            "yearly_benefit", "benefit_words", "origin",
        ]  # fmt: skip
        widgets = {
            "description": forms.Textarea(attrs={"rows": 4}),
            "benefit_words": forms.Textarea(attrs={"rows": 2}),
            "due_on": forms.DateInput(attrs=DAY),
            "baseline_on": forms.DateInput(attrs=DAY),
        }
        help_texts = {"origin": _("Such as a review, an audit or a colleague.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["service"].queryset = Service.objects.exclude(status__in=Service.Status.ENDED).order_by("name")
        choices = [("", _("People enter it")), *measures.choices()]
        now = getattr(self.instance, "measured_by", "")
        if now and now not in dict(choices):
            choices.append((now, now))
        self.fields["measured_by"].choices = choices
        if self.instance.pk:
            del self.fields["origin_url"]

    def clean_origin_url(self) -> str:
        """Only an address of ours: it becomes a link."""
        url: str = self.cleaned_data["origin_url"]
        return url if url.startswith("/") and not url.startswith(("//", "/\\")) else ""


class MeasurementForm(forms.ModelForm):
    """How it is on a day."""

    class Meta:
        model = ImprovementMeasurement
        fields = ["measured_on", "value", "note"]
        widgets = {"measured_on": forms.DateInput(attrs=DAY)}
