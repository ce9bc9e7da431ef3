"""How one browser engine departs from the Fetch standard, stated as data."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from corsight.policies.fetch.mime_type import Use
from corsight.policies.fetch.orb import OrbRules, TypeReading
from corsight.policies.fetch.preflight import Check
from corsight.policies.fetch.preflight_cache import CacheRules
from corsight.policies.value import value
from corsight.policies.verdict import EngineName

TypeCheck = Literal["mime-type", "nosniff", "orb"]
Local = Literal["about:blank", "blob: shared worker", "data: worker"]
"""A document or worker of a local scheme: `about:blank` is that of a window or frame that showed another one before."""


@value
class Departure:
    """A difference of an engine from the standard: what the engine does, and the source."""

    what: str
    source: str


@value
class Change:
    """What an engine did up to version `until` and no longer from `since` on. The versions between were not measured.

    `field` is the field of EnginePolicy (after a dot, the part of it) that had the value `before` then; None where no
    verdict depends on it.
    """

    what: str
    until: int
    since: int
    source: str
    field: str | None = None
    before: object = None

    @property
    def begins(self) -> tuple[int, int, int]:
        """The versions in which something else begins: the first that was not measured, the first that is nearer to the
        new behaviour, the first with the new behaviour.
        """
        return self.until + 1, (self.until + self.since + 1) // 2, self.since


@value
class ConsoleTexts:
    """The parts of an engine's console texts that differ between its versions."""

    missing_origin_hint: str = ""
    """What the console adds where the response to a fetch() has no Access-Control-Allow-Origin."""
    invalid_origin_hint: str = ""
    """What the console adds where the response to a fetch() has a wrong Access-Control-Allow-Origin."""
    cors_schemes: str = ""
    """The schemes that the console lists as supported by CORS; empty where it lists none."""
    opaque_blocking_said: bool = True
    """Whether the console says that an opaque response was blocked."""


NO_TEXTS = ConsoleTexts()


