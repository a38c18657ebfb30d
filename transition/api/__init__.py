"""The transition stage in the REST API."""
