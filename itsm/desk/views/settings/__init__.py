"""Administration: the pages of reference data, the audit log and the state of the installation."""
