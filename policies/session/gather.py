"""The facts of an exchange, put together from its own word, its fetch, and the documents its browser loaded."""

from __future__ import annotations

from corsight.policies.engines import EnginePolicy
from corsight.policies.exchange import Exchange, Response
from corsight.policies.facts import Build, Facts
from corsight.policies.fetch.corp import FRAMES, ISOLABLE, EmbedderPolicy, measure_distance
from corsight.policies.fetch.headers import Failure
from corsight.policies.fetch.main_fetch import NESTED, Tainting, find_response_tainting, is_kept_from_secure_pages
from corsight.policies.fetch.mime_type import is_blocked_by_mime_type
from corsight.policies.fetch.mixed_content import IMAGE_SET, is_upgraded
from corsight.policies.fetch.orb import extract_mime_essence
from corsight.policies.fetch.origin import Distance, is_potentially_trustworthy
from corsight.policies.fetch.redirect import MAX_REDIRECTS, REDIRECT_STATUSES, location_url
from corsight.policies.session.clients import Client
from corsight.policies.session.credentials import BY_ELEMENTS, BY_WORKERS, WORKERS, Credentials
from corsight.policies.session.documents import Documents
from corsight.policies.session.fetches import Entry
from corsight.policies.session.inheriting import may_lack_policy

EMBEDDERS_SINCE = {"chromium": 83, "firefox": 79, "webkit": 15}
"""The versions from which engines have Cross-Origin-Embedder-Policy."""
FEDERATED = "webidentity"
"""The destination of what federated login asks identity providers for (https://w3c-fedid.github.io/FedCM/)."""
BY_STYLES = frozenset({"image", "style", "unknown"})
"""Destinations of what style sheets ask for without CORS."""
SITES: dict[str, Distance] = {"same-origin": "same-origin", "same-site": "same-site", "cross-site": "cross-site"}


def find_tainting(entry: Entry, *, tells_metadata: bool) -> tuple[Tainting, Tainting | None]:
    """Return the response tainting of an exchange, and the other one it may be.

    `tells_metadata` tells whether its browser was seen to send Sec-Fetch-*.
    """
    reading = entry.reading
    if reading.preflight:
        return "cors", None
    if entry.destination == FEDERATED and entry.mode == "no-cors":
        # The browser asks for itself, and reads JSON that no page sees.
        return "basic", None
    return find_response_tainting(
        entry.exchange.request.url,
        mode=entry.mode,
        origin=reading.origin,
        page_origin=entry.fetch.page_origin,
        site=reading.site,
        crossed=entry.crossed,
        needs_preflight=reading.needs_preflight,
        tells_metadata=tells_metadata,
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
    if (tainting, tainting_too) == ("cors", "opaque") and _is_unasked(entry, response, client):
        tainting, tainting_too = "opaque", "cors"
    page_origin = find_page_origin(entry)
    include = fetch.include if fetch.certainty == "certain" else None
    target = find_target(response, url, policy) if entry.role == "redirect" else None
    page: str | None = None
    secure: bool | None = False
    likelier_secure = True
    chain = tuple(fetch.urls[: entry.index])
    if target is not None and target == url and policy.loops_in_its_cache and _is_kept(exchange):
        chain = (url,) * MAX_REDIRECTS
    if target is not None:
        page = documents.page(page_origin, reading.referrer) or documents.last
        secure, likelier_secure = _find_security(entry, page_origin, documents)
    distance: Distance | None = "cross-site"
    isolable = "opaque" in (tainting, tainting_too)
    embedder, likelier_embedder = find_embedder(entry, client, policy, documents, isolable=isolable)
    if isolable or embedder != "unsafe-none":
        distance = _measure(entry, page_origin)
        if reading.destination in FRAMES and documents.is_framed(page_origin, reading.referrer):
            # https://html.spec.whatwg.org/#create-navigation-params-by-fetching: it is held against the page around the
            # frame, not the one that asked: a frame may navigate itself.
            distance = None
        if tainting == "opaque" and include is None:
            # Under `credentialless` no-cors requests leave for other origins without, Sec-Fetch-Storage-Access or not.
            # https://fetch.spec.whatwg.org/#cross-origin-embedder-policy-allows-credentials
            bare = (
                not policy.credentialless_unknown
                and (likelier_embedder if embedder is None else embedder) == "credentialless"
            )
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
        destinations=("image", IMAGE_SET)
        if entry.destination == "image" and secure is not False and is_upgraded("image", target or "")
        else _find_destinations(entry, page_origin, response, client, documents),
        # Elements ask with credentials where they ask without CORS.
        fetched=reading.fetched
        or (tainting == "opaque" and (fetch.include is False or documents.is_working(page_origin))),
        event_source=reading.event_source,
        xhr=_is_xhr(exchange),
        method=reading.method,
        names=reading.names,
        credentials="unknown" if include is None else "include" if include else "not-include",
        likelier="include" if include is None and credentials.likelier(entry, response) else "not-include",
        tainting_too=tainting_too,
        secure=secure,
        likelier_secure=likelier_secure,
        distance=distance,
        likelier_distance=SITES.get(reading.site or "", "cross-site"),
        embedder=embedder,
        likelier_embedder=likelier_embedder if embedder is None else embedder,
        chain=chain,
        target=target,
        redirect=_find_redirect_mode(entry, response, client),
        build=build,
    )


