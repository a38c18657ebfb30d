"""The outbox: what happened, who is told, and by which channel."""
