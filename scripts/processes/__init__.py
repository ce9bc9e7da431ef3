"""The processes that a command starts, and ends: the proxy, a browser, a script behind them."""
