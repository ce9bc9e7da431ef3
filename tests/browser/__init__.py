"""What real browsers do: the lab that records it, and the tests that hold Corsight against it."""
