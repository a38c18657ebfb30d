"""Tokens, idempotency keys and the end of the change feed."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from knox.models import AbstractAuthToken
from knox.settings import CONSTANTS

from itsm.lib import clock


class TokenQuerySet(models.QuerySet["ApiToken"]):
    def active(self) -> TokenQuerySet:
        """Neither revoked nor expired."""
        return self.filter(revoked_at__isnull=True).filter(
            models.Q(expiry__isnull=True) | models.Q(expiry__gt=clock.now())
        )

    def visible_to(self, user) -> TokenQuerySet:
        """Everybody their own; administrators all."""
        return self if user.holds("administrator") else self.filter(user=user)


class ApiToken(AbstractAuthToken):
    """A script's key to the API in the name of a person. Only its digest is stored."""

    id = models.BigAutoField(primary_key=True)
    digest = models.CharField(max_length=CONSTANTS.DIGEST_LENGTH, unique=True)
    name = models.CharField(_("name"), max_length=80)
    scopes = models.JSONField(_("scopes"), default=list)
    #: Written at most once a minute.
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    objects = TokenQuerySet.as_manager()  # type: ignore[misc, assignment]

    audit_secret = ("digest", "token_key")

    class Meta:
        ordering = ["-id"]
        verbose_name = _("token")
        verbose_name_plural = _("tokens")

    def __str__(self) -> str:
        return self.name

    @property
    def is_expired(self) -> bool:
        return self.expiry is not None and self.expiry <= clock.now()

    @property
    def is_active(self) -> bool:
        return self.revoked_at is None and not self.is_expired


class IdempotencyKey(models.Model):
    """A key somebody sent with a POST, and what was answered.

    Inserted in the transaction of the work it stands for: when the work fails, the key is free again.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    #: SHA-256 of method, address and body.
    request_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    headers = models.JSONField(default=dict)
    body = models.TextField(blank=True)
    created_at = models.DateTimeField(default=clock.now, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="integrations_idempotencykey_once")]

    def __str__(self) -> str:
        return self.key


class Feed(models.Model):
    """The end of the change feed. Its one row is the lock under which positions are given."""

    last_position = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.last_position)
