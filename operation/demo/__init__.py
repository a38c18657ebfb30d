"""Demo data: Halden, an outdoor retailer with stores, a web shop and a warehouse, and half a year of its service desk."""
