"""Releases: what more than a plain step they do, and the guard of a service's life."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from itsm.accounts.models import User
from itsm.catalogue.guards import Requirement
from itsm.catalogue.models import Service
from itsm.lib import clock
from itsm.lib.errors import Denied, Invalid
from itsm.workflow import records
from itsm.workflow.moves import lock, move
from transition.models import Change, Deployment, Release
from transition.policies import releases as policies
from transition.services import changes
from transition.states.changes import DeploymentState, ReleaseSize, ReleaseState


def check(release: Release, lists: Mapping[str, Any]) -> dict[str, Any]:
    return {} if lists["services"] else {"services": _("Say which services it brings.")}


def check_deployment(deployment: Deployment, _lists: Mapping[str, Any]) -> dict[str, Any]:
    release = deployment.release
    if deployment.pk is None and release.state in (ReleaseState.CLOSED, ReleaseState.CANCELLED):
        return {"release": _("This release is over.")}
    return {}


@transaction.atomic
def include(release: Release, change: Change, *, actor: User, source: str) -> Change:
    """Make a change part of the release, while both can still be changed."""
    fresh = lock(release)
    verdict = policies.may_edit(fresh, actor)
    if not verdict:
        raise Denied(verdict.reason)
    if fresh.state not in (ReleaseState.PLANNING, ReleaseState.BUILDING):
        raise Invalid({"change": _("What is in this release is settled already.")})
    if change.release_id == fresh.pk:
        raise Invalid({"change": _("It is part of this release already.")})
    if change.release_id is not None:
        words = {"number": change.number, "release": change.release}
        raise Invalid({"change": _("%(number)s is part of %(release)s.") % words})
    if not change.is_writable:
        raise Invalid({"change": _("%(number)s is decided about already.") % {"number": change.number}})
    return changes.join(change, fresh, actor=actor, source=source)


@transaction.atomic
def leave_out(release: Release, change: Change, *, actor: User, source: str) -> Change:
    """Take a change out of the release again."""
    fresh = lock(release)
    verdict = policies.may_edit(fresh, actor)
    if not verdict:
        raise Denied(verdict.reason)
    if change.release_id != fresh.pk or not change.is_writable:
        raise Invalid({"change": _("%(number)s stays in the release.") % {"number": change.number}})
    return changes.join(change, None, actor=actor, source=source)


@transaction.atomic
def roll_back(
    release: Release, *, actor: User, source: str, version: int | None = None, reason: str
) -> Release:  # fmt: skip
    """Use the version before: what is deployed or running in production goes back with it."""
    moved = move(release, "roll_back", actor=actor, source=source, version=version, reason=reason)
    rows = moved.deployments.filter(environment="production").order_by("id")
    for one in rows.filter(state=DeploymentState.RUNNING):
        move(one, "fail", actor=User.objects.system(), source=source, reason=reason)
    for one in rows.filter(state__in=[DeploymentState.SUCCEEDED, DeploymentState.FAILED]):
        move(one, "roll_back", actor=User.objects.system(), source=source, reason=reason)
    return moved


def rework_needs(service: Service) -> Iterator[Requirement]:
    """A live service goes back into transition for a major release, not for anything less."""
    planned = Release.objects.ahead().filter(services=service, size=ReleaseSize.MAJOR).order_by("planned_for").first()
    new = f"{reverse('transition:release-new')}?services={service.pk}&size=major"
    url = planned.get_absolute_url() if planned else new
    yield Requirement(
        _("A major release is planned"), planned is not None, f"{planned.number} {planned}" if planned else "", url
    )


def plan_deployment(
    release: Release, environment: str, *, actor: User, source: str, planned_at: Any = None
) -> Deployment:  # fmt: skip
    """A deployment of a release, at once unless said otherwise."""
    return records.create(
        Deployment, actor=actor, source=source, release=release, environment=environment,
        planned_at=planned_at or clock.now(),
    )  # fmt: skip
