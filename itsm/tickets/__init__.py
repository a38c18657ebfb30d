"""The ticket base: what every work item of every stage has in common."""
