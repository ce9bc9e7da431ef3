"""The marker cookie: a cookie of the proxy that shows which requests have credentials.

It is added to the answers to cross-origin requests, and removed from requests before anything else reads them. No
server sees it, and no recording holds it: what it showed is noted in the flow's metadata.
"""

from __future__ import annotations

import asyncio
import logging

from mitmproxy import ctx, exceptions, flowfilter, http
from mitmproxy.addonmanager import Loader

from corsight.addons.adapter import request_of
from corsight.addons.scope import EVERYTHING, read_scope
from corsight.addons.views import show_change
from corsight.addons.wire import MARKER
from corsight.policies.fetch.origin import is_localhost, origin_of, split_origin
from corsight.policies.redact import shown
from corsight.policies.session.memory import GIANT, Memory

logger = logging.getLogger(__name__)
NAME = b"corsight-marker"
ACROSS, WITHIN = NAME + b"=1", NAME + b"-lax=1"
"""The cookie that goes wherever third-party cookies may, and the one that goes within a site. Over https, and from
loopback, the first is stored; over plain http only the second is, and is kept apart from what https stored."""
SECURE = b"; Path=/; HttpOnly; SameSite=None; Secure"
PLAIN = b"; Path=/; HttpOnly; SameSite=Lax"
KEPT, GONE = b"; Max-Age=3600", b"; Max-Age=0"

TICK, PATIENCE = 0.01, 500
"""Seconds between two checks whether a response was sent, and how many checks are made."""
PENDING, PENDING_BYTES = 1000, 8 * 1024 * 1024
"""How many responses (and bytes of their headers) may have the cookie at one time while they are being sent."""

type Fields = tuple[tuple[bytes, bytes], ...]


class Marking:
    """Adds the marker inside its scope while it is switched on, and removes it from requests even after it was switched
    off.
    """

    def __init__(self) -> None:
        self.at_work = False
        """Whether it was ever switched on: then browsers may have the cookie."""
        self._on = False
        self._scope: flowfilter.TFilter | None = None
        self._tail = Tail(self)
        self._added: Memory[str, tuple[Fields, Fields]] = Memory(PENDING, PENDING_BYTES)

    def load(self, loader: Loader) -> None:
        """Declare the options."""
        loader.add_option(
            "cors_marker",
            bool,
            False,
            "Find out which requests have credentials, by a cookie of the proxy that no server sees.",
        )
        loader.add_option(
            "cors_marker_scope",
            str,
            "",
            f"Set the marker cookie only for flows that match this filter expression. Required for cors_marker; the "
            f"word {EVERYTHING} means all.",
        )

    def configure(self, updated: set[str]) -> None:
        """Read the options. Raises OptionsError with one line for a wrong value."""
        if not updated & {"cors_marker", "cors_marker_scope"}:
            return
        on, expression = ctx.options.cors_marker, ctx.options.cors_marker_scope
        if on and not expression:
            raise exceptions.OptionsError(
                "cors_marker: the marker cookie needs a scope, cors_marker_scope=EXPRESSION, a filter expression such "
                f"as '~d ^api\\.example$'; cors_marker_scope={EVERYTHING} sets it everywhere."
            )
        self._scope = read_scope("cors_marker_scope", expression)
        self._on = on
        if on and not self.at_work:
            self.at_work = True
            # Behind all others: what they record and show is what the server sent.
            ctx.master.addons.add(self._tail)

    def done(self) -> None:
        """Remove itself from the chain of addons."""
        if self.at_work and self._tail in ctx.master.addons:
            ctx.master.addons.remove(self._tail)

    def take(self, flow: http.HTTPFlow) -> None:
        """Remove the cookie from a new request, and note on the flow whether it was there."""
        if not flow.live:
            return
        headers = flow.request.headers
        fields = headers.fields
        for name, value in fields:
            if len(name) == 6 and NAME in value and name.lower() == b"cookie":
                fields = without_marker(fields)
                break
        if fields != headers.fields:
            headers.fields = fields
            flow.metadata[MARKER] = "carried"
        elif self._on and _crosses(flow):
            flow.metadata[MARKER] = "missing"
        else:
            flow.metadata.pop(MARKER, None)

    def add(self, flow: http.HTTPFlow) -> None:
        """Add the cookie to a response that is about to be sent, unless its headers are very large."""
        cookies = self._find_cookies(flow)
        if cookies and flow.response is not None:
            headers = flow.response.headers
            weight = sum(len(name) + len(value) for name, value in headers.fields)
            if weight > GIANT:
                return
            before, headers.fields = headers.fields, (*headers.fields, *_cased(flow, cookies))
            self._added.put(flow.id, (before, headers.fields), weight)

    def holds(self, flow: http.HTTPFlow) -> bool:
        """Return whether the flow's response has the cookie now."""
        return flow.id in self._added

    def restore(self, flow: http.HTTPFlow) -> bool:
        """Remove the cookie from a response that was sent. Return whether it was there."""
        added = self._added.forget(flow.id)
        if added is None or flow.response is None or flow.response.headers.fields != added[1]:
            # Or another changed it meanwhile, which is then kept.
            return False
        flow.response.headers.fields = added[0]
        return True

    def _find_cookies(self, flow: http.HTTPFlow) -> Fields:
        """Return the Set-Cookie lines for a flow's response; empty if it gets no marker."""
        response = flow.response
        if response is None or response.status_code == 101 or MARKER not in flow.metadata or not flow.live:
            return ()
        on = self._on and (self._scope is None or bool(self._scope(flow)))
        if not on and flow.metadata[MARKER] == "missing":
            return ()
        parts = split_origin(origin_of(request_of(flow).request.url))
        if parts is None:
            return ()
        lasts = KEPT if on else GONE
        across, within = ACROSS + lasts + SECURE, WITHIN + lasts + PLAIN
        if parts[0] == "https":
            return ((b"Set-Cookie", across),)
        if is_localhost(parts[1]):
            return ((b"Set-Cookie", across), (b"Set-Cookie", within))
        return ((b"Set-Cookie", within),)


