"""Cases: all that a cause may turn on. Blocked exchanges with equal cases are one group, and have one cause.

A cause gets a case and nothing else, so it cannot turn on what the grouping leaves out. What it needs besides is a
field more here (a trait, where values vary without meaning); what it only shows is a quote (see `quotes`).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import field
from typing import NamedTuple

from corsight.policies.facts import Role
from corsight.policies.fetch.headers import list_well_formed
from corsight.policies.fetch.safelist import find_uncovered_names, lower_all
from corsight.policies.findings import quotes
from corsight.policies.findings.failures import Failure, classify_failure
from corsight.policies.findings.replies import Redirect, Reply, leads_to_login, read_redirect, read_reply
from corsight.policies.findings.sample import Granted, Sample
from corsight.policies.findings.traffic import Server, Standing, Traffic
from corsight.policies.findings.words import clean, name_host
from corsight.policies.value import value
from corsight.policies.verdict import EngineName, Outcome

ALLOW_ORIGIN = "access-control-allow-origin"
PRIVATE_NETWORK = ("access-control-request-private-network", "access-control-request-local-network")
NAMES = 256
"""How many of a request's header names a cause looks at."""
BROWSERS = frozenset[EngineName](("chromium", "firefox", "webkit"))


class Stored(NamedTuple):
    """A response that a 304 confirmed: whether this same origin got it, or a request without Origin, and its
    Access-Control-Allow-Origin.
    """

    own: bool
    anonymous: bool
    allow_origin: str | None


@value
class Case:
    """What a cause may turn on, of one blocked exchange.

    `destination` is what the reply was asked for, `same_site` whether page and server are of one site. `traffic` is
    looked up by the other fields alone, and is the same for all cases. `origin` is the request's,
    `page_origin` that of the page behind it; `method` and `names` are what a preflight asks for, `twice` those of the
    names that it says more than once. `status` is that of
    the answer as it came, 0 without one, and `recorded` tells that a recording says more of it than the wire,
    `named` that the browser itself names the rule; `reply` is the response that was judged. Of a 304, that is the
    stored one, and `new_allow_origin` what it says itself. `redirected` tells that the request came by a redirect,
    `filled` that a cache answered with a reply that was seen before, `unfollowed` that a preflight is only blocked
    since nothing followed, `alone` that every other browser lets it pass, `socket_io` that the path is Socket.IO's.
    `preflight_allow_origin` is what the preflight before the request said, `remembered` the cached one that it went by
    (its id left out).
    """

    traffic: Traffic = field(compare=False, repr=False)
    rule: str
    engine: EngineName
    role: Role
    server: str
    origin: str | None
    page_origin: str | None
    method: str
    mode: str
    destination: str
    include: bool
    status: int
    reply: Reply | None
    names: tuple[str, ...] = ()
    twice: tuple[str, ...] = ()
    same_site: bool = False
    image: bool = False
    include_is_told: bool = False
    has_referrer: bool = False
    asks_for_private_network: bool = False
    failure: Failure | None = None
    recorded: bool = False
    named: bool = False
    redirect: Redirect | None = None
    redirected: bool = False
    led_to_login: bool = False
    filled: bool = False
    stored: Stored | None = None
    new_allow_origin: str | None = None
    socket_io: bool = False
    preflight_allow_origin: str | None = None
    remembered: Granted | None = None
    unfollowed: bool = False
    alone: bool = False

    # -- what the fields say together ---------------------------------------------------------------------------------

    @property
    def preflight(self) -> bool:
        """Whether it is a preflight."""
        return self.role == "preflight"

    @property
    def asker(self) -> str:
        """The origin that asked, as the request says it."""
        return self.origin or "null"

    @property
    def allow_origin(self) -> str | None:
        """The reply's Access-Control-Allow-Origin, as browsers read it."""
        return ", ".join(self.reply.allow_origin) if self.reply is not None and self.reply.allow_origin else None

    @property
    def missing_names(self) -> tuple[str, ...]:
        """The request header names (lower case) that a preflight asks for and is not granted."""
        if not self.names:
            return ()
        granted = lower_all(self.reply.allow_headers) if self.reply is not None else frozenset()
        wildcard = "*" in granted and not self.include
        names = [name.lower() for name in self.names]
        return tuple(name for name in names if name not in granted and (not wildcard or name == "authorization"))

    # -- what the traffic shows of them -------------------------------------------------------------------------------

    @property
    def standing(self) -> Standing:
        """How this server answers this origin."""
        return self.traffic.find_standing(self.asker, self.server)

    @property
    def passed(self) -> int:
        """How many replies of this server to this origin passed."""
        return self.standing.replies

    @property
    def habits(self) -> Server:
        """How this server answers anyone."""
        return self.traffic.find_server(self.server)

    # -- words --------------------------------------------------------------------------------------------------------

    @property
    def host(self) -> str:
        """The server, as texts name it."""
        return name_host(self.server) or "the server"

    @property
    def page(self) -> str:
        """The page that asked, as texts name it."""
        return clean(self.asker)

    @property
    def named_page(self) -> str:
        """The page that asked, as texts name it that tell what to set: a message may not name it."""
        return self.page if self.origin is not None else "the page's origin"

    @property
    def method_name(self) -> str:
        """The request's method, as texts name it."""
        return clean(self.method, 40)

    @property
    def asked(self) -> str:
        """The request, as texts name it: of a preflight, the one that it asks for."""
        return f"{self.method_name} {quotes.PATH}"


