"""Near misses: how an origin that was written somewhere differs from the one that was meant."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Literal, NamedTuple

from corsight.policies.fetch.origin import origin_of, split_origin

Kind = Literal[
    "list",
    "quotes",
    "punctuation",
    "slash",
    "case",
    "no-scheme",
    "path",
    "default-port",
    "scheme",
    "port",
    "scheme-and-port",
    "www",
    "loopback",
]
LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]", "0.0.0.0"})
LONGEST = 300
"""Characters of a value that are looked at."""


class Difference(NamedTuple):
    """How a written origin differs from the one that was meant.

    `same` tells that it is that origin, not written as browsers write it; otherwise it is another origin, nearly the
    same. `what` names in a noun what differs (of the same origin: what is too much or lacking), `wrong` says it in a
    clause after "which".
    """

    kind: Kind
    same: bool
    what: str
    wrong: str


SPELLINGS: dict[Kind, Difference] = {
    one.kind: one
    for one in (
        Difference("list", True, "brackets around it", "is a list written out as text"),
        Difference("quotes", True, "quotes around it", "stands in quotes or brackets"),
        Difference("punctuation", True, "a comma or semicolon behind it", "has a comma or a semicolon behind it"),
        Difference("slash", True, "a slash at the end", "has a slash at the end"),
        Difference("case", True, "capital letters in it", "is not all lower case"),
        Difference("no-scheme", True, "no scheme", "lacks the scheme (https://)"),
        Difference("path", True, "a path behind it", "has a path behind it"),
        Difference(
            "default-port",
            True,
            "a port that browsers leave out",
            "is not written as browsers write it: with a port that is the default, or a user name",
        ),
        Difference("scheme", False, "scheme", "differs in the scheme"),
        Difference("port", False, "port", "differs in the port"),
        Difference("scheme-and-port", False, "scheme and port", "differs in scheme and port"),
        Difference("www", False, "www.", "differs in www."),
        Difference(
            "loopback",
            False,
            "name of this computer",
            "names this computer in another way, and localhost and 127.0.0.1 are two origins",
        ),
    )
}


def compare_origins(meant: str, written: str) -> Difference | None:
    """Return how `written` differs from the serialized origin `meant`; None where it does not, or is not near it."""
    if written == meant or meant in ("", "null") or not written or len(written) > LONGEST:
        return None
    return (_compare if len(meant) <= LONGEST else _compare.__wrapped__)(meant, written)


@lru_cache(256)
def _compare(meant: str, written: str) -> Difference | None:
    kind = _find_spelling(meant, written) or _find_neighbour(meant, written)
    return None if kind is None else SPELLINGS[kind]


def find_near(origin: str, others: Iterable[str]) -> tuple[str, Difference] | None:
    """Return the first of `others` that is nearly the origin, and how it differs; None where none is."""
    differences = ((other, compare_origins(origin, other)) for other in others)
    return next(((other, difference) for other, difference in differences if difference is not None), None)


def _find_spelling(meant: str, written: str) -> Kind | None:
    """Return what keeps a value from being the origin that it is."""
    authority = meant.partition("://")[2]
    if written.strip(" \"'`<>[]()") == meant:
        return "list" if written.lstrip().startswith("[") else "quotes"
    if written.rstrip(",; ") == meant:
        return "punctuation"
    if written == meant + "/":
        return "slash"
    if written.lower() == meant:
        return "case"
    if written.removeprefix("//") in (authority, authority.partition(":")[0]):
        return "no-scheme"
    if written.startswith(meant + "/"):
        return "path"
    return "default-port" if origin_of(written) == meant else None


def _find_neighbour(meant: str, written: str) -> Kind | None:
    """Return in what a value, however it is written, is another origin than the one that was meant."""
    ours, theirs = split_origin(meant), split_origin(written.strip(" \"'").rstrip("/").lower())
    if ours is None or theirs is None or ours == theirs:
        return None
    if ours[1] == theirs[1]:
        ports = ours[2] != theirs[2] and _names_port(meant, written)
        if ours[0] == theirs[0]:
            return "port"
        return "scheme-and-port" if ports else "scheme"
    if ours[1].removeprefix("www.") == theirs[1].removeprefix("www."):
        return "www"
    return "loopback" if {ours[1], theirs[1]} <= LOOPBACK else None


def _names_port(*origins: str) -> bool:
    """Return whether one of these origins has its port written out."""
    return any(":" in origin.partition("://")[2].rpartition("]")[2] for origin in origins)
