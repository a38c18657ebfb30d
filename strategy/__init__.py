"""Service strategy: goals, requirements, portfolio, policies, cost and value."""
