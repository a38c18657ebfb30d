"""Forms of the strategy stage."""
