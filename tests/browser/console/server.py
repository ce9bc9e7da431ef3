"""A mitmproxy script that is the whole web of the console's cases. No DNS, no upstream.

`/__page/<case>` is the page of a case, `/__result` takes what its script got. Everything else is named by what it
answers.
"""

import json
import sys
import time
from pathlib import Path
from urllib.parse import unquote

from mitmproxy import ctx, http

ROOT = str(Path(__file__).resolve().parents[3])
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)

from tests.browser.console.pages import render  # noqa: E402
from tests.browser.lab.origin import FONT, PNG, SILENCE  # noqa: E402

CORS = {"Access-Control-Allow-Origin": "*"}
WORKER = """
oninstall = () => skipWaiting();
onactivate = event => event.waitUntil(clients.claim());
onfetch = event => {
  const path = new URL(event.request.url).pathname;
  if (path === '/opaque') event.respondWith(fetch(event.request.url, {mode: 'no-cors'}));
  if (path === '/error') event.respondWith(Promise.reject(new Error('no')));
};
"""
TYPES = {
    "/png": ("image/png", PNG),
    "/font": ("font/woff2", FONT),
    "/wav": ("audio/wav", SILENCE + b"\x80" * 800),
    "/js": ("text/javascript", b"export default 1"),
    "/cors-js": ("text/javascript", b"1"),
    "/throws": ("text/javascript", b"throw new Error('secret')"),
    "/css": ("text/css", b"p { color: red }"),
    "/html": ("text/html", b"<!doctype html><title>page</title>"),
    "/cors-html": ("text/html", b"<!doctype html><title>page</title>"),
    "/json": ("application/json", b'{"a": 1}'),
    "/plain": ("text/plain", b"1"),
    "/corp": ("image/png", PNG),
    "/framed": ("text/html", b"<!doctype html>"),
    "/worker.js": ("text/javascript", WORKER.encode()),
}
MORE = {
    "/json": {"X-Content-Type-Options": "nosniff"},
    "/plain": {"X-Content-Type-Options": "nosniff"},
    "/corp": {"Cross-Origin-Resource-Policy": "same-origin"},
    "/framed": {"X-Frame-Options": "DENY"},
    "/cors-js": CORS,
    "/cors-html": CORS,
    "/font": CORS,
    "/moved": {"Location": "https://cdn.test/none"},
    "/login": {"Location": "https://accounts.test/o/oauth2/authorize?client_id=x"},
}


class Web:
    def load(self, loader) -> None:
        loader.add_option("test_results", str, "", "where the pages' results are appended, one JSON line a page")

    def request(self, flow: http.HTTPFlow) -> None:
        asked = flow.request
        path, _, query = asked.path.partition("?")
        query = unquote(query)
        if path == "/killed":
            flow.kill()
        elif path.startswith("/__page/"):
            headers = {"Content-Type": "text/html", "Cache-Control": "no-store"}
            if asked.pretty_host == "coep.test":
                headers["Cross-Origin-Embedder-Policy"] = "require-corp"
            if asked.pretty_host == "public.test":
                # As if it came from the internet: what is on loopback is then asked for from there.
                headers["Content-Security-Policy"] = "treat-as-public-address"
            text = render(path.removeprefix("/__page/"), f"{asked.scheme}://{asked.host}/__result")
            flow.response = http.Response.make(200, text, headers)
        elif path == "/__result":
            with open(ctx.options.test_results, "a") as file:
                file.write(json.dumps(dict(asked.query)) + "\n")
            flow.response = http.Response.make(200, PNG, {"Content-Type": "image/png"})
        else:
            flow.response = self.answer(path, query)

    def answer(self, path: str, query: str) -> http.Response:
        kind, body = TYPES.get(path, ("text/plain", b"body"))
        status = int(query.removeprefix("status=")) if query.startswith("status=") else 200
        headers = {"Content-Type": kind, "Cache-Control": "no-store"} | MORE.get(path, {})
        match path:
            case "/allow":
                headers |= {"Access-Control-Allow-Origin": query.strip("{}"), "ETag": '"1"'}
            case "/cors":
                headers |= CORS | {"Access-Control-Allow-Methods": "PUT"}
            case "/refused":
                status, headers = 403, headers | CORS
            case "/moved" | "/login":
                status, headers = 302, headers | CORS
            case "/redirect":
                status, headers = 302, headers | CORS | {"Location": query}
            case "/slow":
                time.sleep(3)
        response = http.Response.make(status, body, headers)
        if path == "/twice":
            response.headers.add("Access-Control-Allow-Origin", "*")
            response.headers.add("Access-Control-Allow-Origin", "https://app.test")
        return response


addons = [Web()]
