"""The pages and schemas of docs/ that are written from the code: `scripts/dev/write`."""
