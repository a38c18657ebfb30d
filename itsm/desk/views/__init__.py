"""Pages that are common to every kind of ticket."""
