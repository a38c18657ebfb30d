"""What transition does, one function per verb."""
