"""Service operation: incidents, outages and the self-service portal."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OperationConfig(AppConfig):
    name = "operation"
    label = "operation"
    verbose_name = _("Service operation")

    def ready(self) -> None:
        from django import forms

        from itsm.catalogue import health
        from itsm.desk.navigation import register_kind
        from itsm.lib import chapters
        from itsm.tickets import kinds
        from itsm.workflow import inputs, registration
        from operation import (
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
        from operation.demo import causes, monitoring, orders
        from operation.models import Incident, Outage
        from operation.services import outages, silences
        from operation.states import CHOSEN_CODES, IncidentState, ResolutionCode

        chosen = [(code.value, code.label) for code in ResolutionCode if code in CHOSEN_CODES]
        inputs.register(
            "code",
            lambda required: forms.ChoiceField(label=_("How was it solved?"), choices=chosen, required=required),
            lambda: {"type": "string", "enum": list(CHOSEN_CODES)},
        )
        inputs.register(
            "affected",
            lambda required: forms.IntegerField(
                label=_("People affected"), min_value=0, max_value=10_000_000, required=required
            ),
            lambda: {"type": "integer", "minimum": 0},
        )
        kinds.register(
            kinds.Kind(
                code="incident",
                prefix="INC",
                model_label="operation.Incident",
                label=_("Incident"),
                plural=_("Incidents"),
                states=IncidentState,
                phases=IncidentState.PHASES,
                services="operation.services.incidents",
                icon="siren",
                process=("reopen_days", "auto_close_days", "reminder_days", "reminders", "major_update_minutes"),
                editable=("affected_people",),
                plain_words={
                    "new": _("We have received it"),
                    "assigned": _("Waiting for a colleague to start"),
                    "in_progress": _("We are working on it"),
                    "on_hold": _("Waiting"),
                    "resolved": _("Solved: please confirm"),
                    "closed": _("Done"),
                    "cancelled": _("Cancelled"),
                },
            )
        )
        registration.register_actions("incident", Incident, _("incident"))
        registration.register_actions("outage", Outage, _("outage"))
        health.register(outages.health_of)
        chapters.register("monitoring set up", monitoring.tell_before, order=110, when="before")
        chapters.register("monitoring", monitoring.tell_after, order=110)
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
        chapters.register("catalogue of requests", orders.catalogue, order=20, when="before")
        chapters.register("on call", causes.rotas, order=30, when="before")
        chapters.register("orders", orders.tell, order=40)
        chapters.register("causes", causes.tell, order=50)
        navigation_security.register()
        search.register()
