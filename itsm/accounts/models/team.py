"""Teams: who works tickets together."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Team(models.Model):
    """A support group with members and leads; tickets are assigned to a team first, then to a person."""

    class Tier(models.TextChoices):
        FIRST = "first", _("First line")
        SECOND = "second", _("Second line")
        THIRD = "third", _("Third line")

    class Distribution(models.TextChoices):
        MANUAL = "manual", _("Members take tickets themselves")
        ROUND_ROBIN = "round_robin", _("In turn")
        LEAST_LOADED = "least_loaded", _("Whoever has the fewest open tickets")

    name = models.CharField(_("name"), max_length=80, unique=True)
    description = models.CharField(_("description"), max_length=200, blank=True)
    tier = models.CharField(_("tier"), max_length=10, choices=Tier, default=Tier.FIRST)
    email = models.EmailField(_("email"), blank=True)
    distribution = models.CharField(_("assignment"), max_length=20, choices=Distribution, default=Distribution.MANUAL)
    escalates_to = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("escalates to")
    )
    is_restricted = models.BooleanField(
        _("restricted"), default=False,
        help_text=_("Tickets given to this team are visible only to its members and to people named on them."),
    )  # fmt: skip
    is_active = models.BooleanField(_("active"), default=True)
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL, through="accounts.Membership", related_name="teams", verbose_name=_("members")
    )

    class Meta:
        ordering = ["name"]
        verbose_name = _("team")
        verbose_name_plural = _("teams")

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A person's place in a team."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="memberships", verbose_name=_("team"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships", verbose_name=_("person")
    )
    is_lead = models.BooleanField(_("lead"), default=False)
    takes_work = models.BooleanField(_("gets tickets assigned automatically"), default=True)
    #: When automatic assignment last chose this member: the order of the round robin.
    last_given_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [models.UniqueConstraint(fields=["team", "user"], name="accounts_membership_once")]

    def __str__(self) -> str:
        return f"{self.user} in {self.team}"
