"""What the page of a ticket shows, put together from several models. Nothing here knows of HTTP."""
