"""Saved views: make, change, share, order and remove them. Shared ones concern others, so all is audited."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from itsm.audit import services as audit
from itsm.desk import policies
from itsm.desk.models import SavedView, ViewPreference
from itsm.desk.reports.layout import COLUMNS
from itsm.desk.reports.state import QueueState, views_of
from itsm.lib import clock
from itsm.lib.decisions import Decision
from itsm.lib.errors import Denied, Invalid

if TYPE_CHECKING:
    from itsm.accounts.models import User

#: More tabs than this nobody finds anything in.
MOST_VIEWS = 100


@transaction.atomic
def create(
    state: QueueState, *, actor: User, source: str, name: str, scope: str = "private", team: Any = None,
    is_pinned: bool = True,
) -> SavedView:  # fmt: skip
    """Keep the list somebody looks at under a name."""
    if SavedView.objects.filter(owner=actor).count() >= MOST_VIEWS:
        raise Invalid({"name": _("You have %d views already. Delete one first.") % MOST_VIEWS})
    view = SavedView(
        owner=actor,
        filters=state.filters.to_params(),
        sort=state.sort.code,
        group_by=state.group_by,
        columns=[column.code for column in state.columns],
        position=SavedView.objects.filter(owner=actor).count(),
    )
    _apply(view, actor, name=name, scope=scope, team=team, is_pinned=is_pinned)
    audit.record(view, "created", actor=actor, source=source, changes=audit.diff({}, audit.snapshot(view)))
    return view


@transaction.atomic
def change(view: SavedView, *, actor: User, source: str, state: QueueState | None = None, **fields: Any) -> SavedView:
    """Rename or share it; with ``state`` it becomes the list somebody looks at now."""
    fresh = SavedView.objects.select_for_update().get(pk=view.pk)
    require_change(fresh, actor)
    before = audit.snapshot(fresh)
    if state is not None:
        fresh.filters, fresh.sort, fresh.group_by = state.filters.to_params(), state.sort.code, state.group_by
    current = {"name": fresh.name, "scope": fresh.scope, "team": fresh.team, "is_pinned": fresh.is_pinned}
    _apply(fresh, actor, **(current | fields))
    difference = audit.diff(before, audit.snapshot(fresh))
    difference.pop("updated_at", None)
    if difference:
        audit.record(fresh, "changed", actor=actor, source=source, changes=difference)
    return fresh


@transaction.atomic
def delete(view: SavedView, *, actor: User, source: str) -> None:
    """Remove it for everybody who had it."""
    fresh = SavedView.objects.select_for_update().get(pk=view.pk)
    require_change(fresh, actor)
    audit.record(fresh, "deleted", actor=actor, source=source, changes={"name": [fresh.name, None]})
    ViewPreference.objects.filter(view=str(fresh.pk)).delete()
    fresh.delete()


def _apply(view: SavedView, actor: User, *, name: str, scope: str, team: Any, is_pinned: bool) -> None:
    team = team if scope == SavedView.Scope.TEAM else None
    if scope == SavedView.Scope.TEAM and team is None:
        raise Invalid({"team": _("Choose the team to share it with.")})
    team_id = team.pk if team else None
    if (scope, team_id) != (view.scope, view.team_id) or view.pk is None:
        _require(policies.may_share_view(actor, scope, team_id))
    view.name, view.scope, view.team, view.is_pinned = " ".join(name.split()), scope, team, is_pinned
    view.updated_at = clock.now()
    if not view.name:
        raise Invalid({"name": _("Give it a name.")})
    try:
        with transaction.atomic():
            view.save()
    except IntegrityError as error:
        raise Invalid({"name": _("You have a view of this name already.")}) from error


def require_change(view: SavedView, user: User) -> None:
    """Refuse whoever may not change the view."""
    _require(policies.may_change_view(view, user))


def _require(verdict: Decision) -> None:
    if not verdict:
        raise Denied(verdict.reason)


# ---------- what one person changes for themselves ----------


def choose_columns(user: User, view: str, columns: Sequence[str]) -> None:
    """Which columns this person sees in a view; none chosen: the usual ones again."""
    known = [code for code in COLUMNS if code in columns]
    ViewPreference.objects.update_or_create(user=user, view=view[:20], defaults={"columns": known})


def pin(user: User, view: str, *, pinned: bool) -> None:
    """Show a view as a tab, or only in the list of views."""
    if any(own.code == view for own in views_of(user)):
        ViewPreference.objects.update_or_create(user=user, view=view[:20], defaults={"is_pinned": pinned})


@transaction.atomic
def move(user: User, view: str, *, by: int) -> None:
    """Move a view one place to the left or right among this person's views."""
    codes = [own.code for own in views_of(user)]
    if view not in codes:
        return
    at = codes.index(view)
    to = max(0, min(len(codes) - 1, at + by))
    codes.insert(to, codes.pop(at))
    known = {p.view: p for p in ViewPreference.objects.select_for_update().filter(user=user)}
    for position, code in enumerate(codes):
        preference = known.get(code) or ViewPreference(user=user, view=code)
        if preference.pk is None or preference.position != position:
            preference.position = position
            preference.save()
