"""What cannot work in a policy, or would be unsafe: every finding with its reason and what to write instead."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from corsight.policies.fetch.exposed import FORBIDDEN_RESPONSE_NAMES
from corsight.policies.fetch.headers import is_token
from corsight.policies.fetch.origin import (
    DEFAULT_PORTS,
    is_ip_address,
    is_localhost,
    is_serialized_origin,
    origin_of,
    parse_url,
    registrable_domain,
)
from corsight.policies.fetch.safelist import (
    is_cors_non_wildcard_request_header_name,
    is_forbidden_method,
    is_forbidden_request_header,
    normalize_method,
)
from corsight.policies.server.match import ANY, covers, split_host
from corsight.policies.server.model import LONGEST_MAX_AGE, DefaultPolicy, Match, ServerPolicy
from corsight.policies.server.origins import OriginPattern, is_app_origin, pattern_of
from corsight.policies.server.problems import Finding, Reason

NULL = "dangerously_allow_null_origin"
NULL_WITH = "dangerously_allow_null_origin_with_credentials"
INSECURE = "dangerously_allow_insecure_origins_with_credentials"
SUFFIXES = "dangerously_allow_public_suffixes_with_credentials"

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*://")


def lint(policy: ServerPolicy) -> Iterator[Finding]:
    """Everything that is wrong in one policy, its paths beginning at the policy."""
    yield from _name(policy)
    yield from _match(policy)
    for index, origin in enumerate(policy.origins):
        for finding in _origin(policy, origin):
            yield _at(finding, "origins", index)
    yield from _origins_together(policy)
    yield from _dangerous(policy)
    yield from _methods(policy)
    yield from _names(policy, "request_headers", policy.request_headers)
    yield from _names(policy, "expose_headers", policy.expose_headers)
    yield from _bounds(policy)
    yield from _complete(policy)


def lint_together(policies: Sequence[ServerPolicy]) -> Iterator[tuple[int, Finding]]:
    """What is wrong between policies that are looked through in this order: each with the number of its policy."""
    for number, policy in enumerate(policies):
        # One without hosts is incomplete, and found to be so already.
        earlier = [other for other in policies[:number] if other.match.hosts]
        if any(other.name == policy.name for other in policies[:number]):
            yield (
                number,
                Finding(("name",), "conflicting", f"{policy.name} is another policy's name", "give it its own"),
            )
        hosts, paths = policy.match.hosts or (ANY,), policy.match.paths or ("/**",)
        above: list[str] = []
        for pair in [Match(hosts=(host,), paths=(path,)) for host in hosts for path in paths]:
            found = next((other.name for other in earlier if covers(other.match, pair)), None)
            if found is None:
                break
            above.append(found)
        else:
            names = " and ".join(dict.fromkeys(above))
            what = f"no request ever comes to it: {names}, above it, matches all of them"
            yield number, Finding(("match",), "conflicting", what, "put it first, or narrow the other's match")


def _at(finding: Finding, *path: str | int) -> Finding:
    return Finding((*path, *finding.path), finding.reason, finding.what, finding.instead)


def _found(reason: Reason, what: str, instead: str, *path: str | int) -> Finding:
    return Finding(path, reason, what, instead)


def _name(policy: ServerPolicy) -> Iterator[Finding]:
    if not policy.name.strip() or not policy.name.isprintable():
        yield _found("invalid", "a name is what reports print", "write a word or two", "name")


# -- match -----------------------------------------------------------------------------------------------------------


def _match(policy: ServerPolicy) -> Iterator[Finding]:
    if isinstance(policy, DefaultPolicy):
        if policy.match != Match():
            what = "the default is for whatever no policy matches"
            yield _found("prohibited", what, "take match out, or make it a policy", "match")
        return
    hosts = policy.match.hosts
    if not hosts:
        what = "no host is named"
        yield _found("missing", what, 'write hosts: [api.shop.example], or hosts: ["*"] for any', "match", "hosts")
    for index, host in enumerate(hosts):
        for finding in _host(host):
            yield _at(finding, "match", "hosts", index)
    for index, path in enumerate(policy.match.paths):
        for finding in _path(path):
            yield _at(finding, "match", "paths", index)
    for field, entries in (("hosts", hosts), ("paths", policy.match.paths)):
        for index, entry in enumerate(entries):
            earlier = [Match(**{field: (other,)}) for other in (*entries[:index], *entries[index + 1 :])]
            twice = entry in entries[:index]
            others = (
                [] if entries.count(entry) > 1 else [one for one in earlier if covers(one, Match(**{field: (entry,)}))]
            )
            if twice or others:
                what = f"{entry} stands there twice" if twice else f"{_only(others[0])} matches {entry} already"
                yield _found("conflicting", what, "take one out", "match", field, index)


def _only(match: Match) -> str:
    return (match.hosts or match.paths)[0]


def _host(host: str) -> Iterator[Finding]:
    if "://" in host:
        named = origin_of(host).partition("://")[2]
        yield _found("invalid", "a host has no scheme", f"write {named or 'the host alone'}")
        return
    if "/" in host:
        name, _, path = host.partition("/")
        yield _found(
            "invalid", "a host has no path", f"write {name}, and paths: [/{path}]" if path else f"write {name}"
        )
        return
    parts = split_host(host)
    name, port = parts if parts is not None else (host, None)
    if port is not None and not 0 < port < 65536:
        yield _found("out of bounds", "a port is 1 to 65535", f"write {name}")
        return
    if name == ANY:
        return
    base = name.removeprefix("*.")
    serialized = origin_of(f"http://{base}").partition("://")[2]
    if parts is None or not serialized or "*" in base:
        if "*" in host:
            what = "* stands for whole subdomains, once, at the start"
            yield _found("invalid", what, "name each host, or write one such as *.shop.example")
        else:
            yield _found("invalid", f"{host or 'an empty text'} is no host", "write one such as api.shop.example")
    elif name.startswith("*.") and is_ip_address(base):
        yield _found("invalid", "an address has no subdomains", f"write {base}")
    elif serialized != base:
        suffix = "" if port is None else f":{port}"
        yield _found("invalid", f"URLs spell {name} otherwise", f"write {name[: -len(base)]}{serialized}{suffix}")


def _path(path: str) -> Iterator[Finding]:
    if not path.startswith("/"):
        yield _found("invalid", "a path begins with /", f"write /{path}")
    elif "?" in path or "#" in path:
        short = re.split(r"[?#]", path)[0]
        yield _found("invalid", "paths are matched without query and fragment", f"write {short}")
    else:
        parsed = parse_url(path, "http://host/") or ""
        spelled = parsed.removeprefix("http://host")
        if spelled != path:
            yield _found("invalid", "URLs spell this path otherwise", f"write {spelled or '/'}")


# -- origins ---------------------------------------------------------------------------------------------------------


def _origin(policy: ServerPolicy, origin: str) -> Iterator[Finding]:
    if origin == ANY:
        if policy.credentials:
            what = "* never counts with credentials, and any site could act as the user if it did"
            yield _found("wildcard", what, "name each origin: https://shop.example")
        return
    if origin.strip().lower() == "null":
        what = "null is the origin of sandboxed frames of any site, so it trusts them all"
        yield _found("prohibited", what, f"leave it out, or write {NULL}: true if it is meant")
        return
    pattern = pattern_of(origin)
    host = pattern.host if pattern is not None else ""
    if pattern is None or "*" in host or not is_serialized_origin(f"{pattern.scheme}://{host}"):
        if not is_app_origin(origin):
            yield _misspelled(origin)
        return
    if "*" not in origin and not is_serialized_origin(origin):
        yield _misspelled(origin)
        return
    yield from _pattern(policy, origin, pattern)


def _pattern(policy: ServerPolicy, origin: str, pattern: OriginPattern) -> Iterator[Finding]:
    """What is wrong with an origin or a pattern that is well spelled."""
    name = f"{pattern.scheme}://{'*.' if pattern.subdomains else ''}{pattern.host}"
    if pattern.subdomains and is_ip_address(pattern.host):
        yield _found("invalid", "an address has no subdomains", f"write {origin.replace('*.', '', 1)}")
        return
    if pattern.port is None and not pattern.loopback:
        what = "any port goes for loopback only: elsewhere another port may be another owner's"
        yield _found("wildcard", what, f"write {name}, or name the port")
    elif pattern.port is not None and not 0 < pattern.port < 65536:
        yield _found("out of bounds", "a port is 1 to 65535", f"write {name}")
    elif "*" in origin and origin.endswith(f":{DEFAULT_PORTS[pattern.scheme]}"):
        yield _found("invalid", "no origin spells its scheme's own port out", f"write {name}")
    if not policy.credentials or pattern.loopback:
        return
    if pattern.scheme == "http" and not policy.dangerously_allow_insecure_origins_with_credentials:
        what = "whoever is on the network can be an http page, and would act with the user's credentials"
        yield _found("insecure", what, f"write https{origin[4:]}, or {INSECURE}: true if http is meant")
    if (
        pattern.subdomains
        and registrable_domain(pattern.host) is None
        and not policy.dangerously_allow_public_suffixes_with_credentials
    ):
        what = f"{pattern.host} is a public suffix: anyone can have a name under it"
        yield _found("public suffix", what, f"name each origin, or write {SUFFIXES}: true if it is meant")


def _misspelled(origin: str) -> Finding:
    """Why no browser ever sends this origin."""
    text = origin.strip()
    if not text:
        return _found("invalid", "an origin is missing", "write one such as https://shop.example")
    if "," in text or " " in text:
        parts = [origin_of(part) for part in re.split(r"[\s,]+", text)]
        listed = ", ".join(part for part in parts if part != "null") or "https://shop.example, https://www.shop.example"
        return _found("invalid", "an entry is one origin", f"write an entry for each: {listed}")
    if "*" in text:
        return _bad_pattern(text)
    if text.lower().startswith("file:"):
        return _found("invalid", "browsers call the origin of files null", f"write {NULL}: true if that is meant")
    scheme = _SCHEME.match(text)
    if scheme is None:
        local = is_localhost(re.split(r"[:/]", text)[0].lower())
        written = origin_of(f"{'http' if local else 'https'}://{text.lstrip('/')}")
        return _found(
            "invalid", "an origin has a scheme", f"write {written if written != 'null' else 'https://shop.example'}"
        )
    if scheme[0].lower() in ("ws://", "wss://"):
        web = origin_of("http" + text[2:])
        return _found("invalid", "pages have http and https origins", f"write {web}")
    serialized = origin_of(text)
    if serialized == "null" and (match := re.fullmatch(r"(.+):([0-9]+)/?", text)) and origin_of(match[1]) != "null":
        return _found("out of bounds", "a port is 1 to 65535", f"write {origin_of(match[1])}")
    if serialized == "null":
        return _found("invalid", f"{text} is no origin", "write one such as https://shop.example")
    rest = text[scheme.end() :]
    authority, slash, path = (
        re.split(r"([/?#\\])", rest + " ", maxsplit=1) if re.search(r"[/?#\\]", rest) else (rest, "", "")
    )
    if path.strip():
        what = "an origin has no path"
    elif slash:
        what = "an origin has no slash at its end"
    elif "@" in authority:
        what = "an origin has no user name"
    elif not authority.isascii():
        what = "origins are sent in ASCII (punycode)"
    elif text.lower() == serialized:
        what = "origins are sent in lower case"
    elif re.search(r":[0-9]*$", authority) and not re.search(r":[0-9]+$", serialized):
        what = "no origin spells its scheme's own port out"
    else:
        what = "browsers spell this origin otherwise"
    return _found("invalid", what, f"write {serialized}")


def _bad_pattern(text: str) -> Finding:
    scheme = _SCHEME.match(text)
    rest = text if scheme is None else text[scheme.end() :]
    if text.startswith("*://"):
        rest = text[4:]
        return _found("invalid", "* stands for no scheme", f"write https://{rest}")
    if re.fullmatch(r"\*(?::(?:[0-9]+|\*))?/?", rest):
        return _found("wildcard", "* stands for whole subdomains of a host that is named", 'write "*" for any origin')
    if re.fullmatch(r"\*\.[^*/]+(?::\*)?", rest) and scheme is None:
        return _found("invalid", "an origin has a scheme", f"write https://{rest}")
    host = re.split(r"[/?#]", rest)[0]
    clean = host.rpartition("*")[2].lstrip(".-") if not host.endswith("*") else host.partition(":")[0].strip("*.-")
    name = origin_of(f"https://{clean or 'shop.example'}").removeprefix("https://")
    if "." not in name:
        name = "shop.example"
    kind = (scheme[0] if scheme else "https://").lower()
    written = f"{kind}{name}" if host.endswith("*") and host.count("*") == 1 else f"{kind}*.{name}"
    if scheme is not None and re.fullmatch(r"\*\.[^*]+", host):
        what = "an origin has no path" if rest.rstrip("/") != host else "patterns are spelled as origins are sent"
        return _found("invalid", what, f"write {written}")
    return _found("invalid", "* stands for whole subdomains, once, right after ://", f"write {written}")


def _origins_together(policy: ServerPolicy) -> Iterator[Finding]:
    origins = policy.origins
    for index, origin in enumerate(origins):
        if origin in origins[:index]:
            yield _found("conflicting", f"{origin} stands there twice", "take one out", "origins", index)
        elif origin == ANY:
            if len(set(origins)) > 1 and not policy.credentials:
                what = "* names every other origin already"
                yield _found("conflicting", what, "take * out, or all others", "origins", index)
        elif (own := pattern_of(origin)) is not None and ANY not in origins:
            others = (other for other in origins if other != origin and (one := pattern_of(other)) and one.covers(own))
            if (other := next(others, None)) is not None:
                yield _found("conflicting", f"{other} names it already", f"take {origin} out", "origins", index)


def _dangerous(policy: ServerPolicy) -> Iterator[Finding]:
    """The ways out: the one that is missing, and those that nothing needs."""
    if (
        policy.credentials
        and policy.dangerously_allow_null_origin
        and not (policy.dangerously_allow_null_origin_with_credentials)
    ):
        what = "with credentials, any site could act as the user from a sandboxed frame"
        yield _found("insecure", what, f"take it out, or write {NULL_WITH}: true if it is meant", NULL)
    patterns = [pattern for origin in policy.origins if (pattern := pattern_of(origin)) is not None]
    unused = {
        NULL: policy.dangerously_allow_null_origin and ANY in policy.origins and not policy.credentials,
        NULL_WITH: policy.dangerously_allow_null_origin_with_credentials and not policy.credentials,
        INSECURE: policy.dangerously_allow_insecure_origins_with_credentials
        and not (policy.credentials and any(one.scheme == "http" and not one.loopback for one in patterns)),
        SUFFIXES: policy.dangerously_allow_public_suffixes_with_credentials
        and not (
            policy.credentials and any(one.subdomains and registrable_domain(one.host) is None for one in patterns)
        ),
    }
    for field, is_unused in unused.items():
        if is_unused:
            yield _found("conflicting", "nothing here needs it", "take it out", field)


# -- methods and headers ---------------------------------------------------------------------------------------------


def _methods(policy: ServerPolicy) -> Iterator[Finding]:
    methods = policy.methods
    for index, method in enumerate(methods):
        where = ("methods", index)
        if method == ANY:
            if policy.credentials:
                yield _found("wildcard", "* is no wildcard with credentials", "name each method: GET, PUT", *where)
            elif len(methods) > 1:
                yield _found("conflicting", "* is every other method already", "take * out, or all others", *where)
        elif not is_token(method):
            tokens = [part.upper() for part in re.split(r"[\s,;|]+", method) if is_token(part)]
            yield _found("invalid", "an entry is one method", f"write {', '.join(tokens) or 'GET'}", *where)
        elif is_forbidden_method(method):
            yield _found("prohibited", f"no browser lets a page use {method}", "take it out", *where)
        elif method != normalize_method(method):
            what = f"methods are compared with case, and browsers send {method.upper()}"
            yield _found("invalid", what, f"write {method.upper()}", *where)
        elif method in methods[:index]:
            yield _found("conflicting", f"{method} stands there twice", "take one out", *where)
        elif method.upper() == "PATCH" and "PATCH" not in methods:
            what = f"methods are compared with case, and {method} is not PATCH"
            yield _found("invalid", what, f"write PATCH, and {method} beside it if pages spell it so", *where)


def _names(policy: ServerPolicy, field: str, names: tuple[str, ...]) -> Iterator[Finding]:
    request = field == "request_headers"
    lower = [name.lower() for name in names]
    for index, name in enumerate(lower):
        where = (field, index)
        if name == ANY:
            if policy.credentials:
                yield _found("wildcard", "* is no wildcard with credentials", "name each header", *where)
            elif any(
                other != ANY and not (request and is_cors_non_wildcard_request_header_name(other)) for other in lower
            ):
                beside = "; only Authorization has to stand beside it" if request else ""
                yield _found(
                    "conflicting", f"* is every other header already{beside}", "take * out, or the others", *where
                )
        elif not is_token(name):
            tokens = [part for part in re.split(r"[\s,;:]+", names[index]) if is_token(part)]
            instead = f"write {', '.join(tokens)}" if tokens else "write one such as X-Request-Id"
            yield _found("invalid", "an entry is one header name", instead, *where)
        elif request and is_forbidden_request_header(name, ""):
            what = f"no browser lets a page set {names[index]}"
            instead = "take it out, cookies need credentials: true" if name == "cookie" else "take it out"
            yield _found("prohibited", what, instead, *where)
        elif not request and name in FORBIDDEN_RESPONSE_NAMES:
            yield _found("prohibited", f"no browser lets a page read {names[index]}", "take it out", *where)
        elif name in lower[:index]:
            yield _found("conflicting", f"{names[index]} stands there twice", "take one out", *where)


def _bounds(policy: ServerPolicy) -> Iterator[Finding]:
    age, status = policy.max_age, policy.preflight_status
    if age is not None and not 0 <= age <= LONGEST_MAX_AGE:
        what = f"{age} is not 0 to {LONGEST_MAX_AGE} seconds (a day), the most that a browser keeps"
        yield _found("out of bounds", what, f"write {LONGEST_MAX_AGE if age > 0 else 0}", "max_age")
    if not 200 <= status <= 299:
        what = f"browsers take {status} for a no: any status outside 200 to 299 is one"
        yield _found("out of bounds", what, "write 204", "preflight_status")


def _complete(policy: ServerPolicy) -> Iterator[Finding]:
    """Grants without anyone to have them, or without a method."""
    anyone = policy.origins or policy.dangerously_allow_null_origin
    anyone = anyone or policy.dangerously_allow_null_origin_with_credentials
    grants = policy.methods or policy.request_headers or policy.expose_headers or policy.credentials
    if grants and not anyone:
        yield _found("missing", "no origin is granted any of this", "write origins: [https://shop.example]", "origins")
    if anyone and not policy.methods:
        what = "what is left out is not granted, and so no request is"
        yield _found("missing", what, "write methods: [GET], with what else pages use", "methods")
