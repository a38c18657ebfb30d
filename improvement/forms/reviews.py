"""What a review notes: month and people, findings, actions; and how drafts are made."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from improvement.models import ReviewAction, ReviewFinding, ReviewPlan, ServiceReview
from improvement.reports.kpis import definition
from itsm.catalogue.models import Service
from itsm.desk.forms.fields import PeopleField, PersonField

DAY = {"type": "date"}


class ReviewForm(forms.ModelForm):
    """Which service and month, who took part, and the minutes."""

    chair = PersonField(label=_("Chaired by"), help_text=_("Email address."))
    attendees = PeopleField(label=_("Who took part"), required=False, help_text=_("Email addresses, one a line."))

    class Meta:
        model = ServiceReview
        fields = ["service", "month", "chair", "attendees", "guests", "minutes"]
        widgets = {"month": forms.DateInput(attrs=DAY), "minutes": forms.Textarea(attrs={"rows": 10})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["service"].queryset = Service.objects.order_by("name")
        self.fields["service"].empty_label = str(_("All services"))
        if self.instance.pk:
            self.initial["attendees"] = "\n".join(person.email for person in self.instance.attendees.order_by("name"))


class FindingForm(forms.ModelForm):
    """What was noticed, and about which number."""

    kpi = forms.ChoiceField(label=_("About"), required=False)

    class Meta:
        model = ReviewFinding
        fields = ["text", "kpi"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = [(one.code, str(one.name)) for one in definition.all_of_them()]
        self.fields["kpi"].choices = [("", _("no number")), *named]


class ActionForm(forms.ModelForm):
    """What somebody does, by when."""

    owner = PersonField(label=_("Owner"), help_text=_("Email address of whoever does it."))

    class Meta:
        model = ReviewAction
        fields = ["text", "owner", "due_on"]
        widgets = {"due_on": forms.DateInput(attrs=DAY)}


class PlanForm(forms.ModelForm):
    """Whether drafts make themselves."""

    class Meta:
        model = ReviewPlan
        fields = ["automatic", "critical_only", "with_all"]
