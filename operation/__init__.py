"""Service operation: incidents, outages and the self-service portal."""
