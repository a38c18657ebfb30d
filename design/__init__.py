"""Service design: performance, agreements, processes, design packages and their validation."""
