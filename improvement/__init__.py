"""Continual improvement: feedback, KPIs, reviews, the improvement register, process analysis."""
