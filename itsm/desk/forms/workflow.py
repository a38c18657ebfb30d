"""Macros and transition policies: what an organisation adds to the steps of a ticket."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from itsm.accounts.models import Team, User
from itsm.accounts.roles import Role
from itsm.catalogue.models import Service
from itsm.desk.forms.approvers import Approvers, approval_initial
from itsm.desk.forms.fields import LinesField, ManyField, kind_field
from itsm.lib.errors import Invalid
from itsm.tickets import kinds
from itsm.tickets.models import CustomField, Macro, TicketCategory
from itsm.tickets.states import Impact, Urgency
from itsm.workflow import inputs, steps
from itsm.workflow.models import TransitionPolicy

Grouped = list[tuple[Any, Any]]


def steps_of_kinds(*, offered: bool = True) -> Grouped:
    """Every step of every kind, grouped by kind, as ``kind:verb``."""
    grouped: Grouped = []
    for kind in kinds.all_kinds():
        found = []
        for verb in steps.verbs(kind.model):
            step = steps.describe(kind.model, verb)
            if step and (step.offered or not offered):
                found.append((f"{kind.code}:{verb}", step.label))
        grouped.append((str(kind.label), found))
    return grouped


# ---------- macros ----------

#: What a macro may set, besides steps and texts.
CHANGES = ("team", "assignee", "service", "category", "impact", "urgency")


class MacroForm(forms.ModelForm):
    """Texts, field changes and a step whose questions are answered in advance."""

    kind = kind_field()
    step = forms.ChoiceField(label=gettext_lazy("Then take the step"), required=False)
    set_team = forms.ModelChoiceField(Team.objects.none(), label=gettext_lazy("Team"), required=False)
    set_assignee = forms.ModelChoiceField(User.objects.none(), label=gettext_lazy("Assignee"), required=False)
    set_service = forms.ModelChoiceField(
        Service.objects.order_by("name"), label=gettext_lazy("Service"), required=False
    )
    set_category = forms.ModelChoiceField(
        TicketCategory.objects.filter(is_active=True), label=gettext_lazy("Category"), required=False
    )
    set_impact = forms.TypedChoiceField(
        label=gettext_lazy("Impact"), choices=[("", "–"), *Impact.choices], coerce=int, empty_value=None, required=False
    )
    set_urgency = forms.TypedChoiceField(
        label=gettext_lazy("Urgency"),
        choices=[("", "–"), *Urgency.choices],
        coerce=int,
        empty_value=None,
        required=False,
    )

    class Meta:
        model = Macro
        fields = ["name", "kind", "team", "reply", "note", "is_active"]
        help_texts = {
            "reply": gettext_lazy("{requester}, {number}, {title}, {agent} and {service} are filled in."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stored = self.instance
        self.fields["set_team"].queryset = Team.objects.filter(is_active=True)
        self.fields["set_assignee"].queryset = (
            User.objects.people().filter(memberships__isnull=False).distinct().order_by("name", "id")
        )
        self.fields["step"].choices = [("", _("Take no step")), *steps_of_kinds()]
        self.initial["step"] = f"{stored.kind}:{stored.verb}" if stored.verb else ""
        for name in CHANGES:
            self.initial[f"set_{name}"] = stored.changes.get(name)
        self.answers: dict[str, Any] = {}
        self.asked = self._add_questions()

    @property
    def chosen_step(self) -> str:
        """The step as posted, else as stored."""
        return str(self.data.get("step", "")) if self.is_bound else self.initial["step"]

    def _add_questions(self) -> list[str]:
        kind, _colon, verb = self.chosen_step.partition(":")
        known = {kind.code: kind for kind in kinds.all_kinds()}
        step = steps.describe(known[kind].model, verb) if kind in known and verb else None
        if step is None:
            return []
        names = []
        for name, field in inputs.form_class(step.inputs).base_fields.items():
            field.required = False  # said by the step itself, in clean()
            field.initial = self.instance.data.get(name)
            self.fields[f"data_{name}"] = field
            self.initial[f"data_{name}"] = self.instance.data.get(name)
            names.append(f"data_{name}")
        return names

    @property
    def questions(self) -> list[Any]:
        return [self[name] for name in self.asked]

    @property
    def texts(self) -> list[Any]:
        return [self[name] for name in self.Meta.fields]

    @property
    def changes(self) -> list[Any]:
        return [self[f"set_{name}"] for name in CHANGES]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        kind, _colon, verb = str(data.get("step") or "").partition(":")
        if verb and data.get("kind") and kind != data["kind"]:
            self.add_error("step", _("This step belongs to another kind of ticket."))
        elif verb and "step" not in self.errors:
            self._check_answers(kind, verb)
        changed = {name: data[f"set_{name}"] for name in CHANGES if data.get(f"set_{name}")}
        assignee, team = changed.get("assignee"), changed.get("team")
        if assignee and team and not team.members.filter(pk=assignee.pk).exists():
            self.add_error(
                "set_assignee", _("%(person)s is not in team %(team)s.") % {"person": assignee, "team": team}
            )
        if not (verb or changed or data.get("reply") or data.get("note")):
            raise ValidationError(_("A macro that does nothing: give it a text, a change or a step."))
        return data

    def _check_answers(self, kind: str, verb: str) -> None:
        step = steps.describe(kinds.get(kind).model, verb)
        given = {name.removeprefix("data_"): self.data.get(name, "") for name in self.asked}
        try:
            inputs.clean(step.inputs, given)
        except Invalid as error:
            for name, messages in error.fields.items():
                self.add_error(f"data_{name}" if f"data_{name}" in self.fields else "step", messages)
        # As the step takes them: plain values, which outlive what they name.
        self.answers = {name: value for name, value in given.items() if value != ""}

    def save(self, commit: bool = True) -> Macro:
        data = self.cleaned_data
        _kind, _colon, verb = str(data["step"] or "").partition(":")
        kept = {name: value for name, value in self.instance.changes.items() if name not in CHANGES}
        chosen = {name: data[f"set_{name}"] for name in CHANGES if data.get(f"set_{name}")}
        self.instance.verb, self.instance.data = verb, self.answers if verb else {}
        self.instance.changes = kept | {name: getattr(value, "pk", value) for name, value in chosen.items()}
        return super().save(commit)


# ---------- transition policies ----------


#: Fields of every kind that can be empty.
DEMANDED = ("description", "service", "offering", "category", "team", "assignee")


def required_choices() -> Grouped:
    """Fields that can be demanded: those every kind has, those of one kind, and the organisation's own."""
    base = kinds.all_kinds()[0].model._meta if kinds.all_kinds() else None
    common = [(name, capfirst(str(base.get_field(name).verbose_name))) for name in DEMANDED] if base else []
    grouped: Grouped = [(_("Every kind"), common)]
    for kind in kinds.all_kinds():
        own = [
            (f"{kind.code}:{name}", capfirst(str(kind.model._meta.get_field(name).verbose_name)))
            for name in kind.editable
        ]
        added = CustomField.objects.filter(kind=kind.code, is_active=True)
        own += [(f"{kind.code}:custom.{field.code}", field.label) for field in added]
        grouped.append((str(kind.label), own))
    return [(label, options) for label, options in grouped if options]


