"""Origins, sites and URLs.

https://url.spec.whatwg.org/ parses, https://html.spec.whatwg.org/#origin compares,
https://w3c.github.io/webappsec-secure-contexts/ trusts. An origin is handled as its serialization: `https://a.example`,
`https://a.example:8443`, or `null` for an opaque one. Two opaque origins are never taken to be the same.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Literal

from publicsuffixlist import PublicSuffixList

from corsight.policies.fetch.url import DEFAULT_PORTS, parse

Distance = Literal["same-origin", "same-site", "cross-site"]
"""How far two origins are from each other, or what the redirects of a fetch went through at most.

https://fetch.spec.whatwg.org/#concept-request-redirect-taint names it so for redirects, Sec-Fetch-Site for requests.
"""

SHORT = 512
"""Characters of a URL's beginning, an origin or a host up to which what is known of it is remembered."""
KNOWN = 4096
"""How many beginnings of URLs are remembered."""
LONG, LONGEST = 4096, 128 * 1024
"""Characters of a URL from which its origin is remembered while its own exchange is judged, and up to which."""


_C0_OR_SPACE = "".join(map(chr, range(0x21)))
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):")
_PARTS = re.compile(r"(https?:)//([^/?#]*)([^?#]*)(\?[^#]*)?")
_WEB_SCHEMES, LEAST = ("http://", "https://"), len("https://")
_WEB = re.compile(r"https?://[^/?#\\]*").match
_USERINFO = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[/\\]{2,}([^/\\?#]*)@")
_ORIGIN = re.compile(r"([a-z][a-z0-9+.\-]*)://(\[[0-9a-f:.]+\]|[^\[\]/\\?#@:,\s]+)(?::([0-9]{1,5}))?")
_IPV4 = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+")


def origin_of(url: str) -> str:
    """Return the serialized origin of an absolute URL; `null` when it is opaque or the text is not a URL.

    https://url.spec.whatwg.org/#concept-url-origin and https://html.spec.whatwg.org/#ascii-serialisation-of-an-origin
    """
    if LONG < len(url) <= LONGEST:
        return _find_origin_of_long(url)
    # Runs several times an exchange: what is remembered of a URL's beginning serves all its paths.
    place = url.find("/", LEAST)
    return _origins.get(url[:place] if place > 0 else url) or _find_origin(url)


def _find_origin(url: str) -> str:
    start = _up_to_path(url)
    if len(start) > SHORT:
        return _origin.__wrapped__(start)
    origin = _origin(start)
    # Of others it is not known that their paths change nothing.
    if start.startswith(_WEB_SCHEMES):
        if len(_origins) >= KNOWN:
            _origins.clear()
        _origins[start] = origin
    return origin


_origins: dict[str, str] = {}
"""The origins of web URLs, by their beginnings up to the path."""


# A long one is remembered while its own exchange is judged, time and again.
_find_origin_of_long = lru_cache(maxsize=4)(_find_origin)


def _up_to_path(url: str) -> str:
    """Return a web URL up to its path, so that what is remembered serves all its paths; others as they are."""
    if url.startswith(_WEB_SCHEMES):
        place = url.find("/", LEAST)
        start = url if place < 0 else url[:place]
        if "?" not in start and "#" not in start and "\\" not in start:
            return start
    match = _WEB(url)
    return url if match is None else match[0]


@lru_cache(4096)
def _origin(url: str) -> str:
    """Return the serialized origin, worked out anew. https://url.spec.whatwg.org/#concept-url-origin"""
    parsed = parse(url)
    if parsed is None:
        return "null"
    scheme = parsed.scheme
    if scheme == "blob":
        # 4. "If pathURL's scheme is "http", "https", or "file", then return pathURL's origin."
        # That of a file is opaque.
        inner = parsed.path or ""
        return origin_of(inner) if inner.startswith(("http:", "https:")) else "null"
    if scheme not in DEFAULT_PORTS or not parsed.host:
        return "null"
    port = parsed.port
    return f"{scheme}://{parsed.host}" if port in (None, DEFAULT_PORTS[scheme]) else f"{scheme}://{parsed.host}:{port}"


def split_origin(origin: str) -> tuple[str, str, int | None] | None:
    """Return scheme, host and port of a serialized origin, or None when it is none (`null` included).

    The port is the scheme's default where none is written, and None where the scheme has none (browser extensions).
    """
    return _split_origin(origin) if len(origin) <= SHORT else _split_origin.__wrapped__(origin)


@lru_cache(4096)
def _split_origin(origin: str) -> tuple[str, str, int | None] | None:
    match = _ORIGIN.fullmatch(origin)
    if match is None:
        return None
    scheme, host, digits = match.groups()
    if digits is None:
        return scheme, host, DEFAULT_PORTS.get(scheme)
    port = int(digits)
    return (scheme, host, port) if port < 65536 else None


def is_serialized_origin(text: str) -> bool:
    """Return whether `text` is, byte for byte, what a tuple origin serializes to: no final slash, no default port."""
    return text != "null" and origin_of(text) == text


def is_ip_address(host: str) -> bool:
    """Return whether a parsed URL's host is an IPv4 or IPv6 address (the latter in brackets)."""
    return host.startswith("[") or _IPV4.fullmatch(host) is not None


def is_localhost(host: str) -> bool:
    """Return whether `host` is localhost, a name under it, or a loopback address."""
    name = host.removesuffix(".")
    if name == "localhost" or name.endswith(".localhost") or host == "[::1]":
        return True
    return host.startswith("127.") and _IPV4.fullmatch(host) is not None


def is_potentially_trustworthy(url_or_origin: str) -> bool:
    """Return whether a URL or a serialized origin counts as delivered safely.

    https://w3c.github.io/webappsec-secure-contexts/#is-url-trustworthy
    """
    # Of a web URL nothing else than its origin counts.
    start = origin_of(url_or_origin) if url_or_origin.startswith(_WEB_SCHEMES) else _up_to_path(url_or_origin)
    return _trustworthy(start) if len(start) <= SHORT else _trustworthy.__wrapped__(start)


@lru_cache(4096)
def _trustworthy(url_or_origin: str) -> bool:
    """Return whether a URL is trustworthy, worked out anew.

    https://w3c.github.io/webappsec-secure-contexts/#is-url-trustworthy
    """
    parsed = parse(url_or_origin)
    if parsed is None:
        return False
    scheme = parsed.scheme
    # 1. "If url is "about:blank" or "about:srcdoc", return "Potentially Trustworthy"."
    # 2. "If url's scheme is "data", return "Potentially Trustworthy"."
    if scheme == "data" or (scheme == "about" and parsed.path in ("blank", "srcdoc")):
        return True
    if scheme == "blob":
        # "Therefore, blobs created in a trustworthy origin will themselves be potentially trustworthy."
        return is_potentially_trustworthy(parsed.path or "")
    # https://w3c.github.io/webappsec-secure-contexts/#is-origin-trustworthy
    # 3. "If origin's scheme is either "https" or "wss", return "Potentially Trustworthy"."
    # 4. "If origin's host matches one of the CIDR notations 127.0.0.0/8 or ::1/128"
    # 5. "If the user agent conforms to the name resolution rules in let-localhost-be-localhost"
    # 6. "If origin's scheme is "file", return "Potentially Trustworthy"."
    return scheme in ("https", "wss", "file") or (scheme in DEFAULT_PORTS and is_localhost(parsed.host or ""))


@cache
def _public_suffixes() -> PublicSuffixList:
    """Return the public suffix list (https://publicsuffix.org/), private domains included. Loads once, in about 20 ms.

    Its rules are kept in Unicode alone: in Punycode too, loading takes three times as long. A top-level domain that no
    rule names falls under the list's default rule, `*`: it is a suffix by itself.
    """
    return PublicSuffixList(accept_encoded_idn=False)


def _in_unicode(label: str) -> str:
    """Return a label of a host with its Punycode decoded; as it is where it has none, or no valid one."""
    if not label.startswith("xn--") or len(label) > 63:
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")
    except UnicodeError:
        return label


def registrable_domain(host: str) -> str | None:
    """Return the registrable domain of a host: its public suffix and a label more; None when it has none.

    https://url.spec.whatwg.org/#host-registrable-domain
    """
    return _registrable_domain(host) if len(host) <= SHORT else _registrable_domain.__wrapped__(host)


@lru_cache(4096)
def _registrable_domain(host: str) -> str | None:
    name = host.removesuffix(".").lower()
    if is_ip_address(name):
        return None
    labels = name.split(".")
    # The longest rule of the list has 7 labels.
    domain = None if "" in labels else _public_suffixes().privatesuffix(".".join(map(_in_unicode, labels[-16:])))
    if domain is None:
        return None
    return ".".join(labels[-domain.count(".") - 1 :]) + ("." if host.endswith(".") else "")


def schemelessly_same_site(host_a: str, host_b: str) -> bool:
    """Return whether two hosts belong to one site, whatever their schemes.

    https://html.spec.whatwg.org/#schemelessly-same-site
    """
    if host_a == host_b:
        return True
    # A registrable domain has two labels at least: where these differ, the list need not be loaded.
    if host_a.lower().rsplit(".", 2)[-2:] != host_b.lower().rsplit(".", 2)[-2:]:
        return False
    domain = registrable_domain(host_a)
    return domain is not None and domain == registrable_domain(host_b)


def same_site(origin_a: str, origin_b: str) -> bool:
    """Return whether two serialized origins are of one site, scheme included.

    https://html.spec.whatwg.org/#same-site
    """
    a, b = split_origin(origin_a), split_origin(origin_b)
    return a is not None and b is not None and a[0] == b[0] and schemelessly_same_site(a[1], b[1])


def same_origin(origin_a: str, origin_b: str) -> bool:
    """Return whether two serialized origins are the same tuple origin (https://html.spec.whatwg.org/#same-origin)."""
    return origin_a == origin_b != "null"


def parse_url(text: str, base: str | None) -> str | None:
    """Return `text` as a normalised absolute URL without fragment, read against `base`; None for failure.

    https://url.spec.whatwg.org/#concept-basic-url-parser. `base` is an absolute URL; only an http(s) one resolves
    relative references. A URL of another scheme comes back as written, without surrounding white space. Userinfo stays.
    """
    text = text.strip(_C0_OR_SPACE)
    for removed in "\t\n\r":
        text = text.replace(removed, "")
    parts = _PARTS.match(base) if base is not None else None
    scheme = _SCHEME.match(text)
    if scheme is not None:
        name = scheme[1].lower()
        if name not in ("http", "https"):
            return text
        # Scheme state: the base's own scheme without two slashes behind it begins a relative reference. With two, what
        # stands behind it is read the same as a relative one.
        if parts is not None and parts[1][:-1] == name:
            text = text[scheme.end() :]
        else:
            parts = None
    elif parts is None:
        return None
    if parts is not None:
        text = _absolute(text, parts)
    parsed = parse(text)
    return None if parsed is None else parsed.text.partition("#")[0]


def _absolute(reference: str, base: re.Match[str]) -> str:
    """Return a relative reference written out against an http(s) base; dots in its path are left to the parser."""
    scheme, authority, path, query = base.groups()
    end = min((i for i in (reference.find("?"), reference.find("#")) if i >= 0), default=len(reference))
    # Relative state: a backslash is a slash, up to the query.
    reference = reference[:end].replace("\\", "/") + reference[end:]
    if reference.startswith("//"):
        return scheme + reference
    if reference.startswith("/"):
        return f"{scheme}//{authority}{reference}"
    if reference.startswith("?"):
        return f"{scheme}//{authority}{path}{reference}"
    if not reference or reference.startswith("#"):
        return f"{scheme}//{authority}{path}{query or ''}"
    return f"{scheme}//{authority}{path[: path.rfind('/') + 1] or '/'}{reference}"


def leave_out_userinfo(url: str) -> str:
    """Return a URL as it is asked for: a user name or password in it does not reach the wire."""
    scheme, _, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    return f"{scheme}://{authority.rpartition('@')[2]}{slash}{path}"


def has_userinfo(url: str) -> bool:
    """Return whether a URL carries a user name or a password (https://url.spec.whatwg.org/#include-credentials)."""
    match = _USERINFO.match(url)
    return match is not None and match[1] not in ("", ":")
