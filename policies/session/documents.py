"""The documents and workers a browser loaded: what a subresource's page is, whether it is secure, whether it isolates
itself.
"""

from __future__ import annotations

from typing import Self

from corsight.policies.engines import EnginePolicy
from corsight.policies.exchange import Response
from corsight.policies.fetch.corp import (
    DOCUMENT_ISOLATION,
    EmbedderPolicy,
    read_document_isolation,
    read_embedder_policy,
)
from corsight.policies.fetch.origin import is_localhost, is_potentially_trustworthy, origin_of, split_origin
from corsight.policies.session.memory import Memory

type _Likely = tuple[EmbedderPolicy, EmbedderPolicy]
"""What a page likely holds its frames to, and all else that it asks for."""


class Documents:
    """The documents seen, by URL and by origin, and the workers; `last` is the URL of the newest document."""

    def __init__(
        self, size: int, *, credentialless_unknown: bool = False, document_isolation_known: bool = False
    ) -> None:
        self._unknown = credentialless_unknown
        self._document_isolation_known = document_isolation_known
        self._by_url: Memory[str, EmbedderPolicy] = Memory(size)
        self._by_origin: Memory[str, dict[EmbedderPolicy | None, str]] = Memory(size)
        self._policies: set[EmbedderPolicy | None] = set()
        self._secure: set[bool] = set()
        self._at_home: Memory[str, bool] = Memory(size)
        self._workers: Memory[str, set[tuple[EmbedderPolicy | None, bool]]] = Memory(size)
        self._scripts: Memory[str, bool] = Memory(size)
        self._framed: Memory[str, bool] = Memory(2 * size)
        self._leading: Memory[str, bool] = Memory(size)
        self._working: Memory[str, str] = Memory(size)
        self._sheets: Memory[str, bool] = Memory(size)
        self._passing: Memory[str, bool] = Memory(size)
        self._likely: Memory[str, _Likely] = Memory(2 * size)
        self._newest: _Likely = "unsafe-none", "unsafe-none"
        self.last: str | None = None

    @classmethod
    def of(cls, policy: EnginePolicy, size: int) -> Self:
        """Return the memory of a browser whose engine has this policy."""
        return cls(
            size,
            credentialless_unknown=policy.credentialless_unknown,
            document_isolation_known=policy.document_isolation_known,
        )

    def add(
        self,
        url: str,
        response: Response | None,
        *,
        top: bool,
        page_origin: str | None = None,
        referrer: str | None = None,
        typed: bool = False,
    ) -> None:
        """Remember a document that came: URL and embedder policy, and whether it is a top-level one on loopback.

        Without a response it came out of the browser's cache, where it was not seen: its policy is not known.
        `page_origin` and `referrer` are those of the page that asked for it, as far as they are known; `typed` tells
        that none did.
        """
        if not typed:
            self._leading.put(page_origin or "", True, len(page_origin or ""))
        policy, origin = self._read(url, response), origin_of(url)
        likely = self._tell_likely(url, response)
        if not top:
            self._framed.put(url, True, len(url))
            self._framed.put(origin, True, len(origin))
        if likely is not None and not top:
            likely = self._frame(likely, page_origin, referrer)
        if likely is not None:
            self._likely.put(url, likely, len(url))
            self._likely.put(origin, likely, len(origin))
            self._newest = likely
        if not top and False in self._secure and policy != "unsafe-none":
            # A frame of a page that is no secure one has none, whatever it says, and which page it is of is not told.
            policy = self._read(url, None)
        before = self._by_origin.get(origin) or {}
        # A page that is loaded anew has its new policy alone.
        pages = {old: page for old, page in before.items() if page != url}
        pages.pop(policy, None)
        pages[policy] = url
        self._by_origin.put(origin, pages, len(origin) + sum(map(len, pages.values())))
        self._policies.add(policy)
        self._secure.add(origin.startswith("https:"))
        if origin in self._passing:
            self._passing.put(origin, True, len(origin))
        if origin in self._working:
            self._working.put(origin, "", len(origin))
        self.last = url
        parts = split_origin(origin)
        if top and parts is not None and is_localhost(parts[1]):
            self._at_home.put(origin, True, len(origin))

    def add_worker(self, url: str, response: Response | None, *, service: bool) -> None:
        """Remember a worker whose script came: it loads what it asks for under the embedder policy of that response.

        A service worker's requests are those of its pages, of every destination.
        """
        policy, origin = self._read(url, response), origin_of(url)
        self._scripts.put(url, service, len(url))
        if not service:
            self._working.put(origin, url, len(origin) + len(url))
        if (likely := self._tell_likely(url, response)) is not None:
            self._likely.put(url, likely, len(url))
        before = self._workers.get(origin) or set()
        self._workers.put(origin, {*before, (policy, service)}, len(origin))
        if service:
            self._passing.put(origin, True, len(origin))

    def may_pass_on(self, origin: str) -> bool:
        """Return whether a service worker of an origin may pass on what its pages ask for: one was loaded, and since
        then, or since the last document, no page asked by itself.
        """
        return self._passing.get(origin) is True

    def is_service_worker(self, referrer: str | None) -> bool:
        """Return whether a Referer is the script of a service worker: what has it, that asks for by itself."""
        return referrer is not None and self._scripts.get(referrer) is True

    def note_direct(self, origin: str) -> None:
        """Note that a page of an origin asked by itself for what its elements need: nothing passes that on."""
        if origin in self._passing:
            self._passing.put(origin, False, len(origin))

    def add_sheet(self, url: str) -> None:
        """Remember where a style sheet came from: what it asks for has its URL for a Referer, not its page's."""
        origin = origin_of(url)
        if origin not in self._sheets:
            self._sheets.put(origin, True, len(origin))

    def is_sheet(self, origin: str | None) -> bool:
        """Return whether a Referer of this origin is a style sheet's: some came from there, and no page did."""
        return origin is not None and origin in self._sheets and origin not in self._by_origin

    def _read(self, url: str, response: Response | None) -> EmbedderPolicy | None:
        policy = None if response is None else read_embedder_policy(url, response.headers)
        if policy == "unsafe-none" and self._document_isolation_known and response is not None:
            # It asks for the same of images and scripts, and nothing of frames.
            policy = None if (response.headers.get(DOCUMENT_ISOLATION) or "").startswith("isolate-") else policy
        if policy is None:
            self._by_url.forget(url)
            return None
        self._by_url.put(url, policy, len(url))
        return policy

    def is_at_home(self, origin: str) -> bool:
        """Return whether a top-level document of this origin was loaded from loopback."""
        return origin in self._at_home

    @property
    def secure(self) -> bool | None:
        """Whether a page that is not known is a secure one: None unless all that were seen are alike."""
        return next(iter(self._secure)) if len(self._secure) == 1 else None

    @property
    def isolated(self) -> bool:
        """Whether any document had an embedder policy."""
        return not self._policies <= {"unsafe-none", None}

    def may_isolate(self, origin: str | None) -> bool:
        """Return whether a document of an origin came out of the browser's cache, with a policy that was not seen."""
        return None in (self._by_origin.get(origin or "") or ())

    @property
    def credentialless(self) -> bool:
        """Whether any document was a credentialless one, or may have been, to a browser that knows that."""
        return not self._policies.isdisjoint({"credentialless", None}) and not self._unknown

    def page(self, origin: str | None, referrer: str | None) -> str | None:
        """Return the URL of the page with this origin, or this Referer: as full as it is known."""
        if referrer is not None and self._by_url.get(referrer) is not None:
            return referrer
        pages = self._by_origin.get(origin) if origin is not None else None
        return list(pages.values())[-1] if pages else None

    def is_unseen(self, referrer: str | None) -> bool:
        """Return whether a Referer names a page, beyond its origin, that was not seen to load."""
        return referrer is not None and names_page(referrer) and self._by_url.get(referrer) is None

    def has_led(self, origin: str | None) -> bool:
        """Return whether a page of an origin, or one that is not known, asked for a document: its window or frame may
        show about:blank again since then.
        """
        return "" in self._leading or (origin in self._leading if origin is not None else len(self._leading) > 0)

    def is_framed(self, origin: str | None, referrer: str | None) -> bool:
        """Return whether the page that asks may itself be in a frame: what it asks a frame for may be for its own,
        whose page is another.
        """
        if referrer is not None and names_page(referrer):
            return referrer in self._framed
        return origin in self._framed if origin is not None else len(self._framed) > 0

    def embedder(self, origin: str | None, referrer: str | None, *, worker: bool = False) -> EmbedderPolicy | None:
        """Return the page's embedder policy; None when the page was not seen, or it may be one of several.

        `worker` tells that it may be a worker that asks.
        """
        # A Referer is a worker's URL for certain. Any document of its origin may have a page's, by pushState().
        # https://html.spec.whatwg.org/#can-have-its-url-rewritten
        if referrer is not None and referrer in self._scripts:
            policy = self._by_url.get(referrer)
            if policy is not None:
                return policy
        policies: set[EmbedderPolicy | None] = set(
            self._policies if origin is None else self._by_origin.get(origin) or ()
        )
        if policies and origin is not None:
            policies.update(policy for policy, service in self._workers.get(origin) or () if worker or service)
        return next(iter(policies)) if len(policies) == 1 else None

    def note_answer(self, referrer: str | None) -> None:
        """Note that a page got what it asked for: of its origin's it is the likeliest to ask for more."""
        if referrer is None or not (len(self._policies) > 1 or len(self._working)) or not names_page(referrer):
            return
        origin, service = origin_of(referrer), self._scripts.get(referrer)
        likely = self._likely.get(referrer)
        if likely is not None and service is None:
            self._likely.put(origin, likely, len(origin))
        if origin in self._working and not service:
            worker = "" if service is None else referrer
            self._working.put(origin, worker, len(origin) + len(worker))

    def is_working(self, origin: str | None) -> bool:
        """Return whether of an origin's pages and workers a worker was loaded last, or got an answer last: what asks
        next is likely that, and has no elements.
        """
        return origin is not None and bool(self._working.get(origin))

    def guess_embedder(
        self, origin: str | None, referrer: str | None, *, framed: bool, worker: bool = False, include: bool = False
    ) -> EmbedderPolicy:
        """Return the likeliest embedder policy of the page that asks, where it is not known: what its Referer's page
        said last, or else that of its origin's which was loaded or got an answer last, or the newest document of all
        where none of its was seen.

        `framed` tells that it asks for a frame's document, `worker` that it may be a worker that asks, `include` that
        it asks without CORS and with credentials, as no credentialless page does across origins.
        """
        likely = self._likely.get(referrer) if referrer is not None and names_page(referrer) else None
        if likely is None and worker and origin is not None:
            likely = self._likely.get(self._working.get(origin) or "")
        if likely is None and origin is not None:
            likely = self._likely.get(origin)
        policy = (likely or self._newest)[not framed]
        if include and policy == "credentialless":
            others = self._by_origin.get(origin) if origin is not None else None
            found = (one for one in reversed(others or ()) if one not in (None, "credentialless"))
            return next(found, None) or "unsafe-none"
        return policy

    def _frame(self, likely: _Likely, page_origin: str | None, referrer: str | None) -> _Likely | None:
        """Return what a frame's document likely holds what it asks for to; None where its page does not let it in."""
        if page_origin is not None and not is_potentially_trustworthy(page_origin):
            return "unsafe-none", "unsafe-none"
        around = self.guess_embedder(page_origin, referrer, framed=True)
        return None if likely[0] == "unsafe-none" != around else likely

    def _tell_likely(self, url: str, response: Response | None) -> _Likely | None:
        """Return what a response gives its document or worker to hold frames to, and all else; None where only the
        cache had it, and it was not seen before.
        """
        if response is None:
            return self._likely.get(url)
        policy = read_embedder_policy(url, response.headers)
        if policy == "unsafe-none" and self._document_isolation_known:
            return policy, read_document_isolation(url, response.headers)
        return policy, policy


def names_page(referrer: str) -> bool:
    """Return whether a Referer says more of its page than the origin, where it ends across origins by default."""
    return referrer.rstrip("/") != origin_of(referrer)
