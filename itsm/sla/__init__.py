"""Service level clocks: calendars, support levels, targets, clocks and the sweep that fires them."""
