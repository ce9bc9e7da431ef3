"""What a browser gets with patching off, on, and off again: pages, and servers that fail in every way there is."""
