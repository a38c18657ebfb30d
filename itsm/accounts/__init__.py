"""People: users, organisations, teams and roles."""
