"""Releases and their deployments."""

from __future__ import annotations

from datetime import datetime

import django_fsm as fsm
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from itsm.catalogue.models import Service
from itsm.lib import clock
from itsm.workflow.record import LONG, DeskRecords, Record, known_state, latest, state_of
from transition.policies import releases as policies
from transition.states.changes import DeploymentState, Environment, ReleaseSize
from transition.states.changes import ReleaseState as State


class ReleaseQuerySet(DeskRecords):
    def ahead(self) -> ReleaseQuerySet:
        """Not yet in use."""
        return self.filter(state__in=State.AHEAD)


class Release(Record):
    """A version of one or more services that is made available for use."""

    State = State
    kind_code = "release"
    prefix = "REL"

    title = models.CharField(_("title"), max_length=160)
    release_version = models.CharField(_("version"), max_length=40, blank=True)
    size = models.CharField(_("size"), max_length=10, choices=ReleaseSize, default=ReleaseSize.MINOR)
    description = models.TextField(_("what is new"), blank=True, validators=LONG)
    known_defects = models.TextField(_("known defects"), blank=True, validators=LONG)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("owner"))
    services = models.ManyToManyField(Service, related_name="releases", verbose_name=_("services"))
    planned_for = models.DateField(_("planned for"), null=True, blank=True)
    deployed_at = models.DateTimeField(_("deployed"), null=True, blank=True, editable=False)
    state = state_of(State, State.PLANNING)

    objects = ReleaseQuerySet.as_manager()

    class Meta:
        ordering = ["-updated_at", "-id"]
        verbose_name = _("release")
        verbose_name_plural = _("releases")
        indexes = [latest("transition_release_latest")]
        constraints = [known_state(State, "transition_release_state_known")]

    def __str__(self) -> str:
        return f"{self.title} {self.release_version}".strip()

    @fsm.transition(
        field=state, source=State.PLANNING, target=State.BUILDING, permission=policies.may_lead,
        conditions=[policies.has_changes],
        custom={"label": _("Start to build"), "icon": "hammer", "tone": "primary", "inputs": ("comment?",)},
    )  # fmt: skip
    def build(self) -> None:
        """What is in it is settled."""

    @fsm.transition(
        field=state, source=State.BUILDING, target=State.TESTING, permission=policies.may_lead,
        custom={"label": _("Start to test"), "icon": "flask-conical", "tone": "primary", "inputs": ("comment?",)},
    )  # fmt: skip
    def test(self) -> None:
        """It is complete and put to the test."""

    @fsm.transition(
        field=state, source=State.TESTING, target=State.APPROVED, permission=policies.may_approve,
        conditions=[policies.is_tested, policies.changes_approved],
        custom={"label": _("Approve"), "icon": "stamp", "tone": "ok", "inputs": ("comment?",)},
    )  # fmt: skip
    def approve(self) -> None:
        """It may go to its users."""

    @fsm.transition(
        field=state, source=[State.TESTING, State.APPROVED], target=State.BUILDING, permission=policies.may_lead,
        custom={"label": _("Back to building"), "icon": "undo-2", "inputs": ("reason",)},
    )  # fmt: skip
    def rebuild(self, *, reason: str) -> None:
        """Tests found something."""

    @fsm.transition(
        field=state, source=State.APPROVED, target=State.DEPLOYING, permission=policies.may_lead,
        conditions=[policies.has_production, policies.changes_approved],
        custom={"label": _("Start to deploy"), "icon": "rocket", "tone": "primary", "inputs": ("comment?",)},
    )  # fmt: skip
    def deploy(self) -> None:
        """It goes to its users."""

    @fsm.transition(
        field=state, source=State.DEPLOYING, target=State.DEPLOYED, permission=policies.may_lead,
        conditions=[policies.is_in_production],
        custom={"label": _("Deployed"), "icon": "check", "tone": "ok", "inputs": ("comment?",)},
    )  # fmt: skip
    def finish(self) -> None:
        """Its users have it."""
        self.deployed_at = clock.now()

    @fsm.transition(
        field=state, source=[State.DEPLOYING, State.DEPLOYED], target=State.ROLLED_BACK, permission=policies.may_lead,
        custom={"label": _("Roll back"), "icon": "undo-2", "tone": "danger", "inputs": ("reason",)},
    )  # fmt: skip
    def roll_back(self, *, reason: str) -> None:
        """The version before is used again."""

    @fsm.transition(
        field=state, source=State.DEPLOYED, target=State.CLOSED, permission=policies.may_lead,
        conditions=[policies.changes_ended],
        custom={"label": _("Close"), "icon": "archive", "tone": "ok", "inputs": ("comment?",)},
    )  # fmt: skip
    def close(self) -> None:
        """Nothing about it is open any more."""

    @fsm.transition(
        field=state, source=State.CLOSED, target=State.DEPLOYED, permission=policies.may_approve,
        custom={"label": _("Open again"), "icon": "rotate-ccw", "inputs": ("reason",)},
    )  # fmt: skip
    def reopen(self, *, reason: str) -> None:
        """Something about it came up."""

    @fsm.transition(
        field=state, source=[State.PLANNING, State.BUILDING, State.TESTING, State.APPROVED], target=State.CANCELLED,
        permission=policies.may_lead, custom={"label": _("Cancel"), "icon": "ban", "inputs": ("reason",)},
    )  # fmt: skip
    def cancel(self, *, reason: str) -> None:
        """It is not released."""

    @fsm.transition(
        field=state, source=[State.ROLLED_BACK, State.CANCELLED], target=State.PLANNING, permission=policies.may_lead,
        custom={"label": _("Plan again"), "icon": "rotate-ccw", "tone": "primary", "inputs": ("reason",)},
    )  # fmt: skip
    def replan(self, *, reason: str) -> None:
        """Another attempt."""
        self.deployed_at = None


