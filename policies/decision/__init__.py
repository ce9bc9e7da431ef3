"""The decision: the shape of an exchange, what an engine decides of it, and what would change that."""
