"""Forms of the stage, one module per area."""
