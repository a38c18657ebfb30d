"""Addresses of the stage's collections."""

from rest_framework.routers import SimpleRouter

from improvement.api.feedback import FeedbackCollection
from improvement.api.improvements import Improvements
from improvement.api.kpis import Kpis, ServiceReviews
from improvement.api.surveys import SurveyAnswers, Surveys

router = SimpleRouter()
router.register("surveys", Surveys, basename="survey")
router.register("survey-answers", SurveyAnswers, basename="survey-answer")
router.register("feedback", FeedbackCollection, basename="feedback")
router.register("improvements", Improvements, basename="improvement")
router.register("kpis", Kpis, basename="kpi")
router.register("service-reviews", ServiceReviews, basename="service-review")

urlpatterns = router.urls
