"""Addresses of the transition stage's collections."""

from rest_framework.routers import SimpleRouter

from transition.api.articles import Articles
from transition.api.delivery import Deliveries, Handovers, Subscriptions

router = SimpleRouter()
router.register("articles", Articles, basename="article")
router.register("subscriptions", Subscriptions, basename="subscription")
router.register("deliveries", Deliveries, basename="delivery")
router.register("handovers", Handovers, basename="support-handover")

urlpatterns = router.urls
