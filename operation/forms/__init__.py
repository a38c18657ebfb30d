"""Forms of the operation stage."""
