"""What goes wrong on a page, and what a paste of the browser's console is answered with."""

from __future__ import annotations

from dataclasses import dataclass

from tests.browser.lab.drive import Engine

APP, API, CDN, PLAIN, FILE = "https://app.test", "https://api.test", "https://cdn.test", "http://app.test", "file:"
FETCH = f"await fetch('{API}"
MISSING, MIXED, NO_REASON = "allow-origin-missing", "mixed-content", "failed-without-reason"
WORKER, INSECURE = "worker-from-another-origin", "operation-insecure"
LOCAL = "local-network-access"


WEBKIT: dict[str, str | None] = {
    **dict.fromkeys(("missing", "list", "wildcard", "credentials", "preflight-403", "preflight-method", "killed")),
    **dict.fromkeys(("preflight-header", "redirect-app", "several", "no-cors-put", "url-credentials", "unsafe-port")),
    **dict.fromkeys(("aborted", "html-for-json", "push-state", "scheme-localhost", "file-module", "file-fetch")),
    **dict.fromkeys(("mixed-fetch", "csp-connect", "worker-opaque", "worker-cdn-shared", "events-missing")),
    **dict.fromkeys(("socket-403", "canvas-data", "import", "image-crossorigin", "rules", "integrity-wrong")),
    **dict.fromkeys(("corp", "nosniff", "module-type", "frame-reach")),
    "mismatch": MISSING,
    "sandboxed": MISSING,
    "same-origin-mode": NO_REASON,
    "redirect-mode": "redirect-refused",
    "worker-cdn": INSECURE,
}
"""What is tried in WebKit, and what its console tells where that is not what Chromium's does."""


@dataclass(frozen=True)
class Case:
    """A page and its script: the body of an async function.

    `codes` are those of the rules and causes that Chromium's console tells of, in one paste; `firefox` is
    what Firefox's does, the same where None. An empty text is a console that says nothing of it. `only` names the
    browsers that can do it here. `html` is put into the page, `policy` is its Content-Security-Policy.
    """

    name: str
    codes: str
    script: str
    firefox: str | None = None
    only: tuple[Engine, ...] = ("chromium", "firefox")
    page: str = APP
    html: str = ""
    policy: str = ""

    def does(self, engine: Engine) -> bool:
        """Whether this browser can do it here; of WebKit, which starts anew for each page, only some are tried."""
        return self.name in WEBKIT if engine == "webkit" else engine in self.only

    def expect(self, engine: Engine) -> set[str]:
        """Return the codes of what this browser's console tells."""
        own = {"firefox": self.firefox, "webkit": WEBKIT.get(self.name)}.get(engine)
        return set((self.codes if own is None else own).split())


def ask(name: str, codes: str, rest: str, **more: str | None) -> Case:
    """Return the case of a fetch() of the API's."""
    return Case(name, codes, f"{FETCH}{rest})", **more)  # type: ignore[arg-type]


def load(name: str, codes: str, tag: str, attributes: str, after: str = "", **more: str | None) -> Case:
    """Return the case of an element."""
    return Case(name, codes, f"const e = await element('{tag}', {{{attributes}}}); {after}", **more)  # type: ignore[arg-type]


