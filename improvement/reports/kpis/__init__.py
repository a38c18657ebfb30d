"""What can be measured. Each KPI is a small object in code; ``catalogue`` lists those that come with the product."""
