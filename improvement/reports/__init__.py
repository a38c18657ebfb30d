"""Numbers of the improvement stage: what KPIs count, and what happened in processes."""
