"""What is wrong although nothing was blocked: advice on one exchange, and what only several show together."""

from __future__ import annotations

from dataclasses import dataclass, field

from corsight.policies.decision.advise import advice, advise
from corsight.policies.decision.judge import describe_subject
from corsight.policies.engines import ENGINES
from corsight.policies.fetch.origin import is_localhost, origin_of, registrable_domain, split_origin
from corsight.policies.findings.case import host_of, in_sentence, listed, plural
from corsight.policies.findings.causes.network import local_network
from corsight.policies.findings.cookies import Cookies
from corsight.policies.findings.model import Cause, Finding, Seen, shown
from corsight.policies.findings.notes import Notes
from corsight.policies.rules import RULES, Rule
from corsight.policies.session import Judged
from corsight.policies.session.memory import Memory
from corsight.policies.verdict import Outcome

STORM = 5
"""How often the same preflight is asked before it is one too many."""
ASKED = 2000
SERVERS = 1000
SITES = 8

WANTED = frozenset(
    {
        *("x-total-count", "x-total", "x-total-pages", "x-page", "x-per-page", "x-next-page", "x-prev-page", "x-count"),
        *("content-range", "content-disposition", "link", "location", "retry-after", "www-authenticate"),
        *("authorization", "x-auth-token", "x-access-token", "access-token", "x-csrf-token", "x-xsrf-token", "token"),
        *("x-refresh-token", "refresh-token", "x-pagination", "pagination", "grpc-status", "grpc-message"),
        *("upload-offset", "upload-length", "tus-resumable", "x-filename", "x-session-token"),
    }
)
"""Response headers that are sent for scripts to read."""
WANTED_PREFIXES = ("x-ratelimit-", "ratelimit-", "x-pagination-", "pagination-", "x-total-")
DATA = ("application/json", "text/json", "application/xml", "text/xml", "application/ld+json", "application/graphql")

VAIN = RULES["headers-asked-in-vain"]
REFLECTED = RULES["reflected-origin-with-credentials"]
AGAIN = RULES["preflight-storm"]
ABOUT_EXPOSING = frozenset(
    {"expose-wildcard-with-credentials", "expose-headers-invalid", "expose-headers-on-preflight"}
)


@dataclass(slots=True)
class Asked:
    """One preflight that is asked again and again: how often it passed, and the last time it did."""

    count: int = 0
    first: float = 0.0
    last: Judged | None = None


@dataclass(slots=True)
class Reflected:
    """The sites that a server answered by name, with credentials."""

    sites: dict[str, str] = field(default_factory=dict)
    last: Judged | None = None


