"""Runs of the audit, kept over time in a database: SQLite for one person, PostgreSQL for a team."""
