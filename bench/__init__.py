"""How fast, how large: the product under 100,000 and 1,000,000 tickets. ``make bench``."""
