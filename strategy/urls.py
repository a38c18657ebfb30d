"""Addresses of the strategy stage, below ``/strategy/``."""

from __future__ import annotations

from django.urls import path

from strategy.views import books, costs, goals, policies, portfolio

app_name = "strategy"

urlpatterns = [
    path("goals/tree/", goals.tree, name="goal-tree"),
    path("goals/<str:number>/check-in/<int:pk>/", goals.check_in, name="goal-check-in"),
    path("demand/", goals.demand, name="demand"),
    path("portfolio/", portfolio.board, name="portfolio"),
    path("portfolio/propose/", portfolio.propose, name="propose"),
    path("portfolio/decisions/", portfolio.decisions, name="decisions"),
    path("portfolio/<slug:slug>/decide/", portfolio.decide, name="decide"),
    path("policies/<str:number>/acknowledge/", policies.acknowledge, name="policy-acknowledge"),
    path("rules/", policies.rule_list, name="rules"),
    path("rules/violations/", policies.violations, name="violations"),
    path("costs/", costs.overview, name="costs"),
    path("costs/months/", costs.books, name="books"),
    path("costs/months/<str:code>/close/", costs.close, name="close-month"),
    path("costs/months/<str:code>/reopen/", costs.reopen, name="reopen-month"),
    path("costs/services/<slug:slug>/", costs.of_service, name="service-cost"),
    path("costs/showback/", costs.showback, name="showback"),
    path("costs/showback/<int:pk>/", costs.statement, name="statement"),
    *goals.Goals.urls(),
    *goals.Requirements.urls(),
    *portfolio.Cases.urls(),
    *policies.Policies.urls(),
    *policies.Exceptions.urls(),
    *(address for pages in (
        books.Centres, books.Items, books.Budgets, books.Rules, books.Tariffs, books.Measures
    ) for address in pages.urls()),
]  # fmt: skip
