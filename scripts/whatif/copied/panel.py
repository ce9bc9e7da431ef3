"""What people copy of a request by hand: the lists of headers that developer tools show, and HTTP as it is written out.

Chrome lists "Request URL", "Request Method", "Status Code" and the headers, a name and its value on one line or on two;
Safari lists "URL", "Status" and the headers below "Request" and "Response". HTTPie, REST clients and Firefox's "Copy
Request Headers" write a request line and its headers, and the same of the response. All are turned into what curl -v
prints, which is read already.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from corsight.policies.fetch.local_network import find_address_space
from corsight.policies.fetch.origin import origin_of, parse_url, split_origin
from corsight.scripts.whatif.copied.localized import translate

LONGEST_NAME = 100
MANY = 256
"""How many requests that are written out one paste may hold; what comes behind them is left out."""
PANEL = re.compile(r"^[ \t]*+(?:Request URL|Request Method|URL|:authority|:method)\b", re.MULTILINE)
RAW = re.compile(r"^([A-Z]{3,10}) (\S++) HTTP/(\d(?:\.\d)?)[ \t]*+\r?$", re.MULTILINE)
_STATUS_LINE = re.compile(r"^HTTP/[\d.]+ \d{3}\b.*$")
_PAIR = re.compile(r"(:?[A-Za-z0-9!#$%&'*+.^_`|~-]+(?: [A-Za-z]+){0,2})\s*:(?:\s+|(?=[^\s:/]))(.*)")
_NAME = re.compile(r"(:?[A-Za-z0-9!#$%&'*+.^_`|~-]+(?: [A-Za-z]+){0,2}):?")
_GENERAL = {
    "request url": "url",
    "url": "url",
    "request method": "method",
    "status code": "status",
    "status": "status",
    **{name: name[1:] for name in (":method", ":status", ":authority", ":path", ":scheme")},
}
_SECTIONS = {"request headers": "request", "request": "request", "response headers": "response", "response": "response"}
_SKIPPED = frozenset(
    {
        *("general", "summary", "headers", "view source", "view parsed", "view decoded", "raw", "source", "initiator"),
        *("provisional headers are shown", "learn more"),
    }
)
_NO_HEADERS = frozenset({"remote address", "referrer policy", "address", "source", "initiator"})
_OF_REQUESTS = frozenset(
    {
        *("accept", "accept-encoding", "accept-language", "authorization", "cookie", "dnt", "host", "if-none-match"),
        *("if-modified-since", "origin", "priority", "referer", "te", "upgrade-insecure-requests", "user-agent"),
        *("access-control-request-method", "access-control-request-headers"),
    }
)
"""Names that only requests have: from the first on, the list is the request's."""
_OF_RESPONSES = frozenset(
    {
        *("age", "allow", "alt-svc", "cache-control", "connection", "date", "etag", "expires", "keep-alive"),
        "location",
        *("last-modified", "nel", "pragma", "report-to", "server", "set-cookie", "transfer-encoding", "vary", "via"),
        *("www-authenticate", "strict-transport-security", "referrer-policy"),
    }
)
_FAMILIES = ("access-control-", "content-", "cross-origin-", "sec-", "x-", ":")
"""How the names of headers begin that many servers send."""
_VALUE = re.compile(
    r"(?:no-referrer|unsafe-url|same-origin|(?:strict-)?origin-when-cross-origin)|[\[\da-f.:\]]{7,}:\d{1,5}"
)
"""The values of a referrer policy and of a remote address."""


def write_transcript(text: str) -> str | None:
    """Return what a text shows of requests and responses as curl -v prints it; None where it shows none."""
    lines = [line.strip() for line in text.splitlines()]
    if RAW.search(text):
        return "\n".join(_write_raw(lines, text))
    if (english := translate(text)) is not None and not english.startswith("HTTP/"):
        return _write_panel([line.strip() for line in english.splitlines()])
    return _write_panel(lines) if PANEL.search(text) else None


# -- the lists of headers ----------------------------------------------------------------------------------------------


