"""Soak: what holds over very many exchanges through real mitmdump processes on loopback: `scripts/soak`."""
