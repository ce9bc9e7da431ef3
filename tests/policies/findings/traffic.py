"""Traffic to diagnose: exchanges told to a session as a recording would tell them, and what is found in them."""

from __future__ import annotations

from dataclasses import dataclass, field

from corsight.policies.exchange import Exchange, HeaderList, Request, Response
from corsight.policies.findings import Diagnosis, Finding
from corsight.policies.findings.text import write_lines
from corsight.policies.session import Judged, Session

CHROMIUM = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0"
WEBKIT = "Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15"
PAGE = "https://shop.example"
API = "https://api.example"

type Pair = tuple[str, str]

ALLOW: Pair = ("Access-Control-Allow-Origin", PAGE)
CREDENTIALS: Pair = ("Access-Control-Allow-Credentials", "true")
STAR: Pair = ("Access-Control-Allow-Origin", "*")
VARY: Pair = ("Vary", "Origin")
JSON: Pair = ("Content-Type", "application/json")
HTML: Pair = ("Content-Type", "text/html")
WITH: Pair = ("Sec-Fetch-Storage-Access", "active")
"""A request with credentials, as Chromium tells it."""


@dataclass
class Traffic:
    """Exchanges of one browser, in order; `findings()` is what the diagnosis makes of them."""

    agent: str = CHROMIUM
    session: Session = field(default_factory=Session)
    now: float = 1000.0
    last: dict[str, Judged] = field(default_factory=dict)

    def send(
        self,
        method: str,
        url: str,
        status: int | None,
        *answered: Pair,
        asked: tuple[Pair, ...] = (),
        origin: str | None = PAGE,
        mode: str = "cors",
        destination: str = "empty",
        site: str = "cross-site",
        error: str | None = None,
        after: float = 3.0,
        proxy_status: int | None = 502,
    ) -> str:
        """One exchange; its id. status None: no answer came, and `error` says why."""
        self.now += after
        name = f"{len(self.last) + 1:04d}-{method.lower()}"
        sent = [("User-Agent", self.agent), ("Accept", "*/*"), *asked]
        sent += [("Origin", origin)] if origin is not None else []
        sent += [("Sec-Fetch-Mode", mode), ("Sec-Fetch-Dest", destination), ("Sec-Fetch-Site", site)]
        request = Request(method, url, HeaderList.of(*sent), self.now)
        exchange = Exchange(name, "127.0.0.1", f"c{len(self.last)}", request)
        self._note(self.session.begin(exchange))
        self.now += 0.05
        response = None if status is None else Response(status, HeaderList.of(*answered), self.now)
        answer = Exchange(
            name,
            exchange.client,
            exchange.connection,
            request,
            response,
            proxy_status=proxy_status if status is None else None,
            error=error,
        )
        self._note(self.session.observe(answer))
        return name

    def get(self, path: str, status: int | None, *answered: Pair, **more: object) -> str:
        """A GET of the page to the API."""
        return self.send("GET", API + path, status, *answered, **more)  # type: ignore[arg-type]

    def preflight(self, method: str, path: str, status: int, *answered: Pair, names: str = "", **more: object) -> str:
        """A preflight to the API."""
        asked = (("Access-Control-Request-Method", method),)
        asked += (("Access-Control-Request-Headers", names),) if names else ()
        return self.send("OPTIONS", API + path, status, *answered, asked=asked, **more)  # type: ignore[arg-type]

    def passed(self, count: int, *answered: Pair, **more: object) -> None:
        """So many replies of the API that let the page pass."""
        for number in range(count):
            self.get(f"/ok/{number}", 200, ALLOW, VARY, JSON, *answered, **more)

    def findings(self) -> list[Finding]:
        """What the diagnosis says of it all."""
        self._note(self.session.finish())
        diagnosis = Diagnosis()
        for judged in self.last.values():
            diagnosis.add(judged)
        return diagnosis.list_findings()

    def codes(self, kind: str = "blocked") -> list[str]:
        """The codes of the findings of a kind."""
        return [finding.code for finding in self.findings() if finding.kind == kind]

    def _note(self, said: list[Judged]) -> None:
        for judged in said:
            self.last[judged.entry.exchange.id] = judged


def only(traffic: Traffic, kind: str = "blocked") -> Finding:
    """The one finding of its kind."""
    found = [finding for finding in traffic.findings() if finding.kind == kind]
    assert len(found) == 1, [finding.code for finding in found]
    return found[0]


def told(finding: Finding) -> str:
    """All that is said of a finding, in one line."""
    return " ".join(" ".join(write_lines([finding])).split())
