"""Pages that are common to every kind of ticket, and the pages that say how the installation is."""
