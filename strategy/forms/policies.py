"""Forms of policies and exceptions from them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from itsm.accounts.roles import Role
from itsm.catalogue.models import Service
from itsm.desk.forms.fields import PersonField
from strategy import rules
from strategy.forms.planning import DAY
from strategy.models import Policy, PolicyException


class PolicyForm(forms.ModelForm):
    """What is wanted, where, who acknowledges it, and when it is looked at again."""

    owner = PersonField(label=_("Owner"), help_text=_("Email address of whoever answers for it."))
    audience = forms.MultipleChoiceField(
        label=_("Acknowledged by"), required=False, choices=Role.choices,
        widget=forms.SelectMultiple(attrs={"size": 6}),
        help_text=_("Everybody who holds one of these roles is asked to acknowledge it."),
    )  # fmt: skip

    class Meta:
        model = Policy
        fields = ["title", "type", "owner", "text", "services", "audience", "review_on"]
        widgets = {
            "text": forms.Textarea(attrs={"rows": 12}), "services": forms.SelectMultiple(attrs={"size": 6}),
            "review_on": forms.DateInput(attrs=DAY),
        }  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["services"].queryset = Service.objects.exclude(status__in=Service.Status.ENDED).order_by("name")


class ExceptionForm(forms.ModelForm):
    rule = forms.ChoiceField(
        label=_("Nightly rule"), required=False,
        help_text=_("Violations of it by the service are borne while the exception is in force."),
    )  # fmt: skip

    class Meta:
        model = PolicyException
        fields = ["title", "policy", "service", "rule", "reason", "risk", "expires_on"]
        widgets = {
            "reason": forms.Textarea(attrs={"rows": 3}), "risk": forms.Textarea(attrs={"rows": 3}),
            "expires_on": forms.DateInput(attrs=DAY),
        }  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["rule"].choices = [("", "–"), *rules.choices()]
        self.fields["policy"].queryset = Policy.objects.published().order_by("title")
        self.fields["service"].queryset = Service.objects.exclude(status__in=Service.Status.ENDED).order_by("name")
