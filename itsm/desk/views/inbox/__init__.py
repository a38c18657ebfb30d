"""What people are told: inbox, preferences, and the settings behind them."""
