"""Requests as a browser's network panel copies them, or as one was typed into a shell, read for `corsight check`."""
