"""The repository's own tools: pages and schemas that are written from the code, and benchmarks. Not in the wheel."""
