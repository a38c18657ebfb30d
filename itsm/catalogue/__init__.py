"""The shared service catalogue: services, dependencies, offerings and request forms."""
