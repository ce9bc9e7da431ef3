"""The report's page in real browsers: nothing of the wire runs, nothing is fetched, and people can read and use it."""

from __future__ import annotations

import itertools
import json
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from mitmproxy.certs import CertStore
from websockets.sync.client import connect

from corsight.policies.report import html
from corsight.policies.report.render import render_html
from corsight.scripts.processes import browsers, launch
from corsight.scripts.processes.browsers import Engine
from corsight.scripts.processes.running import Running
from tests.policies.report.made import friendly, hostile, many, report_of
from tests.recipes.toolbox import axe
from tests.running import ENGINES

PAGE = "http://report.test/"
CALM = 1.0
"""Seconds that a page is given to do what it must not."""

type Evaluate = Callable[[str], Any]


class Visit:
    """A page in a browser, all of whose requests come here: `asked` are the URLs."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.evaluate: Evaluate = lambda script: None
        self.resize: Callable[[int], None] = lambda width: None

    def asked_by_the_page(self) -> list[str]:
        """What was asked of anybody but the browser's makers, beside the page itself."""
        return [url for url in self.asked if ".test" in url and url != PAGE]


@contextmanager
def visit(engine: Engine, text: str, folder: Path) -> Iterator[Visit]:
    """Open the text as a page in the browser, behind a proxy that answers with it and with nothing else."""
    visited = Visit()

    class Proxy(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            visited.asked.append(self.path)
            content = text.encode() if self.path == PAGE else b""
            self.send_response(200 if content else 404)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def do_CONNECT(self) -> None:
            visited.asked.append(self.path)
            self.send_error(502)

        def log_message(self, format: str, *args: object) -> None: ...

    CertStore.create_store(folder, "mitmproxy", 2048)
    with ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            with (
                launch.start(browsers.pick(engine), server.server_port, folder, remote=True) as running,
                _drive(running, engine, visited) as visited.evaluate,
            ):
                _wait(lambda: visited.evaluate("return document.querySelector('footer') !== null"))
                yield visited
        finally:
            server.shutdown()


@contextmanager
def _drive(running: Running, engine: Engine, visited: Visit) -> Iterator[Evaluate]:
    """Open the page, and yield what runs a function's body in it."""
    if engine == "firefox":
        marionette = running.marionette
        assert marionette is not None
        marionette.call("Marionette:SetContext", value="content")
        marionette.call("WebDriver:Navigate", url=PAGE)
        yield lambda body: marionette.call("WebDriver:ExecuteScript", script=body, args=[])
        return
    address = (running.devtools or "").split("/")[2]
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"http://{address}/json/list") as listed:
        page = next(one for one in json.load(listed) if one["type"] == "page")
    numbers = itertools.count(1)
    with connect(page["webSocketDebuggerUrl"], max_size=None, proxy=None) as socket:

        def call(method: str, **parameters: Any) -> Any:
            number = next(numbers)
            socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
            while (answer := json.loads(socket.recv())).get("id") != number:
                pass
            return answer["result"]

        def resize(width: int) -> None:
            size = {"width": width, "height": 740, "deviceScaleFactor": 1, "mobile": False}
            call("Emulation.setDeviceMetricsOverride", **size)

        def evaluate(body: str) -> Any:
            expression = f"(async () => {{ {body} }})()"
            answer = call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
            assert "exceptionDetails" not in answer, answer
            return answer["result"].get("value")

        visited.resize = resize
        call("Page.navigate", url=PAGE)
        yield evaluate


def _wait(is_done: Callable[[], object]) -> None:
    until = time.monotonic() + 30
    while not is_done():
        assert time.monotonic() < until, "the page did not come"
        time.sleep(0.1)


@ENGINES
def test_nothing_of_the_wire_runs_and_nothing_is_fetched(engine: Engine, tmp_path: Path) -> None:
    with visit(engine, render_html(*report_of(hostile())), tmp_path) as visited:
        # All that is closed is opened, filtered and shown as well.
        visited.evaluate("for (const one of document.querySelectorAll('details')) one.open = true; return 1")
        shown = visited.evaluate(
            "const one = document.getElementById('target'); one.value = 'nginx';"
            "one.dispatchEvent(new Event('change')); return document.querySelectorAll('div.recipe pre').length"
        )
        assert shown > 0
        time.sleep(CALM)
        assert visited.evaluate("return document.title").startswith("Corsight: ")
        assert visited.evaluate("return document.querySelectorAll('img, svg, iframe, link, base, object').length") == 0
        assert visited.evaluate("return location.href") == PAGE
        assert "<script>" in visited.evaluate("return document.body.textContent")
        assert visited.asked.count(PAGE) == 1
        assert visited.asked_by_the_page() == []


