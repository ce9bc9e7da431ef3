"""Runs behind the proxy: what browse, run and the pytest plugin share, and which test met what."""
