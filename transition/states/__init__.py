"""The states of the transition stage’s records: one module per practice."""