def is_socket_io(url: str) -> bool:
    """Return whether a URL has the path that Socket.IO's clients ask, unless they are told another."""
    return "/socket.io/" in url.partition("?")[0]


def _pick_names(sample: Sample) -> tuple[str, ...]:
    """Return the names of the request's headers; of very many, some of those that are not granted."""
    names, response = sample.facts.names, sample.response
    if len(names) <= NAMES:
        return names
    listed = "" if response is None else response.headers.get("access-control-allow-headers") or ""
    include = sample.facts.credentials == "include"
    refused = find_uncovered_names(tuple(list_well_formed(listed)), names, include=include)
    return (refused or names)[:NAMES]


def _list_repeated(asked: str | None) -> tuple[str, ...]:
    """Return the names (lower case, some of very many) that stand in a list more than once."""
    elements = (asked or "").lower().replace(" ", "").replace("\t", "").split(",")
    if len(set(elements)) == len(elements):
        return ()
    counts = Counter(elements)
    return tuple([name for name, count in counts.items() if count > 1 and name][:NAMES])


def read_case(sample: Sample, traffic: Traffic) -> Case:
    """Return the case of a blocked exchange."""
    facts, reading, response, wire = sample.facts, sample.entry.reading, sample.response, sample.exchange.response
    earlier, stored, remembered = sample.stored or sample.filler, sample.stored, sample.remembered
    asks = sample.exchange.request.headers.get
    differing = {other.engine for other in sample.others if other.outcome is not Outcome.BLOCKED}
    redirect = None
    if response is not None and facts.role != "request":
        redirect = read_redirect(sample.url, response.headers.get("location"))
    return Case(
        traffic=traffic,
        rule=sample.rule,
        engine=sample.verdict.engine,
        role=facts.role,
        server=sample.server,
        origin=facts.origin,
        page_origin=facts.page_origin,
        method=sample.method,
        names=_pick_names(sample),
        twice=_list_repeated(asks("access-control-request-headers") if facts.role == "preflight" else None),
        mode=facts.mode,
        destination=facts.destination,
        same_site=facts.distance != "cross-site",
        image="image" in (facts.destination, earlier.destination if earlier is not None else ""),
        include="include" in (facts.credentials, facts.credentials == "unknown" and facts.likelier),
        include_is_told=sample.find_evidence("credentials", "include") is not None,
        has_referrer=(reading.referrer or "").startswith("http"),
        asks_for_private_network=any(asks(name) for name in PRIVATE_NETWORK),
        status=wire.status if wire is not None else 0,
        failure=classify_failure(sample.exchange.error) if response is None else None,
        recorded=sample.exchange.told is not None,
        named=sample.exchange.told is not None and sample.exchange.told.rule is not None,
        reply=read_reply(response, sample.rule, sample.url) if response is not None else None,
        redirect=redirect,
        redirected=bool(facts.chain),
        led_to_login=bool(facts.chain) and leads_to_login(facts.chain[0], sample.url),
        filled=earlier is not None,
        socket_io=is_socket_io(sample.url),
        stored=stored and Stored(stored.origin == reading.origin, stored.origin is None, stored.allow_origin),
        new_allow_origin=wire.headers.get(ALLOW_ORIGIN) if wire is not None and wire.status == 304 else None,
        preflight_allow_origin=sample.preflight.allow_origin if sample.preflight is not None else None,
        remembered=remembered and remembered._replace(id=""),
        unfollowed=sample.is_unfollowed(),
        alone=sample.verdict.engine in BROWSERS and BROWSERS - {sample.verdict.engine} <= differing,
    )
