"""Which preflight a request follows, or what let it go without one."""

from __future__ import annotations

from corsight.policies.engines import EnginePolicy
from corsight.policies.evidence import Certainty, Evidence, Reason
from corsight.policies.exchange import Exchange
from corsight.policies.fetch.preflight_cache import CacheEntry, PreflightCache
from corsight.policies.session.clients import Client
from corsight.policies.session.credentials import Credentials
from corsight.policies.session.expected import Expected
from corsight.policies.session.fetches import Entry
from corsight.policies.session.keeping import Keeping
from corsight.policies.session.leading import may_lead_to, was_led
from corsight.policies.session.pace import HELD_UP
from corsight.policies.session.reading import Reading
from corsight.policies.session.sequels import UNFOLLOWED
from corsight.policies.value import replace
from corsight.policies.verdict import Outcome, Unknown

WITHHELD = frozenset({"authorization", "x-api-key", "x-auth-token", "x-csrf-token", "x-xsrf-token"})
"""Request headers that recordings are freed of before they are passed on; the preflight still names them."""
SOON = 0.02
"""Seconds within which a request of Chromium and Firefox follows its preflight: all of 69. What comes later may have
gone by what was cached meanwhile.
"""
CROWD = 16
"""Requests under way at once that are half of what Chromium has connections for behind a proxy: it has 32.

QtWebEngine 6.8: beside 23 others, a request without credentials left its preflight's connection for a new one.
"""


