"""Forms of cost and value."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from itsm.accounts.models import Organisation
from itsm.catalogue.models import Service
from itsm.desk.forms.fields import PersonField
from strategy import drivers
from strategy.forms.planning import DAY
from strategy.models import (
    AllocationRule,
    AllocationShare,
    Budget,
    CostCentre,
    CostItem,
    Goal,
    Tariff,
    ValueEntry,
    ValueMeasure,
)
from strategy.states import GoalState


def services() -> Any:
    """Services that cost something: not those that were rejected."""
    return Service.objects.exclude(status=Service.Status.REJECTED).order_by("name")


class CentreForm(forms.ModelForm):
    owner = PersonField(label=_("Owner"), help_text=_("Email address of whoever answers for it."))

    class Meta:
        model = CostCentre
        fields = ["code", "name", "owner", "organisation", "serves_desk", "description"]
        widgets = {"description": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisation"].queryset = Organisation.objects.filter(is_active=True)


class ItemForm(forms.ModelForm):
    """What is paid for, for which service or cost centre, how much, how often, from when."""

    class Meta:
        model = CostItem
        fields = [
            "title", "service", "cost_centre", "kind", "expenditure", "recurrence", "amount", "currency", "rate",
            "starts_on", "ends_on", "spread_months", "contract", "note",
        ]  # fmt: skip
        widgets = {
            "starts_on": forms.DateInput(attrs=DAY), "ends_on": forms.DateInput(attrs=DAY),
            "note": forms.Textarea(attrs={"rows": 3}),
        }  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["service"].queryset = services()
        self.fields["cost_centre"].queryset = CostCentre.objects.active().order_by("code")


class BudgetForm(forms.ModelForm):
    class Meta:
        model = Budget
        fields = ["title", "service", "starts_on", "months", "amount", "note"]
        widgets = {"starts_on": forms.DateInput(attrs=DAY), "note": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["service"].queryset = services()


class RuleForm(forms.ModelForm):
    """Which cost centre, by what is counted, among whom."""

    driver = forms.ChoiceField(label=_("Allocated by"))

    class Meta:
        model = AllocationRule
        fields = ["cost_centre", "driver", "services", "note"]
        widgets = {"services": forms.SelectMultiple(attrs={"size": 6}), "note": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["driver"].choices = [*drivers.choices(), (drivers.FIXED, _("Fixed shares"))]
        self.fields["cost_centre"].queryset = CostCentre.objects.active().order_by("code")
        self.fields["services"].queryset = services()


class ShareForm(forms.ModelForm):
    class Meta:
        model = AllocationShare
        fields = ["service", "percent"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["service"].queryset = services()


class TariffForm(forms.ModelForm):
    unit = forms.ChoiceField(label=_("Counted in"), help_text=_("What its use is counted in."))

    class Meta:
        model = Tariff
        fields = ["service", "unit", "basis", "price", "note"]
        widgets = {"note": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].choices = drivers.choices()
        self.fields["service"].queryset = services()


class MeasureForm(forms.ModelForm):
    owner = PersonField(label=_("Owner"), help_text=_("Email address of who says each month what it brought."))

    class Meta:
        model = ValueMeasure
        fields = ["title", "service", "goal", "owner", "kind", "planned", "description"]
        widgets = {"description": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["service"].queryset = services()
        self.fields["goal"].queryset = Goal.objects.exclude(state=GoalState.ABANDONED).order_by("title")


class EntryForm(forms.ModelForm):
    class Meta:
        model = ValueEntry
        fields = ["month", "amount", "note"]
        widgets = {"month": forms.DateInput(attrs=DAY)}


class ReasonForm(forms.Form):
    """Why a closed month is opened again."""

    reason = forms.CharField(label=_("Reason"), max_length=2_000, widget=forms.Textarea(attrs={"rows": 2}))
