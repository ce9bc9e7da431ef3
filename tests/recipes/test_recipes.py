"""Every recipe that can be run is: the real server answers, and the engines decide."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from corsight.policies.exchange import Exchange
from corsight.policies.server.export import TARGETS, render
from corsight.policies.server.export.writing import is_odd as odd
from corsight.policies.server.model import Match, ServerPolicy
from corsight.policies.server.respond import grants_origin, is_public
from corsight.policies.verdict import Outcome
from tests.recipes.replay import ask, outcomes, preflight, said, verdicts
from tests.recipes.servers import PROXIES, STARTS, running, upstream

pytestmark = pytest.mark.recipes

ALLOWED, BLOCKED = {Outcome.ALLOWED}, {Outcome.BLOCKED}

POLICIES = {
    policy.name: policy
    for policy in (
        ServerPolicy(
            name="all of it",
            origins=(
                "https://app.shop.example",
                "https://very-long-and-hyphenated-name-of-a-customer.tenants.shop-cdn.example:8443",
                "https://*.partner.example",
                "http://localhost:*",
                "http://[::1]:*",
                "capacitor://localhost",
            ),
            methods=("GET", "PUT", "DELETE"),
            request_headers=("content-type", "Authorization", "x-$tr'i`c%k", "x-#1"),
            expose_headers=("X-Total", "x-$more|'%s"),
            credentials=True,
            max_age=600,
        ),
        ServerPolicy(
            name="anyone",
            origins=("*",),
            methods=("GET", "PUT"),
            request_headers=("content-type",),
            expose_headers=("X-Total",),
            max_age=60,
        ),
        ServerPolicy(
            name="the least",
            origins=("https://app.shop.example",),
            methods=("PUT",),
            dangerously_allow_null_origin=True,
        ),
    )
}

PAGES = {
    "all of it": (
        "https://app.shop.example",
        "https://very-long-and-hyphenated-name-of-a-customer.tenants.shop-cdn.example:8443",
        "https://eu.partner.example",
        "https://a.b.partner.example",
        "http://localhost:5173",
        "http://localhost",
        "http://[::1]:3000",
        "capacitor://localhost",
    ),
    "anyone": ("https://app.shop.example", "http://evil.example", "null"),
    "the least": ("https://app.shop.example", "null"),
}
"""Origins that the policy names."""

FOREIGN = (
    "https://evil.example",
    "https://app.shop.example.evil.example",
    "https://evil.example:443app.shop.example",
    "https://appxshop.example",
    "http://app.shop.example",
    "https://app.shop.example:8443",
    "https://partner.example",
    "https://evilpartner.example",
    "http://localhost.evil.example:5173",
    "null",
)
"""Origins that no policy names, but for `*`."""

STATUSES = {"/v1/items": {200}, "/v1/missing": {404}, "/v1/secret": {401}, "/v1/broken": {500}}
DEAD = {"/v1/dead": {502, 503}}

SERVERS = sorted(STARTS.keys() - {"vite-dev-proxy"})


@pytest.fixture(scope="module")
def api() -> Iterator[int]:
    with upstream() as port:
        yield port


def test_what_is_called_verified_is_run_here() -> None:
    assert {name for name, target in TARGETS.items() if target.verified} == set(STARTS)


@pytest.mark.parametrize("policy", POLICIES.values(), ids=lambda policy: policy.name.replace(" ", "-"))
@pytest.mark.parametrize("target", SERVERS)
def test_the_server_grants_what_the_policy_does_and_nothing_else(
    target: str, policy: ServerPolicy, api: int, tmp_path: Path
) -> None:
    policy = known_to(target, policy)
    with running(target, render(target, policy), tmp_path, api) as port:
        paths = STATUSES | (DEAD if target in PROXIES else {})
        pages = [origin for origin in PAGES[policy.name] if grants_origin(policy, origin)]
        assert pages
        for origin in pages:
            for path, statuses in paths.items():
                pages_may(port, policy, origin, path, statuses)
            pages_may_no_more(port, policy, origin)
        if not is_public(policy):
            for origin in set(FOREIGN) - set(pages):
                for path in paths:
                    strangers_may_not(port, policy, origin, path)
            # Spring 4.3 leaves Vary out of what it does not grant, as docs/recipes.md says.
            if target != "spring":
                caches_are_told(port)


@pytest.mark.parametrize("target", [name for name in SERVERS if "any-method" not in TARGETS[name].cannot])
def test_wildcards_are_for_everything_but_credentials(target: str, api: int, tmp_path: Path) -> None:
    policy = ServerPolicy(
        name="anything", origins=("*",), methods=("*",), request_headers=("*",), expose_headers=("X-Total",)
    )
    origin, names = "https://app.shop.example", ("x-anything",)
    with running(target, render(target, policy), tmp_path, api) as port:
        exchange = preflight(port, "/v1/items", origin, "DELETE", names)
        found = verdicts(exchange, origin, "DELETE", names, include=False)
        assert outcomes(found) == ALLOWED, said(exchange, found)
        pages_may(port, policy, origin, "/v1/items", {200})


@pytest.mark.parametrize("target", [name for name in SERVERS if TARGETS[name].scopes])
def test_a_recipe_that_knows_paths_keeps_to_them(target: str, api: int, tmp_path: Path) -> None:
    policy = known_to(target, POLICIES["all of it"])
    origin = policy.origins[0]
    scoped = policy.model_copy(update={"match": Match(paths=("/v1/**", "/v2.x/**"))})
    with running(target, render(target, scoped), tmp_path, api) as port:
        pages_may(port, policy, origin, "/v1/items", {200})
        pages_may(port, policy, origin, "/v2.x/missing", {404})
        for path in ("/other", "/v1x/items", "/v2yx/items", "/x/v1/items"):
            for exchange in (preflight(port, path, origin, "PUT", ()), ask(port, "PUT", path, ("Origin", origin))):
                assert header(exchange, "access-control-allow-origin") is None, said(exchange, {})


@pytest.mark.parametrize(
    ("good", "bad", "fails"),
    [
        (r"https://app\.shop\.example", r"https://app.shop.example", "strangers"),
        ("fullmatch(origin)", "match(origin)", "strangers"),
        ('"Access-Control-Allow-Credentials"] = "true"', '"X-Nothing"] = "true"', "pages"),
        ('"Access-Control-Expose-Headers"] =', '"X-Nothing"] =', "pages"),
        ('"Access-Control-Max-Age"] =', '"X-Nothing"] =', "pages"),
        ("@app.before_request  #", "#", "pages"),
        ("response.vary.add", "print", "caches"),
        ("del response.headers[name]", "pass", "strangers"),
        ('"GET, PUT, DELETE"', '"GET, PUT, DELETE, PATCH"', "more"),
    ],
)
def test_a_recipe_that_is_wrong_is_found(good: str, bad: str, fails: str, api: int, tmp_path: Path) -> None:
    policy = POLICIES["all of it"]
    recipe = render("flask", policy)
    assert good in recipe
    with running("flask", recipe.replace(good, bad), tmp_path, api) as port:
        failed = set()
        for name, check in {
            "pages": lambda: [
                pages_may(port, policy, policy.origins[0], path, status) for path, status in STATUSES.items()
            ],
            "more": lambda: pages_may_no_more(port, policy, policy.origins[0]),
            "strangers": lambda: [strangers_may_not(port, policy, origin, "/v1/items") for origin in FOREIGN],
            "caches": lambda: caches_are_told(port),
        }.items():
            try:
                check()
            except AssertionError:
                failed.add(name)
    assert fails in failed


def known_to(target: str, policy: ServerPolicy) -> ServerPolicy:
    """The policy without what the version that runs here is too old for, as docs/recipes.md says."""
    if target == "go-rs-cors":
        return policy.model_copy(update={"request_headers": tuple(n for n in policy.request_headers if not odd(n))})
    if target == "spring" and not is_public(policy):
        return policy.model_copy(update={"origins": tuple(one for one in policy.origins if "*" not in one)})
    return policy


def pages_may(port: int, policy: ServerPolicy, origin: str, path: str, statuses: set[int]) -> None:
    """A page of a granted origin gets its preflight and its answer, an error reply too."""
    names = policy.request_headers
    exchange = preflight(port, path, origin, "PUT", names)
    found = verdicts(exchange, origin, "PUT", names, include=policy.credentials)
    assert outcomes(found) == ALLOWED, said(exchange, found)
    age = header(exchange, "access-control-max-age")
    assert age == (str(policy.max_age) if policy.max_age is not None else None) or (
        policy.max_age is None and age == "5"
    ), said(exchange, found)

    if "GET" in policy.methods:
        exchange = preflight(port, path, origin, "HEAD", names)
        found = verdicts(exchange, origin, "HEAD", names, include=policy.credentials)
        assert outcomes(found) == ALLOWED, said(exchange, found)

    exchange = ask(port, "PUT", path, ("Origin", origin))
    found = verdicts(exchange, origin, "PUT", include=policy.credentials)
    assert outcomes(found) == ALLOWED, said(exchange, found)
    assert exchange.response is not None
    assert exchange.response.status in statuses, said(exchange, found)
    if not is_public(policy):
        assert varies(exchange), said(exchange, found)
    if policy.expose_headers and path == "/v1/items":
        assert not any("x-total" in verdict.hidden for verdict in found.values()), said(exchange, found)
    if not policy.credentials:
        refused = verdicts(exchange, origin, "PUT", include=True)
        assert outcomes(refused) == BLOCKED, said(exchange, refused)


def pages_may_no_more(port: int, policy: ServerPolicy, origin: str) -> None:
    """A method or a header that the policy does not list stays blocked."""
    for method, names in (("PATCH", ()), ("PUT", ("x-not-listed",))):
        exchange = preflight(port, "/v1/items", origin, method, names)
        found = verdicts(exchange, origin, method, names, include=policy.credentials)
        assert outcomes(found) == BLOCKED, said(exchange, found)


def strangers_may_not(port: int, policy: ServerPolicy, origin: str, path: str) -> None:
    """A page of another origin gets neither, and is not named."""
    for exchange in (
        preflight(port, path, origin, "PUT", policy.request_headers),
        ask(port, "PUT", path, ("Origin", origin)),
    ):
        for include in (False, True):
            found = verdicts(exchange, origin, "PUT", policy.request_headers, include=include)
            assert outcomes(found) == BLOCKED, said(exchange, found)
        assert header(exchange, "access-control-allow-origin") is None, said(exchange, found)


def caches_are_told(port: int) -> None:
    """Vary is there for those without Origin and for strangers too: else a cache answers pages with their replies."""
    for origin in (None, FOREIGN[0]):
        exchange = ask(port, "GET", "/v1/items", *([("Origin", origin)] if origin else []))
        assert varies(exchange), said(exchange, {})
        assert header(exchange, "access-control-allow-origin") is None, said(exchange, {})


def test_vites_proxy_makes_the_api_part_of_the_page_s_origin(api: int, tmp_path: Path) -> None:
    match = Match(hosts=(f"127.0.0.1:{api}",), paths=("/v1/**",))
    policy = ServerPolicy(name="shop", match=match, origins=("http://localhost:*",), methods=("GET",), credentials=True)
    with running("vite-dev-proxy", render("vite-dev-proxy", policy), tmp_path, api) as port:
        own = ask(port, "GET", "/v1/items")
        assert own.response is not None
        assert (own.response.status, header(own, "x-total")) == (200, "3")
        assert "domain" not in (header(own, "set-cookie") or "").lower()
        origin = "https://evil.example"
        found = verdicts(foreign := ask(port, "GET", "/v1/items", ("Origin", origin)), origin, "GET", include=False)
        assert outcomes(found) == BLOCKED, said(foreign, found)


def header(exchange: Exchange, name: str) -> str | None:
    assert exchange.response is not None
    return exchange.response.headers.get(name)


def varies(exchange: Exchange) -> bool:
    """Whether the response says that it depends on the request's Origin."""
    return "origin" in [part.strip().lower() for part in (header(exchange, "vary") or "").split(",")]
