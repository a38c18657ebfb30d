"""Who decides: the questions that policies of steps and offerings share."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from itsm.accounts.models import Team, User
from itsm.accounts.roles import Role
from itsm.approvals.models import Round
from itsm.desk.forms.fields import ManyField, PeopleField


class Approvers(forms.Form):
    """A part of a form: whom to ask, how many must agree, and by when."""

    by_manager = forms.BooleanField(label=gettext_lazy("The requester’s manager"), required=False)
    by_owner = forms.BooleanField(label=gettext_lazy("The service owner"), required=False)
    by_people = PeopleField(
        label=gettext_lazy("These people"), required=False, help_text=gettext_lazy("Email addresses, one a line.")
    )
    by_teams = forms.ModelMultipleChoiceField(
        Team.objects.none(), label=gettext_lazy("Members of these teams"), required=False,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    by_leads = forms.ModelMultipleChoiceField(
        Team.objects.none(), label=gettext_lazy("Leads of these teams"), required=False,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    by_roles = ManyField(label=gettext_lazy("Everybody with a role"), choices=Role.choices)
    rule = forms.ChoiceField(
        label=gettext_lazy("How many must agree"),
        choices=Round.Rule.choices,
        initial=Round.Rule.ANY.value,
        required=False,
    )
    quorum = forms.IntegerField(
        label=gettext_lazy("Number of votes"), min_value=1, max_value=100, initial=1, required=False,
        help_text=gettext_lazy("Only for a quorum."),
    )  # fmt: skip
    days = forms.IntegerField(
        label=gettext_lazy("Days until it expires"), min_value=1, max_value=365, initial=5, required=False
    )

    APPROVERS = ("by_manager", "by_owner", "by_people", "by_teams", "by_leads", "by_roles")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("by_teams", "by_leads"):
            self.fields[name].queryset = Team.objects.filter(is_active=True)  # type: ignore[attr-defined]

    def approver_fields(self) -> list[Any]:
        return [self[name] for name in (*self.APPROVERS, "rule", "quorum", "days")]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("rule") == Round.Rule.QUORUM and self.approvers(data) and not data.get("quorum"):
            self.add_error("quorum", _("Say how many votes are needed."))
        return data

    def approvers(self, data: dict[str, Any]) -> list[dict[str, Any]]:
        return [
            *([{"who": "requester_manager"}] if data.get("by_manager") else []),
            *([{"who": "service_owner"}] if data.get("by_owner") else []),
            *({"user": person.pk} for person in data.get("by_people") or ()),
            *({"team": team.pk} for team in data.get("by_teams") or ()),
            *({"leads": team.pk} for team in data.get("by_leads") or ()),
            *({"role": role} for role in data.get("by_roles") or ()),
        ]

    def approval_spec(self) -> dict[str, Any]:
        """What is stored: empty where nobody is asked."""
        data = self.cleaned_data
        approvers = self.approvers(data)
        if not approvers:
            return {}
        spec = {"approvers": approvers, "rule": data["rule"] or Round.Rule.ANY.value, "days": data["days"] or 5}
        return spec | ({"quorum": data["quorum"]} if data["rule"] == Round.Rule.QUORUM else {})


def approval_initial(spec: dict[str, Any]) -> dict[str, Any]:
    approvers = spec.get("approvers", [])
    people = User.objects.filter(pk__in=[a["user"] for a in approvers if "user" in a]).order_by("name", "id")
    return {
        "by_manager": {"who": "requester_manager"} in approvers,
        "by_owner": {"who": "service_owner"} in approvers,
        "by_people": "\n".join(people.values_list("email", flat=True)),
        "by_teams": [a["team"] for a in approvers if "team" in a],
        "by_leads": [a["leads"] for a in approvers if "leads" in a],
        "by_roles": [a["role"] for a in approvers if "role" in a],
        "rule": spec.get("rule", Round.Rule.ANY.value),
        "quorum": spec.get("quorum", 1),
        "days": spec.get("days", 5),
    }
