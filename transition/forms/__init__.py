"""Forms of the transition stage: one module per practice."""