class Advice:
    """What works and is still wrong."""

    def __init__(self) -> None:
        self._notes = Notes()
        self._cookies = Cookies(self._notes)
        self._asked: Memory[tuple[object, ...], Asked] = Memory(ASKED)
        self._reflected: Memory[str, Reflected] = Memory(SERVERS)
        self._preflights: Memory[str, Judged] = Memory(ASKED)

    def add(self, judged: Judged) -> None:
        """Take in the last word on an exchange."""
        entry, facts = judged.entry, judged.facts
        if facts.tainting == "opaque":
            self._no_cors(judged)
            return
        self._cookies.add(judged)
        if facts.tainting != "cors":
            return
        self._local_network(judged)
        if entry.exchange.response is None:
            return
        if facts.role == "preflight":
            self._preflights.put(entry.fetch.id, judged)
        if judged.verdict.outcome is not Outcome.ALLOWED:
            return
        codes = self._single(judged)
        if facts.role == "preflight":
            self._again(judged)
        elif facts.role == "request":
            self._named(judged)
            if not ABOUT_EXPOSING & set(codes):
                self._in_vain(judged)
        if entry.differing and not judged.verdict.divided:
            self._elsewhere(judged)

    def findings(self) -> list[Finding]:
        """The findings."""
        notes = Notes()
        for asked in self._asked.values():
            if asked.count >= STORM and asked.last is not None:
                self._storm(asked, asked.last, notes)
        for reflected in self._reflected.values():
            if len(reflected.sites) > 1 and reflected.last is not None:
                _reflects(reflected, reflected.last, notes)
        return self._notes.findings() + notes.findings()

    # -- one exchange -------------------------------------------------------------------------------------------------

    def _single(self, judged: Judged) -> tuple[str, ...]:
        """The catalogue's advice."""
        entry, facts, engine = judged.entry, judged.facts, judged.verdict.engine
        before = self._preflights.get(entry.fetch.id) if facts.role != "preflight" else None
        preflight = before.entry.exchange.response if before is not None else None
        codes = advise(entry.exchange, facts, engine, preflight)
        if not codes:
            return ()
        server = origin_of(entry.exchange.request.url)
        response = facts.response
        assert response is not None
        for code, value in advice(entry.exchange, facts, engine, preflight):
            rule = RULES[code]
            about = describe_subject(entry.exchange, facts, response, facts.credentials == "include", value)
            edits = tuple(shown(str(edit)) for edit in rule.fix(about).edits)
            seen = Seen(facts.role, (shown(rule.seen_in(about)),), shown(rule.needed_in(about)), edits, False, ())
            self._notes.add((code, server), _of_rule(rule, host_of(entry.exchange.request.url)), judged, seen)
        return codes

    def _in_vain(self, judged: Judged) -> None:
        """Headers that are sent for scripts, and no script can read."""
        entry = judged.entry
        response = entry.exchange.response
        assert response is not None
        hidden = [name for name in judged.verdict.hidden if name in WANTED or name.startswith(WANTED_PREFIXES)]
        if "location" in hidden and response.status != 201:
            hidden.remove("location")
        if not hidden or entry.destination not in ("empty", "unknown"):
            return
        host, names = host_of(entry.exchange.request.url), [shown(name, 60) for name in hidden[:6]]
        listed_now = response.headers.get("access-control-expose-headers")
        edit = ", ".join([*([shown(listed_now)] if listed_now else []), *names])
        was = (
            "no Access-Control-Expose-Headers"
            if listed_now is None
            else f"Access-Control-Expose-Headers: {shown(listed_now)}"
        )
        seen = Seen(
            "request",
            (was,),
            f"Access-Control-Expose-Headers: {', '.join(names)}",
            (f"Access-Control-Expose-Headers: {edit}",),
            False,
            (),
        )
        cause = Cause(
            VAIN.code,
            f"The page cannot read {listed(names)}: not exposed",
            f"{host} sends {listed(names)}, and the reply reached the page; but a script that reads "
            f"{'them' if len(names) > 1 else 'it'} gets null. Of a reply from another origin a page sees a few "
            "harmless headers only, and what the reply exposes.",
            f"Add to the reply itself (not to the preflight): Access-Control-Expose-Headers: {', '.join(names)}",
            "server",
            certainty="likely",
        )
        self._notes.add((VAIN.code, origin_of(entry.exchange.request.url), tuple(hidden)), cause, judged, seen)

    def _no_cors(self, judged: Judged) -> None:
        """A script asked with mode no-cors for what it means to read."""
        entry, exchange = judged.entry, judged.entry.exchange
        response = exchange.response
        if judged.verdict.outcome is not Outcome.OPAQUE or response is None or exchange.request.method != "GET":
            return
        essence = (response.headers.get("content-type") or "").partition(";")[0].strip().lower()
        if (
            entry.mode != "no-cors"
            or entry.destination != "empty"
            or not (essence in DATA or essence.endswith("+json"))
        ):
            return
        host = host_of(exchange.request.url)
        cause = Cause(
            "no-cors-response-unreadable",
            "The page asks with mode no-cors, so it can read nothing of the reply",
            f"The page fetched data ({shown(essence, 60)}) from {host} with mode: 'no-cors'. That silences the error "
            "and hides the reply: its status is 0 and its body empty to the script, whatever the server sends.",
            "Take mode: 'no-cors' out of the page's code, and let the server allow the page's origin.",
            "client",
        )
        self._notes.add((cause.code, origin_of(exchange.request.url)), cause, judged)

    def _local_network(self, judged: Judged) -> None:
        """A public page asks a machine of the local network."""
        exchange, facts = judged.entry.exchange, judged.facts
        cause = local_network(exchange, facts)
        if cause is not None and judged.verdict.outcome is not Outcome.BLOCKED:
            self._notes.add((cause.code, origin_of(exchange.request.url), cause.evidence), cause, judged)

    def _elsewhere(self, judged: Judged) -> None:
        """It passes here, and another browser blocks it."""
        blocked = [other for other in judged.others if other.outcome is Outcome.BLOCKED and other.engine != "standard"]
        if not blocked:
            return
        exchange = judged.entry.exchange
        names = listed([ENGINES[other.engine].label for other in blocked])
        rules = {other.ruling.rule or "" for other in blocked}
        rule = RULES[min(rules)]
        own, host = ENGINES[judged.verdict.engine].label, host_of(exchange.request.url)
        cause = Cause(
            "blocked-in-other-engines",
            f"{own} lets it pass, {names} would not: {in_sentence(rule.title)}",
            f"A reply of {host} passes in {own}, and by the rules of {names} it is blocked ({rule.code}). {rule.why}",
            rule.advice,
            rule.actor,
        )
        self._notes.add((cause.code, origin_of(exchange.request.url), names, rule.code), cause, judged)

    # -- several together ---------------------------------------------------------------------------------------------

    def _again(self, judged: Judged) -> None:
        entry, facts = judged.entry, judged.facts
        response = entry.exchange.response
        assert response is not None
        value = (response.headers.get("access-control-max-age") or "").strip()
        if value.isdigit() and int(value[:9]) > 5:
            return
        exchange = entry.exchange
        key = exchange.client, judged.client.label, facts.origin, exchange.request.url, facts.method, facts.names
        asked = self._asked.get(key) or Asked(first=exchange.request.started)
        asked.count += 1
        asked.last = judged
        self._asked.put(key, asked)

    def _storm(self, asked: Asked, last: Judged, notes: Notes) -> None:
        exchange = last.entry.exchange
        response = exchange.response
        assert response is not None
        host, value = host_of(exchange.request.url), response.headers.get("access-control-max-age")
        seconds = max(exchange.request.started - asked.first, 0.0)
        said = "no Access-Control-Max-Age" if value is None else f"Access-Control-Max-Age: {shown(value, 20)}"
        key = AGAIN.code, origin_of(exchange.request.url)
        cause = Cause(
            AGAIN.code,
            "The browser asks for leave again and again: no Access-Control-Max-Age",
            f"{host} answers preflights with {said}, so the browser forgets its leave within seconds. The same "
            "preflight was sent over and over, and every request waits for one more round trip.",
            "Answer preflights with Access-Control-Max-Age: 600 (ten minutes; Chromium keeps two hours at most).",
            "server",
        )
        seen = Seen("preflight", (said,), "Access-Control-Max-Age: 600", ("Access-Control-Max-Age: 600",), False, ())
        notes.add(key, cause, last, seen)
        note = notes.of(key)
        if note is not None:
            note.certain += asked.count - 1
            over = f" within {seconds:.0f} seconds" if seconds >= 1 else ""
            note.evidence[f"{shown(exchange.request.url.partition('?')[0], 100)}: asked {asked.count} times{over}."] = (
                None
            )

    def _named(self, judged: Judged) -> None:
        """The server answered an origin with its own name, and allowed credentials."""
        exchange, facts = judged.entry.exchange, judged.facts
        assert exchange.response is not None
        get = exchange.response.headers.get
        origin = facts.origin or "null"
        parts = split_origin(origin)
        if (
            parts is None
            or get("access-control-allow-origin") != origin
            or get("access-control-allow-credentials") != "true"
        ):
            return
        if is_localhost(parts[1]):
            return
        server = origin_of(exchange.request.url)
        reflected = self._reflected.get(server) or Reflected()
        site = registrable_domain(parts[1]) or parts[1]
        if site not in reflected.sites and len(reflected.sites) < SITES:
            reflected.sites[site] = origin
            reflected.last = judged
            self._reflected.put(server, reflected)


def _reflects(reflected: Reflected, last: Judged, notes: Notes) -> None:
    exchange = last.entry.exchange
    host, origins = host_of(exchange.request.url), [shown(origin, 80) for origin in reflected.sites.values()]
    cause = Cause(
        REFLECTED.code,
        f"{host} seems to allow any origin that asks, with the user's cookies",
        f"{host} answered {plural(len(origins), 'unrelated site')} each with its own name, and with "
        "Access-Control-Allow-Credentials: true. If it repeats whatever Origin it is sent, any web site that a user "
        "visits can read and do here what the user can.",
        "Hold Origin against a list of the pages you trust before it is repeated. If these are on such a list, all is "
        "well.",
        "server",
        (f"Allowed by name, with credentials: {listed(origins[:5])}.",),
        "likely",
    )
    notes.add((REFLECTED.code, origin_of(exchange.request.url)), cause, last)


def _of_rule(rule: Rule, host: str) -> Cause:
    return Cause(rule.code, rule.title, f"{host}: {rule.why}", rule.advice, rule.actor)
