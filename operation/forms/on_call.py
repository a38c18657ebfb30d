"""Planning who is on call."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from itsm.accounts.models import Team, User
from itsm.desk.forms.fields import PeopleField
from operation.models import Rota

MOMENTS = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"]


class RotaForm(forms.ModelForm):
    people = PeopleField(
        label=gettext_lazy("People, in the order of their turns"),
        help_text=gettext_lazy("Email addresses, one a line. The first has the turn that begins on the day above."),
        widget=forms.Textarea(attrs={"rows": 6}),
    )  # fmt: skip

    class Meta:
        model = Rota
        fields = ["team", "name", "timezone", "starts_on", "handover", "days", "is_active"]
        widgets = {"starts_on": forms.DateInput(attrs={"type": "date"}), "handover": forms.TimeInput}

    def __init__(self, *args: Any, teams: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["team"].queryset = Team.objects.filter(pk__in=teams, is_active=True)  # type: ignore[attr-defined]
        self.fields["timezone"].help_text = _("An IANA name such as Europe/Oslo: handover is by the wall clock there.")
        self.fields["days"].help_text = _("7: a week each.")
        self.order_fields(["team", "name", "timezone", "starts_on", "handover", "days", "people", "is_active"])
        if self.instance.pk:
            members = self.instance.members.select_related("user")
            self.initial["people"] = "\n".join(member.user.email for member in members)

    def clean_people(self) -> list[User]:
        return list(self.cleaned_data["people"])


class StandInForm(forms.Form):
    """Somebody else for a while."""

    user = forms.ModelChoiceField(User.objects.none(), label=gettext_lazy("Who stands in"))
    begins_at = forms.DateTimeField(
        label=gettext_lazy("From"), input_formats=MOMENTS, widget=forms.DateTimeInput(attrs={"type": "datetime-local"})
    )
    ends_at = forms.DateTimeField(
        label=gettext_lazy("Until"), input_formats=MOMENTS, widget=forms.DateTimeInput(attrs={"type": "datetime-local"})
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200, required=False)

    def __init__(self, *args: Any, people: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["user"].queryset = people  # type: ignore[attr-defined]
