"""What is wrong with the origins that a policy grants."""

from __future__ import annotations

import re
from collections.abc import Iterator

from corsight.policies.fetch.origin import (
    is_ip_address,
    is_localhost,
    is_serialized_origin,
    origin_of,
    registrable_domain,
)
from corsight.policies.rules.nearness import compare_origins
from corsight.policies.server.grammar import ANY, LONGEST_ORIGIN, is_host
from corsight.policies.server.model import INSECURE, NULL, SUFFIXES, ServerPolicy
from corsight.policies.server.origins import OriginPattern, is_app_origin, is_browser_origin, parse_pattern
from corsight.policies.server.problems import Finding, shorten

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*://")
_EXAMPLE = "https://shop.example"
_SLIP = re.compile(r"(?i)(https?)(?:[:;]/?|[:;]?//)(?!/)")
_SIGNS = "a host consists of letters, digits, dots, - and _"


def check_origins(policy: ServerPolicy) -> Iterator[Finding]:
    """Yield what is wrong with the policy's origins."""
    for index, origin in enumerate(policy.origins):
        yield from (finding.under("origins", index) for finding in _check_origin(policy, origin))
    yield from _check_together(policy)


def _check_origin(policy: ServerPolicy, origin: str) -> Iterator[Finding]:
    if origin == ANY:
        if policy.credentials:
            what = "browsers never accept * with credentials: any site could act as the user"
            yield Finding((), "wildcard", what, f"name each origin: {_EXAMPLE}")
        return
    if len(origin) > LONGEST_ORIGIN:
        yield Finding((), "out of bounds", f"longer than {LONGEST_ORIGIN} characters", f"write one such as {_EXAMPLE}")
        return
    if origin.strip().lower() == "null":
        what = "null is the origin of sandboxed frames of any site, so it trusts them all"
        yield Finding((), "prohibited", what, f"leave it out, or write {NULL}: true if that is intended")
        return
    pattern = parse_pattern(origin)
    if pattern is not None and is_serialized_origin(
        origin if "*" not in origin else f"{pattern.scheme}://{pattern.host}"
    ):
        yield from _check_pattern(policy, origin, pattern)
    elif not is_app_origin(origin):
        yield _explain(origin)


def _check_pattern(policy: ServerPolicy, origin: str, pattern: OriginPattern) -> Iterator[Finding]:
    """Yield what is wrong with an origin or a pattern that is well spelled."""
    name = f"{pattern.scheme}://{'*.' if pattern.subdomains else ''}{pattern.host}"
    if pattern.subdomains and is_ip_address(pattern.host):
        yield Finding((), "invalid", "an address has no subdomains", f"write {origin.replace('*.', '', 1)}")
        return
    if pattern.port is None and not pattern.loopback:
        what = "any port is allowed for loopback only: on other hosts, another port may belong to somebody else"
        yield Finding((), "wildcard", what, f"write {name}, or name the port")
    elif pattern.port is not None and not 0 < pattern.port < 65536:
        yield Finding((), "out of bounds", "a port is 1 to 65535", f"write {name}")
    elif origin != name and pattern.written_port == "":
        yield Finding((), "invalid", "browsers leave the default port out of an origin", f"write {name}")
    elif pattern.written_port and not origin.endswith(f":{pattern.written_port}"):
        yield Finding((), "invalid", "no port begins with 0", f"write {name}:{pattern.port}")
    if not policy.credentials or pattern.loopback:
        return
    if pattern.scheme == "http" and not policy.dangerously_allow_insecure_origins_with_credentials:
        what = "anyone on the user's network can pose as an http page, and would then act with the user's credentials"
        yield Finding((), "insecure", what, f"write https{origin[4:]}, or {INSECURE}: true if http is intended")
    if (
        pattern.subdomains
        and registrable_domain(pattern.host) is None
        and not policy.dangerously_allow_public_suffixes_with_credentials
    ):
        what = f"{pattern.host} is a public suffix: anyone can have a name under it"
        yield Finding((), "public suffix", what, f"name each origin, or write {SUFFIXES}: true if that is intended")


def _check_together(policy: ServerPolicy) -> Iterator[Finding]:
    """Yield the origins that stand there twice, or that another one names already."""
    origins = policy.origins
    any_origin = ANY in origins
    beside_any = any_origin and not policy.credentials and any(origin != ANY for origin in origins)
    patterns = [parse_pattern(origin) for origin in origins]
    first = {pattern: index for index, pattern in reversed([*enumerate(patterns)])}
    seen: set[str] = set()
    for index, (origin, pattern) in enumerate(zip(origins, patterns, strict=True)):
        finding = None
        if origin in seen:
            finding = Finding((), "conflicting", f"{origin} is listed twice", "take one out")
        elif origin == ANY and beside_any:
            finding = Finding((), "conflicting", "* names every other origin already", "take * out, or all others")
        elif pattern is not None and not any_origin:
            others = (origins[first[one]] for one in pattern.list_wider() if one in first)
            other = next((one for one in others if one != origin), None)
            if other is not None:
                finding = Finding((), "conflicting", f"{other} covers it already", f"take {origin} out")
        if finding is not None:
            yield finding.under("origins", index)
        seen.add(origin)


# -- what no browser sends -------------------------------------------------------------------------------------------


def _suggest(*origins: str) -> str:
    """Return the advice to write the first of the origins that would be taken, else an example."""
    fit = next((one for one in origins if is_browser_origin(one) or ("*" in one and parse_pattern(one))), None)
    return f"write {fit or _EXAMPLE}"


