"""What operation does, one function per verb."""
