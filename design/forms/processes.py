"""Forms of process definitions: the process, its steps with their duties, and the systems it needs."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from design.models import ProcessDefinition, ProcessStep, SystemRequirement
from design.models.process import role_choices
from design.process_states import Duty
from itsm.accounts.models import Team
from itsm.catalogue.models import Service
from itsm.desk.forms.fields import PersonField
from itsm.tickets import kinds

_WAY = re.compile(r"(\d{1,3})\b[\s:–-]*(.*)")


class ProcessForm(forms.ModelForm):
    """What a process is for, and which tickets it governs."""

    kind = forms.ChoiceField(
        label=_("Governs"), required=False, help_text=_("The kind of ticket whose life it describes, if any.")
    )
    owner = PersonField(label=_("Owner"), help_text=_("Email address of whoever answers for it."))

    class Meta:
        model = ProcessDefinition
        fields = ["name", "kind", "owner", "purpose", "inputs", "outputs", "kpis"]
        widgets = {name: forms.Textarea(attrs={"rows": 3}) for name in ("purpose", "inputs", "outputs", "kpis")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [("", _("no ticket")), *kinds.choices()]


class WaysField(forms.CharField):
    """The steps that follow, one a line: the number, then the answer that leads there."""

    widget = forms.Textarea(attrs={"rows": 2})

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, list):
            return "\n".join(f"{one['step']} {one.get('label', '')}".strip() for one in value)
        return value

    def to_python(self, value: Any) -> list[dict[str, Any]]:  # type: ignore[override]
        found = []
        for line in str(super().to_python(value) or "").splitlines():
            if not line.strip():
                continue
            match = _WAY.fullmatch(line.strip())
            if match is None:
                raise forms.ValidationError(
                    _("“%(line)s” does not begin with the number of a step."), params={"line": line.strip()[:40]}
                )
            found.append({"step": int(match[1]), "label": match[2].strip()})
        return found

    def has_changed(self, initial: Any, data: Any) -> bool:
        return True


class PartiesField(forms.MultipleChoiceField):
    """Roles and teams, as pairs of role and team id."""

    widget = forms.SelectMultiple(attrs={"size": 5})

    def prepare_value(self, value: Any) -> Any:
        return [f"team:{one[1]}" if one[1] else f"role:{one[0]}" for one in value] if _are_pairs(value) else value

    def clean(self, value: Any) -> list[tuple[str, int | None]]:
        return [
            ("", int(one[5:])) if one.startswith("team:") else (one.removeprefix("role:"), None)
            for one in super().clean(value)
        ]


def _are_pairs(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, tuple) for one in value)


class StepForm(forms.ModelForm):
    """One step with its place in the flow and who does what in it."""

    next_steps = WaysField(
        label=_("Next steps"), required=False,
        help_text=_("One a line: the number of the step, after a decision with the answer, such as “5 not solved”. "
                    "Empty: the step after this one."),
    )  # fmt: skip
    responsible = PartiesField(label=_("Responsible"), required=False, help_text=_("Who does it."))
    accountable = PartiesField(label=_("Accountable"), required=False, help_text=_("Who answers for it: exactly one."))
    consulted = PartiesField(label=_("Consulted"), required=False, help_text=_("Who is asked before."))
    informed = PartiesField(label=_("Informed"), required=False, help_text=_("Who is told after."))

    class Meta:
        model = ProcessStep
        fields = [
            "position", "name", "type", "description", "input", "output", "from_state", "to_state", "next_steps",
            "responsible", "accountable", "consulted", "informed",
        ]  # fmt: skip
        widgets = {"description": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        process, adding = self.instance.definition, self.instance.pk is None
        states = _states(process.kind)
        for name in ("from_state", "to_state"):
            label = self.fields[name].label
            self.fields[name] = forms.ChoiceField(label=label, required=False, choices=[("", "–"), *states])
        if not states:
            del self.fields["from_state"], self.fields["to_state"]
        choices = [
            (_("Roles"), [(f"role:{code}", label) for code, label in role_choices()]),
            (_("Teams"), [(f"team:{team.pk}", team.name) for team in _teams()]),
        ]
        for duty in Duty:
            field = self.fields[duty.name.lower()]
            field.choices = choices
            self.initial.setdefault(duty.name.lower(), self.instance.parties(duty))
        if adding:
            last = process.steps.order_by("-position").values_list("position", flat=True).first()
            self.initial["position"] = (last or 0) + 1


def _states(kind: str) -> list[tuple[str, Any]]:
    found = next((one for one in kinds.all_kinds() if one.code == kind), None)
    return list(found.states.choices) if found else []


def _teams() -> list[Team]:
    return list(Team.objects.filter(is_active=True).order_by("name"))


class SystemForm(forms.ModelForm):
    """A system that a process, or one step of it, needs."""

    class Meta:
        model = SystemRequirement
        fields = ["system", "service", "step", "purpose", "status", "evidence"]
        widgets = {"evidence": forms.Textarea(attrs={"rows": 2})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        services = Service.objects.exclude(status__in=Service.Status.ENDED).order_by("name")
        self.fields["service"].queryset = services
