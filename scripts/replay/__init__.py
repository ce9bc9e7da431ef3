"""Sends recorded exchanges to another server, and says what would change for each: `corsight replay`."""
