"""Addresses of the stage's collections."""

from rest_framework.routers import SimpleRouter

from strategy.api.costs import (
    AllocationRules,
    Budgets,
    CostCentres,
    CostItems,
    ServiceCosts,
    Tariffs,
    ValueMeasures,
)
from strategy.api.governance import Policies, PolicyExceptions, RuleViolations
from strategy.api.records import Cases, Goals, Requirements

router = SimpleRouter()
router.register("goals", Goals, basename="goal")
router.register("requirements", Requirements, basename="requirement")
router.register("business-cases", Cases, basename="business-case")
router.register("policies", Policies, basename="policy")
router.register("policy-exceptions", PolicyExceptions, basename="policy-exception")
router.register("rule-violations", RuleViolations, basename="rule-violation")
router.register("cost-centres", CostCentres, basename="cost-centre")
router.register("cost-items", CostItems, basename="cost-item")
router.register("budgets", Budgets, basename="budget")
router.register("allocation-rules", AllocationRules, basename="allocation-rule")
router.register("tariffs", Tariffs, basename="tariff")
router.register("value-measures", ValueMeasures, basename="value-measure")
router.register("service-costs", ServiceCosts, basename="service-cost")

urlpatterns = router.urls
