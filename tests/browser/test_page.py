"""The live page in real browsers: it shows what happens, and the hostile page in the same browser gets nothing."""

from __future__ import annotations

import contextlib
import http.client
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

import pytest

from corsight.scripts.processes import proxy
from corsight.scripts.processes.machine import free_port
from corsight.scripts.processes.proxy import Proxy
from tests.addons.mitm import CHROMIUM, CROSS, PAGE
from tests.browser.page.window import Engine, Window, open_window, wait
from tests.recipes.toolbox import axe
from tests.running import ENGINES

HOSTILE = Path(__file__).with_name("page") / "hostile.html"
MARKUP = "<img src=x onerror=document.hacked=1><script>document.hacked=1</script>"


class Answers(BaseHTTPRequestHandler):
    """The hostile page at /hostile, and elsewhere an API that says what it is asked, without CORS headers."""

    def do_GET(self) -> None:
        hostile = self.path == "/hostile"
        body = HOSTILE.read_bytes() if hostile else b"{}"
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8" if hostile else "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        pass


@contextlib.contextmanager
def serving() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def looking(engine: Engine, folder: Path) -> Iterator[tuple[Proxy, int, Window]]:
    """A proxy with a page, a server, and a window in which the printed link was opened."""
    # What browsers ask of their makers is of no concern.
    scope = "~d ^127[.]0[.]0[.]1$"
    with serving() as server, proxy.start(folder, cors_page=free_port(), cors_scope=scope) as running:
        assert running.page is not None
        with open_window(engine, running.port, folder) as window:
            window.go(running.page)
            wait(lambda: window.run("return document.querySelector('#status').textContent") == "live")
            yield running, server, window


def ask(running: Proxy, server: int, path: str, *headers: tuple[str, str], origin: str = PAGE) -> None:
    """A page's request through the proxy, header by header."""
    connection = http.client.HTTPConnection("127.0.0.1", running.port)
    connection.putrequest("GET", f"http://127.0.0.1:{server}{path}", skip_host=True, skip_accept_encoding=True)
    for name, value in (
        ("Host", f"127.0.0.1:{server}"),
        ("User-Agent", CHROMIUM),
        ("Origin", origin),
        *CROSS,
        *headers,
    ):
        connection.putheader(name, value)
    connection.endheaders()
    connection.getresponse().read()
    connection.close()


def count_rows(window: Window) -> int:
    return int(window.run("return document.querySelectorAll('.row').length"))


@ENGINES
def test_what_is_blocked_is_shown_read_and_patched_with_the_keyboard(engine: Engine, tmp_path: Path) -> None:
    with looking(engine, tmp_path) as (running, server, window):
        assert "token" not in window.run("return location.href + document.cookie")
        ask(running, server, "/cart")
        wait(lambda: count_rows(window) == 1)
        assert "No Access-Control-Allow-Origin header" in window.run(
            "return document.querySelector('.row').textContent"
        )
        for key in ("ArrowDown", "Enter"):
            window.run(
                "document.querySelector('#rows').dispatchEvent("
                f"new KeyboardEvent('keydown', {{key: '{key}', bubbles: true, cancelable: true}}));"
            )
        wait(lambda: "The fix" in window.run("return document.querySelector('#story').textContent"))
        text = window.run("return document.querySelector('#story').textContent")
        assert "Each engine" in text
        assert f"pages of {PAGE} read the responses of http://127.0.0.1:{server}/cart" in text
        window.run("[...document.querySelectorAll('#story button')].find((one) => one.textContent === 'Patch').click()")
        wait(lambda: window.run("return !document.querySelector('#patching').hidden"))
        window.run("document.querySelector('#patching button').click()")
        wait(lambda: window.run("return document.querySelector('#patching').hidden"))


