"""What an agent is served over the Model Context Protocol: `corsight mcp`.

1. Whatever may hold text from the wire is a field of its own, of a type of `marks`: redacted, escaped, cut, delimited.
2. Nothing is read but what the start named, and nothing is sent or started unless the start allowed it.
3. Every answer is bounded, and what is left out is counted.
"""
