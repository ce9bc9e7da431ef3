"""A cache answered with what was meant for somebody else, or a 304 changed what was stored."""

from __future__ import annotations

from corsight.policies.fetch.origin import origin_of
from corsight.policies.findings import quotes
from corsight.policies.findings.case import Case
from corsight.policies.findings.model import Cause
from corsight.policies.findings.words import clean, clean_all

RULES = ("allow-origin-missing", "allow-origin-mismatch")
VARY = "Send Vary: Origin on every response of this URL, also to requests without an Origin header"


def find_not_modified(case: Case) -> Cause | None:
    """Return what a 304 did: the browser judged the copy it had stored, with what the 304 changed of it."""
    if case.status != 304 or not case.rule.startswith("allow-"):
        return None
    new, stored = case.new_allow_origin, case.stored
    if stored is not None and new in (None, stored.allow_origin):
        # Nothing was changed. Where the copy was this origin's own, it is what the server always says.
        if stored.own:
            return None
        if stored.allow_origin is None:
            return _explain_without_cors(case) if stored.anonymous else None
        return _explain_other_origin(case) if case.rule == "allow-origin-mismatch" else None
    if new is not None:
        return Cause(
            "not-modified-changed-headers",
            "A 304 response replaced the stored CORS headers with wrong ones",
            f"{case.host} said 304 (not modified) to {case.asked}, with Access-Control-Allow-Origin: "
            f"{clean(new, 120)}. A header on a 304 response replaces the one that the browser had stored, and the page "
            f"is {case.page}.",
            f"Send the same CORS headers on a 304 as on a full response: Access-Control-Allow-Origin: {case.page} and "
            "Vary: Origin.",
            "server",
            (f"The 304: {quotes.WHY_RESPONSE}.",),
        )
    if stored is None:
        return Cause(
            "not-modified-without-cors",
            "A 304 response without CORS headers",
            f"{case.host} answered {case.asked} with 304 (not modified) and no Access-Control-Allow-Origin. The stored "
            "response that it confirms has none either, or a script of the page set If-None-Match itself, and then the "
            "browser checks the 304 alone.",
            "Send the CORS headers on 304 responses as well, and Vary: Origin on the full response.",
            "server",
            (
                "The request carries If-None-Match or If-Modified-Since, and the stored response that it is about was "
                "not recorded.",
            ),
            "likely",
        )
    return None


def find_cached(case: Case) -> Cause | None:
    """Return that a cache between server and browser answered with another request's reply."""
    if case.reply is None or case.status == 304 or case.preflight or case.rule not in RULES:
        return None
    value, named = case.allow_origin, case.habits.allow_origins
    if not case.filled and (case.reply.cache_sign is None or case.status >= 400):
        return None
    if value is None:
        return _explain_without_cors(case) if case.filled or case.passed else None
    others = named.total() > named[value]
    if case.filled or (origin_of(value) == value and (others or not case.reply.varies_by_origin)):
        return _explain_other_origin(case)
    return None


def _explain_other_origin(case: Case) -> Cause:
    where = "The browser's own cache" if case.status == 304 else "A cache"
    what = (
        f"{where} answered {case.asked} with the response that {case.host} made for "
        f"{clean(case.allow_origin or '', 120)}, but the page is {case.page}."
    )
    if case.reply is not None and case.reply.varies_by_origin:
        return Cause(
            "cache-ignores-vary",
            "A cache sent this page a response made for another origin, although Vary says not to",
            f"{what} The response has Vary: Origin, so a cache has to keep one copy for each origin; this one does "
            "not.",
            "Make Origin part of the cache key (a CDN has to be told to forward Origin and to vary by it), or do not "
            "cache this URL.",
            "proxy",
            _list_evidence(case),
            "certain" if case.filled else "likely",
        )
    return Cause(
        "cache-answered-for-another-origin",
        "A cache sent this page a response made for another origin",
        f"{what} The response has no Vary: Origin, so the cache cannot know that it depends on the requesting origin.",
        f"{VARY}, then clear the cache. If every page may read it, send Access-Control-Allow-Origin: * to all instead.",
        "server",
        _list_evidence(case),
        "certain" if case.filled else "likely",
    )


def _explain_without_cors(case: Case) -> Cause:
    what = "image" if case.image else "copy"
    where = "The browser's own cache" if case.status == 304 else "A cache"
    return Cause(
        "cached-without-cors",
        f"The {what} in the cache was fetched without CORS, and is now requested with CORS",
        f"{where} answered {case.asked} with the response to a request that had no Origin header. That response has no "
        f"Access-Control-Allow-Origin. The page {case.page} now requests it with CORS and gets that same {what}.",
        f"{VARY}, and send the CORS headers on all of them; then clear the cache. In the page, put crossorigin on "
        "every element that loads this URL, so that it is fetched one way only.",
        "server",
        _list_evidence(case),
        "certain" if case.filled else "likely",
    )


def _list_evidence(case: Case) -> tuple[str, ...]:
    evidence = [quotes.EARLIER]
    if case.status == 304:
        evidence.append("The server answered 304: the stored response is still valid.")
    elif case.reply is not None and case.reply.cache_sign is not None:
        evidence.append(f"The response says that it comes from a cache: {quotes.quote_line(case.reply.cache_sign)}.")
    others = sorted(origin for origin in case.habits.named if origin != case.allow_origin)
    if others:
        evidence.append(f"{case.host} does allow other origins by name: {', '.join(clean_all(others, 2, 80))}.")
    return tuple(evidence)
