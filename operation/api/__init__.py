"""The operation stage in the REST API."""