def find_embedder(
    entry: Entry, client: Client, policy: EnginePolicy, documents: Documents, *, isolable: bool
) -> tuple[EmbedderPolicy | None, EmbedderPolicy]:
    """Return the embedder policy of an exchange's page, None where it is not known, and the likelier one then.

    It is all that the documents tell of an exchange that is no redirect. `isolable` tells that its response may be an
    opaque one.
    """
    reading, page_origin = entry.reading, find_page_origin(entry)
    worker = reading.destination in BY_WORKERS - WORKERS
    embedder: EmbedderPolicy | None = "unsafe-none"
    # Only a secure page has an embedder policy, and none of those asks for anything over plain http.
    if (
        (isolable or (reading.destination in ISOLABLE and (documents.isolated or documents.may_isolate(page_origin))))
        # What says nothing of its page is hardly any page's: it counts only where some page has such a policy.
        and (page_origin is not None or entry.tainting != "basic" or documents.isolated)
        and may_embed(client)
        and is_potentially_trustworthy(entry.exchange.request.url if page_origin is None else page_origin)
    ):
        sheet = reading.destination in BY_STYLES and documents.is_sheet(page_origin)
        embedder = documents.embedder(None if sheet else page_origin, reading.referrer, worker=worker)
        if not isolable and documents.is_unseen(reading.referrer):
            # It may be another document than those that were seen, or one of them under a URL that its script gave it.
            embedder = None
    if embedder is not None and embedder != "unsafe-none" and reading.destination in FRAMES:
        # Another page than the one that asked may be around it, and what says credentialless is held to nothing.
        return None, embedder
    # Without credentials `credentialless` lets pass what a page without a policy gets.
    strict = embedder == "require-corp" or (
        embedder == "credentialless" and (reading.cookie or reading.destination in ISOLABLE)
    )
    if strict and may_lack_policy(reading, page_origin, policy, documents):
        return None, embedder or "unsafe-none"
    framed = reading.destination in FRAMES
    include = entry.tainting == "opaque" and not framed and (reading.cookie or reading.storage_access)
    return embedder, documents.guess_embedder(
        page_origin, reading.referrer, framed=framed, worker=worker, include=include
    )


def find_page_origin(entry: Entry) -> str | None:
    """Return the origin of the page that asked, as far as anything tells it."""
    origin = entry.fetch.page_origin
    return origin if origin not in (None, "null") else entry.reading.referrer_origin


def may_embed(client: Client) -> bool:
    """Return whether the client may know Cross-Origin-Embedder-Policy."""
    return client.browser and not 0 < (client.version or 0) < EMBEDDERS_SINCE.get(client.engine, 0)


def _find_security(entry: Entry, page_origin: str | None, documents: Documents) -> tuple[bool | None, bool]:
    """Return whether the page is a secure one, None where that is not known, and whether it likely is."""
    if is_kept_from_secure_pages(entry.exchange.request.url):
        # It was sent.
        return False, False
    if page_origin is None:
        # Not every page was seen: a file's never is.
        return None, documents.secure is not False
    secure = page_origin.startswith("https:")
    if secure and entry.destination in NESTED:
        # Another page may have led the frame there than the one around it.
        return None, True
    if entry.reading.origin is None and entry.fetch.page_origin == page_origin and entry.destination in BY_STYLES:
        # The Referer may be a style sheet's; of a page that was seen it hardly is.
        return (secure, secure) if documents.page(page_origin, None) is not None else (None, secure)
    return secure, secure


def _find_redirect_mode(entry: Entry, response: Response | None, client: Client) -> str:
    if entry.destination == "serviceworker":
        # https://w3c.github.io/ServiceWorker/#update-algorithm: "Set request's redirect mode to "error"".
        return "error"
    redirected = response is not None and response.status in REDIRECT_STATUSES and entry.role != "preflight"
    return "unknown" if redirected and _may_stay(entry, client) else "follow"


def _may_stay(entry: Entry, client: Client) -> bool:
    """Return whether the request may be a fetch() that is led nowhere; what was redirected before goes on being so."""
    if not client.browser or entry.index > 0 or entry.reading.event_source:
        return False
    if client.tells_priority and entry.reading.by_xhr:
        return False
    return entry.mode in ("cors", "same-origin", "unknown") and entry.destination in ("empty", "unknown")


