"""The facts of an exchange, put together from its own word, its fetch, and the documents its browser loaded."""

from __future__ import annotations

from corsight.policies.engines import EnginePolicy
from corsight.policies.exchange import Exchange, Response
from corsight.policies.facts import Build, Facts
from corsight.policies.fetch.corp import EmbedderPolicy, measure_distance
from corsight.policies.fetch.headers import Failure
from corsight.policies.fetch.main_fetch import Tainting, find_response_tainting
from corsight.policies.fetch.origin import Distance, is_potentially_trustworthy
from corsight.policies.fetch.redirect import MAX_REDIRECTS, location_url
from corsight.policies.session.clients import Client
from corsight.policies.session.credentials import BY_ELEMENTS, Credentials
from corsight.policies.session.documents import Documents
from corsight.policies.session.fetches import Entry
from corsight.policies.session.reading import referrer_origin

SITES: dict[str, Distance] = {"same-origin": "same-origin", "same-site": "same-site", "cross-site": "cross-site"}


def find_tainting(entry: Entry) -> tuple[Tainting, Tainting | None]:
    """Return the response tainting of an exchange, and the other one it may be."""
    reading = entry.reading
    if reading.preflight:
        return "cors", None
    return find_response_tainting(
        entry.exchange.request.url,
        mode=entry.mode,
        origin=reading.origin,
        page_origin=entry.fetch.page_origin,
        site=reading.site,
        crossed=entry.crossed,
        needs_preflight=reading.needs_preflight,
    )


def gather_facts(
    entry: Entry,
    client: Client,
    policy: EnginePolicy,
    build: Build | None,
    credentials: Credentials,
    documents: Documents,
) -> Facts:
    """Return everything that judge() has to know of an exchange."""
    exchange, reading, fetch = entry.exchange, entry.reading, entry.fetch
    url = exchange.request.url
    tainting, tainting_too = entry.tainting, entry.tainting_too
    if tainting == "basic" and not client.browser:
        tainting_too = None
    response = entry.stored or exchange.response
    page_origin = fetch.page_origin if fetch.page_origin not in (None, "null") else referrer_origin(reading)
    include = fetch.include if fetch.certainty == "certain" else None
    target = _find_target(response, url, policy) if entry.role == "redirect" else None
    page: str | None = None
    secure: bool | None = False
    chain = tuple(fetch.urls[: entry.index])
    if target is not None and target == url and policy.loops_in_its_cache and _is_kept(exchange):
        chain = (url,) * MAX_REDIRECTS
    if target is not None:
        page = documents.page(page_origin, reading.referrer) or documents.last
        secure = documents.secure if page_origin is None else page_origin.startswith("https:")
    distance: Distance = "cross-site"
    embedder: EmbedderPolicy | None = "unsafe-none"
    if "opaque" in (tainting, tainting_too):
        distance = _measure(entry, page_origin)
        # Only a secure page has an embedder policy, and none of those asks for anything over plain http.
        if client.browser and is_potentially_trustworthy(url if page_origin is None else page_origin):
            embedder = documents.embedder(page_origin, reading.referrer)
        if tainting == "opaque" and include is None:
            # Under `credentialless` no-cors requests leave for other origins without, Sec-Fetch-Storage-Access or not.
            # https://fetch.spec.whatwg.org/#cross-origin-embedder-policy-allows-credentials
            bare = (documents.newest if embedder is None else embedder) == "credentialless"
            by_nature = reading.destination in BY_ELEMENTS or reading.storage_access
            include = reading.cookie or (by_nature and not bare)
            if not include and bare and exchange.told is not None and "cookie" in exchange.told.lost:
                # A cookie would tell that its own page is none of those.
                embedder = None
    return Facts(
        role=entry.role,
        tainting=tainting,
        response=response,
        origin=reading.origin if reading.origin is not None else page_origin,
        page_origin=fetch.page_origin,
        page=page,
        mode=entry.mode,
        destination=entry.destination,
        event_source=reading.event_source,
        xhr=exchange.told is not None and exchange.told.kind == "xhr",
        method=reading.method,
        names=reading.names,
        credentials="unknown" if include is None else "include" if include else "not-include",
        likelier="include" if include is None and credentials.likelier(entry, response) else "not-include",
        tainting_too=tainting_too,
        secure=secure,
        distance=distance,
        embedder=embedder,
        likelier_embedder=documents.newest if embedder is None else embedder,
        chain=chain,
        target=target,
        build=build,
    )


def _is_kept(exchange: Exchange) -> bool:
    """Whether a cache keeps the redirect for good: it is permanent, and nothing bounds that."""
    response = exchange.response
    if response is None or response.status not in (301, 308) or exchange.request.method != "GET":
        return False
    return not any(name in response.headers for name in ("cache-control", "expires", "pragma", "vary"))


def _find_target(response: Response | None, url: str, policy: EnginePolicy) -> str | None:
    """Where the response redirects to; "" where its Location does not parse."""
    if response is None or (policy.empty_location_fails and response.headers.get("location") == ""):
        return None if response is None else ""
    found = location_url(response, url, identical_lines=policy.identical_locations)
    return "" if isinstance(found, Failure) else found


def _measure(entry: Entry, page_origin: str | None) -> Distance:
    """How far the resource is from its page.

    Sec-Fetch-Site tells, also of what a stylesheet asks for, whose Referer is the stylesheet. After a redirect it
    speaks of the whole chain, while the resource policy looks at the last URL alone.
    """
    told = SITES.get(entry.reading.site or "")
    if told is not None and (entry.index == 0 or page_origin is None):
        return told
    return "cross-site" if page_origin is None else measure_distance(page_origin, entry.exchange.request.url)
