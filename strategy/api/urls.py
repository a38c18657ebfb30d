"""Addresses of the stage's collections."""

from rest_framework.routers import SimpleRouter

from strategy.api.records import Cases, Goals, Requirements

router = SimpleRouter()
router.register("goals", Goals, basename="goal")
router.register("requirements", Requirements, basename="requirement")
router.register("business-cases", Cases, basename="business-case")

urlpatterns = router.urls
