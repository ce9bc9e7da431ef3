"""WebKit's word on its requests: its inspector's events.

It shows no preflights, and nothing of refused responses but the request. What has a response is joined to its flow by
the key there; the rest by URL, method and time, and only where that leaves one answer.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import tempfile
import threading
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from corsight.policies.fetch.redirect import MAX_REDIRECTS
from corsight.scripts.processes.browsers import BrowserError
from corsight.scripts.processes.machine import end_group, free_port, remove_folder
from tests.browser.lab.drive import NO_PROXY, _minibrowser, _version
from tests.browser.lab.wpt.seen import End, Seen, Sent

KEY = "x-lab-flow"
SLACK = 0.05
"""Seconds by which the clocks of browser and proxy may be apart."""
LONGEST = 12.0
"""Seconds after which a request that nothing was said of any more has ended."""
DECISIONS = (
    "access control checks",
    "Access-Control-Allow",
    "Cross-Origin",
    "Cross-origin",
    "Preflight response",
    "denied by",
    "not allowed by",
    "redirection",
)
"""Words in what it says of a request that it refused."""
OF_REDIRECTS = ("redirection to", "redirection URL")
"""Words in it where it was a redirect's target, or the redirect's own headers."""
TOO_MANY = "Load cannot follow more than 20 redirections"
REDIRECT_ERROR = "Not allowed to follow a redirection"
START = 30.0
"""Seconds the browser has to open its inspector."""


class Watch:
    """Opens pages in a MiniBrowser, and listens to its inspector."""

    def __init__(self, port: int) -> None:
        self.version = _version(["xvfb-run", "-a", _minibrowser() or ""])
        self._events: list[dict[str, Any]] = []
        self._pages: list[tuple[float, str]] = []
        self._port = port
        self._home = Path(tempfile.mkdtemp(prefix="corsight-"))
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: ClientConnection | None = None
        self._target = ""
        self._count = 0
        self._start()

    def go(self, url: str) -> None:
        """Navigate to `url`; start the browser afresh where it does not listen any more."""
        self._pages.append((time.time(), url))
        if self._process is None or self._process.poll() is not None or not self._target:
            self._start()
        self._tell(self._target, "Runtime.evaluate", expression=f"location.href = {json.dumps(url)}")

    def look(self) -> None:
        """Nothing to do: events come by themselves."""

    def heard(self) -> dict[str, Any]:
        """All events, and when each page was opened."""
        return {"events": list(self._events), "pages": self._pages}

    def close(self) -> None:
        """End the browser."""
        if self._process is not None:
            end_group(self._process)
        remove_folder(self._home)

    def _start(self) -> None:
        if self._process is not None:
            end_group(self._process)
        inspector = free_port()
        command = [
            *("xvfb-run", "-a", "dbus-run-session", "--", _minibrowser() or ""),
            *("--private", "--ignore-tls-errors", "--javascript-can-open-windows-automatically=true"),
            *("--enable-developer-extras=true", f"--proxy=http://127.0.0.1:{self._port}", "about:blank"),
        ]
        environment = {
            "HOME": str(self._home),
            "XDG_RUNTIME_DIR": str(self._home),
            "LIBGL_ALWAYS_SOFTWARE": "1",
            "WEBKIT_INSPECTOR_HTTP_SERVER": f"127.0.0.1:{inspector}",
        }
        silent = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self._process = subprocess.Popen(command, env=os.environ | environment, start_new_session=True, **silent)
        self._target = ""
        deadline = time.monotonic() + START
        address = None
        while address is None:
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise BrowserError("MiniBrowser did not open its inspector")
            with (
                contextlib.suppress(OSError),
                urllib.request.build_opener(NO_PROXY).open(f"http://127.0.0.1:{inspector}/", timeout=5) as listed,
            ):
                address = re.search(r"/socket/\d+/\d+/WebPage", listed.read().decode("utf-8", "replace"))
            time.sleep(0.05)
        self._socket = connect(f"ws://127.0.0.1:{inspector}{address[0]}", max_size=None, proxy=None)
        threading.Thread(target=self._listen, args=(self._socket,), daemon=True).start()
        while not self._target:
            if time.monotonic() > deadline:
                raise BrowserError("MiniBrowser's inspector shows no page")
            time.sleep(0.05)

    def _listen(self, socket: ClientConnection) -> None:
        with contextlib.suppress(ConnectionClosed, OSError):
            for message in socket:
                event = json.loads(message)
                params = event.get("params", {})
                match event.get("method"):
                    case "Target.targetCreated":
                        info = params["targetInfo"]
                        self._tell(info["targetId"], "Network.enable")
                        if info.get("isPaused"):
                            self._send("Target.resume", targetId=info["targetId"])
                        if info["type"] == "page" and not info.get("isProvisional"):
                            self._target = info["targetId"]
                    case "Target.didCommitProvisionalTarget":
                        self._target = params["newTargetId"]
                    case "Target.dispatchMessageFromTarget":
                        inner = json.loads(params["message"])
                        if inner.get("method", "").startswith("Network."):
                            self._events.append(slim(inner["method"], inner["params"], params["targetId"]))
        if socket is self._socket:
            self._target = ""

    def _tell(self, target: str, method: str, **params: Any) -> None:
        self._count += 1
        message = json.dumps({"id": self._count, "method": method, "params": params})
        self._send("Target.sendMessageToTarget", targetId=target, message=message)

    def _send(self, method: str, **params: Any) -> None:
        self._count += 1
        assert self._socket is not None
        with contextlib.suppress(ConnectionClosed, OSError):
            self._socket.send(json.dumps({"id": self._count, "method": method, "params": params}))


def slim(method: str, params: dict[str, Any], target: str) -> dict[str, Any]:
    """Return what is read of an event, and when it came."""
    kept = {name: params[name] for name in ("requestId", "walltime", "errorText", "canceled", "type") if name in params}
    kept |= {"method": method, "target": target, "at": time.time()}
    if "url" in params.get("request", {}):
        # The handshake of a WebSocket has none.
        kept["request"] = {name: params["request"][name] for name in ("url", "method")}
    for name in ("response", "redirectResponse"):
        if response := params.get(name):
            headers = {key.lower(): value for key, value in response["headers"].items()}
            kept[name] = {"flow": headers.get(KEY), "source": response.get("source"), "status": response.get("status")}
    return kept


@dataclass(slots=True)
class Asked:
    """A request that the inspector told of."""

    id: str
    url: str
    method: str
    started: float
    page: str
    ended: float | None = None
    flow: str | None = None
    """Of its last response, where the page got one."""
    hops: list[str] = field(default_factory=list)
    cached: bool = False
    error: str | None = None
    canceled: bool = False


def collect(heard: dict[str, Any], sent: Sequence[Sent]) -> list[Seen]:
    """Return the requests that the inspector's events tell of, joined to the flows as far as that is beyond doubt."""
    asked = _asked(heard)
    rest = {flow.id: flow for flow in sent}
    for one in asked:
        for flow in (*one.hops, one.flow):
            rest.pop(flow or "", None)
    found = {one.id: Seen(one.id, one.url, one.method, page=one.page, started=one.started) for one in asked}
    firsts = _match([one for one in asked if not one.cached and not (one.flow and _is_first(one, sent))], rest)
    later = {flow.id: flow for flow in sent}
    for one in asked:
        seen = found[one.id]
        seen.flows = [hop for hop in one.hops if hop in later]
        if one.id in firsts:
            seen.flows += _follow(firsts[one.id], one, rest)
        if one.flow in later:
            seen.flows = [*(flow for flow in seen.flows if flow != one.flow), one.flow]
        seen.end, seen.error = _end(one)
    preflights = _preflights(asked, found, rest, later)
    for one in asked:
        _leave_open(found[one.id], later)
    return [*found.values(), *preflights]


