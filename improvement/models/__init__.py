"""What the stage stores."""

from .feedback import Feedback
from .improvement import Improvement, ImprovementMeasurement
from .survey import Answer, AnswerDetail, Invitation, Survey, SurveyQuestion

__all__ = [
    "Answer", "AnswerDetail", "Feedback", "Improvement", "ImprovementMeasurement", "Invitation", "Survey",
    "SurveyQuestion",
]  # fmt: skip
