"""Asks the browser itself what became of its requests: Chromium over DevTools, Firefox over Marionette.

What is asked changes nothing on the page. Where a browser can't be asked any more, watching ends and browsing goes on.
"""

from __future__ import annotations

import contextlib
import json
import queue
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from corsight.addons.wire import LONGEST_WORD
from corsight.policies.fetch.origin import origin_of
from corsight.policies.session.memory import GIANT, Memory
from corsight.scripts.processes.browsers import BrowserError
from corsight.scripts.processes.marionette import Marionette
from corsight.scripts.processes.running import PATIENCE, Running

type Kind = Literal["loaded", "refused", "unsent", "answered"]

OPEN, LIMIT = 10_000, 8 * 1024 * 1024
"""How many requests are watched at once, and how many bytes of them; the oldest are forgotten first."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """What a browser said of one of its requests.

    `kind` is loaded; refused, when its response was kept from the page; unsent, when the browser itself stopped it;
    answered, when a service worker replied.
    """

    kind: Kind
    url: str
    method: str
    started: float
    """Epoch seconds."""
    error: str = ""
    """The browser's own identifier: of a CORS error, or of what stopped it."""
    text: str = ""
    initiator: Literal["fetch", "xhr"] | None = None
    """What asked, where it was one of these."""
    credentials: Literal["include", "not-include"] | None = None
    """Whether it asked another origin with credentials, where the browser tells."""
    place: str = ""
    """Where in the page's code it asked, as URL:line:column."""
    directive: str = ""
    """The directive of the page's Content-Security-Policy that forbade it."""


class Watcher(Protocol):
    def go(self, url: str) -> None:
        """Open `url` in the browser's page."""

    def reload(self) -> None:
        """Load the browser's page again. Raises BrowserError where it does not answer."""

    def new(self) -> list[Sighting]:
        """Return what the browser said since the last call."""


@contextlib.contextmanager
def watching(running: Running) -> Iterator[Watcher]:
    """Watch a browser that was started with `remote`. Raises BrowserError where it can't be asked."""
    if running.devtools is None:
        assert running.marionette is not None
        yield Firefox(running.marionette)
        return
    with contextlib.ExitStack() as stack:
        try:
            socket = stack.enter_context(connect(running.devtools, max_size=None, proxy=None))
        except (OSError, WebSocketException) as problem:
            what = f"{running.browser.name} lets nobody watch it: {problem}"
            raise BrowserError(what, todo="add --no-watch") from problem
        yield Chromium(socket, running.browser.name)


DIRECTIVE = re.compile(
    r"\b(default|connect|script|style|img|font|media|object|manifest|child|frame|worker)-src(-elem|-attr)?\b"
)
"""The directives of a Content-Security-Policy that name whom a page may ask."""


def _taken(said: queue.SimpleQueue[Sighting]) -> list[Sighting]:
    taken = []
    with contextlib.suppress(queue.Empty):
        while True:
            taken.append(said.get_nowait())
    return taken


# -- Chromium ---------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Request:
    """A request under way in Chromium."""

    url: str
    method: str
    started: float
    preflight: bool
    initiator: Literal["fetch", "xhr"] | None = None
    place: str = ""
    crosses: bool = False
    """Whether its first URL is of another origin than its document."""
    answered: bool = False
    worker: bool = False
    redirected: bool = False


ORB = "net::ERR_BLOCKED_BY_ORB"
REFUSALS = ("corp-", "coep-")
"""How the blocked reasons begin that tell of a response, and not of a request that was never sent."""
ON_THE_WAY = {"inspector", "other"}
INITIATORS: dict[str, Literal["fetch", "xhr"]] = {"Fetch": "fetch", "XHR": "xhr"}


def _matters(url: str) -> bool:
    """Return whether a request is followed: the browser's own pages' are not, nor is one that no proxy remembers."""
    return len(url) <= GIANT and url.startswith(("http:", "https:"))


