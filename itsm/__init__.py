"""The service desk's kernel: what every stage of the service lifecycle shares."""
