"""Addresses of the kernel's collections."""

from rest_framework.routers import SimpleRouter

from itsm.integrations.api import approvals, catalogue, events, levels, people
from itsm.integrations.api.tickets import viewsets

router = SimpleRouter()
router.register("tickets", viewsets.Tickets, basename="ticket")
router.register("organisations", people.Organisations, basename="organisation")
router.register("teams", people.Teams, basename="team")
router.register("users", people.Users, basename="user")
router.register("services", catalogue.Services, basename="service")
router.register("offerings", catalogue.Offerings, basename="offering")
router.register("categories", catalogue.Categories, basename="category")
router.register("hold-reasons", catalogue.HoldReasons, basename="hold-reason")
router.register("custom-fields", catalogue.CustomFields, basename="custom-field")
router.register("canned-replies", catalogue.CannedReplies, basename="canned-reply")
router.register("calendars", levels.Calendars, basename="calendar")
router.register("support-levels", levels.SupportLevels, basename="support-level")
router.register("targets", levels.Targets, basename="target")
router.register("coverage", levels.Coverages, basename="coverage")
router.register("sla-clocks", levels.Clocks, basename="sla-clock")
router.register("approvals", approvals.Approvals, basename="approval")
router.register("events", events.Events, basename="event")

urlpatterns = router.urls