class Requests:
    """The requests of a Chromium that are under way, and what DevTools' events say of their ends."""

    def __init__(self) -> None:
        self._open: Memory[str, Request] = Memory(OPEN, LIMIT)
        self._with_cookies: Memory[str, None] = Memory(OPEN)

    def take(self, method: str, params: dict[str, Any]) -> Sighting | None:
        """Take in an event of DevTools; what it says of a request's end, if it does."""
        if method == "Audits.issueAdded":
            return _violation(params["issue"])
        id = params.get("requestId", "")
        if method == "Network.requestWillBeSent":
            before = self._open.forget(id)
            if _matters(params["request"]["url"]):
                self._keep(id, _begun(params, before))
        elif method == "Network.requestWillBeSentExtraInfo":
            # Cookies are looked up for requests with credentials only; also those that are then kept back are told.
            if params.get("associatedCookies"):
                self._with_cookies.put(id, None, len(id))
        elif (request := self._open.get(id) or self._late(method, id, params)) is not None:
            if method == "Network.responseReceived":
                request.answered = True
                request.worker = bool(params["response"].get("fromServiceWorker"))
            elif method in ("Network.loadingFinished", "Network.loadingFailed"):
                self._open.forget(id)
                cookies = id in self._with_cookies
                self._with_cookies.forget(id)
                said = self._ended(request, params) if method.endswith("Failed") else self._loaded(request)
                return None if said is None else _told(said, request, cookies)
        return None

    def _late(self, method: str, id: str, params: dict[str, Any]) -> Request | None:
        """Return a request that is first heard of by its response.

        A navigation into a new process loses what its first requests said before DevTools was attached there.
        """
        if method != "Network.responseReceived":
            return None
        url = params["response"]["url"]
        if not _matters(url):
            return None
        return self._keep(id, Request(url, "", time.time(), params.get("type") == "Preflight"))

    def _keep(self, id: str, request: Request) -> Request:
        self._open.put(id, request, len(request.url) + len(request.place))
        return request

    def _loaded(self, request: Request) -> Sighting | None:
        if request.preflight or not request.answered:
            return None
        kind: Kind = "answered" if request.worker else "loaded"
        return Sighting(kind, request.url, request.method, request.started)

    def _ended(self, request: Request, params: dict[str, Any]) -> Sighting | None:
        if request.preflight:
            # Its failure is told once more, of the request that it was for.
            return None
        where = request.url, request.method, request.started
        status, reason = params.get("corsErrorStatus"), params.get("blockedReason")
        if status is not None:
            return Sighting("refused", *where, error=status["corsError"])
        if params.get("errorText") == ORB:
            return Sighting("refused", *where, error="ORB")
        if reason is not None and reason not in ON_THE_WAY:
            return Sighting("refused" if reason.startswith(REFUSALS) else "unsent", *where, error=reason)
        # Only its body was not read to the end.
        return self._loaded(request)


def _begun(params: dict[str, Any], before: Request | None) -> Request:
    """Return a request that Chromium is about to send: anew, or after a redirect."""
    asked, initiator = params["request"], params.get("initiator", {})
    url = asked["url"]
    request = Request(url, asked["method"], params["wallTime"], initiator.get("type") == "preflight")
    if before is not None:
        request.initiator, request.place, request.redirected = before.initiator, before.place, True
        return request
    request.initiator = INITIATORS.get(params.get("type", ""))
    place = _place(initiator)
    # A script may have been loaded from a `data:` URL of any length.
    request.place = place if len(place) <= LONGEST_WORD else ""
    request.crosses = origin_of(params.get("documentURL", "")) != origin_of(url)
    return request


def _place(initiator: dict[str, Any]) -> str:
    """Return where in the page's code a request came from: the innermost call, or the line of the document."""
    stack = initiator.get("stack")
    while stack is not None:
        for frame in stack.get("callFrames", ()):
            if frame.get("url"):
                return f"{frame['url']}:{frame['lineNumber'] + 1}:{frame['columnNumber'] + 1}"
        stack = stack.get("parent")
    if initiator.get("url") and "lineNumber" in initiator:
        return f"{initiator['url']}:{int(initiator['lineNumber']) + 1}:{int(initiator.get('columnNumber', 0)) + 1}"
    return ""


