"""Policies: what an API's owner wants to allow, what a correct server answers, and how the real one differs."""
