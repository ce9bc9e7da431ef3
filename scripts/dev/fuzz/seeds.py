"""What the fuzzer begins with: the repository's own examples, and the committed inputs in corpus/."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path

from mitmproxy.io import FlowReader, FlowWriter

from corsight.scripts.dev.fuzz import exchanges
from corsight.scripts.paths import ROOT

CASES = ROOT / "tests" / "cases"
RECORDING = ROOT / "examples" / "shop.mitm"
POLICIES = ROOT / "examples" / "policies"
CORPUS = Path(__file__).with_name("corpus")
TOGETHER = 3
"""How many cases make one input."""
WORDS = ("", "patch=blocked", "watched", "patch=policy", "policies watched", "engine=webkit watched")
CONSOLE = re.compile(r"^  (\S.*)$", re.MULTILINE)


def seeds(target: str) -> Iterator[bytes]:
    """Yield the first inputs of a target."""
    yield from SEEDS[target]()
    for path in committed(target):
        yield path.read_bytes()


def committed(target: str) -> list[Path]:
    """Return the target's inputs in corpus/: hostile kinds, and what once broke something."""
    return sorted(path for path in (CORPUS / target).glob("*") if path.is_file())


def _blocks() -> Iterator[tuple[str, str, str]]:
    """Request, response and verdicts of each file in tests/cases."""
    for path in sorted(CASES.glob("*.txt")):
        _, asked, answered, said = path.read_text("utf-8").strip("\n").split("\n\n")
        yield asked, answered if answered[:1].isdigit() else "-", said


