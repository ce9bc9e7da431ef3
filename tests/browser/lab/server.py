"""The lab's web: a mitmproxy script that answers every host itself, from the scenarios. No DNS, no upstream.

`/__page` is a page of the lab, `/__list` its scenarios, `/__result` takes what it saw; `/s/<id>/<hop>` is answered as
the scenario says. All else is the browser's own background traffic, and gets a 404.
"""

import base64
import json
from pathlib import Path

from mitmproxy import ctx, http

PAGE = Path(__file__).with_name("page.html").read_bytes()
EMBEDDER_POLICY = {"coep.test": "require-corp", "credentialless.test": "credentialless"}
PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgAAIAAAUAAXpeqz8AAAAASUVORK5CYII=")
FONT = base64.b64decode(
    "d09GMgABAAAAAADoAAoAAAAAAhwAAAChAAEAAAAAAAAAAAAAAAAAAAAAAAAAAAAABmAANAoUMgE2AiQDBAsEAAQgBSIHIBuFAfgfB7k56Z6EbolihSOe/37pzv3vp6l0"
    "m1klkgCuKpxCSCSDNDhZ7aK3EXC+PiVKjaMbHEcUgGQBJqKJhiMMG3BYEsxfVBnzbqaTAW583LmrQdEAGgoHJTjoBnRdcDdNPTV9CoCAhqDQAR2kkqPVGxCE149rff6n"
    "6hu+fM+MlRVKA6GGSTKSPysBACQjgigBDQAAzUlJX4nG06Z+9qIAAA=="
)
VISIT = b"<!doctype html><script>opener.postMessage('visited', '*'); close();</script>"

BODIES = {"@png": PNG, "@font": FONT, "@visit": VISIT}

type Headers = list[tuple[bytes, bytes]]


class Lab:
    def load(self, loader) -> None:
        loader.add_option("lab_scenarios", str, "", "the scenarios to serve")
        loader.add_option("lab_results", str, "", "where the pages' results are appended, one JSON line a page")

    def configure(self, updated: set[str]) -> None:
        if "lab_scenarios" in updated and ctx.options.lab_scenarios:
            scenarios = json.loads(Path(ctx.options.lab_scenarios).read_text())
            self.scenarios = {str(scenario["id"]): scenario for scenario in scenarios}

    def request(self, flow: http.HTTPFlow) -> None:
        match flow.request.path.split("?")[0].split("/"):
            case ["", "__page"]:
                flow.response = self.page(flow.request)
            case ["", "__list"]:
                mine = [scenario for scenario in self.scenarios.values() if scenario["page"] == origin(flow.request)]
                listed = [{key: scenario.get(key) for key in ("id", "frame", "together", "steps")} for scenario in mine]
                flow.response = respond(200, [(b"content-type", b"application/json")], json.dumps(listed).encode())
            case ["", "__result"]:
                with open(ctx.options.lab_results, "a") as file:
                    file.write(json.dumps({"page": origin(flow.request), "results": flow.request.json()}) + "\n")
                flow.response = respond(200, [])
            case ["", "s", ident, hop] if ident in self.scenarios and hop in self.scenarios[ident]["serve"]:
                flow.response = serve(flow.request, self.scenarios[ident]["serve"][hop])
            case _:
                flow.response = respond(404, [])

    def page(self, request: http.Request) -> http.Response:
        headers = [(b"content-type", b"text/html"), (b"cache-control", b"no-store")]
        if policy := EMBEDDER_POLICY.get(request.pretty_host):
            headers.append((b"cross-origin-embedder-policy", policy.encode()))
        return respond(200, headers, PAGE)


def origin(request: http.Request) -> str:
    port = "" if request.port == {"http": 80, "https": 443}[request.scheme] else f":{request.port}"
    return f"{request.scheme}://{request.pretty_host}{port}"


def serve(request: http.Request, answers: dict) -> http.Response:
    if request.method == "OPTIONS" and "access-control-request-method" in request.headers and "preflight" in answers:
        answer, body = answers["preflight"], b"ok"
    else:
        answer = answers["actual"]
        text = answer.get("body", "ok")
        body = BODIES.get(text, text.encode())
    headers = encode(answer["headers"])
    status = answer["status"]
    if etag := answer.get("etag"):
        if request.headers.get("if-none-match") == etag:
            status, headers = 304, encode(answer["headers304"])
        headers = [(b"etag", etag.encode()), (b"cache-control", b"no-cache"), *headers]
    return respond(status, headers, body, bare=request.method == "HEAD" or status in (204, 304))


def encode(headers: list[list[str]]) -> Headers:
    return [(name.encode(), value.encode("latin-1")) for name, value in headers]


def respond(status: int, headers: Headers, body: bytes = b"", bare: bool = False) -> http.Response:
    """A response; a bare one has no body whatever its headers say (HEAD, 204, 304)."""
    if status not in (204, 304):
        headers = [*headers, (b"content-length", str(len(body)).encode())]
    response = http.Response.make(status, b"" if bare else body)
    response.headers.fields = tuple(headers)
    return response


addons = [Lab()]
