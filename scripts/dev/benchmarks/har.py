"""HAR files to measure with, whose entries are made up as those of real ones are.

As Chromium's DevTools export a visit of a site over HTTP/2: pseudo headers, so that no two header lists of requests
read the same; a dozen header lines or more each way; stacks that are deep where a script asked; images in base64,
other bodies as text, and some left out. An entry takes 39 kB on average, as in files that hold their bodies.
"""

from __future__ import annotations

import base64
import json
from email.utils import formatdate
from typing import Any

from corsight.scripts.dev.benchmarks.recording import PAGE, PORT, Exchanges
from corsight.scripts.dev.benchmarks.traffic import PAGE as SITE
from corsight.scripts.dev.benchmarks.traffic import Sample

BODY = 42000
"""Bytes of a body on average, unpacked; most are shorter."""
LEFT_OUT = 5
"""Of so many entries one holds no body, though there was one."""
FRAMES = 24
"""Frames of the stack where a script asked."""
CHUNKS = 7
"""Files that the scripts of the site are parted in."""
CREATOR = {"name": "WebInspector", "version": "537.36"}


def write_har(path: str, megabytes: float) -> int:
    """Write a HAR file of about that size; return how many entries it holds."""
    with open(path, "w", encoding="utf-8") as file:
        pages = [{"startedDateTime": "2027-01-15T08:00:00.000Z", "id": "page_1", "title": f"https://{SITE}:{PORT}/"}]
        file.write(f'{{"log": {{"version": "1.2", "creator": {json.dumps(CREATOR)}, "pages": {json.dumps(pages)}')
        file.write(', "entries": [')
        for sample, number, started, answered, body in Exchanges(BODY):
            if number % PAGE == 0 and file.tell() > megabytes * 1e6:
                file.write("\n]}}")
                return number
            file.write(",\n" if number else "\n")
            json.dump(_make_entry(sample, number, started, answered, body), file, indent=2)
    raise AssertionError


def _make_entry(
    sample: Sample, number: int, started: float, answered: list[tuple[str, str]], body: bytes
) -> dict[str, Any]:
    visit = number // PAGE
    path = f"{sample.path}?page={visit}"
    destination = dict(sample.asked)["Sec-Fetch-Dest"]
    asked = {name.lower(): value.replace("http://", "https://") for name, value in sample.asked}
    if destination == "document":
        asked.pop("referer")
    elif sample.host == SITE:
        # To its own origin a page shows its whole URL.
        asked["referer"] += f"?page={visit}"
    pseudo = {":authority": f"{sample.host}:{PORT}", ":method": sample.method, ":path": path, ":scheme": "https"}
    kind = "preflight" if sample.method == "OPTIONS" else "fetch" if destination == "empty" else destination
    seconds, fraction = divmod(started, 1)
    day = formatdate(seconds, usegmt=True).split()
    return {
        "_connectionId": str(300 + number % 6),
        "_initiator": _make_initiator(kind, number),
        "_priority": "High",
        "_resourceType": "stylesheet" if kind == "style" else kind,
        "cache": {},
        "connection": str(PORT),
        "pageref": "page_1",
        "request": {
            "method": sample.method,
            "url": f"https://{sample.host}:{PORT}{path}",
            "httpVersion": "http/2.0",
            "headers": _list_lines(pseudo | dict(sorted(asked.items()))),
            "queryString": [{"name": "page", "value": str(visit)}],
            "cookies": [],
            "headersSize": -1,
            "bodySize": 0,
        },
        "response": {
            "status": sample.status,
            "statusText": "",
            "httpVersion": "http/2.0",
            "headers": _list_lines(_answer(answered, number)),
            "cookies": [],
            "content": _make_content(kind, number, body),
            "redirectURL": "",
            "headersSize": -1,
            "bodySize": -1,
            "_transferSize": len(body) // 4 + 300,
            "_error": None,
            "_fetchedViaServiceWorker": False,
        },
        "serverIPAddress": "127.0.0.1",
        "startedDateTime": f"2027-01-{int(day[1]):02}T{day[4]}.{int(fraction * 1000):03}Z",
        "time": 5.016000003251247 + number % 7,
        "timings": {
            "blocked": 0.4309999966118486,
            "dns": -1,
            "ssl": -1,
            "connect": -1,
            "send": 0.08800000000000008,
            "wait": 3.9889999947343022,
            "receive": 0.5080000119050965,
            "_blocked_queueing": 0.2869999966118485,
            "_workerStart": -1,
            "_workerReady": -1,
            "_workerFetchStart": -1,
            "_workerRespondWithSettled": -1,
        },
    }


def _answer(answered: list[tuple[str, str]], number: int) -> dict[str, str]:
    """Return what is answered as servers behind a network of others do: with their own lines, too."""
    lines = {name.lower(): value.replace("http://", "https://") for name, value in answered}
    more = {
        "alt-svc": 'h3=":443"; ma=86400',
        "content-encoding": "br",
        "referrer-policy": "strict-origin-when-cross-origin",
        "server-timing": f"cdn-cache; desc=HIT, edge; dur={number % 9}",
        "strict-transport-security": "max-age=31536000; includeSubDomains",
        "via": "1.1 varnish",
        "x-cache": "HIT",
        "x-request-id": f"{number * 2654435761 % 2**64:016x}",
    }
    return dict(sorted((lines | more).items()))


def _list_lines(headers: dict[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in headers.items()]


def _make_content(kind: str, number: int, body: bytes) -> dict[str, Any]:
    types = {"image": "image/png", "document": "text/html", "style": "text/css", "script": "text/javascript"}
    content: dict[str, Any] = {"size": len(body), "mimeType": types.get(kind, "application/json")}
    if not body or number % LEFT_OUT == 0:
        return content
    if kind == "image":
        return content | {"text": base64.b64encode(body).decode(), "encoding": "base64"}
    return content | {"compression": len(body) * 3 // 4, "text": body.decode()}


def _make_initiator(kind: str, number: int) -> dict[str, Any]:
    page = f"https://{SITE}:{PORT}/?page={number // PAGE}"
    if kind == "document":
        return {"type": "other"}
    if kind == "preflight":
        return {"type": "preflight", "url": page, "requestId": f"{number}.1"}
    if kind != "fetch":
        return {"type": "parser", "url": page, "lineNumber": 6}
    return {"type": "script", "stack": {"callFrames": [_make_frame(number, depth) for depth in range(FRAMES)]}}


def _make_frame(number: int, depth: int) -> dict[str, Any]:
    url = f"https://{SITE}:{PORT}/assets/chunk-{(number + depth) % CHUNKS}.js"
    return {"functionName": f"load{depth}", "scriptId": "7", "url": url, "lineNumber": 1, "columnNumber": 41 * number}
