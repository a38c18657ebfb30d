"""Service operation: incidents, outages and the self-service portal."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OperationConfig(AppConfig):
    name = "operation"
    label = "operation"
    verbose_name = _("Service operation")

    def ready(self) -> None:
        from itsm.catalogue import health
        from itsm.desk.navigation import register_kind
        from itsm.tickets import kinds
        from itsm.workflow import registration
        from operation import (
            checks,
            lifecycle,
            navigation,
            navigation_applications,
            navigation_events,
            navigation_on_call,
            navigation_problems,
            navigation_requests,
            navigation_risks,
            navigation_security,
            receivers,
            search,
        )
        from operation.demo import chapters
        from operation.models import Incident, Outage
        from operation.services import outages, silences

        navigation.register_kinds()
        registration.register_actions("incident", Incident, _("incident"))
        registration.register_actions("outage", Outage, _("outage"))
        health.register(outages.health_of)
        navigation_requests.register_kinds()
        navigation_problems.register_kinds()
        navigation_risks.register_kinds()
        navigation_security.register_kinds()
        navigation.register()
        navigation_risks.register()
        navigation_events.register()
        silences.register()
        navigation_applications.register()
        lifecycle.register()
        receivers.connect()
        register_kind(kinds.get("incident"), order=10, go="i", tab=_("Queue"))
        navigation_requests.register()
        navigation_problems.register()
        navigation_on_call.register()
        navigation_security.register()
        checks.register()
        search.register()
        chapters.register()
