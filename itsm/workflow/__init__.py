"""The one door: every change of a stateful record passes here."""
