"""Pages of the transition stage."""
