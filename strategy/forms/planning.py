"""Forms of the strategy stage."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from itsm.accounts.models import Organisation, Team
from itsm.catalogue.models import Service, ServiceOffering
from itsm.desk.forms.fields import PersonField
from strategy import measures
from strategy.models import (
    AcceptanceCriterion,
    BusinessCase,
    BusinessRequirement,
    Goal,
    KeyResult,
    PortfolioDecision,
)
from strategy.states import GoalState, RequirementState

DAY = {"type": "date"}


class GoalForm(forms.ModelForm):
    """What is to be reached, by when, as a part of what."""

    owner = PersonField(label=_("Owner"), help_text=_("Email address of whoever answers for it."))

    class Meta:
        model = Goal
        fields = ["title", "description", "owner", "parent", "weight", "starts_on", "ends_on"]
        widgets = {
            "description": forms.Textarea(attrs={"rows": 4}),
            "starts_on": forms.DateInput(attrs=DAY),
            "ends_on": forms.DateInput(attrs=DAY),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = Goal.objects.exclude(state__in=GoalState.ENDED).order_by("title")
        self.fields["parent"].queryset = rows.exclude(pk=self.instance.pk) if self.instance.pk else rows


class KeyResultForm(forms.ModelForm):
    """How far a goal is, said by people or read from a measure every day."""

    measured_by = forms.ChoiceField(
        label=_("Measured by"), required=False,
        help_text=_("What is read every day takes the place of check-ins. Choose “People check in” to unbind it."),
    )  # fmt: skip

    class Meta:
        model = KeyResult
        fields = [
            "title", "unit", "baseline", "target", "current", "weight", "measured_by", "service", "team", "window_days",
        ]  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = self.instance.measured_by
        known = measures.choices()
        gone = [(own, measures.label(own))] if own and own not in dict(known) else []
        self.fields["measured_by"].choices = [("", _("People check in")), *known, *gone]
        self.fields["service"].queryset = Service.objects.order_by("name")
        self.fields["team"].queryset = Team.objects.filter(is_active=True).order_by("name")
        self.fields["window_days"].required = False

    def clean_window_days(self) -> int:
        given: int | None = self.cleaned_data["window_days"]
        return self.instance.window_days if given is None else given


class RequirementForm(forms.ModelForm):
    """Who needs what, how much it matters, and what it serves."""

    wanted_by = PersonField(label=_("Wanted by"), required=False, help_text=_("Email address of whoever asked."))

    class Meta:
        model = BusinessRequirement
        fields = ["title", "description", "organisation", "wanted_by", "priority", "goals", "services"]
        widgets = {
            "description": forms.Textarea(attrs={"rows": 5}),
            "goals": forms.SelectMultiple(attrs={"size": 5}),
            "services": forms.SelectMultiple(attrs={"size": 6}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisation"].queryset = Organisation.objects.filter(is_active=True)
        self.fields["goals"].queryset = Goal.objects.exclude(state__in=GoalState.ENDED).order_by("title")
        self.fields["services"].queryset = Service.objects.exclude(status__in=Service.Status.ENDED).order_by("name")


class CriterionForm(forms.ModelForm):
    class Meta:
        model = AcceptanceCriterion
        fields = ["text"]


class CaseForm(forms.ModelForm):
    """Reason, options, money, risk and fit of an investment in a service."""

    owner = PersonField(label=_("Owner"), help_text=_("Email address of whoever answers for it."))

    class Meta:
        model = BusinessCase
        fields = [
            "title", "service", "owner", "investment", "reason", "options", "goals", "requirements", "one_off_cost",
            "yearly_cost", "yearly_value", "years", "discount_percent", "risk", "fit", "decide_by",
        ]  # fmt: skip
        widgets = {
            "reason": forms.Textarea(attrs={"rows": 4}),
            "options": forms.Textarea(attrs={"rows": 4}),
            "goals": forms.SelectMultiple(attrs={"size": 5}),
            "requirements": forms.SelectMultiple(attrs={"size": 5}),
            "decide_by": forms.DateInput(attrs=DAY),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["service"].queryset = Service.objects.exclude(status__in=Service.Status.ENDED).order_by("name")
        self.fields["goals"].queryset = Goal.objects.exclude(state__in=GoalState.ENDED).order_by("title")
        self.fields["requirements"].queryset = BusinessRequirement.objects.exclude(
            state=RequirementState.REJECTED
        ).order_by("title")


class CheckInForm(forms.Form):
    value = forms.DecimalField(label=_("Stands at"), max_digits=14, decimal_places=2)
    note = forms.CharField(label=_("Note"), required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 3}))


class DecisionForm(forms.ModelForm):
    class Meta:
        model = PortfolioDecision
        fields = ["verdict", "reason", "review_on"]
        widgets = {"reason": forms.Textarea(attrs={"rows": 3}), "review_on": forms.DateInput(attrs=DAY)}


class ProposalForm(forms.Form):
    """A service that does not exist yet."""

    name = forms.CharField(label=_("Name"), max_length=120)
    description = forms.CharField(
        label=_("What it would do, for whom"), max_length=20_000, widget=forms.Textarea(attrs={"rows": 4})
    )
    owner = PersonField(label=_("Owner"), required=False, help_text=_("Email address; can be named later."))


class DemandForm(forms.Form):
    """How often an offering is expected to be wanted in a month; a month that is planned already is planned anew."""

    offering = forms.ModelChoiceField(ServiceOffering.objects.none(), label=_("Offering"))
    month = forms.DateField(label=_("Month"), widget=forms.DateInput(attrs=DAY))
    expected = forms.IntegerField(label=_("Expected"), min_value=0, max_value=2_000_000_000)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = ServiceOffering.objects.filter(is_active=True).select_related("service")
        self.fields["offering"].queryset = rows.order_by("service__name", "name")

    def clean_month(self) -> Any:
        """A month is kept as its first day."""
        return self.cleaned_data["month"].replace(day=1)
