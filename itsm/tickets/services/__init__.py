"""Changes to what hangs on a ticket, called inside the one door."""
