"""What a browser would do with an exchange that nobody sent: `corsight check`."""
