"""What a run is held to: which findings count, which are known or suppressed, and what makes it fail."""
