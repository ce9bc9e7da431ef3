"""Recordings behind URLs, read through fsspec: https://, s3://, gs://, az:// and whatever else it knows."""

from __future__ import annotations

import glob
import re
from collections.abc import Callable
from io import BufferedReader, RawIOBase
from typing import Any

from corsight.policies.redact import redact
from corsight.scripts.errors import CorsightError, one_line
from corsight.scripts.paths import name_extra

EXTRAS = {"gs": "gs", "gcs": "gs", "az": "az", "abfs": "az", "abfss": "az", "adl": "az"}
"""The extra of this package that reads from there; it is `remote` for all others."""
BLOCK = 4 * 1024 * 1024
LONGEST = 200
"""Characters of what a server or a library says that are shown."""

_url = re.compile(r"(?!file:)([a-z][a-z0-9+.-]+)://", re.IGNORECASE).match


def is_url(name: str) -> bool:
    """Return whether a name is one of a recording elsewhere."""
    return _url(name) is not None


def open_url(url: str) -> BufferedReader:
    """Return what a URL leads to, as a stream. Raises CorsightError."""

    def ask() -> Any:
        files, path = _find(url)
        # The web gives a file in one piece, whether or not it also gives parts.
        return files.open(path, "rb", block_size=0 if _is_web(url) else BLOCK)

    return BufferedReader(_Remote(url, _try(url, ask)), BLOCK)


def list_urls(url: str) -> list[str]:
    """Return the URLs that a pattern, or a folder whose name ends in a slash, stands for. Raises CorsightError."""

    def ask() -> list[str]:
        files, path = _find(url)
        found = files.find(path) if url.endswith("/") else filter(files.isfile, files.glob(path))
        return [files.unstrip_protocol(name) for name in sorted(found)]

    # The web knows no folders, and its queries hold question marks and more.
    if _is_web(url) or not (url.endswith("/") or glob.has_magic(url)):
        return [url]
    found = _try(url, ask)
    if not found:
        raise CorsightError("there is nothing", where=redact(url))
    return found


def _is_web(url: str) -> bool:
    return url.lower().startswith(("http:", "https:"))


def _find(url: str) -> tuple[Any, str]:
    """Return the file system that a URL names, and the path in it."""
    from fsspec.core import url_to_fs  # type: ignore[import-untyped]

    files, path = url_to_fs(url)
    return files, str(path)


class _Remote(RawIOBase):
    """A file of fsspec, whose errors are said in one line."""

    def __init__(self, url: str, file: Any) -> None:
        self._url = url
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        data: bytes = _try(self._url, lambda: self._file.read(len(buffer)))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._file.close()
        super().close()


def _try[T](url: str, ask: Callable[[], T]) -> T:
    """Return what is asked of the place that a URL names, or raise what went wrong as a CorsightError."""
    scheme = url.partition(":")[0].lower()
    where = redact(url)
    try:
        return ask()
    except ImportError:
        extra = EXTRAS.get(scheme, "remote")
        raise CorsightError(
            f"reading from {scheme}:// takes more packages", where=where, todo=name_extra(extra)
        ) from None
    except Exception as error:
        if isinstance(error, PermissionError):
            raise CorsightError("may not be read", where=where, todo="give the credentials of its service") from None
        cause = _find_cause(error)
        # A connection that fails is told as a file that is not there, too.
        if isinstance(error, FileNotFoundError) and (cause is error or not isinstance(cause, OSError)):
            raise CorsightError("there is nothing", where=where) from None
        said = one_line(redact(str(cause)))[:LONGEST] or type(cause).__name__
        raise CorsightError(f"could not be read: {said}", where=where) from None


def _find_cause(error: BaseException) -> BaseException:
    while error.__cause__ is not None and not isinstance(error.__cause__, FileNotFoundError):
        error = error.__cause__
    return error
