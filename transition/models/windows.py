"""When changes may happen, what is asked about them, and who approves them: reference data of change enablement."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from itsm.accounts.models import Team
from itsm.accounts.roles import Role
from itsm.approvals.models import Round
from itsm.catalogue.models import Service
from transition.states.changes import ChangeType, RiskLevel, Weekday

TEXT = [MaxLengthValidator(20_000)]


def validate_zone(name: str) -> None:
    if name not in available_timezones():
        raise ValidationError(_("There is no time zone of this name. Write it like Europe/Oslo."))


class FreezeWindow(models.Model):
    """A time in which nothing but emergencies is changed, such as the days around Black Friday."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    services = models.ManyToManyField(
        Service, blank=True, related_name="freezes", verbose_name=_("services"),
        help_text=_("None: every service is frozen."),
    )  # fmt: skip
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        ordering = ["starts_at", "id"]
        verbose_name = _("freeze")
        verbose_name_plural = _("freezes")
        indexes = [models.Index(fields=["ends_at"], name="transition_freeze_ends", condition=Q(is_active=True))]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="transition_freeze_ends_later")
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self.starts_at and self.ends_at and self.ends_at <= self.starts_at:
            raise ValidationError({"ends_at": _("It ends before it begins.")})


class MaintenanceWindow(models.Model):
    """A time of the week that is agreed for work on some services."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    weekday = models.PositiveSmallIntegerField(_("day"), choices=Weekday, default=Weekday.SUNDAY)
    starts_at = models.TimeField(_("begin"))
    minutes = models.PositiveSmallIntegerField(
        _("length in minutes"), validators=[MinValueValidator(15), MaxValueValidator(2 * 24 * 60)], default=240
    )
    timezone = models.CharField(_("time zone"), max_length=60, default="UTC", validators=[validate_zone])
    services = models.ManyToManyField(Service, related_name="maintenance_windows", verbose_name=_("services"))
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        ordering = ["weekday", "starts_at", "id"]
        verbose_name = _("maintenance window")
        verbose_name_plural = _("maintenance windows")

    def __str__(self) -> str:
        return self.name

    def spans(self, begin: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Every occurrence that touches the time between, in order; wall-clock time, real length."""
        zone = ZoneInfo(self.timezone)
        day = (begin - timedelta(minutes=self.minutes)).astimezone(zone).date()
        day += timedelta(days=(self.weekday - day.weekday()) % 7)
        while True:
            opens = datetime.combine(day, self.starts_at, zone).astimezone(begin.tzinfo)
            if opens >= end:
                return
            closes = opens + timedelta(minutes=self.minutes)
            if closes > begin:
                yield opens, closes
            day += timedelta(days=7)


def validate_options(options: Any) -> None:
    """Pairs of points and words, none twice."""
    if not isinstance(options, list) or len(options) < 2:
        raise ValidationError(_("Give at least two answers."))
    words = [one.get("label") if isinstance(one, dict) else None for one in options]
    if not all(isinstance(word, str) and word.strip() and len(word) <= 200 for word in words):
        raise ValidationError(_("Each answer has words, at most 200 characters."))
    if len(set(words)) != len(words):
        raise ValidationError(_("An answer is there twice."))
    if not all(isinstance(one.get("points"), int) and 0 <= one["points"] <= 50 for one in options):
        raise ValidationError(_("Each answer has between 0 and 50 points."))


class RiskQuestion(models.Model):
    """A question about the risk of a change; each answer has points."""

    text = models.CharField(_("question"), max_length=200, unique=True)
    hint = models.CharField(_("hint"), max_length=300, blank=True)
    options = models.JSONField(_("answers"), default=list, validators=[validate_options])
    position = models.PositiveSmallIntegerField(_("position"), default=10)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        ordering = ["position", "id"]
        verbose_name = _("risk question")
        verbose_name_plural = _("risk questions")

    def __str__(self) -> str:
        return self.text

    def points_of(self, label: str) -> int | None:
        """The points of an answer; none when there is no such answer (any more)."""
        return next((int(one["points"]) for one in self.options if one["label"] == label), None)

    @property
    def most(self) -> int:
        return max((int(one["points"]) for one in self.options), default=0)


