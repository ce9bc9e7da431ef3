"""Whether a request is where a redirect led, or the page's own for the same URL.

What follows a redirect is the same fetch: its mode, its destination, its page, the headers that its page set, its
method but where a redirect changes that, and `Origin: null` once two hops crossed origins.
"""

from __future__ import annotations

from corsight.policies.engines import EnginePolicy
from corsight.policies.evidence import Reason
from corsight.policies.exchange import Exchange, Response
from corsight.policies.fetch.main_fetch import UNREDIRECTED
from corsight.policies.fetch.origin import leave_out_userinfo, origin_of
from corsight.policies.fetch.redirect import REQUEST_BODY_HEADERS, redirect_method, serialized_request_origin
from corsight.policies.session.fetches import Entry
from corsight.policies.session.reading import Reading
from corsight.policies.verdict import Branch, Outcome, Unknown

AT_ONCE = 0.1
"""Seconds within which a browser follows a redirect: all of 53 in the three engines, and on a busy machine most."""
BUSY = 0.5
"""The same of what shows that some redirect led to it, on a busy machine."""

LED = (Reason.REDIRECT_FOLLOWED, Reason.REDIRECT_CONTESTED)
"""The reasons that say that a redirect was followed."""


def may_lead_to(redirect: Entry, exchange: Exchange, reading: Reading, policy: EnginePolicy) -> bool:
    """Return whether a redirect may have led to this request, as far as its headers tell."""
    before, response, url = redirect.reading, redirect.exchange.response, exchange.request.url
    if response is None:
        return False
    if _is_stopped(redirect, url) and not (reading.preflight and url.startswith("http:")):
        # To an insecure URL WebKit sends the preflight all the same, and drops the request.
        return False
    method = redirect_method(response.status, before.method)
    if method.upper() != reading.method.upper():
        if not (policy.deletes_turn_to_get and before.method == "DELETE" and reading.method == "GET"):
            return False
        method = "GET"
    if before.metadata and reading.metadata:
        if before.mode != reading.mode:
            return False
        if before.destination != reading.destination and not reading.preflight:
            return False
    if before.origin is not None and reading.origin is not None:
        origins = _list_origins(redirect, exchange)
        if reading.preflight and policy.same_origin_preflight_unchecked:
            # Firefox's preflights say the page's own.
            origins.add(redirect.fetch.page_origin or before.origin)
        if reading.origin not in origins:
            return False
    if exchange.told is None and (
        _lacks_origin(redirect, reading) or _is_another_fetchs(redirect, response, reading, url)
    ):
        return False
    dropped = {"authorization"} | (REQUEST_BODY_HEADERS if method != before.method else set())
    sent = reading.names if reading.preflight else reading.sent
    if not set(before.names) - dropped <= set(sent):
        return False
    # WebKit's preflights name what the first request had.
    ever = {name for entry in redirect.fetch.entries for name in entry.reading.sent}
    # A browser adds an Authorization of its own to requests alone: what a preflight names, its page has set.
    added = frozenset[str]() if reading.preflight else {"authorization"}
    return set(reading.names) - added <= ever


def _is_stopped(redirect: Entry, url: str) -> bool:
    """Return whether a redirect was blocked for certain, or is wherever it is followed to this URL.

    One that no redirect mode lets by leads nowhere, though a fetch() that is led nowhere passes.
    """
    verdict = redirect.verdict
    if verdict is None:
        return False
    if verdict.certainty == "certain":
        return verdict.outcome is Outcome.BLOCKED
    followed = [branch for branch in verdict.branches if branch.assumed(Unknown.REDIRECT) not in UNREDIRECTED]
    if redirect.contested or len(followed) == len(verdict.branches):
        return False
    # What is upgraded on its way is no mixed content.
    to_there = redirect.facts is not None and leave_out_userinfo(redirect.facts.target or "") == url
    return to_there and all(branch.outcome is Outcome.BLOCKED for branch in followed)


def _lacks_origin(redirect: Entry, reading: Reading) -> bool:
    """Return whether a request has no Origin, while a redirect's was made with CORS: what follows that has one as well.

    In the three engines all of 54 had.
    """
    return reading.origin is None and (redirect.tainting, redirect.tainting_too) == ("cors", None)


def _is_another_fetchs(redirect: Entry, response: Response, reading: Reading, url: str) -> bool:
    """Return whether a request accepts something else than a redirect's, or names another page than that does.

    In the three engines none of 108 and of 105 did.
    """
    before, left = redirect.reading, redirect.exchange.request.url
    if not reading.preflight and reading.accept != before.accept:
        return True
    page, other = before.referrer_origin, reading.referrer_origin
    if page == other or "referrer-policy" in response.headers or left.partition(":")[0] != url.partition(":")[0]:
        return False
    # A page may name itself to its own origin alone.
    return None not in (page, other) or origin_of(url if page is None else left) not in (page, other)


def may_be_its_own(redirect: Entry, exchange: Exchange, reading: Reading) -> bool:
    """Return whether the page may have made this request by itself, or another redirect led to it: it did not come at
    once.
    """
    response = redirect.exchange.response
    patience = BUSY if was_led(redirect, reading) else AT_ONCE
    return response is not None and exchange.request.started - response.received > patience


def was_led(redirect: Entry, reading: Reading) -> bool:
    """Return whether a request's Origin became opaque by a redirect."""
    return reading.origin == "null" and redirect.reading.origin not in (None, "null")


def _list_origins(redirect: Entry, exchange: Exchange) -> set[str]:
    """Return the Origin that a request has which a redirect led to this URL: two, where it was upgraded on the way."""
    origin, url, facts = redirect.reading.origin or "null", redirect.exchange.request.url, redirect.facts
    targets = {exchange.request.url, exchange.request.url if facts is None else facts.target or ""}
    return {serialized_request_origin(origin, (url, target)) for target in targets if target}


def may_be_followed(branch: Branch) -> bool:
    """Return whether a request may follow a redirect that is as this branch takes it."""
    return branch.outcome is not Outcome.BLOCKED and branch.assumed(Unknown.REDIRECT) not in UNREDIRECTED
