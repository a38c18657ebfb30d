"""What the stage stores."""

from .goals import AcceptanceCriterion, BusinessRequirement, CheckIn, DemandPattern, Goal, KeyResult
from .portfolio import BusinessCase, PortfolioDecision

__all__ = [
    "AcceptanceCriterion", "BusinessCase", "BusinessRequirement", "CheckIn", "DemandPattern", "Goal", "KeyResult",
    "PortfolioDecision",
]  # fmt: skip