class PolicyForm(Approvers, forms.ModelForm):
    """Who, with what filled in, ticked off and approved, may take a step."""

    step = forms.ChoiceField(label=gettext_lazy("Step"))
    must = ManyField(label=gettext_lazy("Fields that must be filled in"))
    roles = ManyField(
        label=gettext_lazy("Roles that may do it"), choices=Role.choices,
        help_text=gettext_lazy("Any one of them. None: whoever could do it anyway."),
    )  # fmt: skip
    checklist = LinesField(
        label=gettext_lazy("Checklist"), required=False,
        help_text=gettext_lazy("One item a line, ticked off before the step."),
    )  # fmt: skip

    class Meta:
        model = TransitionPolicy
        fields = ["name", "service", "offering", "category", "is_active"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stored = self.instance
        self.fields["step"].choices = steps_of_kinds()
        self.fields["must"].choices = required_choices()
        if stored.pk:
            own = {code for _label, options in self.fields["must"].choices for code, _name in options}
            self.initial["step"] = f"{stored.kind}:{stored.verb}"
            self.initial["must"] = [name if name in own else f"{stored.kind}:{name}" for name in stored.required_fields]
            self.initial |= {"roles": stored.roles, "checklist": stored.checklist, **approval_initial(stored.approval)}

    def section(self, *names: str) -> list[Any]:
        return [self[name] for name in names]

    @property
    def about(self) -> list[Any]:
        return self.section("name", "step", "service", "offering", "category", "is_active")

    @property
    def conditions(self) -> list[Any]:
        return self.section("must", "roles", "checklist")

    @property
    def approval(self) -> list[Any]:
        return self.approver_fields()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        kind = str(data.get("step", "")).partition(":")[0]
        foreign = [name for name in data.get("must", ()) if ":" in name and not name.startswith(f"{kind}:")]
        if foreign:
            self.add_error("must", _("Some of these fields belong to another kind of ticket."))
        if data.get("service") and data.get("offering") and data["offering"].service_id != data["service"].pk:
            self.add_error("offering", _("This offering belongs to another service."))
        specs = self.approvers(data)
        if not (data.get("must") or data.get("roles") or data.get("checklist") or specs) and not self.errors:
            raise ValidationError(_("A policy without a condition: choose fields, roles, a checklist or approvers."))
        return data

    def save(self, commit: bool = True) -> TransitionPolicy:
        data, policy = self.cleaned_data, self.instance
        policy.kind, _colon, policy.verb = data["step"].partition(":")
        policy.required_fields = [name.rpartition(":")[2] for name in data["must"]]
        policy.roles, policy.checklist = data["roles"], data["checklist"]
        policy.approval = self.approval_spec()
        return super().save(commit)
