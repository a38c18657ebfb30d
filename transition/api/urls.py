"""Addresses of the transition stage's collections."""

from rest_framework.routers import SimpleRouter

from transition.api.articles import Articles
from transition.api.changes import Changes
from transition.api.configuration import Assets, Items, ItemTypes, Relations
from transition.api.delivery import Deliveries, Handovers, Subscriptions
from transition.api.releases import Deployments, Meetings, Releases
from transition.api.supply import Contracts, Licences, Suppliers

router = SimpleRouter()
router.register("articles", Articles, basename="article")
router.register("subscriptions", Subscriptions, basename="subscription")
router.register("deliveries", Deliveries, basename="delivery")
router.register("handovers", Handovers, basename="support-handover")
router.register("changes", Changes, basename="change")
router.register("releases", Releases, basename="release")
router.register("deployments", Deployments, basename="deployment")
router.register("cab-meetings", Meetings, basename="cab-meeting")
router.register("ci-types", ItemTypes, basename="ci-type")
router.register("cis", Items, basename="ci")
router.register("assets", Assets, basename="asset")
router.register("ci-relations", Relations, basename="ci-relation")
router.register("suppliers", Suppliers, basename="supplier")
router.register("contracts", Contracts, basename="contract")
router.register("licences", Licences, basename="licence")

urlpatterns = router.urls
