"""The properties of a ticket: what the panel shows, and the form that changes each."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django import forms
from django.db.models import Q
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from itsm.accounts.models import Team, User
from itsm.audit import services as audit
from itsm.catalogue.models import Service
from itsm.tickets.models import CustomField, Ticket, TicketCategory
from itsm.tickets.services import reference
from itsm.tickets.states import Channel, Impact, Priority, Urgency
from itsm.ui import components
from itsm.ui.times import number
from itsm.workflow import edits

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: A property -> the fields its form asks for.
GROUPS: dict[str, tuple[str, ...]] = {"priority": ("impact", "urgency", "priority", "priority_reason")}
#: The order of the panel; fields of the kind and custom fields follow.
PANEL = ("assignee", "team", "priority", "service", "category", "channel", "restricted_to")
KEYS = {"priority": "P", "team": "T"}
#: Long texts and headings stand in the body, not in the panel.
BODY = ("title", "description", "requester")
MOST_PEOPLE = 300


@dataclass(slots=True)
class Property:
    """A line of the panel."""

    name: str
    label: str
    value: SafeString | str
    key: str = ""
    editable: bool = False


def fields_of(name: str) -> tuple[str, ...]:
    return GROUPS.get(name, (name,))


def names(ticket: Ticket, custom: Iterable[CustomField]) -> list[str]:
    """Every property that can be edited, in the order of the edit page."""
    own = [name for name in ticket.kind_info.editable if name not in GROUPS["priority"]]
    return [*BODY, *PANEL, *own, *(f"custom.{field.code}" for field in custom)]


def panel(ticket: Ticket, custom: list[CustomField], *, editable: bool) -> list[Property]:
    """What the panel shows, in order."""
    found = []
    for name in PANEL:
        if name == "restricted_to" and not ticket.restricted_to_id:
            continue
        found.append(Property(name, label(ticket, name), shown(ticket, name), KEYS.get(name, ""), editable))
    for name in ticket.kind_info.editable:
        value = getattr(ticket, name, None)
        text = number(value) if isinstance(value, int) else str(value or "")
        found.append(Property(name, label(ticket, name), text, "", editable))
    for extra in custom:
        found.append(
            Property(
                f"custom.{extra.code}", extra.label, custom_value(extra, ticket.custom.get(extra.code)), "", editable
            )
        )
    return found


def label(ticket: Ticket, name: str, custom: Mapping[str, CustomField] | None = None) -> str:
    if name.startswith("custom."):
        code = name.removeprefix("custom.")
        return custom[code].label if custom and code in custom else code
    words = str(ticket._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
    return words[:1].upper() + words[1:]


def shown(ticket: Ticket, name: str) -> SafeString | str:
    """A property as the panel shows it."""
    if name == "assignee":
        return components.person(ticket.assignee)
    if name == "priority":
        return _priority(ticket)
    if name == "channel":
        return str(Channel(ticket.channel).label)
    if name == "restricted_to":
        return format_html("{}{}", components.icon("lock"), ticket.restricted_to or "")
    return str(getattr(ticket, name) or "")


def _priority(ticket: Ticket) -> SafeString:
    words = f"{Impact(ticket.impact).label} × {Urgency(ticket.urgency).label}"
    if ticket.priority_reason:
        return format_html(
            '{}<span class="clip" title="{}">{}</span>', components.prio(ticket.priority), ticket.priority_reason,
            ticket.priority_reason,
        )  # fmt: skip
    return format_html('{}<span class="clip">{}</span>', components.prio(ticket.priority), words)


def custom_value(extra: CustomField, value: Any) -> str:
    """A stored custom value in words."""
    if value in (None, ""):
        return ""
    if extra.type == CustomField.Type.YES_NO:
        return _("Yes") if value else _("No")
    return str(value)


# Forms


class PersonByWords(forms.ModelChoiceField):
    """A person by address or full name: a list of everybody would be too long to choose from."""

    widget = forms.TextInput(
        attrs={
            "list": "people-found", "autocomplete": "off", "hx-get": "/people/suggest/", "hx-target": "#people-found",
            "hx-trigger": "input changed delay:200ms", "hx-swap": "innerHTML",
        }
    )  # fmt: skip

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("queryset", User.objects.people())
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, User):
            return value.email
        if isinstance(value, int) or (isinstance(value, str) and value.isdigit()):
            found = self.queryset.filter(pk=value).first()  # type: ignore[union-attr]
            return found.email if found else ""
        return value

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values:
            return None
        if isinstance(value, User):
            return value
        text = str(value).strip().replace("\x00", "")
        by = {"email__iexact": text} if "@" in text else {"name__iexact": text}
        found = list(self.queryset.filter(**by)[:2])  # type: ignore[union-attr]
        if not found:
            raise forms.ValidationError(_("Nobody has this name or address."), code="invalid_choice")
        if len(found) > 1:
            raise forms.ValidationError(_("Several people have this name: enter the address."), code="several")
        return found[0]


def members(ticket: Ticket) -> Any:
    """Who a ticket can be given to: its team, or everybody in a team while it has none."""
    people = User.objects.people().filter(memberships__isnull=False)
    if ticket.team_id:
        people = people.filter(memberships__team=ticket.team_id)
    return people.distinct().order_by("name")


def form_field(ticket: Ticket, name: str, custom: Mapping[str, CustomField]) -> forms.Field:
    """The form field of one ticket field."""
    if name.startswith("custom."):
        return custom_field(custom[name.removeprefix("custom.")])
    words = label(ticket, name)
    match name:
        case "title":
            return forms.CharField(label=words, max_length=200)
        case "description":
            return forms.CharField(
                label=words, required=False, max_length=50_000, strip=False, widget=forms.Textarea(attrs={"rows": 8})
            )
        case "requester":
            return PersonByWords(label=words)
        case "service":
            live = Service.objects.filter(Q(status__in=Service.Status.CATALOGUE) | Q(pk=ticket.service_id))
            return forms.ModelChoiceField(live.order_by("name"), label=words, required=False)
        case "category":
            mine = TicketCategory.objects.filter(
                Q(is_active=True, kind__in=("", ticket.kind)) | Q(pk=ticket.category_id)
            )
            return forms.ModelChoiceField(mine, label=words, required=False)
        case "team":
            return forms.ModelChoiceField(
                Team.objects.filter(Q(is_active=True) | Q(pk=ticket.team_id)), label=words, required=False
            )
        case "assignee":
            return forms.ModelChoiceField(members(ticket), label=words, required=False, empty_label=_("Nobody"))
        case "restricted_to":
            return forms.ModelChoiceField(
                Team.objects.filter(is_active=True), label=words, required=False, empty_label=_("Not restricted"),
                help_text=_("Only its members and people named on the ticket see it."),
            )  # fmt: skip
        case "impact":
            return _number_choice(words, Impact.choices)
        case "urgency":
            return _number_choice(words, Urgency.choices)
        case "priority":
            matrix = reference.priority_for(ticket.impact, ticket.urgency)
            choices = [("", _("As the matrix says (now P%d)") % matrix)]
            choices += [(str(value), f"P{value} {name}") for value, name in Priority.choices]
            return forms.TypedChoiceField(label=words, choices=choices, coerce=int, empty_value=None, required=False)
        case "priority_reason":
            return forms.CharField(label=_("Reason when it differs from the matrix"), max_length=200, required=False)
        case "channel":
            return forms.ChoiceField(label=words, choices=Channel.choices)
    found = ticket._meta.get_field(name).formfield()  # type: ignore[union-attr]
    if found is None:
        raise LookupError(name)
    found.label = words
    return found


def _number_choice(words: str, choices: Any) -> forms.Field:
    return forms.TypedChoiceField(label=words, choices=choices, coerce=int)


def custom_field(extra: CustomField) -> forms.Field:
    """The form field of a field the organisation added."""
    common: dict[str, Any] = {"label": extra.label, "help_text": extra.hint, "required": extra.required}
    match extra.type:
        case CustomField.Type.LONG_TEXT:
            return forms.CharField(**common, max_length=20_000, widget=forms.Textarea(attrs={"rows": 4}))
        case CustomField.Type.NUMBER:
            return forms.DecimalField(**common)
        case CustomField.Type.DATE:
            return forms.DateField(**common)
        case CustomField.Type.CHOICE:
            empty = [] if extra.required else [("", "–")]
            return forms.ChoiceField(**common, choices=[*empty, *((str(c), str(c)) for c in extra.choices)])
        case CustomField.Type.YES_NO:
            return forms.ChoiceField(**common, choices=[("", "–"), ("yes", _("Yes")), ("no", _("No"))])
    return forms.CharField(**common, max_length=500)


def initial(ticket: Ticket, name: str, custom: Mapping[str, CustomField]) -> Any:
    """What the form starts with."""
    if name.startswith("custom."):
        extra = custom[name.removeprefix("custom.")]
        value = ticket.custom.get(extra.code)
        if extra.type == CustomField.Type.YES_NO and value not in (None, ""):
            return "yes" if value else "no"
        return value
    if name == "priority":
        return str(ticket.priority) if ticket.priority_reason else ""
    if name == "requester":
        return ticket.requester
    return ticket.serializable_value(name)


def stored(ticket: Ticket, name: str) -> str:
    """The stored value as text: what a form remembers to have seen."""
    if name.startswith("custom."):
        value = ticket.custom.get(name.removeprefix("custom."))
    else:
        value = audit.plain(getattr(ticket, name))
    return "" if value is None else str(value)


def token(value: Any) -> str:
    """What a form remembers of a value: the value, or for text of several lines its digest.

    Browsers send line ends of their own, and nobody wants a long text in a form twice.
    """
    text = "" if value is None else str(value)
    if len(text) <= 60 and "\n" not in text and "\r" not in text:
        return text
    return "sha256:" + hashlib.sha256("\n".join(text.splitlines()).encode()).hexdigest()


class EditForm(forms.Form):
    """Some properties of a ticket. It remembers the values seen, so that only a real conflict is refused."""

    conflict: dict[str, Any]

    def __init__(
        self, ticket: Ticket, wanted: Iterable[str], custom: Mapping[str, CustomField], data: Any = None, **kwargs: Any
    ) -> None:
        self.ticket = ticket
        self.custom = custom
        self.wanted = [name for group in wanted for name in fields_of(group)]
        super().__init__(data, initial={name: initial(ticket, name, custom) for name in self.wanted}, **kwargs)
        self.conflict = {}
        for name in self.wanted:
            self.fields[name] = form_field(ticket, name, custom)
        now = {name: token(stored(ticket, name)) for name in self.wanted}
        self.seen = now if data is None else {name: data.get(f"seen_{name}", now[name]) for name in self.wanted}

    def save(self, *, actor: User, source: str) -> Any:
        """Change what differs from what was seen; nothing else is touched, and nothing else can conflict."""
        changes: dict[str, Any] = {}
        custom_changes: dict[str, Any] = {}
        expected: dict[str, Any] = {}
        for name in self.wanted:
            if not self.is_changed(name):
                continue
            now = stored(self.ticket, name)
            expected[name] = now if token(now) == self.seen[name] else self.seen[name]
            value = self.cleaned_data[name]
            if name.startswith("custom."):
                custom_changes[name.removeprefix("custom.")] = _raw(value)
            else:
                changes[name] = "\n".join(value.splitlines()) if name == "description" else value
        self._complete_priority(changes)
        if custom_changes:
            changes["custom"] = custom_changes
        if not changes:
            return self.ticket
        return edits.edit(self.ticket, actor=actor, source=source, expected=expected, **changes)

    def is_changed(self, name: str) -> bool:
        """Whether the person changed what they saw; that somebody else did does not matter here."""
        field = self.fields[name]
        sent = field.widget.value_from_datadict(self.data, self.files, self.add_prefix(name))
        seen: Any = self.seen[name]
        if seen.startswith("sha256:"):
            return token(sent) != seen
        if name == "priority" and not self.seen.get("priority_reason"):
            seen = ""
        if name.startswith("custom.") and seen in ("True", "False"):
            seen = "yes" if seen == "True" else "no"
        if isinstance(field, forms.IntegerField | forms.DateField):
            seen = field.to_python(seen)
        return field.has_changed(seen, sent)

    def _complete_priority(self, changes: dict[str, Any]) -> None:
        if not {"priority", "impact", "urgency", "priority_reason"} & set(changes):
            return
        chosen = self.cleaned_data.get("priority")
        if chosen is None:
            impact = self.cleaned_data.get("impact") or self.ticket.impact
            urgency = self.cleaned_data.get("urgency") or self.ticket.urgency
            changes["priority"] = reference.priority_for(impact, urgency)
            changes["priority_reason"] = ""
        else:
            changes["priority"] = chosen
            changes["priority_reason"] = self.cleaned_data.get("priority_reason", "")

    def seen_fields(self) -> list[tuple[str, str]]:
        """Name and value of the hidden inputs. After a conflict they hold what is stored: sending again means it."""
        current = {name: token(value) for name, value in self.conflict.items() if name in self.seen}
        return [(f"seen_{name}", value) for name, value in {**self.seen, **current}.items()]

    def collisions(self) -> list[tuple[str, str, str]]:
        """Label, what is stored now and what this person wanted, of each field that collides."""
        found = []
        for name in self.conflict:
            if name in self.wanted:
                found.append((str(self.fields[name].label), self._words(name, self.conflict[name]), self._mine(name)))
        return found

    def _mine(self, name: str) -> str:
        value = self.cleaned_data.get(name)
        if name == "priority" and value is None:
            return _("As the matrix says")
        return self._words(name, value)

    def _words(self, name: str, value: Any) -> str:
        if value in (None, ""):
            return _("nothing")
        field = self.fields[name]
        if isinstance(field, forms.ModelChoiceField):
            if isinstance(value, int | str):
                model = field.queryset.model  # type: ignore[union-attr]
                value = model._default_manager.filter(pk=value).first() or value
            return str(value)
        if isinstance(field, forms.ChoiceField):
            return str(dict(field.choices).get(value, dict(field.choices).get(str(value), value)))  # type: ignore[arg-type]
        return str(value)


def _raw(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
