"""Service levels: support levels, targets, escalation, coverage."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from itsm.accounts.models import Organisation, Team, User
from itsm.accounts.roles import Role
from itsm.catalogue.models import Service, ServiceOffering
from itsm.desk.forms.fields import ManyField, MinutesField, kind_field
from itsm.lib import clock
from itsm.lib.sources import Source
from itsm.sla.models import Coverage, EscalationPolicy, EscalationStep, Metric, SupportLevel, WorkCalendar
from itsm.sla.services import targets
from itsm.tickets import kinds
from itsm.tickets.models import HoldReason
from itsm.tickets.states import Priority

BLANK_ROWS = 3


def metrics_of(kind: str) -> tuple[Metric, ...]:
    """What a support level promises about a kind: what is ordered is fulfilled, anything else resolved."""
    done = kinds.get(kind).done_metric
    return (Metric.FIRST_RESPONSE, Metric(done), Metric.UPDATE)


class LevelForm(forms.ModelForm):
    pause_reasons = ManyField(
        label=gettext_lazy("Waiting that pauses the clocks"),
        help_text=gettext_lazy("While a ticket waits for one of these, its clocks stand still."),
    )  # fmt: skip

    class Meta:
        model = SupportLevel
        fields = ["name", "description", "rank", "calendar", "escalation_policy", "pause_reasons", "is_active"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = self.instance.pause_reasons
        reasons = HoldReason.objects.filter(Q(is_active=True) | Q(code__in=chosen))
        self.fields["pause_reasons"].choices = list(reasons.values_list("code", "label"))


# ---------- targets ----------


class TargetsForm(forms.Form):
    """Minutes by metric and priority for one kind of ticket, of a support level or of a team.

    An empty cell promises nothing of its own: the column for every priority applies, if it has a value.
    """

    COLUMNS = (*(level.value for level in Priority), None)

    def __init__(self, *args: Any, owner: SupportLevel | Team, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.owner, self.kind = owner, kind
        self.of_team = isinstance(owner, Team)
        self.metrics = (Metric.OLA,) if self.of_team else metrics_of(kind)
        self.current = {
            (row.metric, row.priority): row for row in owner.targets.current().filter(kind=kind, service=None)
        }
        if self.of_team:
            calendar = next((row.calendar_id for row in self.current.values()), None)
            self.fields["calendar"] = forms.ModelChoiceField(
                WorkCalendar.objects.all(), label=_("Hours the team works"), required=False, initial=calendar,
                empty_label=_("Around the clock"),
            )  # fmt: skip
        for metric in self.metrics:
            for priority in self.COLUMNS:
                row = self.current.get((metric, priority))
                words = f"P{priority}" if priority else _("every priority")
                self.fields[self.cell(metric, priority)] = MinutesField(
                    label=f"{metric.label}, {words}", required=False, initial=row.minutes if row else None
                )
            warn = next((row.warn_percent for (name, _p), row in self.current.items() if name == metric), 75)
            self.fields[f"warn_{metric}"] = forms.IntegerField(
                label=_("%(metric)s: warn at %%") % {"metric": metric.label}, min_value=1, max_value=99, initial=warn
            )

    @staticmethod
    def cell(metric: str, priority: int | None) -> str:
        return f"{metric}_{priority or 'any'}"

    @property
    def rows(self) -> list[tuple[Any, list[Any], Any]]:
        return [
            (metric.label, [self[self.cell(metric, priority)] for priority in self.COLUMNS], self[f"warn_{metric}"])
            for metric in self.metrics
        ]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        for metric in self.metrics:
            previous = 0
            for priority in Priority:
                minutes = data.get(self.cell(metric, priority.value))
                if minutes and minutes < previous:
                    self.add_error(
                        self.cell(metric, priority.value), _("Shorter than what a more urgent priority gets.")
                    )
                previous = max(previous, minutes or 0)
        return data

    def store(self, actor: User) -> None:
        """Supersede what changed and withdraw what was emptied; open tickets follow."""
        data = self.cleaned_data
        more = {"calendar": data["calendar"]} if self.of_team else {}
        for metric in self.metrics:
            for priority in self.COLUMNS:
                minutes, row = data[self.cell(metric, priority)], self.current.get((metric, priority))
                if minutes:
                    targets.set_target(
                        self.owner, kind=self.kind, metric=metric.value, priority=priority, minutes=minutes,
                        warn_percent=data[f"warn_{metric}"], actor=actor, source=Source.WEB, **more,
                    )  # fmt: skip
                elif row is not None:
                    targets.withdraw_target(row, actor=actor, source=Source.WEB)


# ---------- escalation ----------


class StepForm(forms.ModelForm):
    metric = forms.ChoiceField(
        label=gettext_lazy("Clock"), choices=[("", gettext_lazy("Every clock")), *Metric.choices[:3]], required=False
    )
    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=[("", "–"), *Role.choices], required=False)

    class Meta:
        model = EscalationStep
        fields = ["percent", "metric", "action", "role"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        tells_role = data.get("action") == EscalationStep.Action.NOTIFY_ROLE
        if tells_role and not data.get("role"):
            self.add_error("role", _("Say which role is told."))
        elif data.get("role") and not tells_role and "action" in data:
            self.add_error("role", _("Only “tell everybody with a role” has a role."))
        return data


class Steps(forms.BaseInlineFormSet):
    def clean(self) -> None:
        super().clean()
        seen: set[tuple[Any, ...]] = set()
        for form in self.forms:
            if form.errors or not form.cleaned_data or form.cleaned_data.get("DELETE"):
                continue
            key = tuple(form.cleaned_data.get(name) for name in ("percent", "metric", "action", "role"))
            if key in seen:
                form.add_error("percent", _("This step is there twice."))
            seen.add(key)


StepSet = forms.inlineformset_factory(
    EscalationPolicy, EscalationStep, form=StepForm, formset=Steps, extra=BLANK_ROWS, max_num=30, validate_max=True
)


class EscalationForm(forms.ModelForm):
    """A policy with its steps as rows; three empty rows take new ones."""

    class Meta:
        model = EscalationPolicy
        fields = ["name"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.steps = StepSet(self.data if self.is_bound else None, instance=self.instance, prefix="steps")
        # What the stamp of the form covers besides its own fields.
        self.fields["stored_steps"] = forms.CharField(
            label=_("Steps"), required=False, widget=forms.HiddenInput, initial=steps_in_words(self.instance)
        )

    def is_valid(self) -> bool:
        if super().is_valid() and not self.steps.is_valid():
            self.add_error(None, _("One of the steps needs another look."))
        return not self.errors

    def save(self, commit: bool = True) -> EscalationPolicy:
        policy = super().save(commit)
        self.steps.instance = policy
        return policy

    def store_steps(self, actor: User) -> None:
        """Write the rows that changed, each through the service that lets open tickets follow."""
        for form in self.steps.forms:
            step, data = form.instance, form.cleaned_data
            if step.pk and data.get("DELETE"):
                targets.remove(step, actor=actor, source=Source.WEB)
            elif form.has_changed() and not data.get("DELETE"):
                step.policy = self.instance
                targets.store(step, actor=actor, source=Source.WEB)


def steps_in_words(policy: EscalationPolicy) -> str:
    return "; ".join(map(str, policy.steps.all())) if policy.pk else ""


# ---------- coverage ----------


class CoverageForm(forms.ModelForm):
    class Meta:
        model = Coverage
        fields = ["service", "offering", "organisation", "support_level", "valid_from", "valid_to"]
        help_texts = {
            "service": gettext_lazy("Empty: every service."),
            "offering": gettext_lazy("Empty: every offering of the service."),
            "organisation": gettext_lazy("Empty: every organisation."),
            "valid_from": gettext_lazy("Counts by the day a ticket is opened. Empty: since ever."),
            "valid_to": gettext_lazy("The last day. Empty: until further notice."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["support_level"].queryset = SupportLevel.objects.filter(published_by="")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        service, offering = data.get("service"), data.get("offering")
        if service and offering and offering.service_id != service.pk:
            self.add_error("offering", _("This offering belongs to another service."))
        start, end = data.get("valid_from"), data.get("valid_to")
        if start and end and end < start:
            self.add_error("valid_to", _("The end lies before the beginning."))
        if not self.errors:
            self._refuse_overlap(data)
        return data

    def _refuse_overlap(self, data: dict[str, Any]) -> None:
        same = Coverage.objects.exclude(pk=self.instance.pk)
        for name in ("service", "offering", "organisation"):
            same = same.filter(**({name: data[name]} if data[name] else {f"{name}__isnull": True}))
        if data["valid_to"]:
            same = same.filter(Q(valid_from__isnull=True) | Q(valid_from__lte=data["valid_to"]))
        if data["valid_from"]:
            same = same.filter(Q(valid_to__isnull=True) | Q(valid_to__gte=data["valid_from"]))
        other = same.select_related("support_level").first()
        if other is not None:
            raise ValidationError(
                _("The same is covered already, by %(level)s from %(start)s to %(end)s."),
                params={
                    "level": other.support_level or _("no service level"), "start": other.valid_from or _("ever"),
                    "end": other.valid_to or _("further notice"),
                },
            )  # fmt: skip


class CoverageTest(forms.Form):
    """A ticket somebody might open: which level applies to it?"""

    kind = kind_field()
    service = forms.ModelChoiceField(Service.objects.order_by("name"), label=gettext_lazy("Service"), required=False)
    offering = forms.ModelChoiceField(
        ServiceOffering.objects.filter(is_active=True), label=gettext_lazy("Offering"), required=False
    )
    organisation = forms.ModelChoiceField(
        Organisation.objects.all(), label=gettext_lazy("Organisation of the requester"), required=False
    )
    priority = forms.TypedChoiceField(
        label=gettext_lazy("Priority"), choices=[(p.value, f"P{p.value} {p.label}") for p in Priority], coerce=int,
        initial=Priority.P3.value,
    )  # fmt: skip
    opened = forms.DateTimeField(label=gettext_lazy("Opened"), required=False, help_text=gettext_lazy("Empty: now."))

    def clean_opened(self) -> Any:
        given = self.cleaned_data["opened"]
        return given or clock.now()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        offering, service = data.get("offering"), data.get("service")
        if offering and service and offering.service_id != service.pk:
            self.add_error("offering", _("This offering belongs to another service."))
        elif offering:
            data["service"] = offering.service
        return data
