"""Read models of the desk's pages: finished rows from few queries."""
