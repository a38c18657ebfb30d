"""Agreements: what is promised to customers, between teams, and by suppliers."""

from __future__ import annotations

from datetime import date
from typing import Any

import django_fsm as fsm
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from design import agreement_policies as policies
from design import days
from design.agreement_states import AgreementState, AgreementType, Promise
from design.days import today
from itsm.accounts.models import Organisation, Team
from itsm.catalogue.models import Service
from itsm.sla.models import SupportLevel, WorkCalendar
from itsm.tickets import kinds
from itsm.tickets.models import HoldReason
from itsm.tickets.states import Priority
from itsm.workflow.record import LONG, DeskRecords, Record, known_state, latest, state_of

#: A year of minutes: nobody promises more.
MOST_MINUTES = 60 * 24 * 366


def is_fulfilled(kind: str) -> bool:
    """Whether tickets of the kind are fulfilled, as requests are, rather than resolved."""
    return any(one.code == kind and "fulfilled" in one.phases for one in kinds.all_kinds())


class AgreementQuerySet(DeskRecords):
    def open(self) -> AgreementQuerySet:
        """Being written, or waiting for its first day."""
        return self.filter(state__in=AgreementState.OPEN)

    def binding(self) -> AgreementQuerySet:
        """Agreed or active: both sides said yes."""
        return self.filter(state__in=AgreementState.BINDING)

    def active(self) -> AgreementQuerySet:
        return self.filter(state=AgreementState.ACTIVE)

    def within(self, starts_on: date, ends_on: date | None) -> AgreementQuerySet:
        """Those that run on at least one of these days."""
        rows = self.filter(models.Q(ends_on__isnull=True) | models.Q(ends_on__gte=starts_on))
        return rows if ends_on is None else rows.filter(starts_on__lte=ends_on)


