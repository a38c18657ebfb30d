"""Reference data of tickets: categories, priority matrix, hold reasons, custom fields, canned replies, processes."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from itsm.accounts.models import Team
from itsm.desk.forms.fields import LinesField, PersonField, kind_field, refuse_loop
from itsm.tickets import kinds
from itsm.tickets.models import CannedReply, CustomField, HoldReason, PriorityRule, ProcessSetting, TicketCategory
from itsm.tickets.services import reference
from itsm.tickets.states import Impact, Priority, Urgency


class CategoryForm(forms.ModelForm):
    kind = kind_field(empty=gettext_lazy("Every kind"), label=gettext_lazy("Only for"))

    class Meta:
        model = TicketCategory
        fields = ["name", "parent", "kind", "service", "team", "is_active"]

    def clean_parent(self) -> TicketCategory | None:
        parent = self.cleaned_data["parent"]
        if self.instance.pk:
            refuse_loop(self.instance, parent, "parent")
        return parent

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        # The database lets two roots share a name, because to it no parent equals no other.
        twins = TicketCategory.objects.filter(name=data.get("name"), parent__isnull=True).exclude(pk=self.instance.pk)
        if data.get("name") and not data.get("parent") and twins.exists():
            self.add_error("name", ValidationError(_("There is a category of this name already."), code="unique"))
        parent = data.get("parent")
        if parent and parent.kind and data.get("kind") != parent.kind:
            self.add_error(
                "kind", _("“%(parent)s” is for one kind only, so what is part of it is too.") % {"parent": parent}
            )
        return data


class MatrixForm(forms.Form):
    """All nine cells of impact and urgency."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stored = {(rule.impact, rule.urgency): rule.priority for rule in PriorityRule.objects.all()}
        for impact in Impact:
            for urgency in Urgency:
                self.fields[f"p_{impact}_{urgency}"] = forms.TypedChoiceField(
                    label=_("%(impact)s impact, %(urgency)s urgency")
                    % {"impact": impact.label, "urgency": urgency.label},
                    coerce=int,
                    choices=[(level.value, f"P{level.value} {level.label}") for level in Priority],
                    initial=stored.get((impact, urgency), reference.priority_for(impact, urgency)),
                )

    @property
    def rows(self) -> list[tuple[str, list[Any]]]:
        return [(impact.label, [self[f"p_{impact}_{urgency}"] for urgency in Urgency]) for impact in Impact]

    @property
    def columns(self) -> list[str]:
        return [str(urgency.label) for urgency in Urgency]

    def cells(self) -> dict[tuple[int, int], int]:
        return {(i.value, u.value): self.cleaned_data[f"p_{i}_{u}"] for i in Impact for u in Urgency}


class HoldReasonForm(forms.ModelForm):
    class Meta:
        model = HoldReason
        fields = ["label", "code", "party", "needs_comment", "resumes_on_reply", "position", "is_active"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].help_text = _("What history and support levels keep. It can’t be changed later.")
        if self.instance.pk:
            self.fields["code"].disabled = True

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("resumes_on_reply") and data.get("party") != HoldReason.Party.REQUESTER:
            self.add_error("resumes_on_reply", _("A reply only ends a hold that waits for the requester."))
        return data


class ProcessForm(forms.ModelForm):
    class Meta:
        model = ProcessSetting
        fields = [
            "default_team", "reopen_days", "auto_close_days", "reminder_days", "reminders", "major_update_minutes",
        ]  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["default_team"].queryset = Team.objects.filter(is_active=True)
        self.fields["reminder_days"].help_text = _("0: nobody is reminded.")
        read = kinds.get(self.instance.kind).process
        for name in [name for name in self.fields if name != "default_team" and name not in read]:
            del self.fields[name]


class CustomFieldForm(forms.ModelForm):
    kind = kind_field()
    choices = LinesField(label=gettext_lazy("Choices"), required=False, help_text=gettext_lazy("One a line."))

    class Meta:
        model = CustomField
        fields = ["label", "code", "kind", "type", "choices", "hint", "required", "on_portal", "position", "is_active"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].help_text = _("Small letters, digits and underscores. It can’t be changed later.")
        if self.instance.pk:
            # Values are stored under the code and in the form of the type.
            for name in ("code", "kind", "type"):
                self.fields[name].disabled = True

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("type") == CustomField.Type.CHOICE and len(data.get("choices") or ()) < 2:
            self.add_error("choices", _("Give at least two choices."))
        elif data.get("type") != CustomField.Type.CHOICE and data.get("choices"):
            self.add_error("choices", _("Only fields of the type “Choice” have choices."))
        return data


class CannedReplyForm(forms.ModelForm):
    owner = PersonField(
        label=gettext_lazy("Only for person"), required=False, help_text=gettext_lazy("Email address."),
    )  # fmt: skip

    class Meta:
        model = CannedReply
        fields = ["name", "body", "team", "owner", "is_active"]
        help_texts = {
            "body": gettext_lazy(
                "{requester}, {number}, {title}, {agent} and {service} are filled in when it is used."
            ),
        }

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("team") and data.get("owner"):
            self.add_error("owner", _("Either for a team or for one person."))
        return data
