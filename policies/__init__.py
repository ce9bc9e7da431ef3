"""Corsight's decisions: the Fetch standard, the engines' departures from it, and what the wire hides.

Nothing in this package imports mitmproxy, reads a clock or opens a file: time, engine and memory come in as parameters.
"""
