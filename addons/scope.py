"""The scope of patching: a required filter expression. To match everything, the user has to say so by a word."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

from mitmproxy import connection, exceptions, flowfilter, http

from corsight.policies.fetch.origin import origin_of, split_origin
from corsight.policies.redact import printable

EVERYTHING = "everything"
EXAMPLE = r"'~d ^api\.example$'"
LONGEST = 200
"""The most characters of an expression that an error quotes."""


def patch_scope(expression: str, *, needed: bool) -> flowfilter.TFilter | None:
    """Return the filter of an expression, None for everything, or for an empty one where none is needed.

    Raises OptionsError for one that cannot be read, is missing, or matches everything without saying so.
    """
    if not expression and needed:
        raise exceptions.OptionsError(
            f"cors_patch_scope: patching needs a scope, a filter expression such as {EXAMPLE}; nothing outside it "
            "is touched."
        )
    parsed = read_scope("cors_patch_scope", expression)
    if parsed is None:
        return None
    if needed and any(all(parsed(probe) for probe in _probes(answered)) for answered in (True, False)):
        raise exceptions.OptionsError(
            f"cors_patch_scope: {expression!r} matches everything; name what is yours, such as {EXAMPLE}. "
            f"If everything is meant, say so: cors_patch_scope={EVERYTHING}."
        )
    return parsed


def read_scope(option: str, expression: str) -> flowfilter.TFilter | None:
    """Return the filter of an option's expression; None for everything and for an empty one.

    Raises OptionsError if it is not a filter expression.
    """
    return None if expression == EVERYTHING else read_filter(option, expression)


def read_filter(option: str, expression: str | None) -> flowfilter.TFilter | None:
    """Return the filter of an expression; None for an empty one. Raises OptionsError if it is not one."""
    if not expression:
        return None
    try:
        return flowfilter.parse(expression)
    except (ValueError, RecursionError):
        # mitmproxy's parser calls itself for each bracket.
        shown = expression if len(expression) <= LONGEST else f"{expression[:LONGEST]}..."
        raise exceptions.OptionsError(f"{option}: {shown!r} is not a filter expression.") from None


def read_origin(text: str) -> str:
    """Return an origin as browsers send it. Raises OptionsError if the text is not an origin."""
    origin = text.strip()
    # Electron and web views send the second one literally, for pages from disk.
    if origin in ("null", "file://"):
        return origin
    meant = origin_of(origin if "://" in origin else f"https://{origin}")
    # Of a scheme that the web does not know, such as an extension's, no origin is made: it is taken as it is.
    pattern = "*" in origin
    if not pattern and (meant == origin or (meant == "null" and split_origin(origin) is not None)):
        return origin
    if pattern:
        hint = "write each origin by itself: no page has one with a star"
    else:
        hint = f"write {meant}" if meant != "null" else "write scheme://host, and the port where there is one"
    raise exceptions.OptionsError(f"cors_patch_origins: {printable(repr(text))} is not an origin; {hint}.")


def list_loose_ends(expression: str) -> list[str]:
    """Return a line for each part of a scope that matches more hosts than it seems to, with a stricter spelling."""
    if expression in ("", EVERYTHING):
        return []
    return list(_loose_ends(flowfilter.parse(expression)))


def _loose_ends(node: flowfilter.TFilter) -> Iterator[str]:
    # What stands behind a `!` leaves the more out, the more it matches.
    for part in getattr(node, "lst", ()):
        yield from _loose_ends(part)
    if isinstance(node, flowfilter.FDomain):
        yield from _loose_hosts(node)
    elif isinstance(node, flowfilter.FUrl):
        yield from _loose_urls(node)


def _loose_hosts(node: flowfilter.FDomain) -> Iterator[str]:
    plain = _read_plainly(node.expr)
    if not _HOST(plain):
        if any(not (part.startswith("^") and part.endswith("$")) for part in _split(node.expr)):
            yield (
                f"~d {node.expr} may also match a host that only begins or ends so, such as one of evil.test; begin "
                "each alternative with ^ and end it with $."
            )
        return
    other = _find_other(node, _resemble(plain))
    if other is not None:
        start, whom = ("", f"what is below {plain[1:]}") if plain.startswith(".") else ("^", plain)
        yield f"~d {node.expr} also matches {other}; ~d {start}{re.escape(plain)}$ matches {whom} alone."


def _loose_urls(node: flowfilter.FUrl) -> Iterator[str]:
    plain = _read_plainly(node.expr)
    name, slash, path = plain.rpartition("://")[2].partition("/")
    host, colon, port = name.partition(":")
    others = [f"{scheme}://evil.test/?{plain}" for scheme in ("https", "http")]
    if _HOST(host):
        others += [f"{scheme}://{one}{colon}{port}/{path}" for scheme in ("https", "http") for one in _resemble(host)]
        meant = rf"^https?://{re.escape(name)}{re.escape(slash + path) or ('/' if colon else '[/:]')}"
    else:
        meant = r"^https://api\.example/"
    other = _find_other(node, others)
    if other is not None:
        yield f"~u {node.expr} also matches {other}; ~u {meant} matches where a URL begins."


_HOST = re.compile(r"[\w.-]+").fullmatch


def _read_plainly(pattern: str) -> str:
    """Return what a pattern would match if its characters were only themselves."""
    return re.sub(r"^\^|\$$|\\(?=\W)", "", pattern).replace("https?://", "https://")


def _resemble(host: str) -> list[str]:
    """Return hosts that anybody may own, and that a pattern made from this host may match."""
    labels = host.strip(".").split(".")
    joined = [host.replace(".", "-", 1)] if len(labels) > 2 and not host[-1].isdecimal() and host[0] != "." else []
    return [f"{host}.evil.test", f"evil-{host.removeprefix('.')}", *joined]


def _find_other(node: flowfilter.FDomain | flowfilter.FUrl, others: Iterable[str]) -> str | None:
    return next((other for other in others if node.re.search(other)), None)


def _split(pattern: str) -> list[str]:
    """Return the alternatives of a pattern; what is in brackets belongs to one alternative."""
    parts, depth = [""], 0
    for piece in re.findall(r"\\.|\[\^?\]?[^\]]*\]|.", pattern, re.DOTALL):
        depth += (piece == "(") - (piece == ")")
        if piece == "|" and not depth:
            parts.append("")
        else:
            parts[-1] += piece
    return parts


@cache
def _probes(answered: bool) -> tuple[http.HTTPFlow, ...]:
    """Return CORS exchanges that have as little in common as possible, with and without their responses."""
    return tuple(
        _probe(number, answered, *sample)
        for number, sample in enumerate(
            (
                ("GET", "http://api.alpha.example/", "https://app.alpha.example", 200, "application/json"),
                ("POST", "https://203.0.113.7:8443/v1/x.php?y=%20z", "http://localhost:5173", 500, "text/html"),
                ("OPTIONS", "https://q-9.zulu.invalid:4430/_", "null", 404, ""),
                ("PUT", "http://[2001:db8::5]:81/K/L", "https://m.test:1", 302, "image/png"),
                ("DELETE", "https://bucket.k8s.internal/~u/1", "chrome-extension://abcdefgh", 204, "font/woff2"),
            )
        )
    )


def _probe(number: int, answered: bool, method: str, url: str, origin: str, status: int, kind: str) -> http.HTTPFlow:
    request = http.Request.make(method, url, b"x" * number, http.Headers(Origin=origin))
    client = connection.Client(peername=(f"198.51.100.{number}", 1000 + number), sockname=("127.0.0.1", 8080 + number))
    probe = http.HTTPFlow(client, connection.Server(address=(request.host, request.port)))
    probe.request = request
    probe.response = http.Response.make(status, b"y" * number, {"Content-Type": kind}) if answered else None
    return probe
