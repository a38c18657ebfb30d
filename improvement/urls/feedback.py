"""Addresses of surveys, answers and feedback; what people outside the desk open stands beside the stage."""

from __future__ import annotations

from django.urls import path

from improvement.views import answers, feedback, portal, surveys

urlpatterns = [
    path("satisfaction/", answers.satisfaction, name="satisfaction"),
    path("answers/", answers.index, name="answers"),
    path("answers/<int:pk>/", answers.detail, name="answer"),
    path("answers/<int:pk>/improve/", answers.improve, name="answer-improve"),
    path("answers/<int:pk>/feedback/", answers.handle, name="answer-feedback"),
    *surveys.Surveys.urls(),
    path("feedback/<str:number>/convert/<slug:to>/", feedback.convert, name="feedback-convert"),
    *feedback.FeedbackPages.urls(),
]

public = [
    path("survey/<str:token>/", portal.survey, name="survey-link"),
    path("portal/surveys/<int:pk>/", portal.own, name="answer-own"),
    path("portal/feedback/", portal.index, name="portal-feedback"),
    path("portal/feedback/new/", portal.give, name="portal-feedback-new"),
    path("portal/feedback/<str:number>/", portal.one, name="portal-feedback-one"),
]
