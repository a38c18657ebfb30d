"""What monitoring tools send, read into one shape. Pure: no database, no framework."""
