"""What the user allows to be patched: the options, and whether they cover an exchange and the page that made it."""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections.abc import Callable, Sequence
from copy import copy
from hashlib import blake2b

from mitmproxy import ctx, exceptions, flowfilter, http
from mitmproxy.addonmanager import Loader
from mitmproxy.proxy.mode_specs import RegularMode, UpstreamMode

from corsight.addons.patch.news import News
from corsight.addons.scope import EVERYTHING, patch_scope, read_origin
from corsight.policies.exchange import Exchange
from corsight.policies.fetch.headers import is_token
from corsight.policies.fetch.origin import origin_of, split_origin
from corsight.policies.redact import printable
from corsight.policies.server.match import Index
from corsight.policies.server.model import ServerPolicy
from corsight.policies.session import Session

MODES = ("off", "blocked", "policy")
HEADER = "X-Corsight-Patched"
LONGEST = 366 * 24 * 60
"""The most minutes that can be set."""


class Permission:
    """What may be patched: nothing while `mode` is off. `policies` are those that mode `policy` answers by, `marker` is
    the header that names what was patched.
    """

    def __init__(self, news: News, clock: Callable[[], float] = time.monotonic) -> None:
        self.mode = "off"
        self.policies: Sequence[ServerPolicy] = ()
        self._index = Index(())
        self.marker = HEADER
        self._news = news
        self._clock = clock
        self._last_mode = "blocked"
        self._scope: flowfilter.TFilter | None = None
        self._origins: frozenset[str] = frozenset()
        self._ends: float | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._minutes = 0
        # The user's own word is never forgotten: a digest of each endpoint, whatever its length.
        self._undone: set[bytes] = set()

    def load(self, loader: Loader) -> None:
        """Declare the options."""
        add = loader.add_option
        add(
            "cors_patch",
            str,
            "off",
            "Patch responses in cors_patch_scope. off: no; blocked: make the smallest header edits that let a blocked "
            "exchange pass; policy: answer as the files of cors_policy say.",
        )
        add(
            "cors_patch_scope",
            str,
            "",
            f"Patch only flows that match this filter expression. Required for patching; {EVERYTHING} means all.",
        )
        add(
            "cors_patch_origins",
            Sequence[str],
            [],
            "Origins of the pages that may read patched responses; `null` stands for sandboxed and redirected ones. "
            "Default: pages that were loaded from localhost through this proxy.",
        )
        add("cors_patch_header", str, HEADER, "Response header that lists what was patched. Empty: no such header.")
        add("cors_patch_minutes", int, 0, "Stop patching after this many minutes. 0: never.")

    def configure(self, updated: set[str]) -> None:
        """Read the options. Raises OptionsError with one line for a wrong value."""
        options = ctx.options
        if "cors_patch_header" in updated:
            self.marker = _header_name(options.cors_patch_header)
        if "cors_patch_minutes" in updated and not 0 <= options.cors_patch_minutes <= LONGEST:
            raise exceptions.OptionsError(f"cors_patch_minutes: there are 1 to {LONGEST}, a year, and 0 for no end.")
        if "cors_patch_origins" in updated:
            self._origins = frozenset(map(read_origin, options.cors_patch_origins))
        if updated & {"cors_patch", "cors_patch_scope", "cors_patch_origins", "cors_policy"}:
            mode, scope = options.cors_patch, options.cors_patch_scope
            if mode not in MODES:
                raise exceptions.OptionsError(f"cors_patch: {mode!r} is not one of {', '.join(MODES)}.")
            parsed = patch_scope(scope, needed=mode != "off")
            if mode == "policy" and not self.policies:
                raise exceptions.OptionsError(
                    "cors_patch: policy answers by the policies of cors_policy, and none is given; "
                    "add --set cors_policy=FILE."
                )
            self._scope = parsed
            started = mode != "off" and self.mode == "off"
            self.mode = mode
            if mode != "off":
                self._last_mode = mode
            if mode != "off" and (started or updated & {"cors_patch_scope", "cors_patch_origins"}):
                self._news.start(mode, scope, self._origins)
            if started or mode == "off":
                self._count_down(options.cors_patch_minutes if started else 0)
        if "cors_patch_minutes" in updated and self.mode != "off" and options.cors_patch_minutes != self._minutes:
            self._count_down(options.cors_patch_minutes)

    def on(self, mode: str = "") -> None:
        """Start to patch again, all endpoints, in mode blocked or policy, or in the last mode."""
        self._undone.clear()
        _set(cors_patch=mode or self._last_mode)

    def off(self) -> None:
        """Stop patching immediately."""
        _set(cors_patch="off")

    def undo(self, url: str) -> None:
        """Stop patching this endpoint."""
        self._undone.add(_digest(url))

    def trusts(self, session: Session, exchange: Exchange, origin: str) -> bool:
        """Return whether a page of this origin may read patched responses. A policy lists its origins itself."""
        if self.mode == "policy" or origin in self._origins:
            return True
        return not self._origins and origin != "null" and session.is_at_home(exchange, origin)

    def find_policy(self, url: str) -> ServerPolicy | None:
        """Return the policy for a URL; None if there is none."""
        if self._index.policies is not self.policies:
            self._index = Index(self.policies)
        return self._index.find(url)

    def rests(self, flow: http.HTTPFlow) -> bool:
        """Return whether patching is off, or does not apply: a flow that is read or replayed has no browser."""
        if self._ends is not None and self._clock() >= self._ends:
            self._expire()
        return self.mode == "off" or not flow.live or flow.is_replay == "request"

    def covers(self, flow: http.HTTPFlow, exchange: Exchange) -> bool:
        """Return whether an exchange is in the scope, and its endpoint was not given up."""
        scope = self._scope
        if scope is not None and not (scope(flow) and all(map(scope, _by_host(flow, exchange)))):
            return False
        return not self._undone or _digest(exchange.request.url) not in self._undone

    def _count_down(self, minutes: int) -> None:
        self._minutes = minutes
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._ends = self._clock() + minutes * 60 if minutes else None
        if minutes:
            # Without a loop the next exchange will see that the time is over.
            with contextlib.suppress(RuntimeError):
                self._timer = asyncio.get_running_loop().call_later(minutes * 60, self._expire)

    def _expire(self) -> None:
        if self._ends is not None:
            self._ends = None
            self._news.expire(self._minutes)
            self.off()


