"""The documents a browser loaded: what a subresource's page is, and whether it isolates itself."""

from __future__ import annotations

from policies.exchange import Response
from policies.facts import Embedder
from policies.fetch.origin import origin_of
from policies.session.memory import Memory

POLICIES: dict[str, Embedder] = {"require-corp": "require-corp", "credentialless": "credentialless"}


class Documents:
    """The documents seen, by URL and by origin."""

    __slots__ = ("_by_origin", "_by_url", "last")

    def __init__(self, size: int) -> None:
        self._by_url: Memory[str, Embedder] = Memory(size)
        self._by_origin: Memory[str, dict[Embedder, str]] = Memory(size)
        self.last: str | None = None

    def add(self, url: str, response: Response) -> None:
        """A document came: remember its URL and its embedder policy."""
        # Cross-Origin-Embedder-Policy is a structured header: an item, parameters after a semicolon.
        value = (response.headers.get("cross-origin-embedder-policy") or "").partition(";")[0].strip()
        policy = POLICIES.get(value, "unsafe-none")
        self._by_url.put(url, policy)
        origin = origin_of(url)
        pages = self._by_origin.get(origin) or {}
        pages.pop(policy, None)
        pages[policy] = url
        self._by_origin.put(origin, pages)
        self.last = url

    def page(self, origin: str | None, referrer: str | None) -> str | None:
        """The URL of the page with this origin, or this Referer: as full as it is known."""
        if referrer is not None and self._by_url.get(referrer) is not None:
            return referrer
        pages = self._by_origin.get(origin) if origin is not None else None
        return list(pages.values())[-1] if pages else None

    def embedder(self, origin: str | None, referrer: str | None) -> Embedder | None:
        """The page's embedder policy; None when the page was not seen, or its origin has pages of several policies."""
        if referrer is not None and (policy := self._by_url.get(referrer)) is not None:
            return policy
        if origin is None or origin == "null":
            return None
        pages = self._by_origin.get(origin)
        return next(iter(pages)) if pages is not None and len(pages) == 1 else None
