"""Service levels in numbers: daily measurements plus the running day, each number with the tickets behind it."""
