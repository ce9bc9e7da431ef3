"""The `corsight` command: one module per subcommand."""

from corsight.policies.version import VERSION as __version__

__all__ = ["__version__"]
