"""What one answer grants that another does not, whether or not the page that asked needs it."""

from __future__ import annotations

from collections.abc import Iterator

from corsight.policies.exchange import HeaderList
from corsight.policies.facts import Role
from corsight.policies.fetch.safelist import is_cors_safelisted_method

ANY = "*"
SAFELISTED = frozenset({"accept", "accept-language", "content-language"})
"""Request headers that need no leave whatever is in them."""
NARROWER = {"same-origin": 0, "same-site": 1}
"""Cross-Origin-Resource-Policy: what is not here restricts nothing."""


def list_more(before: HeaderList, after: HeaderList, role: Role) -> Iterator[str]:
    """Yield a line for each thing that `after` grants and `before` does not."""
    was, now = before.get("access-control-allow-origin"), after.get("access-control-allow-origin")
    if now is not None and now != was and was != ANY:
        who = {ANY: "any page", "null": "pages without an origin (null)"}.get(now, now)
        said = "nobody" if was is None else was
        yield f"{who} may read it, before {said}"
    if _takes_credentials(after) and not _takes_credentials(before):
        yield "requests with credentials are granted (Access-Control-Allow-Credentials: true)"
    if role == "preflight":
        methods = {one for one in _split(after, "access-control-allow-methods") if not is_cors_safelisted_method(one)}
        yield from _list_new("method", _split(before, "access-control-allow-methods"), methods)
        names = _lower(after, "access-control-allow-headers") - SAFELISTED
        yield from _list_new("request header", _lower(before, "access-control-allow-headers"), names)
        local = "access-control-allow-private-network"
        if after.get(local) == "true" != before.get(local):
            yield "requests from public pages to the private network"
    else:
        exposed = "access-control-expose-headers"
        yield from _list_new("exposed header", _lower(before, exposed), _lower(after, exposed))
        policy = "cross-origin-resource-policy"
        kept, left = NARROWER.get(before.get(policy) or "", 2), NARROWER.get(after.get(policy) or "", 2)
        if left > kept:
            yield f"Cross-Origin-Resource-Policy is {after.get(policy) or 'not sent'}, before {before.get(policy)}"


def _takes_credentials(headers: HeaderList) -> bool:
    origin = headers.get("access-control-allow-origin")
    return headers.get("access-control-allow-credentials") == "true" and origin not in (None, ANY)


def _list_new(what: str, before: set[str], after: set[str]) -> Iterator[str]:
    new = after - before
    if ANY in before or not new:
        return
    if ANY in new:
        yield f"any {what} (*)"
    else:
        yield f"{what}{'s' if len(new) > 1 else ''} {', '.join(sorted(new))}"


def _split(headers: HeaderList, name: str) -> set[str]:
    return {one for one in map(str.strip, (headers.get(name) or "").split(",")) if one}


def _lower(headers: HeaderList, name: str) -> set[str]:
    return {one.lower() for one in _split(headers, name)}