@ENGINES
def test_nothing_from_the_wire_is_ever_markup(engine: Engine, tmp_path: Path) -> None:
    with looking(engine, tmp_path) as (running, server, window):
        ask(running, server, f"/{MARKUP.replace(' ', '')}")
        ask(running, server, f"/{quote(MARKUP)}?{MARKUP.replace(' ', '/')}")
        ask(running, server, "/a", ("Access-Control-Request-Headers", MARKUP))
        ask(running, server, "/b", origin=f"https://{MARKUP}")
        ask(running, server, "/c", ("Host", f"{MARKUP}.test"))
        wait(lambda: count_rows(window) >= 4)
        for number in range(count_rows(window)):
            window.run(f"document.querySelectorAll('.row')[{number}].click()")
            wait(lambda: "What happened" in window.run("return document.querySelector('#story').textContent"))
            found = "return document.querySelectorAll('img, iframe, script:not([src=\"/static/page.js\"])').length"
            assert window.run(found) == 0
        assert window.run("return document.hacked === undefined")


@ENGINES
def test_the_hostile_page_gets_nothing_and_changes_nothing(engine: Engine, tmp_path: Path) -> None:
    with looking(engine, tmp_path) as (running, server, window):
        assert running.page is not None
        page = running.page.partition("/?")[0]
        port = page.rpartition(":")[2]
        ask(running, server, "/cart")
        wait(lambda: count_rows(window) == 1)
        id = window.run("return document.querySelector('.row').fetch.end.id")
        body = json.dumps({"id": id, "origins": ["https://evil.test"]})
        # Another site; the same site on another port, which is sent the cookie; an address.
        for host in ("evil.localhost", "corsight.localhost", "127.0.0.1"):
            window.go(f"http://{host}:{server}/hostile")
            got = window.run(f"return JSON.stringify(await attack({json.dumps(page)}, {json.dumps(body)}))")
            wrong = {name: said for name, said in json.loads(got).items() if not is_nothing(said)}
            assert wrong == {}, host
        # Through the proxy, where browsers do not say that another page asks.
        window.go(f"http://127.0.0.1:{server}/hostile")
        got = window.run(f"return JSON.stringify(await attack('http://cors.sight', {json.dumps(body)}))")
        assert {name: said for name, said in json.loads(got).items() if not is_nothing(said)} == {}
        # A name that is led here.
        for name in (f"rebound.localhost:{port}", f"localhost:{port}"):
            window.go(f"http://{name}/export/records.jsonl")
            assert (
                window.run("return document.body.textContent").strip() == "This is not the address of Corsight's page."
            )
        # Guessing has shut nobody out, and nothing is patched.
        window.go(running.page)
        wait(lambda: count_rows(window) == 1)
        assert window.run("return document.querySelector('#patching').hidden")
        # The same request, sent by the page itself, is what it would have taken.
        own = f"return (await fetch('/patch', {{method: 'POST', headers: {{'Content-Type': 'application/json'}}, body: {json.dumps(body)}}})).status"  # noqa: E501
        assert window.run(own) == 200
        wait(lambda: window.run("return !document.querySelector('#patching').hidden"))


@pytest.mark.browser("chromium")
def test_it_fits_a_narrow_screen_with_its_filters_open(tmp_path: Path) -> None:
    with looking("chromium", tmp_path) as (running, server, window):
        window.call("Emulation.setDeviceMetricsOverride", width=360, height=680, deviceScaleFactor=1, mobile=True)  # type: ignore[attr-defined]
        ask(running, server, "/cart")
        wait(lambda: count_rows(window) == 1)
        window.run("document.querySelector('#filters').open = true")
        choose = (
            "const by = document.querySelector('#by-verdict'); by.value = '{}'; by.dispatchEvent(new Event('change'));"
        )
        for verdict in ("open", "blocked"):
            window.run(f"{choose.format(verdict)} by.dispatchEvent(new Event('change'));")
            assert window.run("return [innerWidth, document.documentElement.scrollWidth]") == [360, 360]
        wait(lambda: count_rows(window) == 1)
        window.run("document.querySelector('.row').click()")
        wait(lambda: "The fix" in window.run("return document.querySelector('#story').textContent"))
        assert window.run("return [innerWidth, document.documentElement.scrollWidth]") == [360, 360]


