"""Addresses of the strategy stage, below ``/strategy/``."""

from __future__ import annotations

from django.urls import path

from strategy.views import goals, portfolio

app_name = "strategy"

urlpatterns = [
    path("goals/tree/", goals.tree, name="goal-tree"),
    path("goals/<str:number>/check-in/<int:pk>/", goals.check_in, name="goal-check-in"),
    path("demand/", goals.demand, name="demand"),
    path("portfolio/", portfolio.board, name="portfolio"),
    path("portfolio/propose/", portfolio.propose, name="propose"),
    path("portfolio/decisions/", portfolio.decisions, name="decisions"),
    path("portfolio/<slug:slug>/decide/", portfolio.decide, name="decide"),
    *goals.Goals.urls(),
    *goals.Requirements.urls(),
    *portfolio.Cases.urls(),
]