def _explain(origin: str) -> Finding:
    """Return why no browser ever sends this origin."""
    text = origin.strip()
    if not text:
        return Finding((), "invalid", "an origin is missing", f"write one such as {_EXAMPLE}")
    if "," in text or " " in text:
        parts = [origin_of(_unquote(part)) for part in re.split(r"[\s,]+", text)]
        listed = ", ".join(part for part in parts if is_browser_origin(part)) or f"{_EXAMPLE}, https://www.shop.example"
        return Finding((), "invalid", "an entry is one origin", f"write an entry for each: {listed}")
    if (bare := _unquote(text)) != text:
        near = compare_origins(origin_of(bare), text)
        what = "an origin is written without quotes or brackets" if near is None else f"it {near.wrong}"
        return Finding((), "invalid", what, _suggest(bare, origin_of(bare)))
    if "*" in text:
        return _explain_pattern(text)
    if text.lower() in ("file://", "file:///"):
        what = "file:// is the origin of every page from disk in Electron and web views, so it trusts them all"
        return Finding((), "invalid", what, "serve the app by a scheme of its own, such as app://shop, and name that")
    if is_app_origin(text.rstrip("/")):
        return Finding((), "invalid", "an origin has no slash at its end", f"write {text.rstrip('/')}")
    if text.lower().startswith("file:"):
        return Finding(
            (), "invalid", "the origin of files is null in browsers", f"write {NULL}: true if that is intended"
        )
    scheme = _SCHEME.match(text)
    if scheme is None:
        if (typo := _SLIP.match(text)) is not None:
            written = origin_of(f"{typo[1].lower()}://{text[typo.end() :]}")
            return Finding((), "invalid", ":// is missing between scheme and host", _suggest(written))
        local = is_localhost(re.split(r"[:/]", text)[0].lower())
        written = origin_of(f"{'http' if local else 'https'}://{text.lstrip('/')}")
        return Finding((), "invalid", "an origin has a scheme", _suggest(written))
    if scheme[0].lower() in ("ws://", "wss://"):
        return Finding((), "invalid", "pages have http and https origins", _suggest(origin_of(f"http{text[2:]}")))
    serialized = origin_of(text)
    if serialized == "null" and (match := re.fullmatch(r"(.+):([0-9]+)/?", text)) and origin_of(match[1]) != "null":
        return Finding((), "out of bounds", "a port is 1 to 65535", _suggest(origin_of(match[1])))
    if serialized == "null":
        return Finding((), "invalid", f"{shorten(text)} is not an origin", f"write one such as {_EXAMPLE}")
    if text == serialized and text != origin:
        return Finding((), "invalid", "it has spaces around it", _suggest(serialized))
    return Finding((), "invalid", _explain_spelling(text, text[scheme.end() :], serialized), _suggest(serialized))


def _unquote(text: str) -> str:
    """Return the text without quotes around it, and without the brackets of a list around these."""
    return re.sub(r"^\[\s*(?=[\"'])|(?<=[\"'])\s*\]$", "", text).strip("\"'`<>()")


def _explain_spelling(text: str, rest: str, serialized: str) -> str:
    """Return how a URL, whose part behind the scheme is `rest`, differs from the origin it serializes to."""
    end = re.search(r"[/?#\\]", rest)
    authority = rest if end is None else rest[: end.start()]
    if end is not None:
        return "an origin has no path" if rest[end.end() :].strip() else "an origin has no slash at its end"
    if "@" in authority:
        return "an origin has no user name"
    if not authority.isascii():
        return "origins are sent in ASCII (punycode)"
    if not is_browser_origin(serialized):
        return _SIGNS
    if text.lower() == serialized:
        return "origins are sent in lower case"
    if re.search(r":[0-9]*$", authority) and not re.search(r":[0-9]+$", serialized):
        return "browsers leave the default port out of an origin"
    return "browsers write this origin in another way"


def _explain_pattern(text: str) -> Finding:
    """Return what is wrong with a text that has a star in it."""
    scheme = _SCHEME.match(text)
    rest = text if scheme is None else text[scheme.end() :]
    if text.startswith("*://"):
        return Finding((), "invalid", "* stands for no scheme", _suggest(f"https://{text[4:]}"))
    if re.fullmatch(r"\*(?::(?:[0-9]+|\*))?/?", rest):
        what = "* stands for whole subdomains of a host that is named"
        return Finding((), "wildcard", what, 'write "*" for any origin')
    if re.fullmatch(r"\*\.[^*/]+(?::\*)?", rest) and scheme is None:
        return Finding((), "invalid", "an origin has a scheme", _suggest(f"https://{rest}"))
    host = re.split(r"[/?#]", rest)[0]
    clean = host.rpartition("*")[2].lstrip(".-") if not host.endswith("*") else host.partition(":")[0].strip("*.-")
    serialized = origin_of(f"https://{clean or 'shop.example'}").removeprefix("https://")
    readable = is_host(re.sub(r":[0-9]+$", "", serialized))
    name = serialized if "." in serialized and readable else "shop.example"
    kind = (scheme[0] if scheme else "https://").lower()
    subdomains = "" if host.endswith("*") and host.count("*") == 1 else "*."
    what = "* stands for whole subdomains, once, right after ://"
    if scheme is not None and re.fullmatch(r"\*\.[^*]+", host):
        spelled = "patterns are written the way browsers send origins"
        what = "an origin has no path" if rest.rstrip("/") != host else spelled
        if not readable:
            what = _SIGNS
    return Finding((), "invalid", what, _suggest(f"{kind}{subdomains}{name}", f"https://{subdomains}shop.example"))
