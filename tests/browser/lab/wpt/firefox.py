"""Firefox's word on its requests: its channels in its parent process, joined to the flows by their responses.

A channel has one hop; a redirect is a new channel. It stops once or twice: the last time tells whether it was refused.
"""

from __future__ import annotations

import contextlib
import time
from typing import Any

from corsight.scripts.processes.browsers import BrowserError
from corsight.scripts.processes.running import Running
from tests.browser.lab.drive import _version
from tests.browser.lab.wpt.seen import End, Seen

OBSERVE = """
    const names = {};
    for (const name of Object.keys(Ci.nsILoadInfo)) {
        if (name.startsWith("BLOCKING_REASON_")) names[Ci.nsILoadInfo[name]] = name.slice(16);
    }
    const seen = new Map();
    const about = subject => {
        const channel = subject.QueryInterface(Ci.nsIHttpChannel);
        const info = channel.loadInfo;
        if (info.triggeringPrincipal.isSystemPrincipal) return null;
        if (!seen.has(channel.channelId)) {
            seen.set(channel.channelId, {
                id: String(channel.channelId), url: channel.URI.spec, method: channel.requestMethod, flows: [],
                started: channel.QueryInterface(Ci.nsITimedChannel).channelCreationTime / 1e6, stops: 0,
            });
        }
        return seen.get(channel.channelId);
    };
    const answered = subject => {
        const found = about(subject);
        if (found === null) return;
        try { found.flows.push(subject.QueryInterface(Ci.nsIHttpChannel).getResponseHeader("x-lab-flow")); } catch {}
        found.code = subject.QueryInterface(Ci.nsIHttpChannel).responseStatus;
    };
    Services.obs.addObserver({observe: answered}, "http-on-examine-response");
    Services.obs.addObserver({observe(subject) {
        const found = about(subject);
        if (found !== null) found.cached = true;
    }}, "http-on-examine-cached-response");
    Services.obs.addObserver({observe(subject) {
        const found = about(subject);
        if (found === null) return;
        const channel = subject.QueryInterface(Ci.nsIHttpChannel);
        found.stops += 1;
        found.reason = names[channel.loadInfo.requestBlockingReason] ?? "";
        found.status = channel.status;
        found.name = channel.status ? (Object.keys(Cr).find(name => Cr[name] === channel.status) ?? "") : "";
        found.type = channel.loadInfo.externalContentPolicyType;
        found.tainting = channel.loadInfo.tainting;
    }}, "http-on-stop-request");
    Cu.getGlobalForObject(Services).corsightLab = seen;
"""
READ = """
    const lines = Services.console.getMessageArray().filter(message => message instanceof Ci.nsIScriptError)
        .map(error => [error.category, error.errorMessage, error.sourceName, error.timeStamp / 1000]);
    Services.console.reset();
    return lines;
"""
TAKE = "return [...Cu.getGlobalForObject(Services).corsightLab.values()];"


BAD_URI = "NS_ERROR_DOM_BAD_URI"
REDIRECTS = range(300, 400)
SCRIPT = 2
"""Its policy type of scripts."""
LED_ON = {301, 302, 303, 307, 308}
CODES = {0x8053040C: "NS_ERROR_DOM_CORP_FAILED", 0x8053040D: "NS_ERROR_DOM_COEP_FAILED"}
"""Failures that have no name in its own list."""
REFUSALS = {*CODES.values(), "NS_ERROR_REDIRECT_LOOP"}
"""Failures that say what the browser made of an answer."""


class Watch:
    """Opens pages, and looks at every channel."""

    def __init__(self, running: Running) -> None:
        assert running.marionette
        self.version = _version([str(running.browser.path)])
        self._marionette = running.marionette
        self._pages: list[tuple[float, str]] = []
        self._lines: list[list[Any]] = []
        self._own = self._call("content", "WebDriver:GetWindowHandle")
        self._call("chrome", "WebDriver:ExecuteScript", script=OBSERVE, args=[], sandbox="system")

    def go(self, url: str) -> None:
        """Navigate to `url`, and close what the page before had opened."""
        for handle in self._call("content", "WebDriver:GetWindowHandles"):
            if handle != self._own:
                with contextlib.suppress(BrowserError):
                    self._call("content", "WebDriver:SwitchToWindow", handle=handle)
                    self._call("content", "WebDriver:CloseWindow")
        with contextlib.suppress(BrowserError):
            self._call("content", "WebDriver:SwitchToWindow", handle=self._own)
        self._pages.append((time.time(), url))
        with contextlib.suppress(BrowserError):
            self._call("content", "WebDriver:Navigate", url=url)

    def look(self) -> None:
        """Take the console's lines."""
        with contextlib.suppress(BrowserError):
            self._lines += self._call("chrome", "WebDriver:ExecuteScript", script=READ, args=[], sandbox="system")

    def heard(self) -> dict[str, Any]:
        """All channels, the console's lines, and when each page was opened."""
        channels = self._call("chrome", "WebDriver:ExecuteScript", script=TAKE, args=[], sandbox="system")
        return {"channels": channels, "lines": self._lines, "pages": self._pages}

    def _call(self, context: str, command: str, **parameters: Any) -> Any:
        self._marionette.call("Marionette:SetContext", value=context)
        return self._marionette.call(command, **parameters)


def collect(heard: dict[str, Any]) -> list[Seen]:
    """Return the requests that channels tell of; each belongs to the page that was open when it was made."""
    found = []
    for channel in heard["channels"]:
        page = next((url for since, url in reversed(heard["pages"]) if since <= channel["started"] + 0.005), "")
        end, error = _end(channel)
        found.append(
            Seen(
                channel["id"],
                channel["url"],
                channel["method"],
                # One that was asked for a password asks again: what came before was not decided.
                flows=channel["flows"][-1:],
                end=end,
                error=error,
                page=page,
                started=channel["started"],
            )
        )
    return found


def _end(channel: dict[str, Any]) -> tuple[End, str]:
    if not channel["stops"]:
        return "open", ""
    reason, status = channel["reason"], channel["status"]
    name = channel["name"] or CODES.get(status, f"{status:#x}" if status else "")
    if reason == "CORSDIDNOTSUCCEED" and channel.get("type") == SCRIPT and channel.get("code", 300) not in REDIRECTS:
        # What came was no script: its loader gave up.
        return "failed", name
    if reason.startswith("CORS"):
        return "refused", reason
    if name in REFUSALS or (name == BAD_URI and channel.get("code", 0) in REDIRECTS):
        return "refused", name
    if name == "" and channel.get("code", 0) in LED_ON and not channel.get("cached"):
        # Nothing but its own mode keeps a redirect with a Location from being followed.
        return "aborted", "redirect mode manual"
    if name in ("", "NS_BINDING_REDIRECTED"):
        return "passed", ""
    return ("aborted" if name == "NS_BINDING_ABORTED" else "failed"), name or reason
