"""The outside world: API tokens, the REST API's foundations, the change feed and imports."""
