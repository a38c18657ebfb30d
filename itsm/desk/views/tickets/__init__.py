"""The pages of one ticket, one module per part."""
