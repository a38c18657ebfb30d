"""The verb of what is in force until another takes its place."""

from strategy.services.ledger import activate

__all__ = ["activate"]
