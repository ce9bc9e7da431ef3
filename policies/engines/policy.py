"""How one browser engine departs from the Fetch standard, stated as data."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from typing import Literal

from corsight.policies.fetch.orb import OrbRules
from corsight.policies.fetch.preflight import Check
from corsight.policies.fetch.preflight_cache import CacheRules
from corsight.policies.value import value
from corsight.policies.verdict import EngineName

TypeCheck = Literal["mime-type", "nosniff", "orb"]


@value
class Departure:
    """One field in which an engine is not the standard: what it does instead, and where that was read or seen."""

    field: str
    what: str
    source: str


@value
class EnginePolicy:
    """An engine's CORS behaviour. The defaults are the standard's; what an engine changes it lists in `departures`."""

    name: EngineName
    label: str
    cache: CacheRules
    """The CORS-preflight cache."""
    departures: tuple[Departure, ...] = ()

    preflight_order: tuple[Check, ...] = (
        "redirect",
        "cors",
        "status",
        "methods-syntax",
        "headers-syntax",
        "method",
        "header",
    )
    """Which failure of a preflight's answer is named first."""
    authorization_by_wildcard: bool = False
    """Whether `Access-Control-Allow-Headers: *` covers Authorization."""
    same_origin_preflight_unchecked: bool = False
    """Whether a preflight that a redirect led back to the page's own origin skips the CORS check."""

    unsafe_total_limit: int | None = 1024
    """The limit on the safelisted request headers' values together, in bytes; None for no such limit."""
    repeated_lines_joined: bool = False
    """Whether a header's repeated lines are joined before they are measured."""
    extra_safelisted: Mapping[str, re.Pattern[str]] = field(default_factory=dict)
    """Request headers safelisted beyond the standard, each with the pattern its value has to match."""

    expose_wildcard_survives: bool = False
    """Whether a `*` counts that stands before the malformed element of an Access-Control-Expose-Headers."""
    extra_exposed: frozenset[str] = frozenset()
    """Response headers a page may read beyond the standard's safelist."""

    storage_access_since: int | None = None
    """The major version from which `Sec-Fetch-Storage-Access` comes with every credentialed cross-site request."""
    fonts_ask_with_cors: bool = True
    """Whether stylesheets ask for their fonts with CORS, and so without credentials."""
    separate_connections: Literal["always", "http/1.1", "never"] = "never"
    """On which connections credentialed and uncredentialed requests never mix."""

    preflight_outlives_abort: bool = False
    """Whether the preflight of a fetch that its page aborts is finished all the same."""

    empty_lines_dropped: bool = False
    """Whether an empty line is left out where a header's lines are joined."""
    allow_origin_lines_counted: bool = False
    """Whether two lines named exactly Access-Control-Allow-Origin are too many whatever they say."""

    embedded_userinfo_blocked: bool = False
    """Whether a redirect to a URL with a user name is blocked even where CORS has no say."""
    identical_locations: bool = False
    """Whether a Location header that is repeated word for word counts as one."""
    location_read_anyhow: bool = False
    """Whether a Location that is no URL fails a fetch() that would not have followed it."""
    empty_location_fails: bool = False
    """Whether a Location header without a value counts as one that cannot be read."""
    loops_in_its_cache: bool = False
    """Whether a permanent redirect to its own URL is followed twenty times out of the HTTP cache, unseen."""
    localhost_is_mixed: bool = False
    """Whether http://localhost counts as mixed content on a secure page."""
    local_network_is_mixed: bool = True
    """Whether http URLs of the local network, by their address or .local, are blocked as mixed content."""
    local_network_access: bool = False
    """Whether a public page's request to the local network takes the user's permission, and a secure page."""
    image_address_is_mixed: bool = True
    """Whether images, audio and video over http from an IP address, which are never upgraded, are blocked."""
    track_is_mixed: bool = True
    """Whether captions and the like over http are blocked on a secure page."""
    invalid_resource_policy_is_none: bool = True
    """Whether a Cross-Origin-Resource-Policy that is no policy counts as absent under an embedder policy."""
    proxy_authentication_fails: bool = False
    """Whether a 407 from the server itself, through a proxy's tunnel, is a network error."""
    styles_need_css: bool = False
    """Whether a style sheet of another origin has to be text/css, if it has a type at all."""
    type_checks: tuple[TypeCheck, ...] = ("mime-type", "nosniff", "orb")
    """Which check of what a response says it is comes first."""
    opaque_response_blocking: OrbRules | None = None
    """How opaque responses are blocked by what their headers say they are; None where they are not."""

    cache_cleared_on_failure: bool = True
    """Whether a request that fails the CORS check clears what the cache holds for it."""
