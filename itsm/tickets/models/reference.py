"""Reference data that an organisation makes its own in the settings pages."""

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from itsm.accounts.models import Team
from itsm.catalogue.models import Service
from itsm.tickets.states import Impact, Priority, Urgency


class TicketCategory(models.Model):
    """What a ticket is about; may route it to a team."""

    name = models.CharField(_("name"), max_length=80)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("part of")
    )
    kind = models.CharField(_("only for"), max_length=20, blank=True, help_text=_("Empty: every kind of ticket."))
    service = models.ForeignKey(
        Service, models.SET_NULL, null=True, blank=True, related_name="ticket_categories", verbose_name=_("service")
    )
    team = models.ForeignKey(
        Team, models.SET_NULL, null=True, blank=True, related_name="ticket_categories",
        verbose_name=_("goes to team"), help_text=_("Empty: the support team of the service."),
    )  # fmt: skip
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        constraints = [
            models.UniqueConstraint(fields=["name", "parent"], name="tickets_category_name"),
            models.CheckConstraint(
                condition=models.Q(parent__isnull=True) | ~models.Q(parent=models.F("id")),
                name="tickets_category_not_own_parent",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class PriorityRule(models.Model):
    """One cell of the priority matrix: impact x urgency gives priority (ITIL incident management)."""

    impact = models.PositiveSmallIntegerField(_("impact"), choices=Impact)
    urgency = models.PositiveSmallIntegerField(_("urgency"), choices=Urgency)
    priority = models.PositiveSmallIntegerField(_("priority"), choices=Priority)

    class Meta:
        ordering = ["impact", "urgency"]
        verbose_name = _("priority rule")
        verbose_name_plural = _("priority matrix")
        constraints = [models.UniqueConstraint(fields=["impact", "urgency"], name="tickets_priorityrule_once")]

    def __str__(self) -> str:
        return f"{self.get_impact_display()} × {self.get_urgency_display()} = P{self.priority}"


class HoldReason(models.Model):
    """What a ticket on hold waits for. Which reasons pause a clock is decided by the support level."""

    class Party(models.TextChoices):
        REQUESTER = "requester", _("Requester")
        SUPPLIER = "supplier", _("Supplier")
        INTERNAL = "internal", _("Ourselves")

    code = models.CharField(
        _("code"), max_length=30, unique=True,
        validators=[RegexValidator(r"^[a-z][a-z0-9_]*$", _("Small letters, digits and underscores only."))],
    )  # fmt: skip
    label = models.CharField(_("label"), max_length=80)
    party = models.CharField(_("who is waited for"), max_length=10, choices=Party, default=Party.INTERNAL)
    needs_comment = models.BooleanField(_("needs a comment"), default=False)
    resumes_on_reply = models.BooleanField(_("a reply of the requester ends the hold"), default=False)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        ordering = ["position", "label"]
        verbose_name = _("hold reason")
        verbose_name_plural = _("hold reasons")

    def __str__(self) -> str:
        return self.label

    def clean(self) -> None:
        before = HoldReason.objects.filter(pk=self.pk).exclude(party=self.party).values_list("code", flat=True).first()
        # Clocks of suppliers are counted from the past: who was waited for does not change afterwards.
        if before and apps.get_model("tickets", "StateInterval").objects.filter(hold_reason=before).exists():
            raise ValidationError({"party": _("Tickets have waited for this already: make another reason.")})


class ProcessSetting(models.Model):
    """How a kind of ticket is run: one row per kind, made on first use."""

    kind = models.CharField(_("kind"), max_length=20, unique=True, editable=False)
    default_team = models.ForeignKey(
        Team, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("team when nothing else decides")
    )
    reopen_days = models.PositiveSmallIntegerField(
        _("days to reopen after resolution"), default=7, validators=[MaxValueValidator(365)]
    )
    auto_close_days = models.PositiveSmallIntegerField(
        _("days until a resolved ticket closes by itself"), default=5, validators=[MaxValueValidator(365)]
    )
    reminder_days = models.PositiveSmallIntegerField(
        _("days until a waiting requester is reminded"), default=2, validators=[MaxValueValidator(60)]
    )
    reminders = models.PositiveSmallIntegerField(
        _("reminders before the ticket is resolved for lack of an answer"), default=3,
        validators=[MinValueValidator(0), MaxValueValidator(10)], help_text=_("0: it waits for ever."),
    )  # fmt: skip
    major_update_minutes = models.PositiveSmallIntegerField(
        _("minutes between updates of a major incident"), default=60, validators=[MinValueValidator(5)]
    )

    class Meta:
        verbose_name = _("process setting")
        verbose_name_plural = _("process settings")

    def __str__(self) -> str:
        return self.kind


class CannedReply(models.Model):
    """A text to insert into a reply or note. ``{requester}``, ``{number}``, ``{agent}`` are filled in."""

    name = models.CharField(_("name"), max_length=80)
    body = models.TextField(_("text"))
    team = models.ForeignKey(
        Team, models.CASCADE, null=True, blank=True, related_name="canned_replies", verbose_name=_("only for team")
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("only for")
    )
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("canned reply")
        verbose_name_plural = _("canned replies")

    def __str__(self) -> str:
        return self.name


class Macro(models.Model):
    """Several steps in one click: a reply or note, field changes, then a transition."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    kind = models.CharField(_("kind"), max_length=20, default="incident")
    reply = models.TextField(_("reply to the requester"), blank=True)
    note = models.TextField(_("work note"), blank=True)
    #: field -> value, as ``workflow.edits`` takes them.
    changes = models.JSONField(_("field changes"), default=dict, blank=True)
    verb = models.CharField(_("then"), max_length=30, blank=True)
    #: input of the verb.
    data = models.JSONField(_("with"), default=dict, blank=True)
    team = models.ForeignKey(
        Team, models.CASCADE, null=True, blank=True, related_name="macros", verbose_name=_("only for team")
    )
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("macro")
        verbose_name_plural = _("macros")

    def __str__(self) -> str:
        return self.name


class CustomField(models.Model):
    """A field an organisation adds to a kind of ticket; values live in ``Ticket.custom``."""

    class Type(models.TextChoices):
        TEXT = "text", _("Text")
        LONG_TEXT = "long_text", _("Long text")
        NUMBER = "number", _("Number")
        DATE = "date", _("Date")
        CHOICE = "choice", _("Choice")
        YES_NO = "yes_no", _("Yes or no")

    kind = models.CharField(_("kind"), max_length=20, default="incident")
    code = models.CharField(_("code"), max_length=40, validators=[RegexValidator(r"^[a-z][a-z0-9_]*$")])
    label = models.CharField(_("label"), max_length=80)
    type = models.CharField(_("type"), max_length=10, choices=Type, default=Type.TEXT)
    choices = models.JSONField(_("choices"), default=list, blank=True)
    hint = models.CharField(_("hint"), max_length=200, blank=True)
    required = models.BooleanField(_("required"), default=False)
    on_portal = models.BooleanField(_("asked on the portal"), default=False)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        ordering = ["position", "id"]
        verbose_name = _("custom field")
        verbose_name_plural = _("custom fields")
        constraints = [models.UniqueConstraint(fields=["kind", "code"], name="tickets_customfield_code")]

    def __str__(self) -> str:
        return self.label