def _leave_open(seen: Seen, sent: dict[str, Sent]) -> None:
    """Take the end off a redirect that led on to what was joined to nothing, or that its own mode stopped."""
    last = sent[seen.flows[-1]] if seen.flows else None
    if last is None or last.target is None:
        return
    if seen.end == "passed":
        seen.end, seen.error = "aborted", "redirect mode manual"
    elif TOO_MANY in seen.error and len(seen.flows) > MAX_REDIRECTS:
        return
    elif seen.end == "refused" and not seen.before and not any(text in seen.error for text in OF_REDIRECTS):
        seen.flows.append("")


def _asked(heard: dict[str, Any]) -> list[Asked]:
    found: dict[tuple[str, str], Asked] = {}
    for event in heard["events"]:
        key = event["target"], event["requestId"]
        match event["method"]:
            case "Network.requestWillBeSent":
                if key in found:
                    if flow := event.get("redirectResponse", {}).get("flow"):
                        found[key].hops.append(flow)
                    continue
                url, started = event["request"]["url"].partition("#")[0], event.get("walltime", event["at"])
                page = next((url for since, url in reversed(heard["pages"]) if since <= started + 0.005), "")
                found[key] = Asked("/".join(key), url, event["request"]["method"], started, page)
            case "Network.responseReceived" if key in found:
                found[key].cached = event["response"]["source"] not in (None, "network", "unknown")
                found[key].flow = None if found[key].cached else event["response"]["flow"]
            case "Network.loadingFinished" if key in found:
                found[key].ended = event["at"]
            case "Network.loadingFailed" if key in found:
                found[key].ended, found[key].error = event["at"], event.get("errorText", "")
                found[key].canceled = bool(event.get("canceled"))
    return list(found.values())


