"""What browsers write to their consoles when something is blocked, drawn from the browsers themselves."""