class ApprovalRule(models.Model):
    """Who approves changes of a type from a risk score on."""

    change_type = models.CharField(
        _("type of change"), max_length=10,
        choices=[(kind.value, kind.label) for kind in ChangeType if kind != ChangeType.STANDARD],
        default=ChangeType.NORMAL,
    )  # fmt: skip
    from_score = models.PositiveSmallIntegerField(
        _("from risk score"), default=0, validators=[MaxValueValidator(100)], help_text=_("0 to 100")
    )
    level = models.CharField(_("called"), max_length=10, choices=RiskLevel, default=RiskLevel.LOW)
    role = models.CharField(_("role that approves"), max_length=30, choices=Role, blank=True)
    team = models.ForeignKey(
        Team, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("team that approves")
    )
    rule = models.CharField(_("rule"), max_length=10, choices=Round.Rule, default=Round.Rule.ANY)
    quorum = models.PositiveSmallIntegerField(
        _("approvals needed"), default=1, validators=[MinValueValidator(1), MaxValueValidator(50)],
        help_text=_("Counts where a number of approvals is needed, and for decisions in a meeting."),
    )  # fmt: skip
    days = models.PositiveSmallIntegerField(
        _("days to answer"), default=5, validators=[MinValueValidator(1), MaxValueValidator(60)]
    )
    in_meeting = models.BooleanField(
        _("on the agenda of the next CAB meeting"), default=False,
        help_text=_("The board decides there unless its members voted before."),
    )  # fmt: skip

    class Meta:
        ordering = ["change_type", "from_score"]
        verbose_name = _("approval rule")
        verbose_name_plural = _("approval rules")
        constraints = [
            models.UniqueConstraint(fields=["change_type", "from_score"], name="transition_approvalrule_once"),
            models.CheckConstraint(condition=Q(from_score__range=(0, 100)), name="transition_approvalrule_score"),
        ]

    def __str__(self) -> str:
        return f"{self.get_change_type_display()} ≥ {self.from_score}"

    def clean(self) -> None:
        if bool(self.role) == (self.team_id is not None):
            raise ValidationError({"role": _("Name either a role or a team.")})

    @property
    def approvers(self) -> dict[str, Any]:
        """As the approval rounds read it."""
        return {"role": self.role} if self.role else {"team": self.team_id}


class ChangeTemplate(models.Model):
    """A change that is done often and known to be safe: whoever follows it needs no approval."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    description = models.TextField(_("what is changed"), blank=True, validators=TEXT)
    service = models.ForeignKey(
        Service, models.PROTECT, null=True, blank=True, related_name="change_templates", verbose_name=_("service")
    )
    team = models.ForeignKey(
        Team, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("team"),
        help_text=_("Empty: by routing."),
    )  # fmt: skip
    implementation_plan = models.TextField(_("implementation plan"), validators=TEXT)
    test_plan = models.TextField(_("test plan"), blank=True, validators=TEXT)
    backout_plan = models.TextField(_("back-out plan"), validators=TEXT)
    tasks = models.JSONField(_("tasks"), default=list, blank=True)
    minutes = models.PositiveIntegerField(
        _("takes minutes"), default=60, validators=[MinValueValidator(5), MaxValueValidator(31 * 24 * 60)]
    )
    outage_minutes = models.PositiveIntegerField(
        _("minutes of outage"), default=0, validators=[MaxValueValidator(31 * 24 * 60)]
    )
    is_active = models.BooleanField(
        _("in force"), default=True, help_text=_("Changes made from it are approved beforehand.")
    )

    class Meta:
        ordering = ["name"]
        verbose_name = _("change template")
        verbose_name_plural = _("change templates")

    def __str__(self) -> str:
        return self.name
