"""Who changed what, when, from what to what: append-only."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AuditConfig(AppConfig):
    name = "itsm.audit"
    label = "audit"
    verbose_name = _("Audit")
