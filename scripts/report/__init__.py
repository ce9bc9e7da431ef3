"""What an audit found, gathered while it runs, and written out."""
