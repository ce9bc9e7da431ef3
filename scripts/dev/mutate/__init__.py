"""Changes one thing in the code at a time, and asks whether a test fails: what survives is held by no test."""
