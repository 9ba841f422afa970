"""Access tokens, and the keys and secrets behind them."""