class Tail:
    """The last addon in the chain: adds the cookie when all others have read the response, and removes it once that was
    sent.
    """

    name = "corsight-marker"

    def __init__(self, marking: Marking) -> None:
        self._marking = marking

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        """Add the cookie to a streamed response: this is the last moment for it."""
        if flow.response is not None and flow.response.stream:
            self._add(flow)

    def response(self, flow: http.HTTPFlow) -> None:
        """Add the cookie to a response that is not streamed: this is the last moment for it."""
        if flow.response is not None and (not flow.response.stream or flow.response.raw_content is not None):
            self._add(flow)
            self._wait(flow, 0)

    def _add(self, flow: http.HTTPFlow) -> None:
        try:
            self._marking.add(flow)
        except Exception as error:
            reason = shown(f"{type(error).__name__}: {error}")
            logger.warning("Corsight could not mark flow %s (%s): please report this.", flow.id, reason)

    def _wait(self, flow: http.HTTPFlow, tries: int) -> None:
        """Remove the cookie from the flow once its response was sent. mitmproxy has no hook for that."""
        if not self._marking.holds(flow):
            return
        if flow.live and tries < PATIENCE:
            asyncio.get_running_loop().call_later(TICK, self._wait, flow, tries + 1)
        elif self._marking.restore(flow):
            show_change(flow)


def without_marker(fields: Fields) -> Fields:
    """Return the header fields without the marker. A Cookie line that held nothing else is removed."""
    kept = []
    for name, value in fields:
        if name.lower() == b"cookie" and NAME in value:
            crumbs = [crumb for crumb in value.split(b";") if crumb.strip() not in (ACROSS, WITHIN)]
            value = b";".join(crumbs).lstrip(b" ") if crumbs else b""
            if not value:
                continue
        kept.append((name, value))
    return tuple(kept)


def _crosses(flow: http.HTTPFlow) -> bool:
    """Return whether a request is cross-origin and may have credentials: not a preflight, and not a navigation."""
    headers = flow.request.headers
    origin = headers.get("origin")
    if origin is None or (flow.request.method == "OPTIONS" and "access-control-request-method" in headers):
        return False
    return origin != origin_of(request_of(flow).request.url) and headers.get("sec-fetch-mode") != "navigate"


def _cased(flow: http.HTTPFlow, cookies: Fields) -> Fields:
    """Return header names in the upper or lower case of the flow's protocol."""
    return tuple((name.lower(), value) for name, value in cookies) if flow.request.is_http2 else cookies