CASES = (
    # -- CORS ------------------------------------------------------------------------------------------------------
    ask("missing", MISSING, "/none'"),
    Case("missing-xhr", MISSING, f"await xhr('GET', '{API}/none')"),
    ask("missing-500", MISSING, "/none?status=500'"),
    ask("mismatch", "allow-origin-mismatch", "/allow?{https://www.app.test}'"),
    ask("invalid", "allow-origin-invalid", "/allow?{app.test}'"),
    ask("list", "allow-origin-multiple", "/allow?{https://app.test, https://b.test}'"),
    ask("two-lines", "allow-origin-multiple", "/twice'"),
    ask("wildcard", "allow-origin-wildcard", "/allow?{*}', {credentials: 'include'}"),
    ask("credentials", "allow-credentials-not-true", f"/allow?{{{APP}}}', {{credentials: 'include'}}"),
    ask("preflight-403", "preflight-status-not-ok", "/refused', {method: 'PUT'}"),
    ask("preflight-redirect", "preflight-redirect", "/moved', {method: 'PUT'}"),
    ask("preflight-method", "preflight-method-not-allowed", "/cors', {method: 'PATCH'}"),
    ask("preflight-header", "preflight-header-not-allowed", "/cors', {headers: {'x-other': '1'}}"),
    ask("redirected", MISSING, "/moved'"),
    Case("login", MISSING, f"await xhr('GET', '{API}/login')"),
    ask("redirect-app", "redirect-scheme", "/redirect?app://x/y'"),
    ask("killed", "connection-closed", "/killed'", firefox="network-error"),
    Case(
        "several",
        f"{MISSING} preflight-status-not-ok allow-origin-wildcard",
        f"await Promise.allSettled([fetch('{API}/none'), fetch('{CDN}/refused', {{method: 'PUT'}}), "
        f"fetch('{API}/allow?{{*}}', {{credentials: 'include'}})])",
    ),
    Case("plain", MISSING, "await fetch('http://api.test/none')", page=PLAIN),
    Case(
        "beacon",
        "allow-origin-wildcard",
        f"navigator.sendBeacon('{API}/cors', new Blob(['{{}}'], {{type: 'application/json'}}))",
    ),
    # -- what is not reached, and what is not to be -------------------------------------------------------------------
    Case("no-name", "host-not-found", "await fetch('https://api.invalid/')", firefox="network-error"),
    Case("untrusted", "tls-failed", "await fetch('https://untrusted.test/')", only=("chromium",)),
    Case(
        "local-network",
        f"{LOCAL} mixed-content-loaded",
        "await fetch('http://router.test/', {targetAddressSpace: 'loopback'})",
        only=("chromium",),
        page="https://public.test",
    ),
    Case("local-insecure", LOCAL, "await fetch('http://router.test/')", only=("chromium",), page="http://public.test"),
    load("local-image", LOCAL, "img", "src: 'http://router.test/'", only=("chromium",), page="http://public.test"),
    # -- what scripts are told --------------------------------------------------------------------------------------
    ask("same-origin-mode", "same-origin-mode", "/none', {mode: 'same-origin'}", firefox="redirect-cross-origin"),
    ask("no-cors-put", "no-cors-forbids-it", "/none', {mode: 'no-cors', method: 'PUT'}"),
    Case("url-credentials", "url-with-credentials", "await fetch('https://u:p@api.test/cors')"),
    Case("unsafe-port", "unsafe-port", "await fetch('https://api.test:6000/')", firefox=NO_REASON),
    Case(
        "unsafe-header",
        "header-not-exposed",
        f"const r = await xhr('GET', '{API}/allow?{{*}}'); r.getResponseHeader('ETag')",
        firefox="",
    ),
    ask("redirect-mode", NO_REASON, "/moved', {redirect: 'error'}"),
    Case(
        "aborted",
        "request-given-up",
        f"const a = new AbortController(); setTimeout(() => a.abort(), 200); {FETCH}/slow', {{signal: a.signal}})",
    ),
    Case("no-cors-json", "reply-is-not-json", f"const r = {FETCH}/json', {{mode: 'no-cors'}}); await r.json()"),
    Case("html-for-json", "reply-is-not-json", f"const r = {FETCH}/cors-html'); await r.json()"),
    Case(
        "push-state",
        "history-of-another-origin",
        f"history.pushState(0, '', '{API}/')",
        firefox="redirect-cross-origin",
    ),
    # -- schemes, files ----------------------------------------------------------------------------------------------
    Case("scheme-localhost", "scheme-not-fetchable", "await fetch('localhost:3000/x')"),
    Case("scheme-localhost-xhr", "scheme-not-fetchable", "await xhr('GET', 'localhost:3000/x')"),
    Case("scheme-app", "scheme-not-fetchable", "await fetch('app://x/y')"),
    Case("scheme-file", "local-file-asked", "await fetch('file:///etc/hosts')"),
    load("file-module", "page-from-file", "script", "type: 'module', src: './x.mjs'", page=FILE),
    Case("file-fetch", "page-from-file", "await fetch('x.json')", page=FILE),
    Case("file-xhr", "page-from-file", "await xhr('GET', 'x.json')", page=FILE),
    ask("file-api", "allow-origin-mismatch", f"/allow?{{{APP}}}'", page=FILE),
    # -- mixed content, the page's policy, sandboxes -------------------------------------------------------------------
    Case("mixed-fetch", MIXED, "await fetch('http://api.test/cors')"),
    load("mixed-image", "mixed-content-upgraded", "img", "src: 'http://api.test/png'"),
    load("mixed-script", MIXED, "script", "src: 'http://api.test/js'"),
    Case("mixed-socket", MIXED, "await socket('ws://api.test/socket')", firefox=INSECURE),
    ask("csp-connect", "csp-forbids-it", "/cors'", policy="connect-src 'self' https://other.test"),
    load("csp-script", "csp-forbids-it", "script", f"src: '{CDN}/js'", policy="script-src 'self' 'unsafe-inline'"),
    Case("csp-font", "csp-forbids-it", f"await font('{CDN}/font')", policy="font-src 'self'"),
    Case("sandboxed", "allow-origin-mismatch", f"await frame(`<script>fetch('{API}/allow?{{{APP}}}')<\\/script>`)"),
    Case("sandboxed-storage", "document-sandboxed", "await frame(`<script>localStorage.x = 1<\\/script>`)"),
    # -- workers, streams, sockets -------------------------------------------------------------------------------------
    Case("worker-opaque", "service-worker-opaque", f"await serve(); {FETCH}/opaque')"),
    Case("worker-error", "service-worker-failed", f"await serve(); {FETCH}/error')"),
    Case("worker-cdn", WORKER, f"new Worker('{CDN}/js')", firefox="redirect-cross-origin"),
    Case("worker-cdn-module", WORKER, f"new Worker('{CDN}/js', {{type: 'module'}})", firefox="redirect-cross-origin"),
    Case("worker-cdn-shared", WORKER, f"new SharedWorker('{CDN}/js')", only=("chromium",)),
    Case("service-worker-cdn", WORKER, f"await navigator.serviceWorker.register('{CDN}/js')"),
    Case("events-type", "event-source-type", f"await events('{API}/cors-html')", firefox="event-source-failed"),
    Case("events-missing", MISSING, f"await events('{API}/none')"),
    Case("socket-403", "websocket-refused", "await socket('wss://api.test/refused')", firefox="websocket-failed"),
    Case("socket-killed", "websocket-failed", "await socket('wss://api.test/killed')"),
    # -- elements -----------------------------------------------------------------------------------------------------
    Case("canvas", "canvas-tainted", f"(await canvas('{API}/png')).toDataURL()", firefox=INSECURE),
    Case(
        "canvas-data",
        "canvas-tainted",
        f"(await canvas('{API}/png')).getContext('2d').getImageData(0, 0, 1, 1)",
        firefox=INSECURE,
    ),
    load(
        "webgl",
        "canvas-tainted",
        "img",
        f"src: '{API}/png'",
        "const g = "
        "document.createElement('canvas').getContext('webgl'); "
        "g.texImage2D(g.TEXTURE_2D, 0, g.RGBA, g.RGBA, g.UNSIGNED_BYTE, e)",
        only=("chromium",),
    ),
    load(
        "audio",
        "canvas-tainted",
        "audio",
        f"src: '{API}/wav'",
        "new AudioContext().createMediaElementSource(e); e.play()",
    ),
    Case(
        "preload",
        "preload-not-matching",
        "await wait(500)",
        firefox="",
        html=f"<link rel=preload as=font href={CDN}/font><style>@font-face{{font-family:f;src:url({CDN}/font)}}"
        "</style><p style='font-family:f'>x",
    ),
    Case("font", MISSING, f"await font('{CDN}/none')"),
    load("module", MISSING, "script", f"type: 'module', src: '{CDN}/js'"),
    Case("import", MISSING, f"await import('{CDN}/js')"),
    load("script-crossorigin", MISSING, "script", f"crossOrigin: '', src: '{CDN}/js'"),
    load("style-crossorigin", MISSING, "link", f"rel: 'stylesheet', crossOrigin: '', href: '{CDN}/css'"),
    load("image-crossorigin", MISSING, "img", f"crossOrigin: '', src: '{CDN}/png'"),
    load("video-crossorigin", MISSING, "video", f"crossOrigin: '', src: '{CDN}/wav'"),
    load("rules", "style-sheet-unreadable", "link", f"rel: 'stylesheet', href: '{CDN}/css'", "e.sheet.cssRules"),
    load("integrity", "integrity-needs-cors", "script", f"integrity: 'sha256-x', src: '{CDN}/js'"),
    load(
        "integrity-wrong",
        "integrity-mismatch",
        "script",
        f"crossOrigin: '', src: '{CDN}/cors-js', integrity: 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='",
    ),
    load("orb", "", "img", f"src: '{API}/html?status=404'", firefox="opaque-response-blocked"),
    load("nosniff", "nosniff-mime-type", "script", "src: '/plain'"),
    load("module-type", "mime-type-blocked", "script", "type: 'module', src: '/html'"),
    load("corp", "corp-same-origin", "img", f"src: '{API}/corp'"),
    load(
        "coep",
        "corp-required-by-coep",
        "img",
        f"src: '{API}/png'",
        firefox="corp-same-origin",
        page="https://coep.test",
    ),
    load("frame-options", "frame-refused", "iframe", f"src: '{API}/framed'"),
    load("frame-reach", "frame-of-another-origin", "iframe", f"src: '{API}/html'", "e.contentWindow.document"),
)
