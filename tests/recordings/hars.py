"""The recordings here as HARs: what each producer would have kept of the same visits.

mitmproxy's is its own export. The others are made from it: what they leave out is left out, and what they add is put
there, as far as the recording or the page tells it.
"""

from __future__ import annotations

import json
import tarfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mitmproxy.addons.savehar import SaveHar
from mitmproxy.http import HTTPFlow
from mitmproxy.io import FlowReader

type Har = dict[str, Any]

SANITIZED = {"cookie", "set-cookie", "authorization"}


def flows_of(folder: Path) -> list[HTTPFlow]:
    """Return the flows of a recording that was unpacked."""
    with (folder / "flows.mitm").open("rb") as file:
        return [flow for flow in FlowReader(file).stream() if isinstance(flow, HTTPFlow)]


def unpack(archive: Path, folder: Path) -> Path:
    """Unpack a recording into a folder, which is returned."""
    with tarfile.open(archive) as file:
        file.extractall(folder, filter="data")
    return folder


def from_mitmproxy(flows: list[HTTPFlow]) -> Har:
    """mitmproxy's own export."""
    return SaveHar().make_har(flows)


def from_devtools(
    flows: list[HTTPFlow], failed: Callable[[HTTPFlow], str | None] | None = None, *, sanitized: bool = True
) -> Har:
    """DevTools' shape: requests before their preflights, connections told, mostly no credentials.

    `failed` gives the browser's own error of a request; without it, the file holds no outcomes, like those of old.
    """
    entries = []
    for flow, entry in _entries(flows):
        entry["_connectionId"] = flow.client_conn.id
        if failed is not None:
            entry["response"]["_error"] = failed(flow)
        if sanitized:
            for message in (entry["request"], entry["response"]):
                message["headers"] = [one for one in message["headers"] if one["name"].lower() not in SANITIZED]
                message["cookies"] = []
        entries.append(entry)
    return _har("WebInspector", _early(entries))


def from_firefox(flows: list[HTTPFlow]) -> Har:
    """Firefox's shape: requests before their preflights, no connections, no outcomes."""
    return _har("Firefox", _early([entry for _, entry in _entries(flows)]), {"name": "Firefox", "version": "153.0"})


def from_charles(flows: list[HTTPFlow]) -> Har:
    """Charles' shape: local times, a `:status` among the headers, no connections."""
    entries = []
    for _, entry in _entries(flows):
        entry["response"]["headers"].insert(0, {"name": ":status", "value": str(entry["response"]["status"])})
        entry["startedDateTime"] = entry["startedDateTime"].replace("+00:00", "Z")
        entry["_charlesStatus"] = "COMPLETE" if entry["response"]["status"] else "EXCEPTION"
        entries.append(entry)
    return _har("Charles Proxy", entries)


def from_fiddler(flows: list[HTTPFlow]) -> Har:
    """Fiddler's shape: the browser's own port for a connection, fractions of seven digits."""
    entries = []
    for flow, entry in _entries(flows):
        entry["connection"] = f"ClientPort:{flow.client_conn.peername[1]};EgressPort:1"
        entry["startedDateTime"] = entry["startedDateTime"].replace("+00:00", "0+00:00")
        entries.append(entry)
    return _har("Fiddler", entries)


def from_playwright(flows: list[HTTPFlow], browser: str, failed: set[str]) -> Har:
    """Playwright's shape: no preflights, and of what failed no answer and few headers."""
    entries = []
    for _, entry in _entries(flows):
        if _asks(entry):
            continue
        if entry["request"]["url"] in failed:
            entry["request"]["headers"] = [
                one
                for one in entry["request"]["headers"]
                if not one["name"].lower().startswith(("sec-fetch", "origin", "cookie"))
            ]
            entry["response"] |= {"status": -1, "headers": [], "_failureText": "net::ERR_FAILED"}
        entries.append(entry)
    return _har("Playwright", entries, {"name": browser, "version": "156.0"})


def from_safari(flows: list[HTTPFlow], failed: set[str]) -> Har:
    """Safari's shape: no preflights, and nothing that failed."""
    kept = [entry for _, entry in _entries(flows) if not _asks(entry) and entry["request"]["url"] not in failed]
    return _har("WebKit Web Inspector", kept)


SHAPES: dict[str, Callable[[list[HTTPFlow]], Har]] = {
    "mitmproxy": from_mitmproxy,
    "devtools": from_devtools,
    "firefox": from_firefox,
    "charles": from_charles,
    "fiddler": from_fiddler,
}


def write(har: Har, path: Path) -> Path:
    """Write a HAR; its path is returned."""
    path.write_text(json.dumps(har), encoding="utf-8")
    return path


def _entries(flows: list[HTTPFlow]) -> Iterator[tuple[HTTPFlow, Har]]:
    saver, seen = SaveHar(), set()
    for flow in flows:
        entry = saver.flow_entry(flow, seen)
        # mitmproxy writes it in upper case; the others as it was.
        entry["request"]["method"] = flow.request.data.method.decode("latin-1")
        yield flow, entry


def _asks(entry: Har) -> str | None:
    """The method that a preflight asks for; None for what is none."""
    names = {one["name"].lower(): one["value"] for one in entry["request"]["headers"]}
    return names.get("access-control-request-method") if entry["request"]["method"] == "OPTIONS" else None


def _early(entries: list[Har]) -> list[Har]:
    """Set each request that followed a preflight at once before it, as browsers write down when the page asked."""
    waiting: dict[tuple[str, str], list[Har]] = {}
    for entry in sorted(entries, key=lambda one: str(one["startedDateTime"])):
        url, asked = entry["request"]["url"], _asks(entry)
        if asked is not None:
            waiting.setdefault((url, asked), []).append(entry)
        elif preflights := waiting.get((url, entry["request"]["method"])):
            preflight = preflights.pop()
            begun = _seconds(preflight)
            if 0 <= (gap := _seconds(entry) - begun) < 1:
                entry["startedDateTime"] = datetime.fromtimestamp(begun - 0.0005, UTC).isoformat()
                entry["timings"]["blocked"] = 1000 * (gap + 0.0005)
    return sorted(entries, key=_seconds)


def _seconds(entry: Har) -> float:
    return datetime.fromisoformat(entry["startedDateTime"]).timestamp()


def _har(creator: str, entries: list[Har], browser: Har | None = None) -> Har:
    log: Har = {"version": "1.2", "creator": {"name": creator, "version": "1"}, "pages": [], "entries": entries}
    return {"log": log | ({"browser": browser} if browser is not None else {})}
