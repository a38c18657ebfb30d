"""Forms of releases, deployments and meetings of the board."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from itsm.desk.forms.fields import PeopleField, PersonField
from transition.forms.changes import living, moment
from transition.models import CABMeeting, Deployment, Release
from transition.states.changes import Decision, ReleaseState


class ReleaseForm(forms.ModelForm):
    """What is released, who answers for it, and when."""

    owner = PersonField(label=_("Owner"), help_text=_("Email address of whoever answers for it."))

    class Meta:
        model = Release
        fields = [
            "title", "release_version", "size", "services", "owner", "planned_for", "description", "known_defects",
        ]  # fmt: skip
        widgets = {
            "services": forms.SelectMultiple(attrs={"size": 6}), "description": forms.Textarea(attrs={"rows": 5}),
            "known_defects": forms.Textarea(attrs={"rows": 3}), "planned_for": forms.DateInput(attrs={"type": "date"}),
        }  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["services"].queryset = living()


class DeploymentForm(forms.ModelForm):
    planned_at = moment(_("Planned for"))

    class Meta:
        model = Deployment
        fields = ["release", "environment", "planned_at", "notes"]
        widgets = {"notes": forms.Textarea(attrs={"rows": 4})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = Release.objects.exclude(state__in=[ReleaseState.CLOSED, ReleaseState.CANCELLED])
        if self.instance.pk:
            rows = rows | Release.objects.filter(pk=self.instance.release_id)
        self.fields["release"].queryset = rows.order_by("-id")
        self.fields["release"].label_from_instance = lambda one: f"{one.number} {one}"


class MeetingForm(forms.ModelForm):
    starts_at = moment(_("Begin"))
    chair = PersonField(label=_("Chair"), help_text=_("Email address."))
    attendees = PeopleField(
        label=_("Who takes part"), required=False, help_text=_("Email addresses or names, one a line.")
    )  # fmt: skip

    class Meta:
        model = CABMeeting
        fields = ["title", "starts_at", "place", "chair", "attendees", "minutes"]
        widgets = {"minutes": forms.Textarea(attrs={"rows": 8})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and not self.is_bound:
            self.initial["attendees"] = "\n".join(one.email for one in self.instance.attendees.all())


class AgendaForm(forms.Form):
    change = forms.CharField(label=_("Change"), max_length=40, help_text=_("Its number, such as CHG-12."))


class DecisionForm(forms.Form):
    decision = forms.ChoiceField(
        label=_("Decision"), choices=[(one.value, one.label) for one in Decision if one != Decision.PENDING]
    )
    note = forms.CharField(label=_("Note"), max_length=2_000, required=False)
