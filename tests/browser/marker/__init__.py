"""Pages that ask servers of every distance, with credentials and without: what the marker cookie tells of it."""
