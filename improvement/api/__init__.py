"""REST collections of the stage."""
