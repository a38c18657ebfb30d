"""Forms of changes, and of what change enablement keeps in the settings."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from itsm.accounts.models import Team
from itsm.catalogue.models import Service
from itsm.desk.forms.fields import LinesField
from itsm.lib import house
from transition.models import (
    Change,
    ChangeTemplate,
    ConfigurationItem,
    Release,
    RiskQuestion,
)
from transition.states.changes import ChangeType, ReleaseState

MOMENT = {"type": "datetime-local"}
FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"]
MOST_ITEMS = 50
NUMBER = re.compile(r"^\s*(?:CI-)?([0-9]{1,18})\b", re.IGNORECASE)


def living() -> Any:
    """Services that can still be changed."""
    return Service.objects.exclude(status__in=Service.Status.ENDED).order_by("name")


def moment(label: Any, **kwargs: Any) -> forms.DateTimeField:
    return forms.DateTimeField(
        label=label, input_formats=FORMATS, widget=forms.DateTimeInput(attrs=MOMENT), **kwargs
    )  # fmt: skip


class ItemsField(LinesField):
    """Configuration items, one number or name a line; given back as rows."""

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, list | tuple):
            return "\n".join(f"{one.number} {one}" if isinstance(one, ConfigurationItem) else str(one) for one in value)
        return value

    def to_python(self, value: Any) -> list[ConfigurationItem]:  # type: ignore[override]
        lines = super().to_python(value)
        if len(lines) > MOST_ITEMS:
            raise ValidationError(_now("At most %d items.") % MOST_ITEMS)
        found: dict[int, ConfigurationItem] = {}
        for line in lines:
            item = _item(line)
            found[item.pk] = item
        return list(found.values())

    def run_validators(self, value: Any) -> None:
        """What to_python gives is checked there."""


def _item(line: str) -> ConfigurationItem:
    number = NUMBER.match(line)
    rows = ConfigurationItem.objects.present()
    found = list(rows.filter(name__iexact=line.strip())[:2])
    if not found and number:
        found = list(rows.filter(pk=int(number.group(1)))[:1])
    if not found:
        raise ValidationError(_now("There is no item “%(line)s”."), params={"line": line[:80]})
    if len(found) > 1:
        raise ValidationError(_now("Several items are called “%(line)s”: give the number."), params={"line": line[:80]})
    return found[0]


class PlanForm(forms.Form):
    """What is changed, how, and when."""

    change_type = forms.ChoiceField(label=_("Type"), choices=ChangeType.choices, widget=forms.RadioSelect)
    template = forms.ModelChoiceField(
        ChangeTemplate.objects.filter(is_active=True), label=_("Template"), required=False,
        help_text=_("Standard changes follow a template and need no approval."),
    )  # fmt: skip
    services = forms.ModelMultipleChoiceField(
        Service.objects.none(), label=_("Services affected besides"), required=False,
        widget=forms.SelectMultiple(attrs={"size": 6}),
    )  # fmt: skip
    planned_start = moment(_("Planned begin"), required=False)
    planned_end = moment(_("Planned end"), required=False)
    outage_minutes = forms.IntegerField(
        label=_("Minutes of outage"), min_value=0, max_value=31 * 24 * 60, required=False,
        help_text=_("0: nobody notices, so no maintenance window is needed."),
    )  # fmt: skip
    release = forms.ModelChoiceField(Release.objects.none(), label=house.heading("release"), required=False)
    implementation_plan = forms.CharField(
        label=_("Implementation plan"), required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 6})
    )
    test_plan = forms.CharField(
        label=_("Test plan"), required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 3})
    )
    backout_plan = forms.CharField(
        label=_("Back-out plan"), required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 4})
    )

    def __init__(self, *args: Any, change: Change | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.change = change
        services: Any = self.fields["services"]
        services.queryset = living()
        releases = Q(state__in=[ReleaseState.PLANNING, ReleaseState.BUILDING])
        templates = Q(is_active=True)
        if change is not None:
            releases |= Q(pk=change.release_id)
            templates |= Q(pk=change.template_id)
        release: Any = self.fields["release"]
        release.queryset = Release.objects.filter(releases).order_by("-id")
        release.label_from_instance = lambda one: f"{one.number} {one}"
        template: Any = self.fields["template"]
        template.queryset = ChangeTemplate.objects.filter(templates)

    @staticmethod
    def of(change: Change) -> dict[str, Any]:
        """What the form starts with."""
        names = ("change_type", "planned_start", "planned_end", "outage_minutes", "implementation_plan", "test_plan",
                 "backout_plan")  # fmt: skip
        values: dict[str, Any] = {name: getattr(change, name) for name in names}
        return values | {
            "template": change.template_id, "release": change.release_id,
            "services": [one.pk for one in change.services.all()],
        }  # fmt: skip


class NewChangeForm(PlanForm):
    """Raising a change: what it is about, and as much of its plan as is known."""

    title = forms.CharField(label=_("Title"), max_length=200, required=False)
    description = forms.CharField(
        label=_("Why and what"), required=False, max_length=50_000, widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("What is changed, and what happens if it is not."),
    )  # fmt: skip
    service = forms.ModelChoiceField(Service.objects.none(), label=_("Service"), required=False)
    items = ItemsField(
        label=house.heading("ci", plural=True), required=False, help_text=_("One a line, by number (CI-12) or name."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip
    team = forms.ModelChoiceField(
        Team.objects.filter(is_active=True, is_restricted=False), label=_("Team"), required=False,
        empty_label=_("By routing"),
    )  # fmt: skip

    field_order = (
        "change_type", "template", "title", "description", "service", "services", "items", "team", "planned_start",
        "planned_end", "outage_minutes", "implementation_plan", "test_plan", "backout_plan", "release",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        service: Any = self.fields["service"]
        service.queryset = living()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if not data.get("title") and not data.get("template"):
            self.add_error("title", _now("Say in a few words what it is about."))
        return data

    def keywords(self) -> dict[str, Any]:
        """The cleaned values as ``changes.open`` takes them."""
        return {name: value for name, value in self.cleaned_data.items() if name != "team" or value is not None}


class AssessForm(forms.Form):
    """The questions about the risk, each with its answers."""

    def __init__(self, questions: list[RiskQuestion], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for one in questions:
            self.fields[f"q{one.pk}"] = forms.ChoiceField(
                label=one.text, help_text=one.hint, widget=forms.RadioSelect,
                choices=[(option["label"], option["label"]) for option in one.options],
            )  # fmt: skip

    def answers(self) -> dict[str, str]:
        return {name[1:]: value for name, value in self.cleaned_data.items()}
