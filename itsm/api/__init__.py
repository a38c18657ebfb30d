"""Helpers of the REST API that know no models: problems, paging, conditions, formats."""
