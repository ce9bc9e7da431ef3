"""A mitmproxy script, loaded beside addons/cors.py: it answers every host from the cases. No DNS, no upstream.

`/__page` is the page (`?off`, `?blocked` and `?policy` turn patching off and on first), `/__list` what it asks for,
`/__result` takes what it got. `/<page>/<case>/<hop>` is answered as the case says, but for what is to be refused.
"""

import base64
import json
import sys
from pathlib import Path

from mitmproxy import ctx, http

ROOT = str(Path(__file__).resolve().parents[3])
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)

from tests.browser.patching.cases import PAGES, REFUSING, cases  # noqa: E402

PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgAAIAAAUAAXpeqz8AAAAASUVORK5CYII=")
PAGE = Path(__file__).with_name("page.html").read_bytes()
CASES = {name: cases(name) for name in PAGES}
NAMES = {origin: name for name, origin in PAGES.items()}


class Web:
    def load(self, loader) -> None:
        loader.add_option("test_results", str, "", "where the pages' results are appended, one JSON line a page")

    def request(self, flow: http.HTTPFlow) -> None:
        asked = flow.request
        if flow.response is not None:
            return
        match asked.path.split("?")[0].split("/"):
            case ["", "__page"]:
                match asked.path.partition("?")[2]:
                    case "off":
                        ctx.master.commands.call("cors.patch.off")
                    case "blocked" | "policy" as mode:
                        ctx.master.commands.call("cors.patch.on", mode)
                headers = [("Content-Type", "text/html"), ("Cache-Control", "no-store")]
                if asked.pretty_host == "coep.test":
                    headers.append(("Cross-Origin-Embedder-Policy", "require-corp"))
                flow.response = respond(200, headers, PAGE)
            case ["", "__list"]:
                name = NAMES[origin(asked)]
                listed = [{**case, "url": url_of(name, number, 0)} for number, case in enumerate(CASES[name])]
                flow.response = respond(200, [("Content-Type", "application/json")], json.dumps(listed).encode())
            case ["", "__result"]:
                with open(ctx.options.test_results, "a") as file:
                    file.write(json.dumps(asked.json()) + "\n")
                flow.response = respond(200, [])
            case ["", name, number, hop] if name in CASES:
                answer(flow, name, int(number), int(hop))
            case _:
                flow.response = respond(404, [])


def url_of(name: str, number: int, hop: int) -> str:
    scheme = "http" if name == "http" else "https"
    return f"{scheme}://{CASES[name][number]['hops'][hop]['host']}/{name}/{number}/{hop}"


def answer(flow: http.HTTPFlow, name: str, number: int, hop: int) -> None:
    case = CASES[name][number]
    one = case["hops"][hop]
    preflight = flow.request.method == "OPTIONS"
    if preflight and one["host"] == REFUSING:
        return
    fields = [
        (header, value.format(origin=PAGES[name]))
        for header, value in one["preflight" if preflight else "answer"] or []
    ]
    status = one["preflight_status" if preflight else "status"]
    names = [header for header, _ in fields]
    if not preflight and 300 <= status <= 399 and "Location" not in names:
        fields.append(("Location", url_of(name, number, hop + 1)))
    image = (case["element"] or "").startswith("img")
    if image and not preflight:
        fields.append(("Content-Type", "image/png"))
    body = PNG if image else b"" if "text/javascript" in dict(fields).values() else b"body"
    flow.response = respond(status, fields, body)


def origin(request: http.Request) -> str:
    return f"{request.scheme}://{request.pretty_host}"


def respond(status: int, fields: list[tuple[str, str]], body: bytes = b"") -> http.Response:
    """A response with these header lines, in the case that they are written in."""
    bare = status in (204, 304)
    response = http.Response.make(status, b"" if bare else body)
    lines = fields if bare else [*fields, ("Content-Length", str(len(body)))]
    response.headers.fields = tuple((name.encode(), value.encode("latin-1")) for name, value in lines)
    return response


addons = [Web()]
