"""Forms of the risk register."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from itsm.catalogue.models import Service
from itsm.desk.forms.fields import PersonField
from operation.models import Control, Risk
from operation.models.risk import IMPACTS, LIKELIHOODS
from operation.states import ControlState


def _grades(label: Any, words: dict[int, Any]) -> forms.TypedChoiceField:
    choices = [("", "–"), *words.items()]
    return forms.TypedChoiceField(label=label, choices=choices, coerce=int, empty_value=None, required=False)


class RiskForm(forms.ModelForm):
    """What may happen, to which services, and what is known about it."""

    owner = PersonField(label=_("Owner"), help_text=_("Email address of whoever answers for it."))
    likelihood = _grades(_("Likelihood"), LIKELIHOODS)
    impact = _grades(_("Impact"), IMPACTS)

    class Meta:
        model = Risk
        fields = ["title", "description", "owner", "services", "controls", "likelihood", "impact", "review_on"]
        widgets = {
            "description": forms.Textarea(attrs={"rows": 5}),
            "review_on": forms.DateInput(attrs={"type": "date"}),
            "services": forms.SelectMultiple(attrs={"size": 6}),
            "controls": forms.SelectMultiple(attrs={"size": 6}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["services"].queryset = Service.objects.exclude(status__in=Service.Status.ENDED).order_by("name")
        self.fields["controls"].queryset = Control.objects.exclude(state=ControlState.RETIRED).order_by("title")


class ControlForm(forms.ModelForm):
    """A measure, who answers for it, and how often it is tested."""

    owner = PersonField(label=_("Owner"), help_text=_("Email address of whoever answers for it."))

    class Meta:
        model = Control
        fields = ["title", "description", "owner", "test_every_days"]
        widgets = {"description": forms.Textarea(attrs={"rows": 5})}
