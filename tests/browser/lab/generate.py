"""Draws scenarios from a seed: pages ask many kinds of servers, right and wrong ones, for things in many ways.

The same seed and count give the same scenarios. Most servers are nearly right, since a scenario with two faults shows
only the first.
"""

from __future__ import annotations

import random
from typing import Any

from tests.browser.lab.origin import FILE_PAGE

type Scenario = dict[str, Any]
type Headers = list[list[str]]
type Drawn = tuple[list[dict[str, Any]], dict[str, Any]]
"""The steps of a scenario, and what is served to them."""
type Weights = dict[Any, float]

ALWAYS, NEVER = "https://always.test", "https://never.test"
"""Consistent applications: one asks for everything with credentials, one for nothing."""

PAGES_HOST = "https://app.test"
SAME_SITE = ("https://app.example.test", "https://app.example.test", "https://api.example.test")
"""A page, its origin, and a host that gets cookies of its own from there."""

PAGES: Weights = {
    "https://app.test": 34,
    "http://app.test": 11,
    "https://app.test:8443": 11,
    "https://app.example.test": 12,
    "http://app.example.test": 6,
    "https://coep.test": 9,
    "https://credentialless.test": 5,
    ALWAYS: 6,
    NEVER: 6,
    "https://sw.test": 4,
    FILE_PAGE: 4,
}
"""`sw.test` has a service worker that passes everything on; a file's origin is opaque."""
FRAMES: Weights = {"top": 74, "sandbox": 9, "worker": 9, "tab": 8}
ONE_FRAME = ("https://sw.test", FILE_PAGE)
"""Pages whose scenarios run in the page itself."""

HOSTS: Weights = {
    "https://api.test": 58,
    "https://api.example.test": 18,
    "https://app.test:9443": 8,
    "http://api.test": 4,
    "http://api.example.test": 4,
    "SELF": 8,
}
FURTHER: Weights = {**HOSTS, "https://b.test": 30, "http://u:p@api.test": 5}
"""Where redirects lead."""
KINDS: Weights = {
    "fetch": 46,
    "redirect": 14,
    "element": 16,
    "repeat": 8,
    "cache": 6,
    "together": 6,
    "cookie": 4,
    "typed": 4,
}

METHODS: Weights = {
    **{"GET": 30, "POST": 10, "HEAD": 8, "PUT": 10, "put": 7, "DELETE": 8, "PATCH": 9, "patch": 7, "FOO": 8},
    **{"post": 3, "OPTIONS": 3, "QUERY": 3},
}
REQUEST_HEADERS: list[dict[str, str]] = [
    {},
    {},
    {},
    {"x-a": "1"},
    {"x-b": "2", "X-A": "1"},
    {"x-a": ""},
    {"Authorization": "Bearer t"},
    {"Authorization": "Bearer t", "x-a": "1"},
    {"X-Requested-With": "XMLHttpRequest"},
    {"Accept": "text/x-y"},
    {"Accept": 'a"b'},
    {"Accept": "a" * 129},
    {"Accept-Language": "en_US"},
    {"Accept-Language": "de, en;q=0.5"},
    {"Content-Language": "de"},
    {"Content-Type": "application/json"},
    {"Content-Type": "application/x-www-form-urlencoded"},
    {"Content-Type": "multipart/form-data; boundary=x"},
    {"Content-Type": "TEXT/PLAIN"},
    {"Content-Type": "text/plain;charset=UTF-8"},
    {"Content-Type": "text/plain;a=" + "b" * 120},
    {"Range": "bytes=0-10"},
    {"Range": "bytes=5-"},
    {"Range": "bytes=-10"},
    {"Range": "bytes=0-1,3-4"},
    {"Cache-Control": "no-cache"},
    {"If-None-Match": '"x"'},
    {"Save-Data": "on"},
]
REPEATED_HEADERS = [{"x-a": "1"}, {"x-a": "1", "x-b": "2"}, {"Content-Type": "application/json"}]
SAFELISTED = ("accept", "accept-language", "content-language")
"""Header names a careless server leaves out of Access-Control-Allow-Headers."""

