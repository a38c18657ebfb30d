"""The agents' queue: the list, its filters, saved views, preview, bulk actions, export."""
