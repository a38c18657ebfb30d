"""Who may do what in the transition stage, and what holds a step: one module per practice."""
