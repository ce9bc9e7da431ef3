"""A module a revision of the schema."""
