"""What the stage stores."""

from .allocation import AllocationRule, AllocationShare, Tariff
from .costs import Budget, CostCentre, CostItem
from .goals import AcceptanceCriterion, BusinessRequirement, CheckIn, DemandPattern, Goal, KeyResult
from .months import CostMonth, OrganisationMonth, ServiceMonth
from .policy import Acknowledgement, Policy, PolicyException
from .portfolio import BusinessCase, PortfolioDecision
from .rules import RuleRun, Violation
from .value import ValueEntry, ValueMeasure

__all__ = [
    "AcceptanceCriterion", "Acknowledgement", "AllocationRule", "AllocationShare", "Budget", "BusinessCase",
    "BusinessRequirement", "CheckIn", "CostCentre", "CostItem", "CostMonth", "DemandPattern", "Goal", "KeyResult",
    "OrganisationMonth", "Policy", "PolicyException", "PortfolioDecision", "RuleRun", "ServiceMonth", "Tariff",
    "ValueEntry", "ValueMeasure", "Violation",
]  # fmt: skip
