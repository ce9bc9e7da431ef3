"""Opens what a person names as a recording, and says in one line where that cannot be done."""

from __future__ import annotations

import glob
import os
import sys
from collections.abc import Iterable, Iterator
from io import BufferedReader

from corsight.scripts.errors import CorsightError
from corsight.scripts.recordings.remote import is_url, list_urls, open_url
from corsight.scripts.recordings.unpacking import unpack

STDIN = STDOUT = "-"
SUFFIXES = (".mitm", ".flow", ".flows", ".dump", ".har", ".harp", ".zhar", ".zip", ".netlog")
"""How the names of recordings end in a folder, in which there may be anything."""
PACKED = (".gz", ".zst", ".zstd")


def list_recordings(names: Iterable[str]) -> list[str]:
    """Return the recordings that these names stand for: folders and patterns are looked into, in order of the names.

    Raises CorsightError where a name stands for none.
    """
    found: list[str] = []
    for name in names:
        if name == STDIN:
            found.append(name)
        elif is_url(name):
            found += list_urls(name)
        elif os.path.isdir(name):
            found += _list_folder(name)
        elif not os.path.exists(name) and glob.has_magic(name):
            matching = sorted({path for path in _match(name) if os.path.isfile(path)})
            if not matching:
                raise CorsightError("no file is called like that", where=name)
            found += matching
        else:
            found.append(name)
    return list(dict.fromkeys(found))


def _match(pattern: str) -> Iterator[str]:
    """Yield what a pattern matches. Where `**` stands for folders, no links to folders are followed: they may lead in
    circles.
    """
    parts = pattern.split(os.sep)
    if "**" not in parts:
        yield from glob.iglob(pattern)
        return
    place = parts.index("**")
    above = os.sep.join(parts[:place]) or (os.sep if parts[0] == "" else "")
    for top in glob.iglob(above) if above else ["."]:
        for folder, names, _ in os.walk(top):
            names[:] = [name for name in names if not name.startswith(".")]
            shown = folder if above else os.path.relpath(folder).removeprefix(os.curdir)
            yield from _match(os.path.join(glob.escape(shown), *(parts[place + 1 :] or "*")))


def _list_folder(folder: str) -> list[str]:
    found = [
        path
        for base, _, names in os.walk(folder)
        for name in names
        if is_named_as_recording(name) and os.path.isfile(path := os.path.join(base, name))
    ]
    if not found:
        endings = f"{', '.join(SUFFIXES)}, or these with {', '.join(PACKED)} added"
        raise CorsightError("is a directory without recordings", where=folder, todo=f"their names end in {endings}")
    return sorted(found)


def is_named_as_recording(name: str) -> bool:
    """Return whether a file in a folder or an archive is one by its name."""
    name = name.lower()
    for suffix in PACKED:
        name = name.removesuffix(suffix)
    return name.endswith(SUFFIXES)


def open_recording(path: str) -> tuple[BufferedReader, BufferedReader]:
    """Return the bytes of a recording as a stream that can be peeked into, unpacked; and as they come, packed or not.

    Raises CorsightError.
    """
    source = open_url(path) if is_url(path) else open_file(path)
    return unpack(source), source


def open_file(path: str) -> BufferedReader:
    """Return the bytes of a file, or of stdin, as they are."""
    return open(sys.stdin.fileno() if path == STDIN else path, "rb", closefd=path != STDIN)


def check_readable(path: str) -> None:
    """Raise CorsightError where there is no file to read. What is elsewhere is only asked for when it is read."""
    if path == STDIN and sys.stdin is None:
        raise CorsightError("is closed", where="stdin", todo="pipe a recording into it, or name a file")
    if path == STDIN or is_url(path):
        return
    if os.path.isdir(path):
        raise CorsightError("is a directory", where=path, todo="name the recordings in it")
    if not os.path.exists(path):
        raise CorsightError("no such file", where=path)
    if not os.access(path, os.R_OK):
        raise CorsightError("may not be read", where=path)


def check_output(output: str | None, inputs: Iterable[str], what: str) -> None:
    """Raise CorsightError where writing `what` to `output` would write over one of the inputs, or has no folder."""
    if output is None:
        return
    if not os.path.isdir(folder := os.path.dirname(output) or "."):
        raise CorsightError("no such folder", where=folder, todo=f"make it, or name another file for the {what}")
    if not os.path.exists(output):
        return
    if any(os.path.exists(path) and os.path.samefile(output, path) for path in inputs):
        raise CorsightError("this command reads it", where=output, todo=f"name another file for the {what}")
