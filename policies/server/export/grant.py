"""What a recipe is made of: one policy, taken apart and checked, in the words that templates write.

A value that cannot be written the same way for every target is refused here, before any template sees it.
"""

from __future__ import annotations

import re

from corsight.policies.fetch.origin import is_localhost
from corsight.policies.server.export.writing import RecipeError
from corsight.policies.server.grammar import ANY, is_name, is_path, split_host
from corsight.policies.server.model import ServerPolicy
from corsight.policies.server.origins import escape, is_browser_origin, parse_pattern
from corsight.policies.value import value

_PLAIN_PATH = re.compile(r"(?:/[0-9A-Za-z._~-]+)+")


@value
class Pattern:
    """A pattern of several origins: its `text`, and a regular expression (`regex`, without anchors) that every dialect
    reads alike."""

    text: str
    regex: str
    subdomains: bool
    any_port: bool


@value
class Grant:
    """What one policy grants. `exact` are whole origins, `patterns` the others; both are empty where `any` is set.

    `prefixes` are the paths, without `/**`, where all of the policy's have that form; `paths` are all of them.
    """

    name: str
    any: bool
    exact: tuple[str, ...]
    patterns: tuple[Pattern, ...]
    methods: tuple[str, ...]
    headers: tuple[str, ...]
    expose: tuple[str, ...]
    credentials: bool
    max_age: int | None
    status: int
    hosts: tuple[str, ...]
    paths: tuple[str, ...]
    prefixes: tuple[str, ...]
    public_suffixes: bool

    @property
    def origins(self) -> tuple[str, ...]:
        """Return all that is granted, as the policy spells it."""
        return (*self.exact, *(pattern.text for pattern in self.patterns))

    @property
    def with_head(self) -> tuple[str, ...]:
        """Return the methods for servers that refuse a preflight for any other: GET brings HEAD."""
        brings = "GET" in self.methods and "HEAD" not in self.methods
        return (*self.methods, "HEAD") if brings else self.methods

    @property
    def insecure(self) -> bool:
        """Return whether one of the origins is neither https nor of this machine."""
        return not all(text.startswith("https:") or _is_loopback(text) for text in self.origins)

    @property
    def upstream(self) -> str:
        """Return the server's own origin, where the policy names one host; else empty."""
        named = [host for host in self.hosts if "*" not in host]
        if not named:
            return ""
        return f"{'http' if is_localhost(named[0].rpartition(':')[0] or named[0]) else 'https'}://{named[0]}"

    @property
    def regex(self) -> str:
        """Return one regular expression, without anchors, for every origin that is granted."""
        return "|".join([*(escape(origin) for origin in self.exact), *(pattern.regex for pattern in self.patterns)])

    @property
    def prefix_regex(self) -> str:
        """Return one regular expression, without anchors, for every prefix."""
        return "|".join(escape(prefix) for prefix in self.prefixes)


def grant(policy: ServerPolicy) -> Grant:
    """Return what the policy grants.

    Raises RecipeError for what no server can be told: a wildcard beside credentials, no origin at all, an origin that
    no browser sends, a name that is not a token.
    """
    name = policy.name or "default"
    at = f"policy {name}"
    origins = policy.origins
    null = policy.dangerously_allow_null_origin or policy.dangerously_allow_null_origin_with_credentials
    if null and policy.credentials and not policy.dangerously_allow_null_origin_with_credentials:
        raise RecipeError(
            f"{at}: a recipe grants credentials to all of its origins, and this policy not to null; "
            "write a policy of its own for null"
        )
    if "null" in origins:
        raise RecipeError(f"{at}: null in origins grants nothing; say dangerously_allow_null_origin, or leave it out")
    if not origins and not null:
        raise RecipeError(f"{at}: no origin is granted, so there is nothing to configure; list the pages in origins")
    if policy.credentials:
        for field in ("origins", "methods", "request_headers", "expose_headers"):
            if ANY in getattr(policy, field):
                raise RecipeError(f"{at}: beside credentials, * in {field} grants nothing; list what is granted")
    for field in ("methods", "request_headers", "expose_headers"):
        for token in getattr(policy, field):
            if not is_name(token):
                raise RecipeError(f"{at}: {token!r} in {field} is not a token; no request or response can carry it")
    for field, number in (("max_age", policy.max_age), ("preflight_status", policy.preflight_status)):
        if number is not None and type(number) is not int:
            raise RecipeError(f"{at}: {number!r} in {field} is not a number; write one")
    for host in policy.match.hosts:
        if split_host(host) is None:
            raise RecipeError(f"{at}: {host!r} in match.hosts is not a host; write one such as api.shop.example")
    for path in policy.match.paths:
        if not is_path(path):
            raise RecipeError(f"{at}: {path!r} in match.paths is not a path; write one such as /v1/**")
    anyone = ANY in origins
    exact, patterns = [], []
    for text in () if anyone else origins:
        pattern = parse_pattern(text) if "*" in text else None
        if pattern is not None:
            patterns.append(Pattern(text, pattern.regex, pattern.subdomains, pattern.port is None))
        elif is_browser_origin(text):
            exact.append(text)
        else:
            raise RecipeError(
                f"{at}: {text!r} in origins is not what a browser sends; write scheme://host or scheme://host:port, in "
                "lower case, without a default port and without a slash at the end"
            )
    if null and not anyone:
        exact.append("null")
    paths = policy.match.paths
    scoped = all(path.endswith("/**") and _PLAIN_PATH.fullmatch(path[:-3]) for path in paths)
    return Grant(
        name=name,
        any=anyone,
        exact=tuple(dict.fromkeys(exact)),
        patterns=tuple(dict.fromkeys(patterns)),
        methods=policy.methods,
        headers=policy.request_headers,
        expose=policy.expose_headers,
        credentials=policy.credentials,
        max_age=policy.max_age,
        status=policy.preflight_status,
        hosts=policy.match.hosts,
        paths=paths,
        prefixes=tuple(path[:-3] for path in paths) if scoped else (),
        public_suffixes=policy.dangerously_allow_public_suffixes_with_credentials,
    )


def _is_loopback(text: str) -> bool:
    pattern = parse_pattern(text)
    return pattern is not None and pattern.loopback