def _told(said: Sighting, request: Request, cookies: bool) -> Sighting:
    """Return what is said of a request's end, and what was known of it from its beginning."""
    # Of one that was redirected it is not told which of its hops the cookies were for.
    include = cookies and request.crosses and not request.redirected
    return replace(
        said,
        initiator=request.initiator,
        place=request.place,
        credentials="include" if include else None,
    )


class Chromium:
    """Listens to DevTools, attached to every page, frame and worker from its first request on."""

    def __init__(self, socket: ClientConnection, name: str = "Chromium") -> None:
        self._socket = socket
        self._said: queue.SimpleQueue[Sighting] = queue.SimpleQueue()
        self._requests = Requests()
        self._page = ""
        self._awaited = 0
        self._watched = threading.Event()
        self._count = 0
        self._attach()
        threading.Thread(target=self._listen, daemon=True).start()
        if not self._watched.wait(PATIENCE):
            raise BrowserError(f"{name} did not let its page be watched", todo="add --no-watch")

    def go(self, url: str) -> None:
        self._send("Page.navigate", self._page, url=url)

    def reload(self) -> None:
        self._send("Page.reload", self._page)

    def new(self) -> list[Sighting]:
        return _taken(self._said)

    def _listen(self) -> None:
        with contextlib.suppress(WebSocketException, OSError):
            for message in self._socket:
                event = json.loads(message)
                method, params = event.get("method", ""), event.get("params", {})
                if event.get("id") is not None and event["id"] == self._awaited:
                    self._watched.set()
                elif method == "Target.attachedToTarget":
                    self._watch(params)
                elif (sighting := self._requests.take(method, params)) is not None:
                    self._said.put(sighting)

    def _watch(self, params: dict[str, Any]) -> None:
        session = params["sessionId"]
        for domain in ("Network", "Audits"):
            self._send(f"{domain}.enable", session)
        self._attach(session)
        self._send("Runtime.runIfWaitingForDebugger", session)
        if params["targetInfo"]["type"] == "page" and not self._page:
            # A navigation before the page has answered would begin unwatched.
            self._page, self._awaited = session, self._count

    def _attach(self, session: str | None = None) -> None:
        self._send("Target.setAutoAttach", session, autoAttach=True, waitForDebuggerOnStart=True, flatten=True)

    def _send(self, method: str, session: str | None = None, **params: Any) -> None:
        self._count += 1
        message = {"id": self._count, "method": method, "params": params}
        with contextlib.suppress(WebSocketException, OSError):
            self._socket.send(json.dumps(message | ({"sessionId": session} if session else {})))


def _violation(issue: dict[str, Any]) -> Sighting | None:
    """Return a request that the page's Content-Security-Policy forbade: of most of them Network says nothing."""
    details = issue.get("details", {}).get("contentSecurityPolicyIssueDetails")
    if issue.get("code") != "ContentSecurityPolicyIssue" or details is None or details.get("isReportOnly"):
        return None
    url = details.get("blockedURL", "")
    if not _matters(url):
        return None
    directive = DIRECTIVE.search(details.get("violatedDirective", ""))
    return Sighting("unsent", url, "", time.time(), error="csp", directive=directive[0] if directive else "")


# -- Firefox ----------------------------------------------------------------------------------------------------------

