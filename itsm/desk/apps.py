"""Pages that are common to every kind of ticket, and the pages that say how the installation is."""

from importlib import import_module

from django.apps import AppConfig
from django.conf import settings
from django.utils.translation import gettext_lazy as _


class DeskConfig(AppConfig):
    name = "itsm.desk"
    label = "desk"
    verbose_name = _("Service desk")

    def ready(self) -> None:
        # Every process that sets Django up sends its jobs through our Celery application.
        import_module(settings.CELERY_MODULE)
        import_module("itsm.desk.gauges")
        import_module("itsm.desk.navigation").register()
        import_module("itsm.desk.services.export").register()
