"""The outbox: what happened, who is told, and by which channel."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NotificationsConfig(AppConfig):
    name = "itsm.notifications"
    label = "notifications"
    verbose_name = _("Notifications")

    def ready(self) -> None:
        from itsm.notifications import gauges  # noqa: F401 - registers them