class Joining:
    """Joins the requests of one browser to their preflights."""

    def __init__(
        self,
        client: Client,
        policy: EnginePolicy,
        credentials: Credentials,
        expected: Expected,
        cache: PreflightCache,
        keeping: Keeping,
    ) -> None:
        self._client = client
        self._policy = policy
        self._credentials = credentials
        self._expected = expected
        self._cache = cache
        self._keeping = keeping
        self._withheld = WITHHELD

    def find_preflight(self, exchange: Exchange, reading: Reading) -> Entry | None:
        """Return the preflight whose request this is, None where none was seen."""

        def rules_out(entry: Entry) -> bool:
            return self._rules_out(exchange, reading, entry)

        def rules_out_unnamed(entry: Entry) -> bool:
            return (entry.failed and entry.sequel != "absent") or rules_out(entry)

        self._withheld -= reading.sent
        find, apart = self._expected.find_preflight, self._credentials.separates(exchange)
        found = find(exchange, reading, rules_out, apart=apart)
        if found is None and reading.names:
            # What follows on the wire is stronger than a name, unless the cache tells where it comes from.
            found = find(exchange, reading, rules_out_unnamed, apart=apart, unnamed=True)
            if self._find_cached(exchange, reading, False, True) is not None:
                return None
        if found is None and self._withheld:
            # What none of this browser's requests was seen to carry, the recording may have been freed of.
            whole = replace(reading, sent=reading.sent | self._withheld)
            found = find(exchange, whole, rules_out_unnamed, apart=apart)
        return found

    def find_redirect(self, exchange: Exchange, reading: Reading) -> Entry | None:
        """Return the redirect that led to this request, None where none was seen."""

        def rules_out(entry: Entry) -> bool:
            return self._rules_out_redirect(exchange, reading, entry)

        return self._expected.find_redirect(exchange, reading, rules_out)

    def find_rival_redirect(self, redirect: Entry, exchange: Exchange, reading: Reading) -> Entry | None:
        """Return another redirect that may have led to a request as well, of another credentials mode than this one's;
        None where the request tells its own, or this one tells none.
        """
        mode = _get_mode(redirect)
        if mode is None or self.state(exchange, reading, first=False) is not None:
            return None
        found = (
            other
            for other in self._expected.list_other_redirects(redirect, exchange, reading)
            if _get_mode(other) != mode and not self._rules_out_redirect(exchange, reading, other)
        )
        return next(found, None)

    def _rules_out_redirect(self, exchange: Exchange, reading: Reading, entry: Entry) -> bool:
        """Return whether a redirect cannot have led to this request."""
        if not may_lead_to(entry, exchange, reading, self._policy):
            return True
        by_xhr = "priority" not in entry.reading.sent, "priority" not in reading.sent
        if self._client.tells_priority and not reading.preflight and by_xhr[0] != by_xhr[1]:
            return True
        if was_led(entry, reading):
            return False
        fetch, stated = entry.fetch, self.state(exchange, reading, first=False)
        # No fetch begins to send Sec-Fetch-Storage-Access on its way.
        lacked = fetch.rests_on(Reason.NO_STORAGE_ACCESS) and reading.storage_access
        known = lacked or (fetch.include is not None and fetch.certainty == "certain")
        return known and stated is not None and stated[0] != fetch.include

    def contest(
        self, preflight: Entry, exchange: Exchange, reading: Reading
    ) -> tuple[tuple[Entry, ...], str | None, bool]:
        """Return what else a request may have gone by than the preflight that it is joined to: others that asked the
        same, the exchange whose answer was cached meanwhile, and whether it may have gone by none.

        Where the preflight passes in every credentials mode, that makes no difference, and nothing is returned.
        """
        asked, response = preflight.exchange.request.started, preflight.exchange.response
        waited = exchange.request.started - response.received if response is not None else 0.0
        self._expected.pace.note(waited)
        if preflight.verdict is None or not preflight.verdict.divided:
            return (), None, False
        rivals = self._list_rivals(preflight, exchange, reading)
        if not reading.needs_preflight and not self._withheld.isdisjoint(preflight.reading.names):
            # It may be the page's own, asked again without what the preflight named.
            return rivals, None, True
        if response is None or self._follows_at_once(preflight, exchange):
            return rivals, None, False
        if not reading.needs_preflight:
            # What is uploaded to a listener, or as a stream, looks like any other, and follows at once.
            return rivals, None, waited > HELD_UP
        cached = self._find_cached(exchange, reading, False, True)
        return rivals, cached.exchange if cached is not None and asked <= cached.since else None, False

    def _list_rivals(self, preflight: Entry, exchange: Exchange, reading: Reading) -> tuple[Entry, ...]:
        def rules_out(entry: Entry) -> bool:
            return self._rules_out(exchange, reading, entry)

        return self._expected.list_rivals(preflight, exchange, reading, rules_out)

    def may_be_spared(self, preflight: Entry, exchange: Exchange, reading: Reading) -> bool:
        """Return whether a request may have gone by an answer that was cached before, rather than by the preflight that
        it is joined to: then it set out while the answer to that was on its way, and no connection was free.
        """
        return (
            not self._follows_at_once(preflight, exchange) and self._find_cached(exchange, reading, False) is not None
        )

    def _follows_at_once(self, preflight: Entry, exchange: Exchange) -> bool:
        response = preflight.exchange.response
        if response is None or self._expected.pace.is_slow:
            return False
        return 0 <= exchange.request.started - response.received <= SOON

    def compare_connections(self, preflight: Entry, entry: Entry, others: int, *, spared: bool) -> bool:
        """Learn from the connection that a request did not take: its preflight's, an uncredentialed one, was free.

        Return whether that told its credentials mode.

        Chromium, HTTP/1.1: all of 85 requests without credentials took it, all of 58 with credentials another one.
        Firefox: 53 of 66. Over HTTP/1.1 an older one may be of the same kind, if the browser had it back after the
        preflight's: of those that are free, it takes the last. While many `others` are under way, the preflight's
        may have been closed for one that waits. One that may have been `spared` its preflight may have set out before.
        """
        asked, exchange = preflight.exchange, entry.exchange
        if not exchange.connection or asked.connection == exchange.connection:
            return False
        # The moments of a HAR are not exact enough to tell that a connection was free.
        if exchange.told is not None or not self._credentials.separates(exchange):
            return False
        if self.state(exchange, entry.reading, first=entry.index == 0) is not None:
            # On a busy machine a connection may be free here before the browser knows: its own word is stronger.
            return False
        chosen = not spared and (asked.http2 or (others < CROWD and not self._keeping.is_used(exchange.connection)))
        certainty: Certainty = "certain" if self._policy.separate_connections == "always" and chosen else "likely"
        # It may have followed another: then that one's was free, and not taken either.
        rivals = self._list_rivals(preflight, exchange, entry.reading)
        if not all(self._was_left(one.exchange, exchange) for one in (preflight, *rivals)):
            return False
        return entry.fetch.learn(True, Reason.CONNECTION_NOT_TAKEN, certainty)

    def _was_left(self, asked: Exchange, exchange: Exchange) -> bool:
        """Return whether a preflight's connection was free, and a request took another one."""
        if asked.connection == exchange.connection or asked.http2 != exchange.http2:
            return False
        if asked.http2:
            return self._keeping.keeps(asked.request.url)
        return self._keeping.is_free(asked, exchange.request.started)

    def state(self, exchange: Exchange, reading: Reading, *, first: bool) -> tuple[bool, Reason] | None:
        """Return whether a cross-origin request itself says `include`, and by what; None where it does not tell."""
        if exchange.marker == "carried":
            return True, Reason.MARKER
        return self._credentials.stated(reading, exchange.request.url, first=first)

    def _rules_out(self, exchange: Exchange, reading: Reading, preflight: Entry) -> bool:
        """Return whether this request's credentials mode rules out that the preflight was its own."""
        fetch, verdict = preflight.fetch, preflight.verdict
        if preflight.reading.storage_access and not reading.storage_access and len(fetch.urls) == 1:
            # Firefox sends it with both or with neither, but for the request behind a redirect.
            return True
        stated = self.state(exchange, reading, first=len(fetch.urls) == 1)
        if stated is None or fetch.rests_on(UNFOLLOWED["preflight"]):
            return False
        include = stated[0]
        if fetch.include is not None and fetch.certainty == "certain" and fetch.include != include:
            return True
        if verdict is None:
            return False
        mode = "include" if include else "not-include"
        branches = (branch for branch in verdict.branches if branch.assumed(Unknown.CREDENTIALS) == mode)
        return next(branches, verdict.branch).outcome is Outcome.BLOCKED

    def explain_no_preflight(self, entry: Entry) -> None:
        """Find out why a request that needs a preflight has none: it was cached, or sent before the recording began."""
        reading, exchange, request = entry.reading, entry.exchange, entry.exchange.request
        stated = self.state(exchange, reading, first=entry.index == 0)
        cached = self._find_cached(exchange, reading, *((False, True) if stated is None else (stated[0],)))
        if cached is not None:
            details = cached.exchange, f"{cached.until - request.started:.0f}"
            entry.evidence["preflight"] = Evidence("preflight", "cached", Reason.CACHED_PREFLIGHT, details=details)
            if stated is None and not self._may_serve_both(cached, exchange, reading):
                entry.fetch.learn(cached.include, Reason.CACHED_MODE, details=(cached.exchange,))
            return
        reason = Reason.BEFORE_RECORDING if self._client.browser else Reason.NO_BROWSER
        if exchange.told is not None and not exchange.told.preflights:
            reason = Reason.PREFLIGHTS_NOT_RECORDED
        entry.evidence["preflight"] = Evidence("preflight", "not seen", reason, "likely")

    def _may_serve_both(self, cached: CacheEntry, exchange: Exchange, reading: Reading) -> bool:
        """Return whether what spares a request its preflight may serve it in the other credentials mode as well, or
        another entry does: the browser may have had the answers in another order than they came by here.
        """
        if self._policy.cache.credentials_shared:
            if cached.include:
                return True
        elif self._find_cached(exchange, reading, not cached.include) is not None:
            return True
        return self._expected.may_have_passed(exchange, reading, cached, self._policy.cache)

    def _find_cached(self, exchange: Exchange, reading: Reading, *modes: bool) -> CacheEntry | None:
        """Return what the CORS-preflight cache lets the request pass by, in the first of these credentials modes."""
        found = (
            self._cache.match(
                reading.origin or "null",
                exchange.request.url,
                include=include,
                method=reading.method,
                unsafe_names=reading.names,
                now=exchange.request.started,
            )
            for include in modes
        )
        return next((cached for cached in found if cached is not None), None)


def _get_mode(redirect: Entry) -> bool | None:
    """Return whether a redirect's fetch has credentials; None where that is not certain."""
    return redirect.fetch.include if redirect.fetch.certainty == "certain" else None
