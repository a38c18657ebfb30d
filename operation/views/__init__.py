"""Pages of the operation stage."""
