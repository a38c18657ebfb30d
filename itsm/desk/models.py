"""Signs of life of the background side; saved views of the queue; what was done to many tickets at once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from itsm.accounts.models import Team
from itsm.lib import clock

if TYPE_CHECKING:
    from itsm.accounts.models import User

WORKER = "worker"
SCHEDULER = "scheduler"


class HeartbeatQuerySet(models.QuerySet["Heartbeat"]):
    def beat(self, name: str, **detail: Any) -> None:
        """Note that ``name`` is alive now."""
        self.update_or_create(name=name, defaults={"at": clock.now(), "detail": detail})

    def take(self, name: str, holder: str, *, lease: timedelta) -> bool:
        """Get or renew the lease ``name``; false while somebody else holds it and renews it in time.

        One conditional UPDATE decides, so two that ask at once cannot both win.
        """
        now = clock.now()
        free = Q(holder=holder) | Q(holder="") | Q(at__lt=now - lease)
        if self.filter(free, name=name).update(holder=holder, at=now):
            return True
        if self.filter(name=name).exists():
            return False
        try:
            with transaction.atomic():
                self.create(name=name, holder=holder, at=now)
        except IntegrityError:
            return False
        return True

    def release(self, name: str, holder: str) -> None:
        """Give the lease up, so that the next one need not wait until it runs out."""
        self.filter(name=name, holder=holder).update(holder="")

    def age(self, name: str) -> timedelta | None:
        """How long ago ``name`` was last alive; ``None`` if never."""
        at = self.filter(name=name).values_list("at", flat=True).first()
        return None if at is None else clock.now() - at


class Heartbeat(models.Model):
    """The last sign of life of a part of the installation, and who of several holds its lease."""

    name = models.CharField(_("name"), max_length=40, unique=True)
    at = models.DateTimeField(_("last seen"))
    holder = models.CharField(_("held by"), max_length=120, blank=True)
    detail = models.JSONField(_("details"), default=dict, blank=True)

    objects = HeartbeatQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("sign of life")
        verbose_name_plural = _("signs of life")

    def __str__(self) -> str:
        return self.name


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    def usable_by(self, user: User) -> SavedViewQuerySet:
        """The person's own, their teams' and everybody's, in the order they are shown."""
        return self.filter(
            Q(owner=user) | Q(scope=SavedView.Scope.TEAM, team__in=user.team_ids) | Q(scope=SavedView.Scope.PUBLIC)
        ).order_by("position", "name", "id")


class SavedView(models.Model):
    """A list of tickets with a name: filters, order, grouping and columns, for oneself, a team or everybody."""

    class Scope(models.TextChoices):
        PRIVATE = "private", _("Only me")
        TEAM = "team", _("A team")
        PUBLIC = "public", _("Everybody at the desk")

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_views", verbose_name=_("owner"), editable=False
    )
    name = models.CharField(_("name"), max_length=60)
    scope = models.CharField(_("who sees it"), max_length=10, choices=Scope, default=Scope.PRIVATE)
    team = models.ForeignKey(
        Team, models.CASCADE, null=True, blank=True, related_name="saved_views", verbose_name=_("team")
    )
    #: The query string as a dictionary: parameter -> values.
    filters = models.JSONField(_("filters"), default=dict, blank=True, editable=False)
    #: Codes of columns; empty: the usual ones.
    columns = models.JSONField(_("columns"), default=list, blank=True, editable=False)
    sort = models.CharField(_("order"), max_length=20, blank=True, editable=False)
    group_by = models.CharField(_("grouped by"), max_length=20, blank=True, editable=False)
    position = models.PositiveIntegerField(_("position"), default=0, editable=False)
    is_pinned = models.BooleanField(_("shown as a tab"), default=True)
    created_at = models.DateTimeField(_("created"), default=clock.now, editable=False)
    updated_at = models.DateTimeField(_("updated"), default=clock.now, editable=False)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        ordering = ["position", "name", "id"]
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        indexes = [models.Index(fields=["scope", "team"], name="desk_savedview_shared")]
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], name="desk_savedview_name"),
            models.CheckConstraint(
                condition=Q(scope="team", team__isnull=False) | (~Q(scope="team") & Q(team__isnull=True)),
                name="desk_savedview_team_when_shared_with_one",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ViewPreference(models.Model):
    """What one person changed about a view for themselves: its columns, its place, whether it is a tab."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    #: The code of a standard view, such as "mine", or the id of a saved one.
    view = models.CharField(max_length=20)
    columns = models.JSONField(default=list)
    is_pinned = models.BooleanField(null=True)
    position = models.PositiveIntegerField(null=True)

    class Meta:
        verbose_name = _("view preference")
        verbose_name_plural = _("view preferences")
        constraints = [models.UniqueConstraint(fields=["user", "view"], name="desk_viewpreference_once")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.view}"


class BulkAction(models.Model):
    """One change made to many tickets at once: what became of each, and what undo puts back."""

    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("who"))
    at = models.DateTimeField(_("when"), default=clock.now)
    action = models.CharField(_("action"), max_length=30)
    label = models.CharField(max_length=200)
    #: One dictionary per ticket: id, number, ok, reason, and for what can be undone before and after.
    rows = models.JSONField(default=list)
    undone_at = models.DateTimeField(_("undone"), null=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("bulk action")
        verbose_name_plural = _("bulk actions")
        indexes = [models.Index(fields=["at"], name="desk_bulkaction_by_time")]

    def __str__(self) -> str:
        return f"{self.label} ({len(self.rows)})"
