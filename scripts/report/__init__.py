"""Writes what commands print: audits, stories, checks, policies and runs."""
