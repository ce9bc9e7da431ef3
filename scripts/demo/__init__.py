"""The shop of `corsight demo`, and the visit to it."""
