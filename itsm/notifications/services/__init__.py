"""What the outbox does: writing events, working out who is told, delivering."""
