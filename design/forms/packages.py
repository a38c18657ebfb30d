"""Forms of design packages, plans, cases, runs and defects."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from design.forms.processes import SystemForm
from design.models import (
    Defect,
    DesignCriterion,
    PackageSection,
    ProcessDefinition,
    ServiceDesignPackage,
    SystemRequirement,
    TestCase,
    TestRun,
    ValidationPlan,
)
from design.package_states import HINTS, PackageState, Result, Severity
from design.process_states import ProcessState
from itsm.catalogue.models import Service
from itsm.desk.forms.fields import PersonField
from strategy.models import AcceptanceCriterion, BusinessRequirement
from strategy.states import RequirementState


class PackageForm(forms.ModelForm):
    """Which service is designed, by whom, and who signs."""

    owner = PersonField(label=_("Owner"), help_text=_("Email address of whoever leads the design."))
    second_signer = PersonField(
        label=_("Signs off beside the service owner"), required=False,
        help_text=_("Email address of a service level or portfolio manager. Empty: every service level manager is "
                    "asked."),
    )  # fmt: skip

    class Meta:
        model = ServiceDesignPackage
        fields = ["title", "service", "owner", "second_signer", "description", "processes"]
        widgets = {
            "description": forms.Textarea(attrs={"rows": 4}),
            "processes": forms.SelectMultiple(attrs={"size": 6}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = Service.objects.exclude(status__in=Service.Status.ENDED).order_by("name")
        if self.instance.pk:
            rows = Service.objects.filter(pk=self.instance.service_id)
        self.fields["service"].queryset = rows
        usable = Q(state__in=[ProcessState.PUBLISHED, *ProcessState.UNPUBLISHED])
        if self.instance.pk:
            # What the design names already may stay, also when a newer version is in force.
            usable |= Q(design_packages=self.instance)
        self.fields["processes"].queryset = ProcessDefinition.objects.filter(usable).distinct().order_by("name", "id")
        self.fields["processes"].label_from_instance = lambda one: f"{one.number} {one} ({one.get_state_display()})"


class SectionForm(forms.ModelForm):
    class Meta:
        model = PackageSection
        fields = ["kind", "text", "complete"]
        widgets = {"text": forms.Textarea(attrs={"rows": 12})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["kind"].choices = [(self.instance.kind, self.instance.get_kind_display())]
            self.fields["text"].help_text = HINTS[self.instance.kind]


class CriterionForm(forms.ModelForm):
    class Meta:
        model = DesignCriterion
        fields = ["source", "requirement", "text"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        needed = BusinessRequirement.objects.exclude(state=RequirementState.REJECTED)
        mine = needed.filter(services=self.instance.package.service_id)
        # Whoever links no requirement to the service may still trace to any.
        rows = mine if mine.exists() else needed
        self.fields["requirement"].queryset = rows.order_by("title")
        criteria = AcceptanceCriterion.objects.filter(requirement__in=rows).select_related("requirement")
        self.fields["source"].queryset = criteria
        self.fields["source"].label_from_instance = lambda one: f"{one.requirement.number}: {one.text}"


class PackageSystemForm(SystemForm):
    class Meta:
        model = SystemRequirement
        fields = ["system", "service", "purpose", "status", "evidence"]
        widgets = {"evidence": forms.Textarea(attrs={"rows": 2})}


class PlanForm(forms.ModelForm):
    owner = PersonField(label=_("Tester"), help_text=_("Email address of whoever runs the tests."))

    class Meta:
        model = ValidationPlan
        fields = ["title", "package", "owner", "environment", "description"]
        widgets = {"description": forms.Textarea(attrs={"rows": 4})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = ServiceDesignPackage.objects.filter(state=PackageState.DRAFT)
        if self.instance.pk:
            rows = ServiceDesignPackage.objects.filter(pk=self.instance.package_id)
        self.fields["package"].queryset = rows.order_by("title")


class CaseForm(forms.ModelForm):
    class Meta:
        model = TestCase
        fields = ["title", "criterion", "steps", "expected"]
        widgets = {"steps": forms.Textarea(attrs={"rows": 4}), "expected": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["criterion"].queryset = self.instance.plan.package.criteria.all()


class RunForm(forms.Form):
    """How a test ended; whoever fails it says what was seen."""

    result = forms.ChoiceField(label=_("Result"), choices=Result.choices, widget=forms.RadioSelect)
    evidence = forms.CharField(
        label=_("What was seen"), required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Needed when it failed or was blocked."),
    )  # fmt: skip
    severity = forms.ChoiceField(
        label=_("How much it hurts"), choices=Severity.choices, initial=Severity.MEDIUM, required=False,
        help_text=_("For the defect that a failure opens."),
    )  # fmt: skip

    def clean_severity(self) -> str:
        return self.cleaned_data["severity"] or Severity.MEDIUM


class DefectForm(forms.ModelForm):
    owner = PersonField(label=_("Fixed by"), required=False, help_text=_("Email address of whoever repairs it."))

    class Meta:
        model = Defect
        fields = ["title", "run", "severity", "owner", "description"]
        widgets = {"description": forms.Textarea(attrs={"rows": 4})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = TestRun.objects.filter(result=Result.FAIL).exclude(case__plan__package__state=PackageState.SUPERSEDED)
        if self.instance.pk:
            rows = TestRun.objects.filter(pk=self.instance.run_id)
        self.fields["run"].queryset = rows.select_related("case")
