"""Addresses of the operation stage's collections."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from operation.api.availability import AvailabilityDays
from operation.api.events import Events, Intake
from operation.api.on_call import Rotas
from operation.api.orders import Access, Requests
from operation.api.outages import Outages
from operation.api.problems import KnownErrors, Problems
from operation.api.risks import Controls, Risks
from operation.api.security import SecurityIncidents
from operation.api.viewsets import Incidents

router = SimpleRouter()
router.register("incidents", Incidents, basename="incident")
router.register("requests", Requests, basename="request")
router.register("access", Access, basename="access")
router.register("problems", Problems, basename="problem")
router.register("known-errors", KnownErrors, basename="known-error")
router.register("rotas", Rotas, basename="rota")
router.register("security-incidents", SecurityIncidents, basename="security_incident")
router.register("outages", Outages, basename="outage")
router.register("risks", Risks, basename="risk")
router.register("controls", Controls, basename="control")

router.register("monitoring-events", Events, basename="monitoring-event")
router.register("availability-days", AvailabilityDays, basename="availability-day")

urlpatterns = [path("intake/<slug:tool>/", Intake.as_view(), name="intake"), *router.urls]