def _is_first(one: Asked, sent: Sequence[Sent]) -> bool:
    """Whether the response that the page got is the first hop's."""
    return any(flow.id == one.flow and flow.url == one.url for flow in sent)


def _match(asked: Sequence[Asked], rest: dict[str, Sent]) -> dict[str, Sent]:
    """Return the first hop of each request that can have one only; what is taken leaves the rest."""
    found: dict[str, Sent] = {}
    by_url: dict[tuple[str, str], list[Sent]] = {}
    for flow in rest.values():
        by_url.setdefault((flow.url, flow.method), []).append(flow)
    for one in asked:
        mine = [flow for flow in by_url.get((one.url, one.method), []) if _within(flow, one)]
        rivals = [
            other
            for other in asked
            if other is not one
            and (other.url, other.method) == (one.url, one.method)
            and any(_within(flow, other) for flow in mine)
        ]
        if len(mine) == 1 and not rivals:
            found[one.id] = mine[0]
        elif rivals and len(mine) == len(rivals) + 1 and all(_end(other)[0] == _end(one)[0] for other in rivals):
            place = sorted([*rivals, one], key=lambda other: other.started).index(one)
            found[one.id] = sorted(mine, key=lambda flow: flow.started)[place]
    for flow in found.values():
        rest.pop(flow.id, None)
    return found


def _within(flow: Sent, one: Asked) -> bool:
    return one.started - SLACK <= flow.started <= (one.ended or one.started + LONGEST) + SLACK


def _follow(flow: Sent, one: Asked, rest: dict[str, Sent]) -> list[str]:
    """Return a hop and those that it was redirected to, as far as each is the only one there can be."""
    hops = [flow.id]
    while flow.target is not None:
        wanted = flow.target.partition("#")[0]
        next_ones = [
            other
            for other in rest.values()
            if other.url == wanted
            and other.method in (one.method, "GET")
            and flow.started < other.started
            and _within(other, one)
        ]
        if len(next_ones) != 1:
            break
        flow = rest.pop(next_ones[0].id)
        hops.append(flow.id)
    return hops


def _preflights(
    asked: Sequence[Asked], found: dict[str, Seen], rest: dict[str, Sent], sent: dict[str, Sent]
) -> list[Seen]:
    """Return the preflights, each for the request that alone it can be for; alike requests at one time take turns."""
    preflights: list[Seen] = []
    taken: dict[str, int] = {}
    for flow in sorted((flow for flow in rest.values() if flow.method == "OPTIONS"), key=lambda flow: flow.started):
        mine = [one for one in asked if _asks_for(flow, one, found[one.id], sent)]
        if not mine or len({_end(one)[0] for one in mine}) > 1:
            continue
        alike = [other for other in rest.values() if (other.url, other.method) == (flow.url, "OPTIONS")]
        if len(mine) > 1 and _end(mine[0])[0] != "passed" and len(alike) != len(mine):
            continue
        turn = taken[flow.url] = taken.get(flow.url, -1) + 1
        one = sorted(mine, key=lambda one: one.started)[turn % len(mine)]
        seen = found[one.id]
        preflights.append(Seen(flow.id, flow.url, "OPTIONS", True, one.id, [flow.id], "passed", page=one.page))
        followed = any(sent[hop].url == flow.url and sent[hop].started >= flow.started for hop in seen.flows)
        seen.before = seen.end == "refused" and not followed
    return preflights


def _asks_for(flow: Sent, one: Asked, seen: Seen, sent: dict[str, Sent]) -> bool:
    """Whether a preflight may be a request's."""
    hops = [sent[hop] for hop in seen.flows]
    urls = {one.url, *(hop.url for hop in hops), *((hop.target or "").partition("#")[0] for hop in hops)}
    return flow.url in urls and one.method != "OPTIONS" and _within(flow, one)


def _end(one: Asked) -> tuple[End, str]:
    if one.error is not None and REDIRECT_ERROR in one.error:
        return "aborted", "redirect mode error"
    if one.error is None:
        return ("passed" if one.ended is not None or one.flow else "open"), ""
    if any(text in one.error for text in DECISIONS):
        return "refused", one.error
    if one.flow is not None:
        # Only its body was not read to the end.
        return "passed", ""
    return ("aborted" if one.canceled or "cancel" in one.error.lower() else "failed"), one.error
