"""Addresses of the stage's collections."""

from rest_framework.routers import SimpleRouter

from improvement.api.feedback import FeedbackCollection
from improvement.api.improvements import Improvements
from improvement.api.surveys import SurveyAnswers, Surveys

router = SimpleRouter()
router.register("surveys", Surveys, basename="survey")
router.register("survey-answers", SurveyAnswers, basename="survey-answer")
router.register("feedback", FeedbackCollection, basename="feedback")
router.register("improvements", Improvements, basename="improvement")

urlpatterns = router.urls
