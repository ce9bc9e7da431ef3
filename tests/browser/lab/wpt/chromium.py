"""Chromium's word on its requests: DevTools' events by request id, joined to the flows by each response's key.

`Network.responseReceivedExtraInfo` comes for every response of the network, a refused one too, and holds its headers as
they came; the headers of `responseReceived` may be a cache's.
"""

from __future__ import annotations

import collections
import contextlib
import json
import threading
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from corsight.scripts.processes.browsers import BrowserError
from corsight.scripts.processes.running import PATIENCE
from tests.browser.lab.wpt.seen import Seen

type Event = tuple[str, dict[str, Any]]

KEY = "x-lab-flow"
ORB = "net::ERR_BLOCKED_BY_ORB"
RESPONSES = ("corp-", "coep-", "mixed-content", "origin")
"""How the blocked reasons begin that a response, or a redirect to the next URL, is the reason of."""
OF_TARGETS = {
    "CorsDisabledScheme",
    "DisallowedByMode",
    "RedirectContainsCredentials",
    "UNSAFE_REDIRECT",
    "mixed-content",
    "origin",
}
"""Errors of a redirect to where nothing was sent any more."""
DECISIONS = {
    ORB,
    "net::ERR_BLOCKED_BY_RESPONSE",
    "net::ERR_INVALID_REDIRECT",
    "net::ERR_TOO_MANY_REDIRECTS",
    "net::ERR_UNEXPECTED_PROXY_AUTH",
    "net::ERR_UNSAFE_REDIRECT",
}
"""Errors of the network that say what the browser made of an answer."""