OBSERVE = """
    const reasons = {};
    for (const name of Object.keys(Ci.nsILoadInfo)) {
        if (name.startsWith("BLOCKING_REASON_")) reasons[Ci.nsILoadInfo[name]] = name.slice(16);
    }
    const seen = new Map();
    const policy = Ci.nsIContentPolicy;
    const initiators = {[policy.TYPE_FETCH]: "fetch", [policy.TYPE_XMLHTTPREQUEST]: "xhr"};
    const modes = {
        [Ci.nsILoadInfo.SEC_COOKIES_INCLUDE]: "include",
        [Ci.nsILoadInfo.SEC_COOKIES_SAME_ORIGIN]: "not-include",
        [Ci.nsILoadInfo.SEC_COOKIES_OMIT]: "not-include",
    };
    Services.obs.addObserver({
        observe(subject) {
            const channel = subject.QueryInterface(Ci.nsIHttpChannel);
            const info = channel.loadInfo;
            if (seen.size > 10000 || info.triggeringPrincipal.isSystemPrincipal) return;
            // A refused one stops twice, and only the second time says so.
            seen.set(channel.channelId, [channel.URI.spec, channel.requestMethod,
                reasons[info.requestBlockingReason] ?? "", channel.status, Date.now() / 1000,
                channel.QueryInterface(Ci.nsITimedChannel).channelCreationTime / 1e6,
                info.internalContentPolicyType === policy.TYPE_INTERNAL_EVENTSOURCE ? ""
                    : initiators[info.externalContentPolicyType] ?? "",
                info.tainting === Ci.nsILoadInfo.TAINTING_CORS ? modes[info.cookiePolicy] ?? "" : ""]);
        },
    }, "http-on-stop-request");
    globalThis.corsightSeen = seen;
"""
READ = """
    const lines = Services.console.getMessageArray().filter(message => message instanceof Ci.nsIScriptError)
        .map(error => [error.category, error.errorMessage]);
    Services.console.reset();
    const channels = [];
    for (const [id, said] of globalThis.corsightSeen) {
        if (said[4] < Date.now() / 1000 - 0.3) {
            channels.push(said);
            globalThis.corsightSeen.delete(id);
        }
    }
    return {channels, lines};
"""
UNSENT = {"Mixed Content Blocker": "mixed-content", "CSP": "csp"}
"""The console categories that tell of requests which were never sent."""
QUOTED = re.compile(r"[“'\"](https?://[^”'\"\s]+)[”'\"]|\b(https?://[^\s”'\"]+)")
STOPPED = re.compile(r"\bblock", re.IGNORECASE)
REPORT_ONLY = re.compile("Report-Only|would", re.IGNORECASE)
EVERY = 0.25
"""Seconds between two questions."""


class Firefox:
    """Reads the browser's console and the ends of its channels, in its parent process."""

    def __init__(self, marionette: Marionette) -> None:
        self._marionette = marionette
        self._said: queue.SimpleQueue[Sighting] = queue.SimpleQueue()
        self._turn = threading.Lock()
        self._script(OBSERVE)
        threading.Thread(target=self._ask, daemon=True).start()

    def go(self, url: str) -> None:
        with self._turn:
            self._marionette.call("Marionette:SetContext", value="content")
            self._marionette.call("WebDriver:Navigate", url=url)

    def reload(self) -> None:
        with self._turn:
            self._marionette.call("Marionette:SetContext", value="content")
            self._marionette.call("WebDriver:Refresh")

    def new(self) -> list[Sighting]:
        return _taken(self._said)

    def _ask(self) -> None:
        # It answers no more when it was closed, or its last window was.
        with contextlib.suppress(BrowserError):
            while True:
                time.sleep(EVERY)
                said = self._script(READ)
                if said is None:
                    return
                for sighting in sightings(said["channels"], said["lines"], time.time()):
                    self._said.put(sighting)

    def _script(self, script: str) -> Any:
        with self._turn:
            self._marionette.call("Marionette:SetContext", value="chrome")
            return self._marionette.call(
                "WebDriver:ExecuteScript", script=script, args=[], sandbox="system", newSandbox=False
            )


def sightings(channels: list[list[Any]], lines: list[list[str]], now: float) -> list[Sighting]:
    """Return what the ends of Firefox's channels and the lines of its console say of its requests."""
    said = []
    for url, method, reason, status, _ended, started, initiator, credentials in channels:
        if method == "OPTIONS":
            continue
        where = url, method, started
        if reason.startswith("CORS"):
            end = Sighting("refused", *where, error=reason)
        elif status == 0 and reason in ("", "NONE"):
            end = Sighting("loaded", *where)
        else:
            continue
        said.append(replace(end, initiator=initiator or None, credentials=credentials or None))
    for category, text in lines:
        cause = next((cause for start, cause in UNSENT.items() if category.startswith(start)), None)
        found = QUOTED.search(text)
        if cause is not None and found is not None and STOPPED.search(text) and not REPORT_ONLY.search(text):
            directive = DIRECTIVE.search(text) if cause == "csp" else None
            named = directive[0] if directive else ""
            said.append(Sighting("unsent", found[1] or found[2], "", now, error=cause, text=text, directive=named))
    return said
