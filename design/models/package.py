"""Service design packages: everything that is designed about a service, in one place that is signed off."""

from __future__ import annotations

from typing import Any

import django_fsm as fsm
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from design import package_policies as policies
from design.models.process import NUMBER, ProcessDefinition
from design.package_states import PackageState, Result, SectionKind
from design.process_states import Need
from itsm.approvals.models import Round
from itsm.catalogue.models import Service
from itsm.lib import clock
from itsm.workflow.record import LONG, DeskRecords, Record, known_state, latest, state_of
from strategy.models import AcceptanceCriterion, BusinessRequirement


class PackageQuerySet(DeskRecords):
    def open(self) -> PackageQuerySet:
        return self.filter(state__in=PackageState.OPEN)

    def approved(self) -> PackageQuerySet:
        return self.filter(state=PackageState.APPROVED)


class ServiceDesignPackage(Record):
    """One version of the design of a service. Only drafts change; what is signed off stays as it was."""

    State = PackageState
    kind_code = "design_package"
    prefix = "SDP"

    title = models.CharField(_("title"), max_length=160)
    service = models.ForeignKey(Service, models.PROTECT, related_name="design_packages", verbose_name=_("service"))
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("owner"),
        help_text=_("Who leads the design."),
    )  # fmt: skip
    second_signer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("signs off beside the service owner"),
        help_text=_("A service level or portfolio manager. Nobody named: every service level manager is asked."),
    )  # fmt: skip
    description = models.TextField(_("in short"), blank=True, validators=LONG)
    processes = models.ManyToManyField(
        ProcessDefinition, blank=True, related_name="design_packages", verbose_name=_("processes")
    )
    edition = models.PositiveSmallIntegerField(_("version"), default=1, editable=False)
    state = state_of(PackageState, PackageState.DRAFT)

    objects = PackageQuerySet.as_manager()

    class Meta:
        ordering = ["-updated_at", "-id"]
        verbose_name = _("design package")
        verbose_name_plural = _("design packages")
        indexes = [latest("design_package_latest")]
        constraints = [
            known_state(PackageState, "design_package_state_known"),
            models.UniqueConstraint(
                fields=["service"], condition=models.Q(state__in=PackageState.OPEN), name="design_package_one_open",
                violation_error_message=_("A design of this service is being written already."),
            ),
            models.UniqueConstraint(
                fields=["service"], condition=models.Q(state="approved"), name="design_package_one_approved"
            ),
            models.UniqueConstraint(fields=["service", "edition"], name="design_package_edition_once"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.title

    def others(self) -> PackageQuerySet:
        """Other versions of the same service's design."""
        return ServiceDesignPackage.objects.filter(service=self.service_id).exclude(pk=self.pk)

    @fsm.transition(
        field=state, source=PackageState.DRAFT, target=None, permission=policies.may_lead,
        custom={"label": _("Take over criteria"), "icon": "list-plus"},
    )  # fmt: skip
    def collect(self) -> None:
        """Add the acceptance criteria of the service's requirements that are not here yet."""

    @fsm.transition(
        field=state, source=PackageState.DRAFT, target=PackageState.IN_REVIEW, permission=policies.may_lead,
        conditions=[
            policies.has_service_owner, policies.has_complete_sections, policies.has_criteria, policies.has_test_runs,
            policies.has_proven_criteria, policies.has_no_severe_defect,
        ],
        custom={"label": _("Submit for sign-off"), "icon": "send", "tone": "primary", "inputs": ("comment?",)},
    )  # fmt: skip
    def submit(self) -> None:
        """Those who sign off are asked; what they decide about is frozen."""

    @fsm.transition(
        field=state, source=PackageState.IN_REVIEW, target=PackageState.DRAFT, permission=policies.may_take_back,
        custom={"label": _("Take back"), "icon": "undo-2", "inputs": ("reason",)},
    )  # fmt: skip
    def take_back(self, *, reason: str) -> None:
        """It has to change before it is signed off."""

    @fsm.transition(
        field=state, source=PackageState.IN_REVIEW, target=PackageState.APPROVED, permission=policies.by_approval,
        custom={"label": _("Approve"), "icon": "stamp", "offered": False},
    )  # fmt: skip
    def approve(self) -> None:
        """Everybody signed: the service may be built like this."""

    @fsm.transition(
        field=state, source=[PackageState.APPROVED, PackageState.SUPERSEDED], target=None, permission=policies.may_lead,
        conditions=[policies.has_no_open_version],
        custom={"label": _("New version"), "icon": "copy"},
    )  # fmt: skip
    def new_version(self) -> None:
        """A draft that starts as a copy of this one; it is tested and signed off anew."""

    @fsm.transition(
        field=state, source=PackageState.APPROVED, target=PackageState.SUPERSEDED, permission=policies.by_successor,
        custom={"label": _("Supersede"), "icon": "archive", "offered": False},
    )  # fmt: skip
    def supersede(self) -> None:
        """A newer version is approved."""


class PackageSection(models.Model):
    """One section of a design package."""

    package = models.ForeignKey(ServiceDesignPackage, models.CASCADE, related_name="sections")
    kind = models.CharField(_("section"), max_length=20, choices=SectionKind)
    text = models.TextField(_("text"), blank=True, validators=LONG)
    complete = models.BooleanField(_("complete"), default=False)

    class Meta:
        ordering = ["id"]
        verbose_name = _("section")
        verbose_name_plural = _("sections")
        constraints = [
            models.UniqueConstraint(
                fields=["package", "kind"], name="design_section_once",
                violation_error_message=_("There is this section already."),
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return str(self.get_kind_display())

    def clean(self) -> None:
        if self.complete and not self.text.strip():
            raise ValidationError({"complete": _("An empty section is not complete.")})


class CriterionQuerySet(models.QuerySet["DesignCriterion"]):
    def unproven(self) -> CriterionQuerySet:
        """Without a case that passed, or with one that failed, as their latest runs say."""
        cases = DesignCriterion._meta.get_field("cases").related_model._default_manager  # type: ignore[union-attr]
        mine = cases.filter(criterion=models.OuterRef("pk"))
        return self.filter(
            ~models.Exists(mine.filter(result=Result.PASS)) | models.Exists(mine.filter(result=Result.FAIL))
        )


class DesignCriterion(models.Model):
    """What must be true for the design to be accepted, traced to the requirement it comes from."""

    package = models.ForeignKey(ServiceDesignPackage, models.CASCADE, related_name="criteria")
    text = models.CharField(
        _("criterion"), max_length=300, blank=True, help_text=_("Empty: the words of the requirement’s criterion.")
    )
    requirement = models.ForeignKey(
        BusinessRequirement, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("requirement")
    )
    source = models.ForeignKey(
        AcceptanceCriterion, models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("criterion of the requirement"),
    )  # fmt: skip

    objects = CriterionQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        verbose_name = _("acceptance criterion")
        verbose_name_plural = _("acceptance criteria")
        constraints = [
            models.UniqueConstraint(
                fields=["package", "source"], name="design_criterion_source_once",
                violation_error_message=_("This criterion is taken over already."),
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.text

    def clean(self) -> None:
        if self.source is not None:
            if self.requirement is None:
                self.requirement = self.source.requirement
            elif self.source.requirement_id != self.requirement_id:
                raise ValidationError({"source": _("This criterion belongs to another requirement.")})
            self.text = self.text.strip() or self.source.text
        if not self.text.strip():
            raise ValidationError({"text": _("Say what must be true, or choose a criterion of the requirement.")})


class SystemRequirement(models.Model):
    """An IT system that a step of a process, or a service as designed, needs; and whether it is there."""

    definition = models.ForeignKey(
        ProcessDefinition, models.CASCADE, null=True, blank=True, editable=False, related_name="systems"
    )
    package = models.ForeignKey(
        ServiceDesignPackage, models.CASCADE, null=True, blank=True, editable=False, related_name="systems"
    )
    step = models.PositiveSmallIntegerField(
        _("step"), null=True, blank=True, validators=NUMBER,
        help_text=_("Number of the step that needs it; empty for the whole process."),
    )  # fmt: skip
    system = models.CharField(_("system"), max_length=160, blank=True, help_text=_("Empty: the name of the service."))
    service = models.ForeignKey(
        Service, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("service that provides it")
    )
    purpose = models.CharField(_("what for"), max_length=300, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=Need, default=Need.PLANNED)
    evidence = models.CharField(
        _("evidence"), max_length=1000, blank=True, help_text=_("How one can see that it is there.")
    )

    class Meta:
        ordering = ["step", "id"]
        verbose_name = _("needed system")
        verbose_name_plural = _("needed systems")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(definition__isnull=False, package__isnull=True)
                | models.Q(definition__isnull=True, package__isnull=False),
                name="design_system_one_parent",
            )
        ]

    def __str__(self) -> str:
        return self.system

    def clean(self) -> None:
        wrong: dict[str, Any] = {}
        self.system = self.system.strip() or (self.service.name if self.service else "")
        if not self.system:
            wrong["system"] = _("Name the system, or choose the service that provides it.")
        if self.status == Need.MET and not self.evidence.strip():
            wrong["evidence"] = _("Say how one can see that it is there.")
        if self.step is not None:
            if self.definition is None:
                wrong["step"] = _("A design package has no steps.")
            elif not self.definition.steps.filter(position=self.step).exists():
                wrong["step"] = _("There is no step with this number.")
        if wrong:
            raise ValidationError(wrong)


class SignOff(models.Model):
    """A design as it was when its sign-off was asked for. Never changed; the round says what was decided."""

    package = models.ForeignKey(ServiceDesignPackage, models.CASCADE, related_name="sign_offs")
    round = models.ForeignKey(Round, models.PROTECT, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=clock.now)
    data = models.JSONField(_("what was decided about"))

    class Meta:
        ordering = ["-id"]
        verbose_name = _("sign-off")
        verbose_name_plural = _("sign-offs")

    def __str__(self) -> str:
        return f"{self.package.number}, {self.at:%Y-%m-%d}"
