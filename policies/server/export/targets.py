"""The targets: what each is, which language its recipe is in, and what it has no way to say."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Literal

from corsight.policies.server.export.grant import Grant
from corsight.policies.server.export.writing import RecipeError
from corsight.policies.value import value

Feature = Literal[
    "null",
    "subdomains",
    "any-port",
    "any-method",
    "any-header",
    "lower-case-method",
    "no-host",
    "no-method",
    "odd-host",
]

_LABEL = re.compile(r"[0-9a-z]([0-9a-z-]{0,61}[0-9a-z])?")


@value
class Target:
    """One way to run a server.

    `file` is where the text usually goes. `verified` tells whether a test starts the real server with rendered texts
    and judges its answers: docs/recipes.md says on which version. `cannot` is what a recipe for it has no way to say;
    `methods` are the only methods it knows, where it does not know all. `scopes` tells whether the recipe itself keeps
    to the policy's paths.
    """

    name: str
    title: str
    language: str
    file: str
    verified: bool
    cannot: frozenset[Feature] = frozenset()
    methods: frozenset[str] = frozenset()
    scopes: bool = False

    def check(self, grant: Grant) -> None:
        """Raise RecipeError for the first thing of the grant that this target has no way to say."""
        for pattern in grant.patterns:
            if pattern.subdomains and "subdomains" in self.cannot:
                self._refuse(grant, f"every subdomain ({pattern.text})", "list the origins one by one")
            if pattern.any_port and "any-port" in self.cannot:
                self._refuse(grant, f"any port ({pattern.text})", "list the origins one by one")
            if pattern.subdomains and pattern.any_port and self.name == "s3":
                self._refuse(grant, f"subdomains on any port ({pattern.text})", "list the ports")
        if "no-host" in self.cannot and not grant.upstream:
            self._refuse(grant, "anything without the API's host", "name it in match: hosts")
        if "no-method" in self.cannot and not grant.methods:
            self._refuse(grant, "nothing but headers", "list the methods, GET too")
        if "null" in grant.exact and "null" in self.cannot:
            self._refuse(grant, "the origin null", "answer such pages from another server")
        odd = next((text for text in grant.origins if "odd-host" in self.cannot and _is_odd(text)), None)
        if odd is not None:
            self._refuse(grant, f"{odd}: it takes no host that DNS has no name for", "answer such pages from elsewhere")
        if "*" in grant.methods and "any-method" in self.cannot:
            self._refuse(grant, "any method (*)", "list the methods")
        if "*" in grant.headers and "any-header" in self.cannot:
            self._refuse(grant, "any request header (*)", "list the headers")
        for method in grant.methods:
            if method != method.upper() and "lower-case-method" in self.cannot:
                self._refuse(grant, f"the method {method}: it writes all methods in upper case", "rename the method")
            if self.methods and method not in self.methods:
                known = ", ".join(sorted(self.methods - {"*"}))
                self._refuse(grant, f"the method {method}", f"it knows {known}; leave it out, or put a proxy before it")

    def _refuse(self, grant: Grant, what: str, instead: str) -> None:
        raise RecipeError(f"policy {grant.name}: {self.title} cannot grant {what}; {instead}")


def _is_odd(origin: str) -> bool:
    """Return whether the host of an origin, or of a pattern, is neither an address nor a name as DNS has them."""
    rest = origin.partition("://")[2]
    if rest.startswith("["):
        return not _is_address(rest[1:].partition("]")[0])
    host = rest.partition(":")[0]
    labels = host.removeprefix("*.").split(".")
    if labels[-1][:1].isdigit():
        return not _is_address(host)
    return any(_LABEL.fullmatch(one) is None or (one[2:4] == "--" and not one.startswith("xn--")) for one in labels)


def _is_address(text: str) -> bool:
    try:
        address = ip_address(text)
    except ValueError:
        return False
    return not (address.version == 6 and address.ipv4_mapped is not None)


_ALL = (
    Target("express", "Express (cors)", "JavaScript", "app.js", True, scopes=True),
    Target("fastify", "Fastify (@fastify/cors)", "JavaScript", "app.js", True),
    Target("koa", "Koa (@koa/cors)", "JavaScript", "app.js", True),
    Target("nestjs", "NestJS", "TypeScript", "src/main.ts", True),
    Target("flask", "Flask", "Python", "app.py", True, scopes=True),
    Target("fastapi", "FastAPI and Starlette", "Python", "main.py", True, frozenset({"any-method"})),
    Target("django", "Django (django-cors-headers)", "Python", "settings.py", True, scopes=True),
    Target("spring", "Spring", "Java", "CorsConfig.java", True, scopes=True),
    Target("aspnet", "ASP.NET Core", "C#", "Program.cs", False),
    Target(
        "rails",
        "Rails (rack-cors)",
        "Ruby",
        "config/initializers/cors.rb",
        True,
        frozenset({"lower-case-method"}),
        scopes=True,
    ),
    Target("laravel", "Laravel", "PHP", "config/cors.php", True, frozenset({"lower-case-method"}), scopes=True),
    Target("go-rs-cors", "Go (rs/cors)", "Go", "main.go", True, frozenset({"any-method", "lower-case-method"})),
    Target("go-jub0bs", "Go (jub0bs/cors)", "Go", "main.go", False, frozenset({"null", "odd-host"})),
    Target("nginx", "nginx", "nginx", "nginx.conf", True),
    Target("apache", "Apache httpd", "Apache", "httpd.conf", True),
    Target("caddy", "Caddy", "Caddyfile", "Caddyfile", True),
    Target("traefik", "Traefik", "YAML", "dynamic.yml", True),
    Target("envoy", "Envoy", "YAML", "envoy.yaml", True),
    Target(
        "aws-api-gateway",
        "Amazon API Gateway (HTTP API)",
        "YAML",
        "template.yaml",
        False,
        frozenset({"null", "subdomains", "any-port"}),
        frozenset({"*", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}),
    ),
    Target(
        "s3",
        "Amazon S3",
        "YAML",
        "template.yaml",
        False,
        frozenset({"null", "no-method"}),
        frozenset({"*", "GET", "HEAD", "POST", "PUT", "DELETE"}),
    ),
    Target("cloudflare-worker", "Cloudflare Workers", "JavaScript", "src/index.js", True),
    Target(
        "vite-dev-proxy",
        "Vite's development server",
        "JavaScript",
        "vite.config.js",
        True,
        frozenset({"no-host"}),
        scopes=True,
    ),
)

TARGETS: dict[str, Target] = {target.name: target for target in _ALL}
"""Every target by the name that people type."""
