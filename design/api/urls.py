"""Addresses of the stage's collections."""

from rest_framework.routers import SimpleRouter

from design.api.agreements import Agreements
from design.api.packages import Packages
from design.api.performance import Performance
from design.api.processes import Processes
from design.api.validation import Defects, Plans

router = SimpleRouter()
router.register("agreements", Agreements, basename="agreement")
router.register("performance-targets", Performance, basename="performance-target")
router.register("processes", Processes, basename="process")
router.register("design-packages", Packages, basename="design-package")
router.register("validation-plans", Plans, basename="validation-plan")
router.register("defects", Defects, basename="defect")

urlpatterns = router.urls
