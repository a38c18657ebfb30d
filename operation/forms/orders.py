"""What people fill in to order something."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from itsm.accounts.models import User
from itsm.catalogue import questions
from itsm.catalogue.models import ServiceOffering
from itsm.workflow.conversation import MAX_BODY
from operation.forms.portal import AsksMore, files_field
from operation.services import access

ME, OTHER = "me", "other"


class OrderForm(AsksMore):
    """For whom, the questions of the offering, and why."""

    for_whom = forms.ChoiceField(label=gettext_lazy("Who is it for?"), widget=forms.RadioSelect, initial=ME)
    person = forms.EmailField(
        label=gettext_lazy("Their email address"), required=False,
        help_text=gettext_lazy("Only where it is for somebody else."),
    )  # fmt: skip
    until = forms.DateField(
        label=gettext_lazy("Until when?"), required=False, widget=forms.DateInput(attrs={"type": "date"}),
        help_text=gettext_lazy("On this day the access ends by itself. Empty: until it is not needed any more."),
    )  # fmt: skip
    description = forms.CharField(
        label=gettext_lazy("Why do you need it?"), max_length=MAX_BODY, widget=forms.Textarea(attrs={"rows": 4})
    )

    def __init__(self, *args: Any, user: User, offering: ServiceOffering, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.kind = offering.kind
        other = _("Somebody else") if user.is_agent else _("Somebody else in %s") % (user.organisation or _("my team"))
        self.fields["for_whom"].choices = [(ME, _("Me, %s") % user), (OTHER, other)]  # type: ignore[attr-defined]
        reason = self.fields.pop("description")
        until = self.fields.pop("until")
        self.ask(offering)
        if self.kind == ServiceOffering.Kind.ACCESS:
            self.fields["until"] = until
        decides = bool((offering.approval_policy or {}).get("approvers"))
        reason.required = decides
        reason.label = reason.label if decides else _("Anything we should know?")
        reason.help_text = _("Whoever decides reads this.") if decides else ""
        self.fields["description"] = reason
        self.fields["files"] = files_field()

    def clean_until(self) -> Any:
        day = self.cleaned_data["until"]
        if day is not None and day <= access.today():
            raise forms.ValidationError(
                _("The earliest day is %s.") % (access.today() + timedelta(days=1)).isoformat(), code="past"
            )
        return day

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        self.requester = self.user
        if data.get("for_whom") == OTHER and "person" not in self.errors:
            found = self.colleague(data.get("person", ""))
            if found is None:
                self.add_error("person", self._nobody(data.get("person", "")))
            else:
                self.requester = found
        return data

    def colleague(self, email: str) -> User | None:
        rows = User.objects.people().filter(email__iexact=email) if email else User.objects.none()
        if not self.user.is_agent:
            # Whoever asks learns of nobody else whether they exist.
            rows = rows.filter(organisation=self.user.organisation_id, organisation__isnull=False)
        return rows.first()

    def _nobody(self, email: str) -> str:
        if not email:
            return _("Say who it is for.")
        return _("Nobody here has this email address.") if self.user.is_agent else _(
            "Nobody in your organisation has this email address."
        )  # fmt: skip

    def values(self) -> dict[str, Any]:
        """Keywords of the kind's ``open``."""
        data = self.cleaned_data
        given: dict[str, Any] = {
            "offering": self.offering, "requester": self.requester, "description": data["description"],
            "form": questions.answers(self.schema, data), "files": data["files"],
            "answers": self._custom_answers(data),
        }  # fmt: skip
        return given | ({"until": data.get("until")} if self.kind == ServiceOffering.Kind.ACCESS else {})