class Deployment(Record):
    """A release on its way into one environment."""

    State = DeploymentState
    kind_code = "deployment"
    prefix = "DPL"

    release = models.ForeignKey(Release, models.PROTECT, related_name="deployments", verbose_name=_("release"))
    environment = models.CharField(_("environment"), max_length=12, choices=Environment, default=Environment.PRODUCTION)
    planned_at = models.DateTimeField(_("planned for"))
    started_at = models.DateTimeField(_("began"), null=True, blank=True, editable=False)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True, editable=False)
    notes = models.TextField(_("notes"), blank=True, validators=LONG)
    state = state_of(DeploymentState, DeploymentState.PLANNED)

    objects = DeskRecords.as_manager()

    class Meta:
        ordering = ["-updated_at", "-id"]
        verbose_name = _("deployment")
        verbose_name_plural = _("deployments")
        indexes = [
            latest("transition_deployment_latest"),
            models.Index(
                fields=["planned_at"], name="transition_deployment_next", condition=Q(state__in=("planned", "running"))
            ),
        ]
        constraints = [known_state(DeploymentState, "transition_deployment_state")]

    def __str__(self) -> str:
        return f"{self.release}: {self.get_environment_display()}"

    @fsm.transition(
        field=state, source=DeploymentState.PLANNED, target=DeploymentState.RUNNING, permission=policies.may_deploy,
        conditions=[policies.release_is_ready],
        custom={"label": _("Start"), "icon": "play", "tone": "primary", "inputs": ("comment?",)},
    )  # fmt: skip
    def start(self) -> None:
        """It is being put there."""
        self.started_at = clock.now()

    @fsm.transition(
        field=state, source=DeploymentState.RUNNING, target=DeploymentState.SUCCEEDED, permission=policies.may_deploy,
        custom={"label": _("Succeeded"), "icon": "check", "tone": "ok", "inputs": ("comment?",)},
    )  # fmt: skip
    def succeed(self) -> None:
        """It runs there and was tried."""
        self.ended_at = clock.now()

    @fsm.transition(
        field=state, source=DeploymentState.RUNNING, target=DeploymentState.FAILED, permission=policies.may_deploy,
        custom={"label": _("Failed"), "icon": "circle-x", "tone": "danger", "inputs": ("reason",)},
    )  # fmt: skip
    def fail(self, *, reason: str) -> None:
        """It does not run there."""
        self.ended_at = clock.now()

    @fsm.transition(
        field=state, source=[DeploymentState.FAILED, DeploymentState.SUCCEEDED], target=DeploymentState.ROLLED_BACK,
        permission=policies.may_deploy,
        custom={"label": _("Roll back"), "icon": "undo-2", "tone": "danger", "inputs": ("reason",)},
    )  # fmt: skip
    def roll_back(self, *, reason: str) -> None:
        """What was there before is there again."""
        self.ended_at = clock.now()

    @fsm.transition(
        field=state, source=[DeploymentState.FAILED, DeploymentState.ROLLED_BACK], target=DeploymentState.PLANNED,
        permission=policies.may_deploy,
        custom={"label": _("Try again"), "icon": "rotate-ccw", "tone": "primary", "inputs": ("planned_start",)},
    )  # fmt: skip
    def retry(self, *, planned_start: datetime) -> None:
        """Another attempt, at another time."""
        self.planned_at = planned_start
        self.started_at = self.ended_at = None
