"""What the stage does, through the one door."""