@dataclass(frozen=True, slots=True, eq=False)
class EnginePolicy:
    """An engine's CORS behaviour. The defaults are the standard's; `departures` says of each field that differs what the engine does.

    There is one object for all versions that behave alike, and it equals itself alone.
    """

    name: EngineName
    label: str
    cache: CacheRules
    """The CORS-preflight cache."""
    departures: Mapping[str, Departure] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()
    """What earlier versions did differently, the youngest change first."""
    measured: tuple[int, int] | None = None
    """The oldest and the youngest version that was measured; None for the standard, which has none."""
    stands_for: Literal["", "earlier", "later", "nearest", "standard"] = ""
    """Where the version was not measured: whose behaviour this policy has, a neighbouring version's or the standard's.
    """
    other: EnginePolicy | None = None
    """The second way in which a version that was not measured may decide; None where its behaviour is known."""
    texts: ConsoleTexts = NO_TEXTS

    preflight_order: tuple[Check, ...] = (
        "redirect",
        "cors",
        "status",
        "methods-syntax",
        "headers-syntax",
        "method",
        "header",
    )
    """The order in which a preflight's response is checked; the first failure is the one that is named."""
    authorization_by_wildcard: bool = False
    """Whether `Access-Control-Allow-Headers: *` covers Authorization."""
    same_origin_preflight_unchecked: bool = False
    """Whether a preflight that a redirect led back to the page's own origin skips the CORS check."""
    methods_upper_cased: bool = False
    """Whether a method is upper-cased before it is looked for in Access-Control-Allow-Methods."""
    private_network_warned: bool = False
    """Whether preflights with Access-Control-Request-Private-Network are sent, and a wrong answer to them only leads to
    a warning.
    """

    unsafe_total_limit: int | None = 1024
    """The limit on the safelisted request headers' values together, in bytes; None for no such limit."""
    repeated_lines_joined: bool = False
    """Whether a header's repeated lines are joined before they are measured."""
    extra_safelisted: Mapping[str, re.Pattern[str]] = field(default_factory=dict)
    """Request headers safelisted beyond the standard, each with the pattern its value has to match."""
    never_safelisted: frozenset[str] = frozenset()
    """Request headers that the standard safelists and the engine does not."""
    authorization_kept: bool = False
    """Whether a redirect to another origin keeps the page's Authorization."""
    content_type_asked_again: bool = False
    """Whether a preflight after a 303 that turned a POST into a GET still asks for the Content-Type it dropped."""

    expose_wildcard_survives: bool = False
    """Whether a `*` counts that stands before the malformed element of an Access-Control-Expose-Headers."""
    extra_exposed: frozenset[str] = frozenset()
    """Response headers a page may read beyond the standard's safelist."""

    storage_access_told: bool = False
    """Whether `Sec-Fetch-Storage-Access` comes with every credentialed cross-site request."""
    fonts_ask_with_cors: bool = True
    """Whether stylesheets ask for their fonts with CORS, and so without credentials."""
    separate_connections: Literal["always", "http/1.1", "never"] = "never"
    """On which connections credentialed and uncredentialed requests never mix."""

    stored_by_credentials: bool = False
    """Whether the HTTP cache keeps responses to requests with and without credentials apart."""

    streams_uploads: bool = False
    """Whether a fetch() may have a stream for its body, for which it needs HTTP/2 and a preflight."""
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
    """Whether a Location that is not a URL fails even a fetch() that would not follow it."""
    unled_redirects_refused: bool = True
    """Whether a fetch() with redirect: "error" fails at a redirect without a Location too."""
    deletes_turn_to_get: bool = False
    """Whether a redirect may turn a DELETE into a GET, whatever its status."""
    empty_location: Literal["same-url", "fails", "none"] = "same-url"
    """What a Location header without a value means: the same URL again, one that cannot be read, or no redirect."""
    loops_in_its_cache: bool = False
    """Whether a permanent redirect to its own URL is followed twenty times from the HTTP cache, without a request."""
    localhost_is_mixed: bool = False
    """Whether http://localhost counts as mixed content on a secure page."""
    local_network_is_mixed: bool = True
    """Whether http URLs of the local network, by their address or .local, are blocked as mixed content."""
    zero_address_is_mixed: bool = False
    """Whether http://0.0.0.0 is blocked as mixed content even where the local network is not."""
    local_network_access: bool = False
    """Whether a public page needs the user's permission to reach the local network, and has to be a secure page."""
    image_address_is_mixed: bool = True
    """Whether images, audio and video over http from an IP address, which are never upgraded, are blocked."""
    track_is_mixed: bool = True
    """Whether captions and the like over http are blocked on a secure page."""
    invalid_resource_policy_is_none: bool = True
    """Whether a Cross-Origin-Resource-Policy that is no policy counts as absent under an embedder policy."""
    confirmations_checked: bool = False
    """Whether a 304 may be held against an embedder policy by its own headers alone."""
    credentialless_unknown: bool = False
    """Whether Cross-Origin-Embedder-Policy: credentialless has no effect."""
    uninherited: frozenset[Local] = frozenset()
    """What does not get the embedder policy of the page that makes it."""
    document_isolation_known: bool = False
    """Whether a page may isolate itself by Document-Isolation-Policy, too."""
    proxy_authentication_fails: bool = False
    """Whether a 407 from the server itself, through a proxy's tunnel, is a network error."""
    types_unchecked: frozenset[Use] = frozenset()
    """Uses for which an engine takes any type."""
    unknown_uses: frozenset[Use] = frozenset()
    """Uses that an engine does not have."""
    json_modules_as_scripts: bool = False
    """Whether a JSON module is asked for with destination script, and passes with nosniff too."""
    types_read: TypeReading = "standard"
    """How a Content-Type is read, but for opaque response blocking."""
    modules_read: TypeReading | None = None
    """How that of a module is read, where it is read in another way."""
    type_checks: tuple[TypeCheck, ...] = ("mime-type", "nosniff", "orb")
    """The order of the checks of what a response is."""
    opaque_response_blocking: OrbRules | None = None
    """The engine's rules of opaque response blocking; None where it has none."""
    opaque_emptied: frozenset[str] = frozenset()
    """Destinations that get an empty response instead of a blocked opaque one, unless its status is an error."""

    cache_cleared_on_failure: bool = True
    """Whether a request that fails the CORS check clears what the cache holds for it."""