def _exchanges() -> Iterator[bytes]:
    blocks = [f"{asked}\n\n{answered}" for asked, answered, _ in _blocks()]
    for number in range(0, len(blocks), TOGETHER):
        words = WORDS[number // TOGETHER % len(WORDS)]
        yield "\n\n".join([words, *blocks[number : number + TOGETHER]]).encode("latin-1", "replace")


def _recordings() -> Iterator[bytes]:
    with RECORDING.open("rb") as file:
        flows = list(FlowReader(file).stream())
    for script in map(exchanges.read, _exchanges()):
        flows += script.flows
    for flow in flows:
        written = io.BytesIO()
        FlowWriter(written).add(flow)
        yield written.getvalue()


def _archives() -> Iterator[bytes]:
    """Yield traces with what the console says in them, HARs, and archives in archives."""
    url = "https://api.test/v1?a=1"
    entry = {
        "startedDateTime": "2026-01-01T00:00:00Z",
        "time": 1,
        "request": {
            "method": "GET",
            "url": url,
            "httpVersion": "HTTP/1.1",
            "headers": [{"name": "Origin", "value": "https://app.test"}],
        },
        "response": {"status": -1, "headers": [], "content": {"size": 0, "mimeType": ""}},
        "timings": {"send": 0, "wait": 0, "receive": 0},
    }
    network = json.dumps({"type": "resource-snapshot", "snapshot": entry})
    har = json.dumps({"log": {"version": "1.2", "creator": {"name": "Chromium", "version": "150"}, "entries": [entry]}})
    for number, message in enumerate(islice(_console(), 24)):
        begins = {"type": "context-options", "browserName": ("chromium", "firefox", "webkit")[number % 3]}
        said = {"type": "console", "text": message.decode().replace("https://api.test/data", url)}
        lines = [json.dumps(begins), json.dumps(said)]
        words = ("", "stored", "cut=30", "stored cut=30", "other=40")[number % 5]
        yield "\n".join([words, "=== 0.network", network, "=== 0.trace", *lines]).encode()
    yield f"\n=== a.har\n{har}\n=== b.har\n{har}".encode()
    yield f"\n=== inner.zip\n==== more.zip\n===== a.har\n{har}\n==== b.har\n{har}".encode()
    yield b"\n=== raw/1_c.txt\nGET / HTTP/1.1\n=== a.mitm\n" + next(iter(_recordings()))[:7000]


def _policies() -> Iterator[bytes]:
    for path in sorted(POLICIES.glob("*.yaml")):
        yield b"yaml\n" + path.read_bytes()


def _console() -> Iterator[bytes]:
    messages = {message for *_, said in _blocks() for message in CONSOLE.findall(said)}
    yield from (message.encode() for message in sorted(messages))


def _curl() -> Iterator[bytes]:
    for _, answered, _ in _blocks():
        yield f"HTTP/1.1 {answered}\n\n".encode("latin-1", "replace")


def _urls() -> Iterator[bytes]:
    for asked, _, _ in _blocks():
        yield asked.split()[1].encode("latin-1", "replace")


def _none() -> Iterable[bytes]:
    return ()


def _pastes() -> Iterator[bytes]:
    """Yield a request of each way to copy one, and answers behind it."""
    url, origin = "https://api.test/v1?a=1&b=2", "Origin: https://app.test"
    for command in (
        f"$ curl -X PUT '{url}' \\\n  -H '{origin}' \\\n  --data-raw $'it\\'s\\n'",
        f'curl ^"{url.replace("&", "^&")}^" ^\n  -H ^"{origin}^" ^\n  --data-raw ^"^{{^\\^"a^\\^":1^}}^"',
        f'fetch("{url}", {{"headers": {{"x-a": "1"}}, "referrer": "https://app.test/", "method": "PUT"}});',
        f"await fetch(`{url}${{id}}`, {{headers: new Headers([['a', b]]), credentials, body: f({{a: [1]}})}})",
        f'irm -Uri "{url}" `\n-Method "PUT" `\n-Headers @{{\n"origin"="https://app.test"\n  "a"="`"b`""\n}}',
        f"> PUT /v1 HTTP/2\n> Host: api.test\n> {origin}\n>",
        f"$ http --json PUT '{url}' a=1 X-A:1 '{origin}' --auth-type bearer --auth t",
        f"$ wget -S --method=PUT --header='{origin}' --header='X-A: 1' --body-data='{{}}' '{url}'",
        f"@host = api.test\n### ask\nPUT https://{{{{host}}}}/v1\n    ?a=1\n{origin}\nX-A: {{{{$guid}}}}\n\n{{}}\n",
        f"import requests\nbase = '{url}'\nh = {{'X-A': f'a{{base}}'}}\nrequests.put(base + '&c', json=1, headers=h)",
        f"const x = new XMLHttpRequest();\nx.open('PUT', '{url}');\nx.withCredentials = true;\n"
        "x.setRequestHeader('X-A', `a${b}`);\nx.send();",
        f"const c = axios.create({{baseURL: '{url}', headers: {{common: {{'X-A': 1}}}}}});\n"
        "export const f = () => c.post('/a', {b}, {withCredentials: true, headers: {...h}});",
        f"$.ajax({{url: '{url}', type: 'PUT', xhrFields: {{withCredentials: true}}, headers: {{'X-A': '1'}}}})",
        f"this.http.put<A>('{url}', body, {{headers: new HttpHeaders().set('X-A', '1')}})",
        f"Request URL: {url}\nRequest Method: PUT\nStatus Code: 200 OK\nResponse Headers\nvary\nOrigin\n"
        f"Request Headers\n{origin}\nx-a: 1",
        f"PUT /v1?a=1 HTTP/1.1\nHost: api.test\n{origin}\n\nHTTP/1.1 200 OK\nVary: Origin\n\n{{}}",
        '{"GET": {"scheme": "https", "host": "api.test", "filename": "/v1"}}\n{"Status": "200 OK"}\n'
        '{"Response Headers (1 KB)": {"headers": [{"name": "vary", "value": "Origin"}]}}',
    ):
        yield command.encode()
        for answer in islice(_curl(), 20):
            yield command.encode() + b"\n" + answer


SEEDS: dict[str, Callable[[], Iterable[bytes]]] = {
    "hooks": _exchanges,
    "recordings": _recordings,
    "archives": _archives,
    "stories": _exchanges,
    "findings": _exchanges,
    "inference": _exchanges,
    "policies": _policies,
    "exports": _none,
    "console": _console,
    "curl": _curl,
    "pastes": _pastes,
    "redaction": _urls,
}
