"""What the stage stores."""

from .kpi import KPI, Measurement, MeasurementDay
from .process import KeptAnalysis
from .review import ReviewAction, ReviewFinding, ReviewPlan, ServiceReview

__all__ = [
    "KPI", "KeptAnalysis", "Measurement", "MeasurementDay", "ReviewAction", "ReviewFinding", "ReviewPlan",
    "ServiceReview",
]  # fmt: skip