def _header_name(name: str) -> str:
    if name and (not is_token(name) or not re.match("x-", name, re.IGNORECASE)):
        raise exceptions.OptionsError(
            f"cors_patch_header: {printable(name)!r} cannot be; it is a header name that begins with X-, or empty."
        )
    return name


def _set(**options: object) -> None:
    try:
        ctx.options.update(**options)
    except exceptions.OptionsError as error:
        raise exceptions.CommandError(str(error)) from None


def _by_host(flow: http.HTTPFlow, exchange: Exchange) -> list[http.HTTPFlow]:
    """Return the flow under each host that a scope has to match, alone: filters take any that they find.

    Over HTTP/2, a request may be on the connection to another host, and only what it names counts. Before that no
    browser does so, and the proxy connects to the host of the request line, whatever the line Host says.
    """
    request, origin = flow.request, origin_of(exchange.request.url)
    connected = origin_of(request.url)
    if origin == origin_of(request.pretty_url) == connected:
        return [flow]
    # In other modes the proxy connects to an address, and a scope may name it by that.
    if not isinstance(flow.client_conn.proxy_mode, RegularMode | UpstreamMode):
        return [flow]
    origins = {origin} if exchange.http2 else {origin, connected}
    return [_put_host(flow, *parts[1:]) for one in origins if (parts := split_origin(one)) is not None] or [flow]


def _put_host(flow: http.HTTPFlow, host: str, port: int | None) -> http.HTTPFlow:
    put = copy(flow)
    put.request = flow.request.copy()
    put.request.host, put.request.port = host.strip("[]"), port or put.request.port
    return put


def _digest(url: str) -> bytes:
    return blake2b(url.partition("?")[0].encode("latin-1", "replace"), digest_size=16).digest()
