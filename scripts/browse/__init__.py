"""The shared work of `corsight browse`: the table, its keys, and what the browser says beside the log."""