class Agreement(Record):
    """One version of an agreement. Only drafts change; a new version takes the place of the old one at a date."""

    State = AgreementState
    Type = AgreementType
    kind_code = "agreement"
    prefix = "AGR"

    title = models.CharField(_("title"), max_length=160)
    type = models.CharField(_("type"), max_length=3, choices=AgreementType, default=AgreementType.SLA)
    services = models.ManyToManyField(Service, related_name="agreements", verbose_name=_("services"))
    customer = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="agreements", verbose_name=_("customer"),
        help_text=_("Of an SLA. Empty: every organisation that has no agreement of its own."),
    )  # fmt: skip
    provider_team = models.ForeignKey(
        Team, models.PROTECT, null=True, blank=True, related_name="agreements_given",
        verbose_name=_("team that does it"), help_text=_("Of an OLA."),
    )  # fmt: skip
    customer_team = models.ForeignKey(
        Team, models.PROTECT, null=True, blank=True, related_name="agreements_taken",
        verbose_name=_("team that relies on it"), help_text=_("Of an OLA."),
    )  # fmt: skip
    supplier = models.CharField(_("supplier"), max_length=120, blank=True, help_text=_("Of an underpinning contract."))
    contract = models.CharField(
        _("contract"), max_length=80, blank=True, help_text=_("Number or name of the contract.")
    )
    support_level = models.ForeignKey(
        SupportLevel, models.PROTECT, null=True, blank=True, related_name="agreements", verbose_name=_("support level"),
        limit_choices_to={"published_by": ""},
        help_text=_("Targets can be taken over from it; its escalation policy applies."),
    )  # fmt: skip
    calendar = models.ForeignKey(
        WorkCalendar, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("hours of cover"),
        help_text=_("Empty: around the clock."),
    )  # fmt: skip
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("owner"),
        help_text=_("Who keeps it, and answers for it."),
    )  # fmt: skip
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(
        _("to"), null=True, blank=True, help_text=_("The last day. Empty: until further notice.")
    )
    description = models.TextField(_("terms in words"), blank=True, validators=LONG)
    edition = models.PositiveSmallIntegerField(_("version"), default=1, editable=False)
    #: The first version; none for the first version itself.
    first = models.ForeignKey("self", models.PROTECT, null=True, related_name="later", editable=False)
    #: The support level that tickets get by this agreement, while and after it is active.
    published = models.OneToOneField(SupportLevel, models.PROTECT, null=True, related_name="agreement", editable=False)
    state = state_of(AgreementState, AgreementState.DRAFT)

    objects = AgreementQuerySet.as_manager()

    class Meta:
        ordering = ["-updated_at", "-id"]
        verbose_name = _("agreement")
        verbose_name_plural = _("agreements")
        indexes = [
            latest("design_agreement_latest"),
            models.Index(
                fields=["starts_on", "ends_on"], name="design_agreement_binding",
                condition=models.Q(state__in=AgreementState.BINDING),
            ),
        ]  # fmt: skip
        constraints = [
            known_state(AgreementState, "design_agreement_state_known"),
            models.CheckConstraint(
                condition=models.Q(ends_on__isnull=True) | models.Q(ends_on__gte=models.F("starts_on")),
                name="design_agreement_forward", violation_error_message=_("It ends before it begins."),
            ),
            models.CheckConstraint(
                condition=models.Q(type="sla", provider_team__isnull=True, customer_team__isnull=True, supplier="")
                | models.Q(type="ola", provider_team__isnull=False, customer_team__isnull=False, supplier="",
                           customer__isnull=True)
                | models.Q(type="uc", provider_team__isnull=True, customer_team__isnull=True, customer__isnull=True)
                & ~models.Q(supplier=""),
                name="design_agreement_parties",
            ),
            models.UniqueConstraint(fields=["first", "edition"], name="design_agreement_edition_once"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.title

    @property
    def short_type(self) -> str:
        return AgreementType.SHORT[self.type]

    @property
    def parties(self) -> str:
        """Between whom it is, in words."""
        if self.type == AgreementType.OLA:
            return gettext("%(team)s for %(other)s") % {"team": self.provider_team, "other": self.customer_team}
        if self.type == AgreementType.UC:
            return f"{self.supplier} ({self.contract})" if self.contract else self.supplier
        return str(self.customer) if self.customer else gettext("every customer")

    @property
    def period(self) -> str:
        first = days.in_words(self.starts_on)
        if self.ends_on is None:
            return gettext("from %(day)s") % {"day": first}
        return gettext("%(first)s to %(last)s") % {
            "first": first, "last": days.in_words(self.ends_on),
        }  # fmt: skip

    @property
    def ends_soon(self) -> bool:
        """Whether somebody has to think of what comes after it."""
        return self.state == AgreementState.ACTIVE and self.ends_on is not None and (self.ends_on - today()).days <= 60

    def family(self) -> AgreementQuerySet:
        """All versions of this agreement."""
        root = self.first_id or self.pk
        return Agreement.objects.filter(models.Q(pk=root) | models.Q(first=root))

    def overlapping(self) -> AgreementQuerySet:
        """Binding agreements of the same parties about one of the same services at the same time.

        Other versions of this one do not count: the later takes the place of the earlier.
        """
        same: dict[str, Any] = {"type": self.type}
        if self.type == AgreementType.SLA:
            same["customer"] = self.customer_id
        elif self.type == AgreementType.OLA:
            same |= {"provider_team": self.provider_team_id, "customer_team": self.customer_team_id}
        else:
            same["supplier__iexact"] = self.supplier
        if same.get("customer", 0) is None:
            same = {"type": self.type, "customer__isnull": True}
        rows = Agreement.objects.binding().within(self.starts_on, self.ends_on).filter(**same)
        shared = rows.filter(services__in=self.services.all()).exclude(pk__in=self.family().values("pk"))
        return shared.distinct()

    @fsm.transition(
        field=state, source=AgreementState.DRAFT, target=None, permission=policies.may_draft,
        conditions=[policies.has_level],
        custom={"label": _("Take over targets"), "icon": "list-plus"},
    )  # fmt: skip
    def take_targets(self) -> None:
        """Add the targets of the support level that are not here yet."""

    @fsm.transition(
        field=state, source=AgreementState.DRAFT, target=AgreementState.AGREED, permission=policies.may_lead,
        conditions=[policies.has_services, policies.has_targets, policies.has_time_left, policies.stands_alone],
        custom={"label": _("Agree"), "icon": "handshake", "tone": "primary", "inputs": ("comment?",)},
    )  # fmt: skip
    def agree(self) -> None:
        """Both sides said yes. It becomes active on its first day."""

    @fsm.transition(
        field=state, source=AgreementState.AGREED, target=AgreementState.DRAFT, permission=policies.may_lead,
        custom={"label": _("Take back"), "icon": "undo-2", "inputs": ("reason",)},
    )  # fmt: skip
    def take_back(self, *, reason: str) -> None:
        """It has to change before it becomes active."""

    @fsm.transition(
        field=state, source=AgreementState.AGREED, target=AgreementState.ACTIVE, permission=policies.may_lead,
        conditions=[policies.has_begun, policies.has_time_left, policies.stands_alone],
        custom={"label": _("Activate"), "icon": "play", "tone": "ok"},
    )  # fmt: skip
    def activate(self) -> None:
        """Its targets apply from its first day on; the clocks of open tickets follow."""

    @fsm.transition(
        field=state, source=AgreementState.ACTIVE, target=AgreementState.EXPIRED, permission=policies.by_date,
        custom={"label": _("Expire"), "icon": "calendar-off", "offered": False},
    )  # fmt: skip
    def expire(self, *, ends_on: date | None = None) -> None:
        """Its last day is over, or a newer version applies."""
        self.ends_on = ends_on or self.ends_on

    @fsm.transition(
        field=state, source=[AgreementState.DRAFT, AgreementState.AGREED, AgreementState.ACTIVE],
        target=AgreementState.TERMINATED, permission=policies.may_lead,
        custom={"label": _("Terminate"), "icon": "ban", "tone": "danger", "inputs": ("reason",)},
    )  # fmt: skip
    def terminate(self, *, reason: str) -> None:
        """It ends today. What was promised for tickets that are open is still owed."""
        if self.starts_on <= today() and (self.ends_on is None or self.ends_on > today()):
            self.ends_on = today()

    @fsm.transition(
        field=state, source=[AgreementState.ACTIVE, AgreementState.EXPIRED, AgreementState.TERMINATED], target=None,
        permission=policies.may_renew, conditions=[policies.has_no_open_version],
        custom={"label": _("New version"), "icon": "copy"},
    )  # fmt: skip
    def new_version(self) -> None:
        """A draft that starts as a copy of this one."""


class AgreementTarget(models.Model):
    """One promise of an agreement: so many minutes for one metric, kind of ticket and priority."""

    agreement = models.ForeignKey(Agreement, models.CASCADE, related_name="targets")
    metric = models.CharField(_("metric"), max_length=20, choices=Promise)
    kind = models.CharField(_("kind of ticket"), max_length=20, default="incident")
    priority = models.PositiveSmallIntegerField(
        _("priority"), choices=Priority, null=True, blank=True, help_text=_("Empty: every priority.")
    )
    minutes = models.PositiveIntegerField(
        _("minutes"), validators=[MinValueValidator(1), MaxValueValidator(MOST_MINUTES)],
        help_text=_("Working time by the hours below."),
    )  # fmt: skip
    calendar = models.ForeignKey(
        WorkCalendar, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("hours"),
        help_text=_("Empty: the hours of cover of the agreement."),
    )  # fmt: skip
    #: Codes of the hold reasons that stop the clock.
    pause_reasons = models.JSONField(_("waiting that pauses the clock"), default=list, blank=True)
    warn_percent = models.PositiveSmallIntegerField(
        _("warn at %"), default=75, validators=[MinValueValidator(1), MaxValueValidator(99)]
    )

    class Meta:
        ordering = ["kind", "metric", models.F("priority").asc(nulls_last=True), "id"]
        verbose_name = _("target")
        verbose_name_plural = _("targets")
        constraints = [
            models.CheckConstraint(condition=models.Q(minutes__gte=1), name="design_target_minutes_positive"),
            models.UniqueConstraint(
                fields=["agreement", "kind", "metric", "priority"], name="design_target_once",
                condition=models.Q(priority__isnull=False), violation_error_message=_("This is promised already."),
            ),
            models.UniqueConstraint(
                fields=["agreement", "kind", "metric"], name="design_target_any_once",
                condition=models.Q(priority__isnull=True), violation_error_message=_("This is promised already."),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        which = f" P{self.priority}" if self.priority else ""
        return f"{self.get_metric_display()}{which}: {self.minutes} min"

    @property
    def hours(self) -> WorkCalendar | None:
        """The calendar it is measured by; ``None`` is around the clock."""
        return self.calendar or self.agreement.calendar

    def clean(self) -> None:
        wrong: dict[str, Any] = {}
        fulfilled = is_fulfilled(self.kind)
        if not any(kind.code == self.kind for kind in kinds.all_kinds()):
            wrong["kind"] = _("There are no tickets of this kind.")
        if self.metric == Promise.FULFILMENT and not fulfilled:
            wrong["metric"] = _("Requests are fulfilled; tickets of this kind are resolved.")
        if self.metric == Promise.RESOLUTION and fulfilled:
            wrong["metric"] = _("Tickets of this kind are fulfilled, not resolved.")
        if self.agreement.type == AgreementType.OLA:
            if self.metric not in (Promise.RESOLUTION, Promise.FULFILMENT):
                wrong["metric"] = _("Of a team’s promise the time until it is done is measured.")
            if self.pause_reasons:
                wrong["pause_reasons"] = _("Only the team’s own time counts, so nothing pauses it.")
        codes = self.pause_reasons if isinstance(self.pause_reasons, list) else [None]
        known = set(HoldReason.objects.filter(code__in=[c for c in codes if isinstance(c, str)]).values_list(
            "code", flat=True
        ))  # fmt: skip
        if strange := [str(code) for code in codes if code not in known]:
            wrong["pause_reasons"] = _("There is no hold reason %(codes)s.") % {"codes": ", ".join(strange)}
        if wrong:
            raise ValidationError(wrong)
