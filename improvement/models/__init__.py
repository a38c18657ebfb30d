"""What the stage stores."""

from .event_log import EventLog
from .feedback import Feedback
from .improvement import Improvement, ImprovementMeasurement
from .kpi import KPI, Measurement, MeasurementDay
from .process import KeptAnalysis
from .review import ReviewAction, ReviewFinding, ReviewPlan, ServiceReview
from .survey import Answer, AnswerDetail, Invitation, Survey, SurveyQuestion

__all__ = [
    "KPI", "Answer", "AnswerDetail", "EventLog", "Feedback", "Improvement", "ImprovementMeasurement", "Invitation",
    "KeptAnalysis", "Measurement", "MeasurementDay", "ReviewAction", "ReviewFinding", "ReviewPlan", "ServiceReview",
    "Survey", "SurveyQuestion",
]  # fmt: skip
