"""Main fetch and HTTP-redirect fetch: which response tainting a request has, and what a redirect may not lead to.

https://fetch.spec.whatwg.org/#concept-main-fetch, https://fetch.spec.whatwg.org/#http-redirect-fetch
"""

from __future__ import annotations

from typing import Literal

from corsight.policies.fetch.local_network import find_address_space
from corsight.policies.fetch.mixed_content import UPGRADEABLE_DESTINATIONS, is_mixed_content, is_upgraded
from corsight.policies.fetch.origin import (
    has_userinfo,
    is_ip_address,
    is_potentially_trustworthy,
    origin_of,
    split_origin,
)
from corsight.policies.fetch.redirect import MAX_REDIRECTS
from corsight.policies.fetch.steps import Algorithm, Question

Tainting = Literal["basic", "cors", "opaque"]
"""https://fetch.spec.whatwg.org/#concept-request-response-tainting"""

USERINFO = "redirect-userinfo"
SCHEME = "redirect-scheme"
LOCATION = "redirect-location-invalid"
COUNT = "redirect-too-many"
SAME_ORIGIN_MODE = "redirect-cross-origin"
MIXED_CONTENT = "mixed-content"
LOCAL_NETWORK = "local-network-access"

USERINFO_EMBEDDED = "userinfo-embedded"
USERINFO_BY_XHR = "userinfo-by-xhr"
UNREAD = "location-unread"
UNLED = "redirect-unled"
MIXED_LOCALHOST = "mixed-localhost"
MIXED_LOCAL_NETWORK = "mixed-local-network"
MIXED_ZERO_ADDRESS = "mixed-zero-address"
MIXED_IMAGE_ADDRESS = "mixed-image-address"
MIXED_TRACK = "mixed-track"
"""Hazards of a redirect that only some engines see; all others are called by their rule."""

NESTED = frozenset({"iframe", "frame", "embed", "object"})
"""Destinations of documents within a page. https://w3c.github.io/webappsec-mixed-content/#should-block-fetch lets only
those of a window of their own through.
"""
UNREDIRECTED = ("manual", "error")
"""The redirect modes in which a fetch() does not follow a redirect."""
REFUSED = "redirect-refused"

PLACES: dict[Question, tuple[Algorithm, str]] = {
    # https://fetch.spec.whatwg.org/#concept-http-fetch
    # 6.3. "Switch on request's redirect mode" "error" makes a network error of a redirect status.
    Question.REDIRECT_MODE: (Algorithm.HTTP_FETCH, "6.3"),
    # https://fetch.spec.whatwg.org/#http-redirect-fetch
    # 5. "If locationURL is failure, then return a network error."
    Question.LOCATION: (Algorithm.REDIRECT, "5"),
    # 6. "If locationURL's scheme is not an HTTP(S) scheme, then return a network error."
    Question.SCHEME: (Algorithm.REDIRECT, "6"),
    # 7. "If request's redirect count is 20, then return a network error."
    Question.REDIRECT_COUNT: (Algorithm.REDIRECT, "7"),
    # 10. "If request's response tainting is "cors" and locationURL includes credentials, then return a network error."
    # 9 says so of mode "cors" and another origin before.
    Question.NO_USERINFO: (Algorithm.REDIRECT, "10"),
    # https://fetch.spec.whatwg.org/#concept-main-fetch
    # 12. "request's mode is "same-origin": Return a network error."
    Question.SAME_ORIGIN: (Algorithm.MAIN_FETCH, "12"),
    # 7. "… should fetching request be blocked as mixed content …, then set response to a network error."
    Question.NOT_MIXED: (Algorithm.MIXED_CONTENT, ""),
    Question.LOCAL_NETWORK: (Algorithm.LOCAL_NETWORK, ""),
}
"""Where each question about a redirect stands: four in HTTP-redirect fetch, the others in the fetch after it."""

type Hazards = tuple[tuple[Question, str | None], ...]
"""The questions that a redirect is asked, in order, each with the hazard it meets; None where it meets none."""


