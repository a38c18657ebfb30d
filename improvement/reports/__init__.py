"""What the stage counts."""
