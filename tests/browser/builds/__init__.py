"""Older builds of Chromium out of public packages, brought when first asked for into a folder that git ignores."""

from __future__ import annotations

from pathlib import Path

import brotli

from tests.recipes.toolbox import make_node, make_python, ready

HERE = Path(__file__).resolve().parent


def webengine() -> Path:
    """The Python of an environment that holds QtWebEngine 6.8, which is Chromium 122."""
    return ready("webengine", HERE / "requirements.txt", make_python) / "bin" / "python"


def headless_shell() -> Path:
    """A headless Chromium, of the version that package.json names."""
    return ready("chromium", HERE / "package.json", _unpack) / "chromium"


def _unpack(made: Path, pins: Path) -> None:
    make_node(made, pins)
    packed = made / "node_modules" / "@sparticuz" / "chromium" / "bin" / "chromium.br"
    unpacker = brotli.Decompressor()
    with packed.open("rb") as source, (made / "chromium").open("wb") as program:
        while part := source.read(1 << 20):
            program.write(unpacker.process(part))
    (made / "chromium").chmod(0o755)
