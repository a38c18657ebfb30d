"""Rules of an organisation: when something happens to a ticket, if conditions hold, then something is done."""
