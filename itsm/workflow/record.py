"""What every stateful record that is not a ticket has in common: goals, agreements, risks, reviews and their like."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.conf import settings
from django.core.validators import MaxLengthValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from itsm.lib import clock
from itsm.lib.states import StateField

if TYPE_CHECKING:
    from itsm.accounts.models import User

#: Any text that people write at length.
LONG = [MaxLengthValidator(20_000)]


class DeskRecords(models.QuerySet[Any]):
    """Records that the whole desk reads."""

    def visible_to(self, user: User) -> Self:
        return self if user.is_system or (user.is_active and user.is_desk) else self.none()


def state_of(states: type[models.TextChoices], first: str) -> StateField:
    """The field ``state`` of a record."""
    return StateField(_("state"), max_length=20, choices=states.choices, default=first, editable=False)


def latest(name: str) -> models.Index:
    """The index of the list, the newest first."""
    return models.Index(fields=["-updated_at", "-id"], name=name)


def known_state(states: type[models.TextChoices], name: str) -> models.CheckConstraint:
    """No state but those of the kind."""
    return models.CheckConstraint(condition=models.Q(state__in=states.values), name=name)


class Record(models.Model):
    """A record with a number, a state and a version; its life goes through the one door.

    A subclass has the field ``state`` with ``State`` (a ``TextChoices`` with ``PHASES``), names itself by
    ``kind_code`` and ``prefix``, and answers ``__str__`` with its title.
    """

    kind_code: ClassVar[str]
    prefix: ClassVar[str]
    state_field: ClassVar[str] = "state"

    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False, verbose_name=_("created by")
    )
    created_at = models.DateTimeField(_("created"), default=clock.now, editable=False)
    updated_at = models.DateTimeField(_("updated"), default=clock.now, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        abstract = True

    def get_absolute_url(self) -> str:
        name = self.kind_code.replace("_", "-")
        return reverse(f"{self._meta.app_label}:{name}", args=[self.number])

    @property
    def number(self) -> str:
        """The public name, such as RSK-14."""
        return f"{self.prefix}-{self.pk}"

    @property
    def audit_label(self) -> str:
        return f"{self.number} {self}"[:250]

    @property
    def phase(self) -> str:
        """For the state's glyph."""
        return str(self.State.PHASES[getattr(self, self.state_field)])  # type: ignore[attr-defined]
