"""A cache answered with what was meant for somebody else, or a 304 changed what was stored."""

from __future__ import annotations

from corsight.policies.fetch.origin import origin_of
from corsight.policies.findings.case import Case, short
from corsight.policies.findings.model import Actor, Cause, shown
from corsight.policies.findings.replies import cache_sign, varies
from corsight.policies.findings.traffic import Answered

RULES = ("allow-origin-missing", "allow-origin-mismatch")
VARY = "Send Vary: Origin on every reply of this URL, also to requests without Origin"


def not_modified(case: Case) -> Cause | None:
    """A 304: the browser judged the copy it had stored, with what the 304 changed of it."""
    response = case.exchange.response
    if response is None or response.status != 304 or not case.rule.startswith("allow-"):
        return None
    own, earlier = response.headers.get("access-control-allow-origin"), _confirmed(case)
    if earlier is not None and own in (None, earlier.allow_origin):
        # Nothing was changed. Where the copy was this origin's own, it is what the server always says.
        if earlier.origin == case.entry.reading.origin:
            return None
        if earlier.allow_origin is None:
            return _without_cors(case, earlier, "304") if earlier.origin is None else None
        return _other_origin(case, earlier, "304") if case.rule == "allow-origin-mismatch" else None
    if own is not None:
        return Cause(
            "not-modified-changed-headers",
            "A 304 reply replaced the CORS headers of the stored copy with wrong ones",
            f"{case.host} said 304 (not modified) to {case.asked}, with Access-Control-Allow-Origin: "
            f"{shown(own, 120)}. What a 304 says replaces what the browser had stored, and the page is {case.page}.",
            "Answer revalidations with the same CORS headers as full replies: Access-Control-Allow-Origin: "
            f"{case.page} and Vary: Origin.",
            "server",
            _stored(case),
        )
    if earlier is None:
        return Cause(
            "not-modified-without-cors",
            "A 304 reply without CORS headers",
            f"{case.host} answered {case.asked} with 304 (not modified) and no Access-Control-Allow-Origin. The copy "
            "that it confirms has none either, or the page itself asked for the 304 (If-None-Match set by a script), "
            "and then the browser looks at the 304 alone.",
            "Send the CORS headers on 304 replies as well, and Vary: Origin on the full reply.",
            "server",
            ("The request carries If-None-Match or If-Modified-Since, and the copy it asks about was not recorded.",),
            "likely",
        )
    return None


def answered_from_cache(case: Case) -> Cause | None:
    """A cache between server and browser answered with another request's reply."""
    response = case.exchange.response
    if response is None or response.status == 304 or case.preflight or case.rule not in RULES:
        return None
    allow_origin, sign, filled = case.allow_origin, cache_sign(response), case.filled
    if filled is not None:
        return _without_cors(case, filled, sign) if allow_origin is None else _other_origin(case, filled, sign)
    if sign is None or response.status >= 400:
        return None
    if allow_origin is None:
        if not case.standing.replies:
            return None
        return _without_cors(case, None, sign)
    if (
        origin_of(allow_origin) != allow_origin
        or case.known.allow_origins.total() == case.known.allow_origins[allow_origin]
    ):
        return None
    return _other_origin(case, None, sign)


def _other_origin(case: Case, filled: Answered | None, sign: str | None) -> Cause:
    named = shown(case.allow_origin or "", 120)
    where = "the browser's own cache" if sign == "304" else "a cache"
    evidence = [*_filled(filled), *_signs(sign), *_others(case)]
    whose = f"the reply that {case.host} made for {named}"
    if varies(case.header("vary")):
        return Cause(
            "cache-ignores-vary",
            "A cache gave this page another origin's reply, although Vary says not to",
            f"{where[0].upper()}{where[1:]} answered {case.asked} with {whose}, while the page is {case.page}. The "
            "reply carries Vary: Origin, so a cache has to keep one copy for each origin; this one does not.",
            "Make the origin part of the cache's key (a CDN has to be told to forward and to vary by Origin), or do "
            "not cache replies of this URL.",
            "proxy",
            tuple(evidence),
            "certain" if filled is not None else "likely",
        )
    return Cause(
        "cache-answered-for-another-origin",
        "A cache gave this page the reply meant for another origin",
        f"{where[0].upper()}{where[1:]} answered {case.asked} with {whose}, while the page is {case.page}. The reply "
        "has no Vary: Origin, so the cache may not know that it depends on who asks.",
        f"{VARY}, then clear the cache. If anybody may read it, answer Access-Control-Allow-Origin: * to all instead.",
        "server",
        tuple(evidence),
        "certain" if filled is not None else "likely",
    )


def _without_cors(case: Case, filled: Answered | None, sign: str | None) -> Cause:
    what = (
        "image"
        if (filled is not None and filled.destination == "image") or case.facts.destination == "image"
        else "copy"
    )
    where = "The browser's own cache" if sign == "304" else "A cache"
    actor: Actor = "server"
    return Cause(
        "cached-without-cors",
        f"The {what} in the cache was fetched without CORS, and is now asked for with it",
        f"{where} answered {case.asked} with a reply to a request that had no Origin, and so without "
        f"Access-Control-Allow-Origin. The page {case.page} now asks with CORS and gets that same {what}.",
        f"{VARY}, and send the CORS headers on all of them; then clear the cache. In the page, put crossorigin on "
        "every element that loads this URL, so that it is fetched one way only.",
        actor,
        (*_filled(filled), *_signs(sign), *_others(case)),
        "certain" if filled is not None else "likely",
    )


def _filled(filled: Answered | None) -> list[str]:
    if filled is None:
        return []
    asker = "without Origin" if filled.origin is None else f"for {shown(filled.origin, 100)}"
    how = f" (mode {filled.mode})" if filled.mode != "unknown" else ""
    said = (
        "no Access-Control-Allow-Origin"
        if filled.allow_origin is None
        else f"Access-Control-Allow-Origin: {shown(filled.allow_origin, 100)}"
    )
    vary = "no Vary" if filled.vary is None else f"Vary: {shown(filled.vary, 60)}"
    return [
        f"The cache was filled by exchange {short(filled.id)}, the same URL {asker}{how}: it got {said} and {vary}."
    ]


def _signs(sign: str | None) -> list[str]:
    if sign == "304":
        return ["The server said 304: the stored copy is still good."]
    return [f"The reply says that it comes from a cache: {sign}."] if sign is not None else []


def _others(case: Case) -> list[str]:
    named = [origin for origin in case.known.named if origin != case.allow_origin][:2]
    if not named:
        return []
    return [f"{case.host} does answer others by name: {', '.join(shown(origin, 80) for origin in named)}."]


def _stored(case: Case) -> tuple[str, ...]:
    known = case.entry.evidence.get("response")
    return (f"The 304: {shown(known.because, 200)}.",) if known is not None else ()


def _confirmed(case: Case) -> Answered | None:
    """The earlier exchange whose response the 304 confirmed."""
    known = case.entry.evidence.get("response")
    if known is None or known.value != "stored":
        return None
    answers = case.traffic.answers(case.exchange.request.url)
    return next((one for one in reversed(answers) if f"exchange {one.id}" in known.because), None)
