"""Self-service: everything a requester needs, in plain words, without script."""