def _find_destinations(
    entry: Entry, page_origin: str | None, response: Response | None, client: Client, documents: Documents
) -> tuple[str, ...]:
    """Return what a page may have asked for, the likelier first; nothing where the destination leaves no doubt.

    Where nothing tells the destination, it may be a module or a worker. What a service worker passes on has an empty
    one, and is used by the page as what it asked for. The type of a font or of media tells that it is none of these.
    """
    reading = entry.reading
    if page_origin is None or entry.role != "request" or not client.browser:
        return ()
    content_type = "" if response is None else response.headers.get("content-type") or ""
    if any(kind in content_type for kind in ("font", "audio/", "video/", "vtt")):
        return ()
    if reading.script_too:
        return "empty" if entry.destination == "unknown" else entry.destination, "script"
    if entry.destination == "unknown" and _is_unlike_scripts(entry, content_type, client):
        return "empty", "script"
    if reading.destination != "empty" or reading.method != "GET" or reading.carried:
        return ()
    if not documents.may_pass_on(page_origin):
        return ()
    passed_on = _list_passed_on(entry, client)
    # What it passes on has its page's Referer, unless it asks anew.
    asks = passed_on[:1] == ("script",) and documents.is_service_worker(reading.referrer)
    return passed_on[::-1] if asks else passed_on


def _is_unlike_scripts(entry: Entry, content_type: str, client: Client) -> bool:
    """Return whether a script may have been asked for at home over plain http, and its type would block it.

    A classic script has the headers of a fetch() there, but for Firefox.
    """
    reading = entry.reading
    if (
        client.engine == "firefox"
        or entry.tainting != "basic"
        or reading.method != "GET"
        or not reading.accepts_all
        or reading.carried
    ):
        return False
    return "range" not in reading.sent and is_blocked_by_mime_type(extract_mime_essence(content_type), "script")


def _list_passed_on(entry: Entry, client: Client) -> tuple[str, ...]:
    """Return what a service worker may have passed a request on for."""
    reading, names = entry.reading, entry.exchange.request.headers.names()
    accept = reading.accept or ""
    if accept.startswith("text/css,"):
        return "style", "empty"
    if accept.startswith("application/json,*/*"):
        return "json", "empty"
    if accept != "*/*":
        return ()
    if reading.mode == "same-origin":
        return "worker", "empty"
    if reading.mode == "no-cors" and entry.tainting == "basic":
        return "script", "empty"
    if reading.mode == "cors" and client.engine == "chromium":
        # Modules have an Origin at home as well, and before their Accept; fetch() and XMLHttpRequest do not.
        return ("script", "empty") if "origin" in names[: names.index("accept")] else ()
    return "empty", "script"


def _is_unasked(entry: Entry, response: Response | None, client: Client) -> bool:
    """Return whether a POST of unknown mode is likelier a beacon or a form's: nothing in its answer speaks of CORS.

    A page's own Accept, which no beacon has, speaks against it, and so does a missing Content-Type, since a beacon
    seldom has no body; so do that it has no credentials, as every beacon has, and that it is XMLHttpRequest's.
    """
    reading = entry.reading
    if response is None or reading.likely_no_cors:
        return response is not None
    if "access-control-allow-origin" in response.headers or entry.fetch.include is False:
        return False
    if client.tells_priority and reading.by_xhr:
        return False
    return reading.accepts_all and "content-type" in reading.sent


def _is_xhr(exchange: Exchange) -> bool:
    """Return whether the recording, or the browser itself, tells that XMLHttpRequest asked."""
    told, word = exchange.told, exchange.word
    return (told is not None and told.kind == "xhr") or (word is not None and word.initiator == "xhr")


def _is_kept(exchange: Exchange) -> bool:
    """Return whether a cache keeps the redirect for good: it is permanent, and nothing bounds that."""
    response = exchange.response
    if response is None or response.status not in (301, 308) or exchange.request.method != "GET":
        return False
    return not any(name in response.headers for name in ("cache-control", "expires", "pragma", "vary"))


def find_target(response: Response | None, url: str, policy: EnginePolicy) -> str | None:
    """Return where the response redirects to, None where it is no redirect; "" where its Location does not parse."""
    if response is None:
        return None
    if policy.empty_location != "same-url" and response.headers.get("location") == "":
        fails = policy.empty_location == "fails" and response.status in REDIRECT_STATUSES
        return "" if fails else None
    found = location_url(response, url, identical_lines=policy.identical_locations)
    return "" if isinstance(found, Failure) else found


def _measure(entry: Entry, page_origin: str | None) -> Distance | None:
    """Return how far the resource is from its page, None where nothing tells.

    Sec-Fetch-Site tells, also of what a stylesheet asks for, whose Referer is the stylesheet. After a redirect it
    speaks of the whole chain, while the resource policy looks at the last URL alone.
    """
    told = SITES.get(entry.reading.site or "")
    measured = None if page_origin is None else measure_distance(page_origin, entry.exchange.request.url)
    if told is not None and entry.index == 0:
        farther = told == "cross-site" and measured not in (None, told) and entry.reading.destination not in BY_STYLES
        # Told to be farther than its page is, it comes from a sandboxed frame, or by a redirect that was not seen.
        return None if farther and entry.reading.origin != "null" else told
    # An Origin of null is a page's too that sends no Referer, wherever that is.
    return measured
