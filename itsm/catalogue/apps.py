"""The shared service catalogue: services, dependencies, offerings and request forms."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CatalogueConfig(AppConfig):
    name = "itsm.catalogue"
    label = "catalogue"
    verbose_name = _("Service catalogue")

    def ready(self) -> None:
        from django.utils.text import capfirst

        from itsm.audit import actions
        from itsm.catalogue.models import Service

        # The steps of a service's life, in the words of their buttons.
        for name, method in vars(Service).items():
            machine = getattr(method, "_django_fsm", None)
            if machine is not None:
                custom = next(iter(machine.transitions.values())).custom or {}
                actions.register({f"service.{name}": custom.get("label", capfirst(name.replace("_", " ")))})