FETCH_OPTIONS: dict[str, Any] = {
    "cache": ("reload", "no-cache", "no-store"),
    "referrerPolicy": ("no-referrer", "origin"),
    "keepalive": (True,),
    "priority": ("high", "low"),
}

WRONG_ORIGIN: Weights = {
    "*": 22,
    "null": 4,
    "": 4,
    "*, *": 3,
    '"*"': 3,
    "{origin}/": 4,
    "{origin}/path": 2,
    "{origin}:443": 4,
    " {origin}\t": 4,
    "{origin}, https://other.test": 4,
    "{origin} https://other.test": 3,
    "{origin}, {origin}": 4,
    "{origin};": 2,
    "{upper}": 4,
    "{bare}": 4,
    "//{bare}": 2,
    "http://{bare}": 3,
    "https://other.test": 6,
    "https://*.test": 3,
    "undefined": 2,
    "true": 2,
    "{origin}/*": 2,
    "{origin},": 2,
    "null, {origin}": 2,
    "[{origin}]": 1,
    "^https?://.*$": 1,
    "{origin}\xe9": 1,
    "{origin}.evil.test": 2,
    "same-origin": 1,
}
MISSPELT = ("access-control-allowed-origin", "access_control_allow_origin", "access-control-allow-origins")
WRONG_CREDENTIALS: Weights = {
    "": 3,
    "1": 3,
    "false": 3,
    "True": 3,
    "TRUE": 1,
    "yes": 1,
    " true": 2,
    "true, true": 2,
    '"true"': 1,
}
ALLOWS_CREDENTIALS: dict[bool, Weights] = {
    True: {"right": 92, "wrong": 5, "absent": 3},
    False: {"right": 36, "wrong": 32, "absent": 32},
}
"""A server mostly fits the pages that ask it: one that is asked with credentials allows them, but for a slip."""
WRONG_METHODS = (
    "GET",
    "get",
    "GET POST PUT",
    "GET;POST",
    '"{method}"',
    "*",
    "*, {method}",
    ",,{method}",
    "{lower}",
    "{method},",
    "",
)
WRONG_HEADERS = (
    "*",
    "*, authorization",
    "x-z",
    "x a",
    "x-a; x-b",
    "",
    "content-type",
    "authorization",
    "*,x-a",
    '"x-a"',
    ",x-a,",
)
MAX_AGES = ("-1", "0", "1", "30", "600", "99999999999", "abc", "600, 600", "1.5", "+5", "5s", "")
EXPOSE = (
    "x-total",
    "*",
    '"x-total"',
    "*, authorization",
    "x total",
    "X-Total, x-other",
    "set-cookie, x-total",
    "x-total x-other",
    "",
)
CORP: Weights = {
    None: 50,
    "same-site": 14,
    "same-origin": 14,
    "cross-origin": 14,
    "Same-Origin": 4,
    "bogus": 4,
    "same-origin, same-origin": 2,
}
COOKIES = (
    "h=1; Secure; SameSite=None",
    "h=1; SameSite=Lax",
    "h=1; SameSite=Strict",
    "h=1; Domain=example.test",
    "h=1",
    "h=1; HttpOnly; Path=/s",
)
STATUSES: Weights = {
    **{200: 55, 201: 5, 202: 1, 204: 5, 206: 2, 300: 1, 304: 1, 400: 6, 401: 5, 403: 5, 404: 5},
    **{405: 1, 410: 1, 429: 1, 451: 1, 500: 5, 502: 3, 503: 2},
}
PREFLIGHT_STATUSES: Weights = {
    **{204: 62, 200: 15, 201: 2, 202: 1, 206: 1, 299: 2, 300: 1, 301: 1, 302: 2, 304: 1, 307: 2},
    **{400: 2, 401: 2, 403: 4, 404: 2, 405: 2, 418: 1, 429: 1, 500: 2, 503: 1},
}
ELEMENTS: dict[str, tuple[str, str]] = {
    "img": ("image/png", "@png"),
    "script": ("text/javascript", "1"),
    "module": ("text/javascript", "1"),
    "style": ("text/css", "a{}"),
    "audio": ("audio/wav", "@wav"),
    "track": ("text/vtt", "@vtt"),
    "import": ("text/javascript", "1"),
    "font": ("font/woff2", "@font"),
    "eventsource": ("text/event-stream", "data: x\n\n"),
    "beacon": ("text/plain", ""),
}
USED: dict[str, tuple[str, str]] = {
    "script": ("text/javascript", "1"),
    "module": ("text/javascript", "1"),
    "import": ("text/javascript", "1"),
    "json": ("application/json", "{}"),
    "worklet": ("text/javascript", "1"),
    "sheet": ("text/css", "{property}"),
    "worker": ("text/javascript", "postMessage(1)"),
    "serviceworker": ("text/javascript", "1"),
}
"""What HTML looks at the type of, each with its right one and its body."""
AT_HOME = ("worker", "serviceworker")
"""Of these, what only a page's own origin may serve."""
TYPES = (None, "text/html", "text/plain", "application/json", "application/octet-stream", "text/css", "image/png")
IN_WORKERS = ("eventsource", "importscripts", "import")
"""What a worker can ask for beside fetch and XMLHttpRequest."""
WITHOUT_CORS_SETTING = ("font", "beacon", "import", "importscripts")
LOCATIONS: Weights = {
    "data:text/plain,x": 3,
    "ftp://api.test/x": 1,
    "custom:x": 2,
    "https://[": 2,
    "https://api.test:99999/": 1,
    "": 1,
    None: 2,
    "https://u:p@api.test/s/{ident}/1": 3,
    "https://u@b.test/s/{ident}/1": 2,
    "#again": 1,
}
"""Redirects to nowhere, and some with a user in the URL."""
FAULTS: Weights = {"reset": 4, "garbage": 1, "cut": 2}
FRESH = ("no-cache", "no-cache", "max-age=0", "max-age=600", "no-store")