class Watch:
    """Opens pages, and listens to DevTools, attached to every page, frame and worker from its first request on."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._events: list[Event] = []
        self._page, self._target = "", ""
        self._others: list[str] = []
        self._attached = threading.Event()
        self._count = 0
        socket.send(json.dumps({"id": 0, "method": "Browser.getVersion"}))
        self.version = f"Chromium {json.loads(socket.recv())['result']['product'].partition('/')[2]}"
        self._attach()
        threading.Thread(target=self._listen, daemon=True).start()
        if not self._attached.wait(PATIENCE):
            raise BrowserError("Chromium did not let DevTools attach to its page")

    def go(self, url: str) -> None:
        """Navigate to `url`, and close what the page before had opened."""
        self._events.append(("lab.page", {"url": url}))
        while self._others:
            self._send("Target.closeTarget", targetId=self._others.pop())
        self._send("Page.navigate", self._page, url=url)

    def look(self) -> None:
        """Nothing to do: events come by themselves."""

    def heard(self) -> dict[str, Any]:
        """All events, in order."""
        return {"events": list(self._events)}

    def _listen(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            for message in self._socket:
                event = json.loads(message)
                method, params = event.get("method", ""), event.get("params", {})
                if method == "Target.attachedToTarget":
                    self._watch(params)
                elif method == "Page.javascriptDialogOpening":
                    self._send("Page.handleJavaScriptDialog", event.get("sessionId"), accept=True)
                elif method in NOTED:
                    self._events.append((method, slim(method, params)))

    def _watch(self, params: dict[str, Any]) -> None:
        session, info = params["sessionId"], params["targetInfo"]
        for domain in ("Network", "Page"):
            self._send(f"{domain}.enable", session)
        self._attach(session)
        self._send("Runtime.runIfWaitingForDebugger", session)
        if info["type"] == "page" and not self._page:
            self._page, self._target = session, info["targetId"]
            self._attached.set()
        elif info["type"] == "page" and info["targetId"] != self._target:
            self._others.append(info["targetId"])

    def _attach(self, session: str | None = None) -> None:
        self._send("Target.setAutoAttach", session, autoAttach=True, waitForDebuggerOnStart=True, flatten=True)

    def _send(self, method: str, session: str | None = None, **params: Any) -> None:
        self._count += 1
        message = {"id": self._count, "method": method, "params": params}
        with contextlib.suppress(ConnectionClosed):
            self._socket.send(json.dumps(message | ({"sessionId": session} if session else {})))


def slim(method: str, params: dict[str, Any]) -> dict[str, Any]:
    """Return what is read of an event."""
    kept = {name: params[name] for name in KEPT if name in params}
    if "request" in params:
        kept["request"] = {name: params["request"][name] for name in ("url", "method")}
    if "initiator" in params:
        kept["initiator"] = {name: params["initiator"].get(name) for name in ("type", "requestId")}
    if method == "Network.responseReceivedExtraInfo":
        kept["flow"] = {name.lower(): value for name, value in params["headers"].items()}.get(KEY)
    return kept


NOTED = {
    "Network.loadingFailed",
    "Network.loadingFinished",
    "Network.requestWillBeSent",
    "Network.responseReceived",
    "Network.responseReceivedExtraInfo",
}
KEPT = (
    "requestId",
    "wallTime",
    "type",
    "errorText",
    "canceled",
    "blockedReason",
    "corsErrorStatus",
    "redirectHasExtraInfo",
)


def collect(heard: dict[str, Any]) -> list[Seen]:
    """Return the requests that DevTools' events tell of."""
    found: dict[str, Seen] = {}
    answered: set[str] = set()
    early: dict[str, list[str]] = {}
    hops: dict[str, int] = collections.Counter()
    page = ""
    for method, params in heard["events"]:
        id = params.get("requestId", "")
        if method == "Network.requestWillBeSent":
            if id in found and params.get("redirectHasExtraInfo") is False and len(found[id].flows) < hops[id]:
                # The redirect came out of a cache.
                found[id].flows.append("")
            hops[id] += 1
        if method == "lab.page":
            page = params["url"]
        elif method == "Network.requestWillBeSent" and id not in found:
            asked, initiator = params["request"], params.get("initiator", {})
            preflight = initiator.get("type") == "preflight"
            parent = initiator.get("requestId") if preflight else None
            seen = Seen(id, asked["url"], asked["method"], preflight, parent, page=page, started=params["wallTime"])
            seen.flows += early.pop(id, [])
            found[id] = seen
        elif method == "Network.responseReceivedExtraInfo":
            # It may come before the request's own event. The proxy's own answers have no key.
            (found[id].flows if id in found else early.setdefault(id, [])).append(params.get("flow") or "")
        elif id in found:
            if method == "Network.responseReceived":
                answered.add(id)
            elif method == "Network.loadingFinished" and found[id].end != "refused":
                # In place of a frame's document that was refused, an error page is loaded to its end.
                found[id].end = "passed"
            elif method == "Network.loadingFailed" and found[id].end == "open":
                # Of mixed content it comes twice.
                _fail(found[id], params, id in answered)
    for id, seen in found.items():
        if seen.end in ("passed", "refused") and seen.error not in OF_TARGETS:
            # Of a last hop that it says nothing of, nothing is known; and its end is not that of the hop before.
            seen.flows += [""] * (hops[id] - len(seen.flows))
    return list(found.values())


def _fail(seen: Seen, params: dict[str, Any], answered: bool) -> None:
    status, reason, text = params.get("corsErrorStatus"), params.get("blockedReason"), params.get("errorText", "")
    if status is not None:
        seen.end, seen.error = "refused", status["corsError"]
        seen.before = not seen.preflight and "Preflight" in status["corsError"]
    elif reason is not None:
        seen.end = "refused" if reason.startswith(RESPONSES) or text in DECISIONS else "unsent"
        seen.error = reason
    elif text in DECISIONS:
        seen.end, seen.error = "refused", text.removeprefix("net::")
    elif answered:
        # Only its body was not read to the end.
        seen.end = "passed"
    else:
        seen.end, seen.error = ("aborted" if params.get("canceled") else "failed"), text.removeprefix("net::")
