"""Addresses of the stage's collections."""

from rest_framework.routers import SimpleRouter

from improvement.api.kpis import Kpis, ServiceReviews

router = SimpleRouter()
router.register("kpis", Kpis, basename="kpi")
router.register("service-reviews", ServiceReviews, basename="service-review")

urlpatterns = router.urls
