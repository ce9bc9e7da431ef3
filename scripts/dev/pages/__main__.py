"""Writes the pages named on the command line, or all of them; with --check says which are stale."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from corsight.scripts.dev.pages import causes, engines, recipes, reports, rules, schema, session, spec, terminal
from corsight.scripts.paths import ROOT

PAGES: Mapping[str, Callable[[], dict[str, str]]] = {
    "rules": rules.render,
    "causes": causes.render,
    "engines": engines.render,
    "recipes": recipes.render,
    "reports": reports.render,
    "schema": schema.render,
    "session": session.render,
    "spec": spec.render,
    "terminal": terminal.render,
}
"""What renders the pages of each name: their texts, by their paths in the repository."""
OWNED = {"rules": "docs/rules/*.md", "causes": "docs/causes/*.md", "reports": "examples/reports/*"}
"""Folders that hold nothing else: what is left over there is stale."""


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """Write the pages, or check them; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="scripts/dev/write", description="Writes the pages of docs/ and the reports of examples/."
    )
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 when a page is stale")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"what to write: {', '.join(PAGES)}; default: all")
    options = parser.parse_args(arguments)
    if unknown := [name for name in options.names if name not in PAGES]:
        parser.error(f"there are no pages {unknown[0]!r}; there are {', '.join(PAGES)}")
    stale = {name: _find_stale(name, root) for name in options.names or PAGES}
    if options.check:
        for name, pages in stale.items():
            if pages:
                first, *more = pages
                who = f"{first} and {len(more)} more are" if more else f"{first} is"
                print(f"corsight: {who} stale; write with scripts/dev/write {name}", file=sys.stderr)
        return 1 if any(stale.values()) else 0
    for path, text in (page for pages in stale.values() for page in pages.items()):
        file = root / path
        if text is None:
            file.unlink()
        else:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text.encode())
    return 0


def _find_stale(name: str, root: Path) -> dict[str, str | None]:
    """Return the pages that are not as they should be: the text of each, None for one to be removed."""
    pages = PAGES[name]()
    stale: dict[str, str | None] = {
        path: text
        for path, text in pages.items()
        if not (root / path).is_file() or (root / path).read_bytes() != text.encode()
    }
    left_over = (file.relative_to(root).as_posix() for file in root.glob(OWNED.get(name, ""))) if name in OWNED else ()
    return stale | {path: None for path in left_over if path not in pages}


if __name__ == "__main__":
    sys.exit(main())
