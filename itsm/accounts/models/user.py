"""The person behind every action."""

from __future__ import annotations

import zoneinfo
from functools import cached_property

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Case, CharField, IntegerField, Value, When
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from itsm.accounts.roles import READS_ALL, Role
from itsm.lib import clock

SYSTEM_EMAIL = "system@localhost"


def validate_timezone(value: str) -> None:
    """Refuse a name that is not an IANA time zone."""
    if value and value not in zoneinfo.available_timezones():
        raise ValidationError(_("“%(name)s” is not a known time zone."), params={"name": value})


class UserQuerySet(models.QuerySet["User"]):
    def people(self) -> UserQuerySet:
        """Active human beings: everybody who can be asked, assigned or told."""
        return self.filter(is_active=True, is_system=False)

    def holding(self, *roles: str) -> UserQuerySet:
        return self.filter(groups__name__in=roles).distinct()

    def in_team(self, team: object) -> UserQuerySet:
        return self.filter(memberships__team=team)


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    def create_user(self, email: str, password: str | None = None, **fields: object) -> User:
        """Create a person who signs in by email; without a password only single sign-on works."""
        if not email:
            raise ValueError("A user needs an email address.")
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: object) -> User:
        fields.setdefault("is_staff", True)
        fields.setdefault("is_superuser", True)
        return self.create_user(email, password, **fields)

    def get_by_natural_key(self, email: str | None) -> User:
        return self.get(email__iexact=email)

    def system(self) -> User:
        """The account that automatic moves are made by."""
        return self.get(email=SYSTEM_EMAIL)


class User(AbstractBaseUser, PermissionsMixin):
    """A person (or integration) that signs in by email and belongs to an organisation."""

    class Theme(models.TextChoices):
        SYSTEM = "system", _("As the system")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    class Density(models.TextChoices):
        COMFORTABLE = "comfortable", _("Comfortable")
        COMPACT = "compact", _("Compact")

    email = models.EmailField(_("email"), unique=True)
    name = models.CharField(_("name"), max_length=120)
    organisation = models.ForeignKey(
        "accounts.Organisation", models.PROTECT, null=True, blank=True,
        related_name="people", verbose_name=_("organisation"),
    )  # fmt: skip
    manager = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="reports", verbose_name=_("manager")
    )
    job_title = models.CharField(_("job title"), max_length=120, blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    location = models.CharField(_("location"), max_length=120, blank=True)
    timezone = models.CharField(
        _("time zone"), max_length=60, blank=True, validators=[validate_timezone],
        help_text=_("Empty: the time zone of the installation."),
    )  # fmt: skip
    language = models.CharField(_("language"), max_length=10, blank=True)
    is_vip = models.BooleanField(_("VIP"), default=False)
    sees_organisation = models.BooleanField(
        _("sees the tickets of the whole organisation"), default=False,
    )  # fmt: skip
    delegate = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="stands_in_for", verbose_name=_("delegate")
    )
    away_from = models.DateTimeField(_("away from"), null=True, blank=True)
    away_until = models.DateTimeField(_("away until"), null=True, blank=True)
    theme = models.CharField(_("theme"), max_length=10, choices=Theme, default=Theme.SYSTEM)
    density = models.CharField(_("density"), max_length=12, choices=Density, default=Density.COMFORTABLE)
    single_keys = models.BooleanField(_("single-key shortcuts"), default=True)
    hourly_rate = models.DecimalField(_("hourly rate"), max_digits=9, decimal_places=2, null=True, blank=True)
    is_system = models.BooleanField(default=False, editable=False)
    is_staff = models.BooleanField(_("may use the database admin"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created"), default=clock.now, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        ordering = ["name", "id"]
        verbose_name = _("person")
        verbose_name_plural = _("people")
        # Upper, because that is what a search without regard to case compares: so it finds by the index.
        constraints = [models.UniqueConstraint(Upper("email"), name="accounts_user_email_any_case")]
        indexes = [models.Index(fields=["name", "id"], name="accounts_user_by_name")]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return self.name or self.email

    def get_short_name(self) -> str:
        return self.name.split(" ")[0] if self.name else self.email

    @cached_property
    def roles(self) -> frozenset[str]:
        """Names of the roles this person holds; a superuser holds them all."""
        if self.is_superuser:
            return frozenset(Role.values)
        return self._belonging[0]

    def holds(self, *roles: str) -> bool:
        """Whether the person has any of the roles."""
        return not self.roles.isdisjoint(roles)

    @cached_property
    def team_ids(self) -> frozenset[int]:
        return self._belonging[1]

    @property
    def restricted_team_ids(self) -> frozenset[int]:
        """Those of the person's teams whose tickets nobody else sees."""
        return self._belonging[2]

    @cached_property
    def _belonging(self) -> tuple[frozenset[str], frozenset[int], frozenset[int]]:
        """Roles and teams, which every page needs, in one query."""
        roles = self.groups.order_by().values_list("name", Value(0), Value(0))
        hidden = Case(When(team__is_restricted=True, then=Value(1)), default=Value(0), output_field=IntegerField())
        teams = self.memberships.order_by().values_list(Value("", CharField()), "team_id", hidden)
        rows = list(roles.union(teams, all=True))
        return (
            frozenset(name for name, _team, _hidden in rows if name),
            frozenset(team for name, team, _hidden in rows if not name),
            frozenset(team for name, team, hidden in rows if not name and hidden),
        )

    @cached_property
    def led_team_ids(self) -> frozenset[int]:
        return frozenset(self.memberships.filter(is_lead=True).values_list("team_id", flat=True))

    @property
    def is_agent(self) -> bool:
        """Works tickets in the agents' workspace."""
        return self.is_system or self.holds(Role.AGENT, Role.ADMINISTRATOR)

    @property
    def is_desk(self) -> bool:
        """Uses the staff interface; everybody else lives in the portal."""
        return bool(self.roles)

    @property
    def acts_for_desk(self) -> bool:
        """Writes on tickets as a member of staff; an auditor reads everything and changes nothing."""
        return self.is_system or bool(self.roles - {Role.AUDITOR})

    @property
    def reads_all(self) -> bool:
        """Reads every unrestricted ticket."""
        return self.is_system or self.holds(*READS_ALL)

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.timezone or settings.TIME_ZONE)

    def is_away(self) -> bool:
        """Away now: approvals and assignments go to the delegate."""
        now = clock.now()
        return bool(self.away_from and self.away_from <= now and (self.away_until is None or now < self.away_until))

    @property
    def initials(self) -> str:
        parts = (self.name or self.email).split()
        return (parts[0][:1] + (parts[-1][:1] if len(parts) > 1 else "")).upper()
