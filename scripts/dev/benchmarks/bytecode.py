"""Has processes that are measured keep their bytecode, as an installation does: compiling is no part of a run."""

from __future__ import annotations

import os
from pathlib import Path


def keep_bytecode(folder: Path | str) -> dict[str, str]:
    """Return this environment, with the bytecode of Python kept in below a folder."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return environment | {"PYTHONPYCACHEPREFIX": os.path.join(folder, "bytecode")}
