"""What a bulk action asks for before it is done."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from itsm.accounts.models import Team, User
from itsm.desk.services import bulk
from itsm.tickets import kinds
from itsm.tickets.models import Macro, Ticket, TicketLink
from itsm.tickets.states import Impact, Urgency
from itsm.workflow import inputs, steps


class PersonChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return obj.get_full_name()


class AssignForm(forms.Form):
    team = forms.ModelChoiceField(Team.objects.none(), label=_("Team"), required=False, empty_label=_("As it is"))
    assignee = PersonChoice(
        User.objects.none(), label=_("Person"), required=False, empty_label=_("Nobody in particular")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["team"].queryset = Team.objects.filter(is_active=True)
        self.fields["assignee"].queryset = User.objects.people().filter(memberships__isnull=False).distinct()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors and not data.get("team") and not data.get("assignee"):
            self.add_error("team", _("Choose a team or a person."))
        return data


class PriorityForm(forms.Form):
    impact = forms.TypedChoiceField(label=_("Impact"), choices=Impact.choices, coerce=int, widget=forms.RadioSelect)
    urgency = forms.TypedChoiceField(label=_("Urgency"), choices=Urgency.choices, coerce=int, widget=forms.RadioSelect)


class WithUser(forms.Form):
    """A form that asks what its person may name."""

    def __init__(self, *args: Any, user: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user


class LinkForm(WithUser):
    """``target`` becomes the ticket itself, looked up among those the person sees."""

    relation = forms.ChoiceField(
        label=_("These tickets are"), choices=[(kind.value, kind.label) for kind in bulk.LINKS],
        initial=TicketLink.Kind.CHILD_OF,
    )  # fmt: skip
    target = forms.CharField(label=_("Ticket"), max_length=30, help_text=_("Its number, such as INC-1042."))

    def clean_target(self) -> Ticket:
        found = Ticket.objects.visible_to(self.user).numbered(self.cleaned_data["target"]).first()
        if found is None:
            raise forms.ValidationError(_("There is no such ticket."))
        return found.specific()


class BodyForm(forms.Form):
    body = forms.CharField(label=_("Text"), max_length=20_000, widget=forms.Textarea(attrs={"rows": 5}))


class ReplyForm(BodyForm):
    body = forms.CharField(
        label=_("Reply to the requesters"), max_length=20_000, widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("{requester}, {number} and {agent} are filled in for each."),
    )  # fmt: skip


class MacroForm(forms.Form):
    macro = forms.ModelChoiceField(Macro.objects.none(), label=_("Macro"))

    def __init__(self, *args: Any, user: Any = None, kinds: Iterable[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        usable = Macro.objects.filter(is_active=True, kind__in=set(kinds))
        self.fields["macro"].queryset = usable.filter(Q(team__isnull=True) | Q(team__in=user.team_ids))


FORMS: dict[str, type[forms.Form]] = {
    "assign": AssignForm, "priority": PriorityForm, "link": LinkForm, "reply": ReplyForm, "note": BodyForm,
    "macro": MacroForm,
}  # fmt: skip


def form_for(action: bulk.Action, user: Any, chosen: set[str], data: Any = None) -> forms.Form | None:
    """The form of an action on tickets of these kinds; ``None`` when it asks for nothing."""
    if action.verb:
        asked = _inputs(action.verb, chosen)
        return inputs.form_class(asked)(data) if asked else None
    form = FORMS.get(action.code)
    if form is None:
        return None
    more: dict[str, Any] = {}
    if issubclass(form, WithUser):
        more = {"user": user}
    elif form is MacroForm:
        more = {"user": user, "kinds": chosen}
    return form(data, **more)


def _inputs(verb: str, chosen: set[str]) -> tuple[str, ...]:
    """What the step asks for, of all kinds that have it; needed by one is needed."""
    found: dict[str, str] = {}
    for code in sorted(chosen):
        step = steps.describe(kinds.get(code).model, verb)
        for name in step.inputs if step else ():
            bare = name.rstrip("?")
            if bare not in found or not name.endswith("?"):
                found[bare] = name
    return tuple(found.values())


def offered(action: bulk.Action, chosen: set[str]) -> bool:
    """Whether any ticket of these kinds can take the step at all."""
    if action.kinds and not action.kinds & chosen:
        return False
    return not action.verb or any(steps.describe(kinds.get(code).model, action.verb) for code in chosen)