@ENGINES
def test_the_policy_holds_what_escaping_would_miss(engine: Engine, tmp_path: Path) -> None:
    """A page into which somebody wrote markup after all: the browser itself runs and fetches none of it."""
    markup = (
        "<script>document.title='ran'</script><img src=//evil.test/hit onerror=\"document.title='ran'\">"
        "<p id=styled style='color:red'></p><style>#styled{position:fixed}</style><base href=//evil.test/>"
        "<link rel=stylesheet href=//evil.test/hit><iframe src=//evil.test/hit></iframe>"
    )
    text = render_html(*report_of(friendly())).replace("</main>", f"{markup}</main>")
    with visit(engine, text, tmp_path) as visited:
        time.sleep(CALM)
        assert visited.evaluate("return document.title").startswith("Corsight: ")
        assert visited.evaluate("return getComputedStyle(document.getElementById('styled')).position") == "static"
        assert visited.evaluate("return document.baseURI") == PAGE
        assert visited.asked_by_the_page() == []


@ENGINES
def test_filters_links_and_configurations_work(engine: Engine, tmp_path: Path) -> None:
    report, gathered = report_of(friendly())
    with visit(engine, render_html(report, gathered), tmp_path) as visited:
        assert visited.evaluate("return document.getElementById('filters').hidden") is False
        told = visited.evaluate(
            "const one = document.querySelector('[data-filter=code]'); one.value = '0';"
            "one.dispatchEvent(new Event('change'));"
            "return [document.querySelectorAll('li.entry:not([hidden])').length,"
            " document.querySelectorAll('article:not([hidden])').length,"
            " document.getElementById('shown').textContent]"
        )
        assert told == [1, 1, f"1 of {len(report.findings)} findings"]
        recipe = visited.evaluate(
            "const one = document.getElementById('target'); one.value = 'express';"
            "one.dispatchEvent(new Event('change'));"
            "return document.querySelector('div.recipe:not([hidden]) pre').textContent"
        )
        assert "cors" in recipe
        assert "https://shop.example" in recipe
        opened = visited.evaluate(
            "for (const one of document.querySelectorAll('details')) one.open = false;"
            "location.hash = 's1'; await new Promise((done) => setTimeout(done, 300));"
            "return document.getElementById('s1').open"
            if engine == "chromium"
            else "for (const one of document.querySelectorAll('details')) one.open = false;"
            "location.hash = 's1'; return true"
        )
        assert opened is True
        if engine == "firefox":
            _wait(lambda: visited.evaluate("return document.getElementById('s1').open"))


@ENGINES
def test_very_many_findings_stay_usable(engine: Engine, tmp_path: Path) -> None:
    report, _ = report_of(friendly())
    with visit(engine, html.render(many(report, 10_000)), tmp_path) as visited:
        assert visited.evaluate("return document.querySelectorAll('li.entry').length") == 10_000
        left = visited.evaluate(
            "const one = document.querySelector('[data-filter=host]'); one.value = '3';"
            "one.dispatchEvent(new Event('change')); return document.getElementById('shown').textContent"
        )
        assert left == "200 of 10000 findings"


@pytest.mark.browser("chromium")
@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_nothing(dark: bool, tmp_path: Path) -> None:
    script = axe().read_text("utf-8")
    text = render_html(*report_of(friendly()))
    if dark:
        # Both palettes, whatever the machine prefers.
        policy_free = text.replace('<meta http-equiv="Content-Security-Policy"', "<meta name=x")
        text = policy_free.replace("prefers-color-scheme: dark", "min-width: 0")
    with visit("chromium", text, tmp_path) as visited:
        visited.evaluate("for (const one of document.querySelectorAll('details')) one.open = true; return 1")
        visited.evaluate(f"{script}; window.looks = axe; return 1")
        for width in (360, 1280):
            visited.resize(width)
            found = visited.evaluate("return (await window.looks.run(document)).violations")
            told = [(one["id"], one["impact"], [node["html"][:200] for node in one["nodes"][:2]]) for one in found]
            assert not told, width
