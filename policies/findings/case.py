"""A case: one blocked exchange as the families of causes look at it."""

from __future__ import annotations

from corsight.policies.engines import ENGINES
from corsight.policies.exchange import Exchange, Response
from corsight.policies.facts import Facts
from corsight.policies.fetch.headers import extract_header_list_values
from corsight.policies.fetch.origin import origin_of
from corsight.policies.fetch.safelist import find_uncovered_names
from corsight.policies.findings.model import shown
from corsight.policies.findings.traffic import Answered, Server, Standing, Traffic
from corsight.policies.session import Judged
from corsight.policies.session.fetches import Entry


class Case:
    """One blocked exchange, and what the traffic knows of its server, its page and its URL.

    `response` is the one that was judged (after a 304 the stored one); None where no answer came. `filled` is the
    earlier exchange that a cache seems to have answered it from.
    """

    __slots__ = ("filled", "judged", "server", "traffic")

    def __init__(self, judged: Judged, traffic: Traffic) -> None:
        self.judged = judged
        self.traffic = traffic
        self.server = origin_of(judged.entry.exchange.request.url)
        response = judged.entry.exchange.response
        self.filled: Answered | None = None
        if response is not None and judged.entry.role != "preflight":
            self.filled = traffic.filled(judged.entry.exchange, response)

    @property
    def entry(self) -> Entry:
        """The exchange in its fetch."""
        return self.judged.entry

    @property
    def exchange(self) -> Exchange:
        """The exchange."""
        return self.judged.entry.exchange

    @property
    def facts(self) -> Facts:
        """What it was judged by."""
        return self.judged.facts

    @property
    def rule(self) -> str:
        """The code of the rule that blocked it."""
        return self.judged.verdict.ruling.rule or ""

    @property
    def response(self) -> Response | None:
        """The response that was judged."""
        return self.facts.response

    @property
    def status(self) -> int:
        """The status of the answer as it came, 0 without one."""
        return self.exchange.response.status if self.exchange.response is not None else 0

    @property
    def preflight(self) -> bool:
        """Whether it is a preflight."""
        return self.facts.role == "preflight"

    @property
    def origin(self) -> str:
        """The origin that asked, as the request says it."""
        return self.facts.origin or "null"

    @property
    def standing(self) -> Standing:
        """How this server answers this origin."""
        return self.traffic.standing(self.origin, self.server)

    @property
    def known(self) -> Server:
        """How this server answers anyone."""
        return self.traffic.server(self.server)

    def header(self, name: str) -> str | None:
        """A header (lower case) of the response that was judged."""
        return None if self.response is None else self.response.headers.get(name)

    @property
    def allow_origin(self) -> str | None:
        """Its Access-Control-Allow-Origin."""
        return self.header("access-control-allow-origin")

    @property
    def missing_names(self) -> tuple[str, ...]:
        """The request header names (lower case) that a preflight asks for and is not granted."""
        listed = extract_header_list_values(self.header("access-control-allow-headers"))
        names = [name.lower() for name in self.facts.names]
        return find_uncovered_names(listed if isinstance(listed, tuple) else (), names, include=self.include)

    @property
    def include(self) -> bool:
        """Whether it is taken to have credentials."""
        facts = self.facts
        return facts.credentials == "include" or (facts.credentials == "unknown" and facts.likelier == "include")

    # -- words --------------------------------------------------------------------------------------------------------

    @property
    def host(self) -> str:
        """The server, as texts name it."""
        return host_of(self.exchange.request.url)

    @property
    def page(self) -> str:
        """The page that asked, as texts name it."""
        return shown(self.origin)

    @property
    def asked(self) -> str:
        """The request, as texts name it: of a preflight, the one that it asks for."""
        method = self.facts.method if self.preflight else self.exchange.request.method
        return f"{shown(method, 40)} {path_of(self.exchange.request.url)}"

    @property
    def browser(self) -> str:
        """The engine that judged."""
        return ENGINES[self.judged.verdict.engine].label


def host_of(url: str) -> str:
    """The host and port of a URL, as texts name it."""
    return shown(url.partition("://")[2].partition("/")[0].partition("?")[0].rpartition("@")[2], 100)


def path_of(url: str) -> str:
    """The path of a URL without its query, as texts name it."""
    path = "/" + url.partition("://")[2].partition("/")[2].partition("?")[0]
    return shown(path, 80)


def plural(count: int, noun: str, nouns: str = "") -> str:
    """A count with its noun."""
    return f"{count} {noun}" if count == 1 else f"{count} {nouns or noun + 's'}"


def listed(words: tuple[str, ...] | list[str]) -> str:
    """Words as a list in a sentence."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def in_sentence(title: str) -> str:
    """A title as it goes on after a colon; a header's name keeps its capitals."""
    first = title.partition(" ")[0]
    return title if "-" in first else title[:1].lower() + title[1:]


def short(exchange: str) -> str:
    """An exchange's id, as far as it has to be given to be found."""
    return shown(exchange[:8], 8)
