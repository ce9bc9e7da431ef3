"""A real browser that is led by the hand: to the live page, and to pages that are hostile to it."""
