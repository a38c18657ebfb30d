"""Approval rounds: who must agree before something may happen."""