def _write_panel(lines: Sequence[str]) -> str | None:
    general: dict[str, str] = {}
    fields: dict[str, list[str]] = {"request": [], "response": []}
    section = "response"
    for name, value in _pair_lines(lines):
        lower = name.lower()
        if lower in _SECTIONS and not value:
            section = _SECTIONS[lower]
        elif lower in _GENERAL:
            general.setdefault(_GENERAL[lower], value)
            section = "request" if lower in (":method", ":authority", ":path", ":scheme") else section
        elif lower.startswith(":"):
            section = "request"
        elif lower not in _NO_HEADERS and " " not in lower:
            section = "request" if lower in _OF_REQUESTS or lower.startswith("sec-") else section
            fields[section].append(f"{name}: {value}")
    if not any(line.lower().startswith("request url") for line in lines) and not any(fields.values()):
        return None
    status = re.match(r"\d{3}", general.get("status", ""))
    if "authority" in general:
        # HTTP/2's own fields say the same.
        general.setdefault(
            "url", f"{general.get('scheme', 'https')}://{general['authority']}{general.get('path', '/')}"
        )
    url = parse_url(general.get("url", "").strip(), None)
    if url is None or ("method" not in general and status is None):
        return None
    sent = [one for one in fields["request"] if not one.lower().startswith("host:")]
    written = [f"> {general.get('method', 'GET')} {url} HTTP/1.1", *(f"> {one}" for one in sent), ">"]
    if status is not None:
        written += [f"< HTTP/1.1 {status[0]}", *(f"< {one}" for one in fields["response"]), "<"]
    return "\n".join(written)


def _pair_lines(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield names with their values, which stand on the same line or on the next."""
    waiting: str | None = None
    for line in lines:
        lower = line.lower().rstrip(":")
        if waiting is not None and (_is_header(waiting) or not _is_header(line)):
            yield waiting, line
            waiting = None
        elif _VALUE.fullmatch(line):
            # What stood before it was a label in another language.
            waiting = None
        elif lower in _SECTIONS:
            yield line.rstrip(":"), ""
        elif not line or lower in _SKIPPED:
            continue
        elif (pair := _PAIR.fullmatch(line)) is not None and len(pair[1]) <= LONGEST_NAME:
            yield pair[1], pair[2]
        elif (name := _NAME.fullmatch(line)) is not None and len(name[1]) <= LONGEST_NAME:
            waiting = name[1]


def _is_header(name: str) -> bool:
    """Return whether a line is the name of a header, not a label or a value."""
    lower = name.lower().rstrip(":")
    return lower in _OF_REQUESTS or lower in _OF_RESPONSES or lower.startswith(_FAMILIES) or lower in _GENERAL


# -- HTTP written out --------------------------------------------------------------------------------------------------


def _write_raw(lines: Sequence[str], text: str) -> Iterator[str]:
    """Yield the lines of requests and responses with curl's marks; bodies are left out."""
    mark: str | None = None
    hosts, count = _list_hosts(lines), 0
    for line in lines:
        if RAW.fullmatch(line):
            if count == MANY:
                return
            mark, host = ">", hosts[count]
            count += 1
            yield f"* {'SSL connection using' if _is_secure(host, line, text) else 'Connected to it port 80'}"
        elif _STATUS_LINE.match(line):
            mark = "<"
        if mark is not None:
            yield f"{mark} {line}".rstrip()
        if not line:
            mark = None


def _list_hosts(lines: Sequence[str]) -> list[str]:
    """Return the host of each request that is written out, "" where its lines name none."""
    hosts: list[str] = []
    for line in lines:
        if RAW.fullmatch(line):
            hosts.append("")
        elif hosts and not hosts[-1] and line[:5].lower() == "host:":
            hosts[-1] = line[5:].strip()
    return hosts


def _is_secure(host: str, first: str, text: str) -> bool:
    """Return whether a request went over TLS, as far as it shows: by the URLs beside it, the version, the host."""
    for scheme in ("https", "http"):
        if host and f"{scheme}://{host}" in text:
            return scheme == "https"
    if first.rstrip().endswith(("/2", "/3")):
        return True
    parts = split_origin(origin_of(f"http://{host}"))
    return parts is not None and find_address_space(parts[1]) is None and "." in parts[1] and parts[2] in (80, 443)
