"""Process definitions: how work of one kind is done, step by step, by whom, and with which systems."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import django_fsm as fsm
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from design import process_flow as flow
from design import process_policies as policies
from design.process_states import Duty, ProcessState, StepType
from itsm.accounts.models import Team
from itsm.accounts.roles import Role
from itsm.tickets import kinds
from itsm.workflow.record import LONG, DeskRecords, Record, known_state, latest, state_of

NUMBER = [MinValueValidator(1), MaxValueValidator(999)]
#: Who takes part in processes without having a role in the product.
REQUESTER = "requester"
#: Ways that may leave one step, and words at a way.
MOST_WAYS, LONGEST_LABEL = 12, 60


def role_choices() -> list[tuple[str, Any]]:
    return [*Role.choices, (REQUESTER, _("Requester"))]


class ProcessQuerySet(DeskRecords):
    def published(self) -> ProcessQuerySet:
        return self.filter(state=ProcessState.PUBLISHED)

    def unpublished(self) -> ProcessQuerySet:
        return self.filter(state__in=ProcessState.UNPUBLISHED)


class ProcessDefinition(Record):
    """One version of a process. Only drafts change; a new version copies everything."""

    State = ProcessState
    kind_code = "process"
    prefix = "PROC"

    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(
        _("governs"), max_length=20, blank=True, help_text=_("The kind of ticket whose life it describes, if any.")
    )
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("owner"))
    purpose = models.TextField(_("purpose"), blank=True, validators=LONG)
    inputs = models.TextField(
        _("inputs"), blank=True, validators=LONG, help_text=_("What starts it, and what it needs.")
    )
    outputs = models.TextField(_("outputs"), blank=True, validators=LONG, help_text=_("What it leaves behind."))
    kpis = models.TextField(
        _("measures"), blank=True, validators=LONG, help_text=_("How one knows that it works well.")
    )
    edition = models.PositiveSmallIntegerField(_("version"), default=1, editable=False)
    #: The first version; none for the first version itself.
    first = models.ForeignKey("self", models.PROTECT, null=True, related_name="later", editable=False)
    state = state_of(ProcessState, ProcessState.DRAFT)

    objects = ProcessQuerySet.as_manager()

    class Meta:
        ordering = ["-updated_at", "-id"]
        verbose_name = _("process")
        verbose_name_plural = _("processes")
        indexes = [
            latest("design_process_latest"),
            models.Index(fields=["kind"], name="design_process_in_force", condition=models.Q(state="published")),
        ]
        constraints = [
            known_state(ProcessState, "design_process_state_known"),
            models.UniqueConstraint(
                fields=["kind"], condition=models.Q(state="published") & ~models.Q(kind=""),
                name="design_process_one_for_kind",
            ),
            models.UniqueConstraint(fields=["first", "edition"], name="design_process_edition_once"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.name

    @property
    def kind_label(self) -> str:
        """The kind of ticket in words."""
        return flow.label_of(self.kind) if self.kind else ""

    def family(self) -> ProcessQuerySet:
        """All versions of this process."""
        root = self.first_id or self.pk
        return ProcessDefinition.objects.filter(models.Q(pk=root) | models.Q(first=root))

    def others_published(self) -> ProcessQuerySet:
        """Published processes of other families that govern the same kind."""
        own = self.family().values("pk")
        return ProcessDefinition.objects.published().filter(kind=self.kind).exclude(pk__in=own)

    @fsm.transition(
        field=state, source=ProcessState.DRAFT, target=ProcessState.IN_REVIEW, permission=policies.may_submit,
        conditions=[policies.is_one_flow, policies.has_clear_duties, policies.fits_its_kind],
        custom={"label": _("Submit for review"), "icon": "send", "tone": "primary", "inputs": ("comment?",)},
    )  # fmt: skip
    def submit(self) -> None:
        """Those who work by it look at it."""

    @fsm.transition(
        field=state, source=ProcessState.IN_REVIEW, target=ProcessState.DRAFT, permission=policies.may_submit,
        custom={"label": _("Send back"), "icon": "undo-2", "inputs": ("reason",)},
    )  # fmt: skip
    def send_back(self, *, reason: str) -> None:
        """It has to change first."""

    @fsm.transition(
        field=state, source=ProcessState.IN_REVIEW, target=ProcessState.PUBLISHED, permission=policies.may_lead,
        conditions=[
            policies.is_one_flow, policies.has_clear_duties, policies.fits_its_kind, policies.governs_alone,
        ],
        custom={"label": _("Publish"), "icon": "badge-check", "tone": "ok", "inputs": ("comment?",)},
    )  # fmt: skip
    def publish(self) -> None:
        """Everybody works by it from now on; the version before is superseded."""

    @fsm.transition(
        field=state, source=[ProcessState.PUBLISHED, ProcessState.RETIRED, ProcessState.SUPERSEDED], target=None,
        permission=policies.may_renew, conditions=[policies.has_no_open_version],
        custom={"label": _("New version"), "icon": "copy"},
    )  # fmt: skip
    def new_version(self) -> None:
        """A draft that starts as a copy of this one."""

    @fsm.transition(
        field=state, source=ProcessState.PUBLISHED, target=ProcessState.SUPERSEDED, permission=policies.by_publication,
        custom={"label": _("Supersede"), "icon": "archive", "offered": False},
    )  # fmt: skip
    def supersede(self) -> None:
        """A newer version is in force."""

    @fsm.transition(
        field=state, source=[ProcessState.DRAFT, ProcessState.IN_REVIEW, ProcessState.PUBLISHED],
        target=ProcessState.RETIRED, permission=policies.may_lead,
        custom={"label": _("Retire"), "icon": "archive", "inputs": ("reason",)},
    )  # fmt: skip
    def retire(self, *, reason: str) -> None:
        """Nobody works by it any more, or it was not needed."""


def check_ways(value: Any) -> None:
    """A list of ``{"step": number, "label": words}``."""
    if not isinstance(value, list) or len(value) > MOST_WAYS:
        raise ValidationError(_("Name up to %(n)d steps."), params={"n": MOST_WAYS})
    for one in value:
        number = one.get("step") if isinstance(one, dict) else None
        label = one.get("label", "") if isinstance(one, dict) else None
        if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= 999:
            raise ValidationError(_("A step is named by its number."))
        if not isinstance(label, str) or len(label) > LONGEST_LABEL or set(one) - {"step", "label"}:
            raise ValidationError(
                _("The words at a way are at most %(n)d characters long."), params={"n": LONGEST_LABEL}
            )
    if len({one["step"] for one in value}) != len(value):
        raise ValidationError(_("Name each step once."))


class StepManager(models.Manager["ProcessStep"]):
    """Steps are read with their duties: nobody wants them without."""

    def get_queryset(self) -> models.QuerySet[ProcessStep]:
        return super().get_queryset().prefetch_related("duties__team")


class ProcessStep(models.Model):
    """What is done at one place of a process. Written with the duties of roles and teams as one."""

    lists = tuple(duty.name.lower() for duty in Duty)

    definition = models.ForeignKey(ProcessDefinition, models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField(_("number"), validators=NUMBER)
    name = models.CharField(_("step"), max_length=120)
    type = models.CharField(_("type"), max_length=10, choices=StepType, default=StepType.TASK)
    description = models.TextField(_("what is done"), blank=True, validators=LONG)
    input = models.CharField(_("input"), max_length=300, blank=True)
    output = models.CharField(_("output"), max_length=300, blank=True)
    from_state = models.CharField(_("ticket goes from"), max_length=20, blank=True)
    to_state = models.CharField(_("to"), max_length=20, blank=True)
    next_steps = models.JSONField(_("next steps"), default=list, blank=True, validators=[check_ways])

    objects = StepManager()

    class Meta:
        ordering = ["position"]
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        constraints = [
            models.UniqueConstraint(
                fields=["definition", "position"], name="design_step_number_once",
                violation_error_message=_("There is a step with this number already."),
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.position} {self.name}"

    def clean(self) -> None:
        """States are those of the ticket kind; parties exist."""
        wrong: dict[str, Any] = {}
        kind = self.definition.kind
        for name in ("from_state", "to_state"):
            state = getattr(self, name)
            if not state:
                continue
            if not kind:
                wrong[name] = _("This process governs no kind of ticket.")
            elif not flow.is_known(kind) or state not in kinds.get(kind).states.values:  # type: ignore[attr-defined]
                wrong[name] = _("Tickets of this kind have no such state.")
        if any(one["step"] == self.position for one in self.next_steps or []):
            wrong["next_steps"] = _("A step does not lead to itself.")
        if wrong:
            raise ValidationError(wrong)

    # Duties are lists of (role, team id), one of both empty, written beside the row by the door.

    def parties(self, duty: str) -> list[tuple[str, int | None]]:
        if self.pk is None:
            return []
        return [(row.role, row.team_id) for row in self.duties.all() if row.duty == duty]

    def check_lists(self, given: Mapping[str, list[Any]]) -> dict[str, Any]:
        return {
            name: _("Name each role and team once.")
            for name, parties in given.items()
            if len(parties) != len(set(parties))
        }

    def put_lists(self, given: Mapping[str, list[Any]]) -> None:
        for name, parties in given.items():
            duty = Duty[name.upper()]
            self.duties.filter(duty=duty).delete()
            StepDuty.objects.bulk_create(
                StepDuty(step=self, duty=duty, role=role, team_id=team) for role, team in parties
            )
        getattr(self, "_prefetched_objects_cache", {}).pop("duties", None)


class StepDuty(models.Model):
    """A role or a team has a duty in a step."""

    step = models.ForeignKey(ProcessStep, models.CASCADE, related_name="duties")
    duty = models.CharField(_("duty"), max_length=1, choices=Duty)
    role = models.CharField(_("role"), max_length=40, blank=True)
    team = models.ForeignKey(Team, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("team"))

    class Meta:
        ordering = ["id"]
        verbose_name = _("duty")
        verbose_name_plural = _("duties")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(role="", team__isnull=False) | (~models.Q(role="") & models.Q(team__isnull=True)),
                name="design_duty_role_or_team",
            ),
            models.UniqueConstraint(
                fields=["step", "duty", "role"], condition=models.Q(team__isnull=True), name="design_duty_role_once"
            ),
            models.UniqueConstraint(fields=["step", "duty", "team"], name="design_duty_team_once"),
        ]

    def __str__(self) -> str:
        return f"{self.duty}: {self.party}"

    @property
    def party(self) -> str:
        """The role or team in words."""
        return str(self.team) if self.team_id else str(dict(role_choices()).get(self.role, self.role))