def find_response_tainting(
    url: str,
    *,
    mode: str,
    origin: str | None,
    page_origin: str | None,
    site: str | None,
    crossed: bool,
    needs_preflight: bool,
    tells_metadata: bool = True,
) -> tuple[Tainting, Tainting | None]:
    """Return the response tainting of a request (main fetch, step 12), and the other one it may be.

    `mode` is "unknown" where no Sec-Fetch-Mode came, `site` is Sec-Fetch-Site; `origin` is the Origin header,
    `page_origin` what else tells the page's. `crossed` tells that the fetch left the page's origin before: tainting
    never goes back to "basic". `tells_metadata` tells whether this browser sends Sec-Fetch-* wherever it may.
    """
    if mode in ("navigate", "websocket", "same-origin") or site == "none":
        # The last: asked by the user, or by the browser for itself.
        return "basic", None
    page = origin if origin not in (None, "null") else page_origin
    same = site == "same-origin" if site is not None else page not in (None, "null") and page == origin_of(url)
    own = same and not crossed
    if mode == "no-cors":
        return "basic" if own else "opaque", None
    if mode == "cors":
        # Firefox gives masks in a style sheet of another origin the page's Origin, and a Sec-Fetch-Site that says how
        # far they are from the style sheet.
        # The worker of a data: URL has no origin of its own, and WebKit calls that of its page the same.
        if origin is None or (own and origin == origin_of(url)):
            return "basic", None
        # An extension that was granted the host is not subject to CORS, one that was not is.
        return "cors", "basic" if (page or "").partition(":")[0].endswith("-extension") else None
    # No Sec-Fetch-Mode, and nothing that tells it.
    if own:
        return "basic", None
    if origin is None and needs_preflight:
        # Neither CORS, which has an Origin, nor no-cors, which has no such headers and methods.
        return "basic", None
    if origin is None and page is None:
        # Neither Origin nor Referer: asked at home, or of others without CORS, the Referer withheld. A page's request
        # says so little only over plain http, or where the browser has no Sec-Fetch-*.
        return "basic", None if tells_metadata and is_potentially_trustworthy(url) else "opaque"
    return ("opaque", None) if origin is None or same else ("cors", "opaque")


def check_redirect(
    target: str | None,
    *,
    mode: str,
    destination: str,
    tainting: Tainting,
    page_origin: str | None,
    redirects: int,
    secure: bool,
    redirect: str = "follow",
) -> Hazards:
    """Return the questions that a redirect has to pass, each with the hazard that it meets.

    `target` is "" where the Location is not a URL, None where there is none. `redirects` counts those before this one,
    `secure` tells whether the page is a secure one, `redirect` is the redirect mode. Of navigations only those within a
    page are asked anything here, and WebSockets are not.
    """
    if mode == "navigate" and destination in NESTED and secure and target is not None:
        mixed = _name_mixed_content(destination, target) if target.startswith("http:") else None
        return ((Question.NOT_MIXED, mixed),)
    if mode in ("navigate", "websocket"):
        return ()
    if target is None:
        return ((Question.REDIRECT_MODE, UNLED),) if redirect == "error" else ()
    # https://fetch.spec.whatwg.org/#concept-http-fetch: "error" makes a network error of a redirect status, "manual" an
    # opaque-redirect filtered response whose Location nobody follows.
    if redirect == "error":
        return ((Question.REDIRECT_MODE, REFUSED),)
    if redirect == "manual":
        return ((Question.LOCATION, UNREAD if target == "" else None),)
    hazards: dict[Question, str | None] = dict.fromkeys(
        (Question.LOCATION, Question.SCHEME, Question.REDIRECT_COUNT, Question.NO_USERINFO)
    )
    if mode == "same-origin":
        hazards[Question.SAME_ORIGIN] = None
    if secure:
        hazards[Question.NOT_MIXED] = None
    scheme = target.partition(":")[0]
    elsewhere = page_origin is not None and origin_of(target) != page_origin
    if target == "":
        hazards[Question.LOCATION] = LOCATION
    elif scheme not in ("http", "https"):
        hazards[Question.SCHEME] = SCHEME
    else:
        if redirects >= MAX_REDIRECTS:
            hazards[Question.REDIRECT_COUNT] = COUNT
        if has_userinfo(target):
            cors = tainting == "cors" or (mode == "cors" and elsewhere)
            embedded = USERINFO_BY_XHR if redirect == "xhr" else USERINFO_EMBEDDED
            hazards[Question.NO_USERINFO] = USERINFO if cors else embedded
        if mode == "same-origin" and elsewhere:
            hazards[Question.SAME_ORIGIN] = SAME_ORIGIN_MODE
        if secure and scheme == "http" and not is_upgraded(destination, target):
            hazards[Question.NOT_MIXED] = _name_mixed_content(destination, target)
    return tuple(hazards.items())


def is_kept_from_secure_pages(url: str) -> bool:
    """Return whether no engine lets a secure page ask for a URL, whatever it is for: by a name, over plain http.

    Those of old let images through, and then also where they are redirected.
    """
    parts = split_origin(origin_of(url)) if url.startswith("http:") else None
    if parts is None or is_ip_address(parts[1]) or not is_mixed_content("https://secure.invalid", url):
        return False
    return find_address_space(parts[1]) != "local"


def _name_mixed_content(destination: str, target: str) -> str:
    """Name what an http target is to a secure page: mixed content, or what only some engines take for it."""
    parts = split_origin(origin_of(target))
    host = parts[1] if parts is not None else ""
    if not is_mixed_content("https://secure.invalid", target):
        return MIXED_LOCALHOST
    if destination in UPGRADEABLE_DESTINATIONS:
        # It was not upgraded, so its host is an address.
        return MIXED_IMAGE_ADDRESS
    if destination == "track":
        return MIXED_TRACK
    if host == "0.0.0.0":
        return MIXED_ZERO_ADDRESS
    return MIXED_LOCAL_NETWORK if find_address_space(host) == "local" else MIXED_CONTENT
