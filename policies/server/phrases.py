"""Parts of sentences: what a response allows, and how nearly equal two origins are."""

from __future__ import annotations

from collections.abc import Iterable

from corsight.policies.exchange import Response
from corsight.policies.fetch.headers import extract_header_list_values, list_well_formed
from corsight.policies.rules.nearness import find_near
from corsight.policies.server.grammar import ANY
from corsight.policies.server.problems import shorten


def word_near(origin: str, others: Iterable[str]) -> str:
    """Return "names X, which Y": X of `others` is nearly the origin, Y says how it differs. Empty where none is."""
    found = find_near(origin, others)
    return "" if found is None else f"names {shorten(found[0])}, which {found[1].wrong}"


def word_grant(response: Response, *, preflight: bool) -> str:
    """Return what a response allows, in words; responses with equal words allow the same."""
    get = response.headers.get
    allowed = get("access-control-allow-origin")
    if allowed is None:
        return "without CORS headers"
    words = [f"allowing {'every origin' if allowed == ANY else allowed}"]
    if allowed != ANY and get("access-control-allow-credentials") == "true":
        words.append("with credentials")
    if preflight:
        if not 200 <= response.status <= 299:
            return f"with status {response.status}"
        methods = sorted(list_elements(get("access-control-allow-methods")))
        names = sorted({name.lower() for name in list_elements(get("access-control-allow-headers"))})
        words += [f"methods {', '.join(methods) or 'none'}", f"headers {', '.join(names) or 'none'}"]
    return ", ".join(words)


def list_elements(value: str | None) -> tuple[str, ...]:
    """Return the elements of a list that a browser can read, each once."""
    values = extract_header_list_values(value)
    return tuple(list_well_formed(value or "")) if isinstance(values, tuple) else ()
