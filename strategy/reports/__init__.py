"""Numbers of the strategy stage."""