def generate(seed: int, count: int) -> list[Scenario]:
    """`count` scenarios drawn from `seed`."""
    draw = Draw(random.Random(seed))
    return [draw.scenario(seed * 100_000 + number) for number in range(count)]


class Draw:
    def __init__(self, rng: random.Random) -> None:
        self.rng = rng

    def scenario(self, ident: int) -> Scenario:
        self.ident = ident
        self.asks_with_credentials = False
        kind = self.weighed(KINDS)
        self.page = self.weighed(PAGES)
        self.frame = self.weighed(FRAMES)
        if kind in ("cookie", "typed") or self.page in ONE_FRAME:
            self.frame = "top"
        self.origin = "null" if self.frame == "sandbox" or self.page == FILE_PAGE else self.page
        steps, serve = getattr(self, kind)()
        self.trouble(kind, serve)
        scenario = {"id": ident, "page": self.page, "frame": self.frame, "kind": kind, "steps": steps, "serve": serve}
        if kind == "together":
            scenario["together"] = True
        return scenario

    # the kinds

    def fetch(self, hop: int = 0, host: str | None = None) -> Drawn:
        step = self.step(host or self.host(HOSTS), hop)
        if step["via"] == "fetch" and self.chance(0.12):
            step["mode"] = self.rng.choice(("no-cors", "no-cors", "same-origin"))
            if step["mode"] == "no-cors":
                step["method"] = self.rng.choice(("GET", "POST"))
                step.pop("body", None)
        actual = self.actual(self.origin) if step.get("mode") != "no-cors" else self.embedded(self.origin)
        actual["headers"] += [["x-total", "7"], ["x-other", "8"], ["content-language", "en"]]
        actual["headers"] += [["set-cookie", self.rng.choice(COOKIES)]]
        actual["headers"] += self.maybe(0.7, "access-control-expose-headers", EXPOSE)
        return [step], {str(hop): {"actual": actual, "preflight": self.preflight(self.origin, step)}}

    def redirect(self) -> Drawn:
        hosts = [self.host(HOSTS), *(self.host(FURTHER) for _ in range(self.rng.choice((1, 1, 1, 2, 2, 3))))]
        step = self.step(hosts[0], 0)
        if step["via"] == "fetch" and self.chance(0.1):
            step["redirect"] = self.rng.choice(("error", "manual"))
        serve, origin = {}, self.origin
        for hop, host in enumerate(hosts):
            if hop and self.tainted(hosts[hop - 1], host):
                origin = "null"
            status = self.rng.choice((301, 302, 303, 307, 308)) if hop + 1 < len(hosts) else self.weighed(STATUSES)
            actual = self.actual(origin, right=0.85) | {"status": status}
            if not hop and self.chance(0.12):
                location = self.weighed(LOCATIONS)
                actual["headers"] += [["location", location.format(ident=self.ident)]] if location is not None else []
            elif not hop and self.chance(0.02):
                # A loop; one that the cache may keep ends there.
                actual["headers"] += [["location", self.url(host, 0)], *self.maybe(0.7, "cache-control", ("no-store",))]
            elif hop + 1 < len(hosts):
                relative = hosts[hop + 1] == host and self.chance(0.5)
                actual["headers"].append(
                    ["location", ("" if relative else hosts[hop + 1]) + f"/s/{self.ident}/{hop + 1}"]
                )
            serve[str(hop)] = {"actual": actual, "preflight": self.preflight(origin, step, right=0.85)}
        return [step], serve

    def element(self) -> Drawn:
        via = self.rng.choice(IN_WORKERS if self.frame == "worker" else (*ELEMENTS, "img", "script"))
        hosts = [self.host(HOSTS), *(self.host(FURTHER) for _ in range(self.rng.choice((0, 0, 0, 1, 2))))]
        step: dict[str, Any] = {"via": via, "url": self.url(hosts[0], 0)}
        self.asks_with_credentials = self.mode() == "include"
        if via == "eventsource":
            step["credentials"] = "include" if self.asks_with_credentials else "same-origin"
        elif via not in WITHOUT_CORS_SETTING:
            plain = self.rng.choice((None, "anonymous", ""))
            step["crossorigin"] = "use-credentials" if self.asks_with_credentials else plain
        elif via == "beacon":
            step["type"] = self.rng.choice((None, "application/json", "text/plain"))
        content_type, body = ELEMENTS.get(via, ELEMENTS["script"])
        if via == "script" and self.chance(0.1):
            content_type, body = "application/json", '{"a":1}'
        serve, origin = {}, self.origin
        for hop, host in enumerate(hosts):
            if hop and self.tainted(hosts[hop - 1], host):
                origin = "null"
            actual = self.embedded(origin) | {"status": 200, "body": body}
            actual["headers"].insert(0, ["content-type", content_type])
            if hop + 1 < len(hosts):
                actual["status"] = self.rng.choice((301, 302, 307))
                actual["headers"].append(["location", self.url(hosts[hop + 1], hop + 1)])
            serve[str(hop)] = {"actual": actual}
            if via == "beacon":
                asked = {"method": "POST", "headers": {"content-type": step["type"] or ""}}
                serve[str(hop)]["preflight"] = self.preflight(origin, asked)
        return [step], serve

    def typed(self) -> Drawn:
        """A script or style sheet, more often than not of a wrong type: an error page may take the place of any."""
        if self.page in ONE_FRAME or self.page.startswith("http:"):
            # Over plain http, and in what a service worker passes on, no destination says what it is for.
            self.page = self.origin = PAGES_HOST
        via = self.rng.choice(list(USED))
        host = self.page if via in AT_HOME or self.chance(0.4) else self.host(HOSTS)
        step: dict[str, Any] = {"via": via, "url": self.url(host, 0)}
        if via in ("script", "sheet"):
            step["crossorigin"] = self.rng.choice((None, None, "anonymous"))
        right, body = USED[via]
        if via == "sheet":
            step["property"] = f"--sheet-{self.ident}"
            body = f":root {{{step['property']}: 1}}"
        content_type = right if self.chance(0.4) else self.rng.choice(TYPES)
        headers = [] if content_type is None else [["content-type", content_type]]
        headers += self.maybe(0.2, "x-content-type-options", ("nosniff",))
        headers += self.grant(self.origin, 0.95) + [["service-worker-allowed", "/"]] * (via == "serviceworker")
        status = 302 if self.chance(0.1) else 200
        headers += [["location", self.url(host, 1)]] if status == 302 else []
        last = {
            "actual": {
                "status": 200,
                "headers": [["content-type", right], *self.grant(self.origin, 0.95)],
                "body": body,
            }
        }
        return [step], {"0": {"actual": {"status": status, "headers": headers, "body": body}}, "1": last}

    def repeat(self) -> Drawn:
        first = self.step(self.host(HOSTS), 0, headers=REPEATED_HEADERS)
        second = dict(first)
        match self.rng.randrange(9):
            case 0:
                second["credentials"] = self.mode()
            case 1:
                second["headers"] = {"x-b": "2"}
            case 2:
                second["method"] = self.rng.choice(("GET", "PUT", "DELETE"))
                second.pop("body", None)
            case 3:
                second["wait"] = self.rng.choice((1200, 5500))
            case 4 if first["via"] == "fetch":
                first["abort"] = 60
        preflight = self.preflight(self.origin, first, right=0.95, names="x-a, x-b, content-type, authorization")
        preflight["headers"] += self.maybe(0.5, "access-control-max-age", MAX_AGES)
        if "abort" in first:
            preflight["late"] = 150
        actual = self.actual(self.origin, right=0.9) | {"status": 200}
        return [first, second], {"0": {"preflight": preflight, "actual": actual}}

    def cache(self) -> Drawn:
        step = {"via": "fetch", "method": "GET", "headers": {}, "mode": "cors", "url": self.url(self.host(HOSTS), 0)}
        first, second = {**step, "credentials": self.mode()}, {**step, "credentials": self.mode()}
        if self.chance(0.6):
            second["credentials"] = first["credentials"]
        self.asks_with_credentials = first["credentials"] == "include"
        if self.chance(0.2):
            second["cache"] = self.rng.choice(("no-cache", "reload", "force-cache", "default"))
        if self.chance(0.25) and self.frame != "worker":
            # The classic: an image without CORS comes first, and the cache remembers.
            first = {"via": "img", "url": first["url"], "crossorigin": self.rng.choice((None, "anonymous"))}
        if self.chance(0.2):
            second["wait"] = 1200
        actual = self.actual(self.origin) | {"status": 200, "etag": f'"{self.ident}"', "body": "@png"}
        actual["fresh"] = self.rng.choice(FRESH)
        actual["headers"].insert(0, ["content-type", "image/png"])
        actual["headers"] += [["x-total", "7"], *self.maybe(0.5, "access-control-expose-headers", EXPOSE)]
        actual["headers304"] = self.actual(self.origin)["headers"] if self.chance(0.4) else []
        return [first, second], {"0": {"actual": actual}}

    def together(self) -> Drawn:
        steps: list[dict[str, Any]] = []
        serve: dict[str, Any] = {}
        for number in range(self.rng.choice((2, 2, 3, 4))):
            drawn, served = self.fetch(10 * number)
            steps += drawn
            serve |= served
        return steps, serve

    def cookie(self) -> Drawn:
        host = self.host(HOSTS)
        if self.chance(0.6):
            self.page, self.origin, host = SAME_SITE
        steps, serve = self.fetch(host=host)
        headers = [["content-type", "text/html"], ["set-cookie", self.rng.choice(COOKIES)]]
        serve["visit"] = {"actual": {"status": 200, "headers": headers, "body": "@visit"}}
        again = {**steps[0], "credentials": self.mode()}
        return [{"via": "cookie", "url": self.url(host, "visit")}, steps[0], again], serve

    # a step, and the answers to it

    def step(self, host: str, hop: int, headers: list[dict[str, str]] = REQUEST_HEADERS) -> dict[str, Any]:
        mode = self.mode()
        self.asks_with_credentials = mode == "include"
        step: dict[str, Any] = {
            "via": "xhr" if self.chance(0.18) else "fetch",
            "method": self.weighed(METHODS),
            "headers": self.rng.choice(headers),
            "credentials": mode,
            "url": self.url(host, hop),
        }
        if step["method"] not in ("GET", "HEAD") and self.chance(0.45):
            step["body"] = '{"a":1}'
        if step["via"] == "fetch":
            step["mode"] = "cors"
            step |= {name: self.rng.choice(values) for name, values in FETCH_OPTIONS.items() if self.chance(0.05)}
        elif "body" in step and self.chance(0.3):
            step["upload"] = True
        return step

    def trouble(self, kind: str, serve: dict[str, Any]) -> None:
        """Some answers come late, few never come whole."""
        for answers in serve.values():
            for answer in answers.values():
                if self.chance(0.04):
                    answer["late"] = self.rng.choice((50, 300, 900))
                if kind != "cookie" and self.chance(0.012):
                    answer["fault"] = self.weighed(FAULTS)

    def actual(self, origin: str, right: float = 0.72) -> dict[str, Any]:
        return {"status": self.weighed(STATUSES), "headers": self.grant(origin, right)}

    def embedded(self, origin: str) -> dict[str, Any]:
        """A response that says who may embed it, too."""
        actual = self.actual(origin)
        corp = self.weighed(CORP)
        actual["headers"] += [["cross-origin-resource-policy", corp]] if corp else []
        return actual

    def preflight(self, origin: str, step: dict[str, Any], right: float = 0.72, names: str = "") -> dict[str, Any]:
        method = step["method"]
        asked = sorted(name.lower() for name in step["headers"])
        headers = self.grant(origin, (1 + right) / 2)
        allowed = self.rng.choice((method, f"GET, POST, PUT, DELETE, PATCH, HEAD, {method}"))
        if not self.chance(right):
            allowed = self.rng.choice(WRONG_METHODS).format(method=method, lower=method.lower())
        headers += self.maybe(0.9, "access-control-allow-methods", (allowed,))
        listed = names or ", ".join(name for name in asked if name not in SAFELISTED or self.chance(0.5))
        if not self.chance(right):
            listed = self.rng.choice((*WRONG_HEADERS, listed.upper(), listed + ", x-z", " ".join(asked)))
        headers += self.maybe(0.9 if asked else 0.4, "access-control-allow-headers", (listed,))
        headers += self.maybe(0.4, "access-control-max-age", MAX_AGES)
        status = 204 if self.chance(right) else self.weighed(PREFLIGHT_STATUSES)
        if 300 <= status < 400 and status != 304:
            headers.append(["location", "https://api.test/s/0/0"])
        return {"status": status, "headers": headers}

    def grant(self, origin: str, right: float) -> Headers:
        """Access-Control-Allow-Origin and -Credentials, right or not."""
        headers = [["access-control-allow-origin", origin]]
        if not self.chance(right):
            parts = {"origin": origin, "upper": origin.upper(), "bare": origin.partition("://")[2] or origin}
            wrong = [["access-control-allow-origin", self.weighed(WRONG_ORIGIN).format(**parts)]]
            misspelt = [[self.rng.choice(MISSPELT), origin]]
            headers = self.rng.choice(
                ([], wrong, wrong, wrong, wrong, [*headers, *wrong], [*wrong, *headers], misspelt)
            )
        if headers and self.chance(0.1):
            headers = [[name.title(), value] for name, value in headers]
        answer = self.weighed(ALLOWS_CREDENTIALS[self.asks_with_credentials])
        if answer != "absent":
            value = "true" if answer == "right" else self.weighed(WRONG_CREDENTIALS)
            headers += [["access-control-allow-credentials", value]] * (2 if self.chance(0.04) else 1)
        return headers

    # small draws

    def mode(self) -> str:
        if self.page == ALWAYS:
            return "include"
        return self.rng.choice(("omit", "same-origin") if self.page == NEVER else ("omit", "same-origin", "include"))

    def host(self, hosts: Weights) -> str:
        host: str = self.weighed(hosts)
        return (self.page if self.page != FILE_PAGE else PAGES_HOST) if host == "SELF" else host

    def url(self, host: str, hop: int | str) -> str:
        return f"{host}/s/{self.ident}/{hop}"

    def tainted(self, before: str, after: str) -> bool:
        return before != after and before != self.origin

    def maybe(self, probability: float, name: str, values: Any) -> Headers:
        return [[name, self.rng.choice(values)]] if self.chance(probability) else []

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def weighed(self, weights: Weights) -> Any:
        return self.rng.choices(list(weights), list(weights.values()))[0]