@pytest.mark.browser("chromium")
def test_a_window_keeps_so_many_fetches_and_forgets_the_oldest(tmp_path: Path) -> None:
    fill = """
        const { Fetches, KEPT } = await import('/static/list.js');
        const fetches = new Fetches();
        const row = (number) => ({ id: `x${number}`, fetch: `f${number}`, time: number, url: '', method: 'GET',
            outcome: number % 10 ? 'allowed' : 'blocked', open: false, others: {} });
        for (let number = 0; number < KEPT + 5000; number += 1) fetches.tell(row(number));
        fetches.tell({ ...row(KEPT + 1), outcome: 'blocked' });
        const shown = Object.values(fetches.shown).reduce((sum, list) => sum + list.length, 0);
        return { kept: fetches.all.size - KEPT, rows: fetches.ofRow.size - KEPT, shown: shown - KEPT,
            forgotten: fetches.forgotten, first: fetches.at(0).id, last: fetches.at(fetches.length - 1).id };
    """
    with looking("chromium", tmp_path) as (_, _, window):
        got = window.run(fill)
    assert 0 <= got["kept"] <= 1000
    assert got["rows"] == got["shown"] == got["kept"]
    assert got["forgotten"] == 5000 - got["kept"]
    # What turned out to be blocked comes last, and so stands first; the oldest of the rest stands last.
    assert got["first"] == "f100001"
    assert got["last"] == f"f{got['forgotten']}"


NARROW, WIDE = 360, 1280
STATES = {
    "empty": "return true",
    "list": "return document.querySelectorAll('.row').length > 0",
    "menus": "for (const one of document.querySelectorAll('.menu')) one.open = true; return true",
    "story": (
        "if (!document.querySelector('#copy-fix')) { document.querySelector('.row').click(); return false; }"
        "for (const one of document.querySelectorAll('#story details')) one.open = true; return true"
    ),
    "stopped": (
        "if (!document.querySelector('#story h2').textContent.includes('/stopped')) {"
        " [...document.querySelectorAll('.row')].find((one) => one.dataset.kind === 'stopped').click(); return false; }"
        "return true"
    ),
}
"""What the page shows, and how it comes to that: true once it does."""


@pytest.mark.browser("chromium")
@pytest.mark.parametrize("width", [NARROW, WIDE])
def test_axe_finds_nothing(width: int, tmp_path: Path) -> None:
    script = axe().read_text("utf-8")
    with looking("chromium", tmp_path) as (running, server, window):
        window.call("Emulation.setDeviceMetricsOverride", width=width, height=740, deviceScaleFactor=1, mobile=False)  # type: ignore[attr-defined]
        window.run(f"{script}; window.looks = axe; return 1")
        for state, reach in STATES.items():
            if state == "list":
                ask(running, server, "/cart")
                ask(running, server, "/open", ("Access-Control-Request-Headers", "x"))
                running.tell_stopped(
                    id="browser-1",
                    started=1.0,
                    method="GET",
                    url=f"http://127.0.0.1:{server}/stopped",
                    outcome="stopped",
                    cause="mixed-content",
                    message="Mixed content",
                )
                wait(lambda: count_rows(window) == 3)
            if state == "stopped" and width == NARROW:
                window.run("document.querySelector('#back').click()")
            wait(lambda reach=reach: window.run(reach))
            for scheme in ("light", "dark"):
                features = [{"name": "prefers-color-scheme", "value": scheme}]
                window.call("Emulation.setEmulatedMedia", features=features)  # type: ignore[attr-defined]
                assert window.run(f"return matchMedia('(prefers-color-scheme: {scheme})').matches")
                found = window.run("return (await window.looks.run(document)).violations")
                told = [(one["id"], one["impact"], [node["html"][:200] for node in one["nodes"][:2]]) for one in found]
                assert not told, (state, scheme)


def is_nothing(said: str) -> bool:
    """Whether what the hostile page got holds nothing: a refusal, or an answer that it cannot read."""
    return said in ("blocked", "failed", "nothing") or said.startswith("opaque 0 0")
