"""The form of an automation rule: when, if, then."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from itsm.accounts.models import Organisation, Team
from itsm.automation.models import AutomationRule
from itsm.catalogue.models import Service, ServiceOffering
from itsm.desk.forms.fields import LinesField, ManyField
from itsm.desk.forms.workflow import Grouped, steps_of_kinds
from itsm.tickets import kinds
from itsm.tickets.models import Macro, TicketCategory
from itsm.tickets.states import Channel, Priority

#: What happens to tickets besides their steps.
HAPPENINGS = (
    ("open", gettext_lazy("It is opened")),
    ("edit", gettext_lazy("Its fields are changed")),
    ("reply", gettext_lazy("Somebody replies")),
    ("note", gettext_lazy("Somebody writes a work note")),
    ("sla_warning", gettext_lazy("A clock warns")),
    ("sla_breached", gettext_lazy("A clock is breached")),
)


def happenings() -> Grouped:
    """Everything a rule can wait for, by kind, as ``kind:event``."""
    steps = dict(steps_of_kinds(offered=False))
    return [
        (
            str(kind.label),
            [(f"{kind.code}:{event}", label) for event, label in HAPPENINGS] + list(steps.get(str(kind.label), [])),
        )
        for kind in kinds.all_kinds()
    ]


class RuleForm(forms.ModelForm):
    when = forms.ChoiceField(label=gettext_lazy("When"))
    priorities = ManyField(
        label=gettext_lazy("Priority is one of"), choices=[(str(p.value), f"P{p.value} {p.label}") for p in Priority]
    )
    channels = ManyField(label=gettext_lazy("Came by"), choices=Channel.choices)
    words = LinesField(
        label=gettext_lazy("Says one of"), required=False,
        help_text=gettext_lazy("Words or phrases, one a line; any of them in title or description."),
    )  # fmt: skip

    class Meta:
        model = AutomationRule
        fields = [
            "name", "position", "is_active", "services", "offering", "category", "organisation", "team", "vip_only",
            "macro", "tell",
        ]  # fmt: skip
        widgets = {"services": forms.CheckboxSelectMultiple}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stored = self.instance
        self.fields["when"].choices = happenings()
        for name, rows in {
            "services": Service.objects.order_by("name"), "offering": ServiceOffering.objects.order_by("name"),
            "category": TicketCategory.objects.filter(is_active=True), "macro": Macro.objects.order_by("name"),
            "organisation": Organisation.objects.order_by("name"), "team": Team.objects.filter(is_active=True),
            "tell": Team.objects.filter(is_active=True),
        }.items():  # fmt: skip
            self.fields[name].queryset = rows
        if stored.pk:
            self.initial["when"] = f"{stored.kind}:{stored.event}"
        self.initial["priorities"] = [str(one) for one in stored.priorities]
        self.initial |= {"channels": stored.channels, "words": stored.words}

    def _named(self, *names: str) -> list[Any]:
        return [self[name] for name in names]

    @property
    def about(self) -> list[Any]:
        return self._named("name", "when", "position", "is_active")

    @property
    def conditions(self) -> list[Any]:
        return self._named(
            "services", "offering", "category", "organisation", "team", "priorities", "channels", "vip_only", "words"
        )

    @property
    def actions(self) -> list[Any]:
        return self._named("macro", "tell")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        kind = str(data.get("when", "")).partition(":")[0]
        macro = data.get("macro")
        if kind and macro and macro.kind != kind:
            self.add_error("macro", _("This macro is for another kind of ticket."))
        return data

    def _post_clean(self) -> None:
        """The parts of the row that have fields of their own here, so that the row's checks see them."""
        data, rule = self.cleaned_data, self.instance
        rule.kind, _colon, rule.event = str(data.get("when", "")).partition(":")
        rule.priorities = [int(one) for one in data.get("priorities", ())]
        rule.channels, rule.words = data.get("channels", []), data.get("words", [])
        super()._post_clean()
