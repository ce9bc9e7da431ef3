"""The `corsight` command: one module per subcommand."""

__version__ = "0.1.0"
