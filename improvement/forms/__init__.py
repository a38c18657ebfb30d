"""What people enter, area by area."""
