"""The real servers: how each is started with a rendered recipe, on a free port of the loopback address.

All of them answer alike: /v1/items with 200 and X-Total, /v1/missing with 404, /v1/secret with 401 whatever the method,
so that a preflight has to be answered before; /v1/broken with 500 from a failure nobody caught, and those that pass
requests on, /v1/dead with 502 or 503. All set CORS headers by hand, and half right: those of /v1/items are for anyone
and beside credentials, and where requests are passed on, those of /v1/missing are for whoever asks.
"""

from __future__ import annotations

import http.client
import io
import os
import re
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest
from ruamel.yaml import YAML

from tests.recipes import toolbox

APPS = toolbox.HERE / "apps"
STARTS_WITHIN = 60
TOMCAT = (
    "annotations-api",
    "api",
    "catalina",
    "coyote",
    "jaspic-api",
    "jni",
    "juli",
    "servlet-api",
    "util",
    "util-scan",
)
SPRING_JARS = (
    *(f"spring3-{part}" for part in ("beans", "context", "core", "web")),
    *(f"tomcat9-{part}" for part in TOMCAT),
    "commons-logging",
)
PROXIES = frozenset({"nginx", "apache", "caddy", "traefik", "envoy", "cloudflare-worker"})
"""Those that pass requests on to the upstream."""


class Place(NamedTuple):
    """Where a server runs."""

    folder: Path
    port: int
    upstream: int


class Command(NamedTuple):
    """What starts a server."""

    argv: list[str]
    env: Mapping[str, str] = MappingProxyType({})


@contextmanager
def running(target: str, recipe: str, folder: Path, upstream: int) -> Iterator[int]:
    """The port of a server of `target` that runs with the recipe; it is ended with the block."""
    place = Place(folder, free_port(), upstream)
    command = STARTS[target](recipe, place)
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command.argv,
            cwd=folder,
            env=os.environ | {"HOME": str(folder), "NO_COLOR": "1", **command.env},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _await(process, place.port, lambda: f"{target} did not start:\n{log.read_text('utf-8', 'replace')}\n{recipe}")
        yield place.port
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _await(process: subprocess.Popen[bytes], port: int, reason: Callable[[], str]) -> None:
    """Waits until the server answers as it does once all of it is up."""
    until = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < until and process.poll() is None:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/v1/items")
            status = connection.getresponse().status
            connection.close()
        except OSError:
            status = 0
        if status == 200:
            return
        time.sleep(0.05)
    pytest.fail(reason(), pytrace=False)


# -- the upstream ----------------------------------------------------------------------------------------------------


CORS = {
    "Allow-Origin": "",
    "Allow-Credentials": "true",
    "Allow-Methods": "GET, PATCH",
    "Allow-Headers": "x-not-listed",
    "Expose-Headers": "X-Other",
    "Max-Age": "9",
}


class _Upstream(BaseHTTPRequestHandler):
    """An API whose CORS headers were written by hand, and half right, so that nothing that needs them passes."""

    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        statuses = {"/v1/items": 200, "/v1/broken": 500, "/v1/secret": 401}
        status = statuses.get(self.path.partition("?")[0], 404)
        if status != 401 and self.command == "OPTIONS":
            status = 405
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(status)
        self.send_header("Content-Length", "2")
        if status == 200:
            self.send_header("X-Total", "3")
            self.send_header("Set-Cookie", "session=1; Domain=api.shop.example; Path=/")
            self.send_header("Vary", "Accept-Encoding")
        if status in (200, 404):
            origin = self.headers.get("Origin", "*") if status == 404 else "*"
            for name, value in CORS.items():
                self.send_header(f"Access-Control-{name}", value or origin)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(b"[]")

    do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = do_OPTIONS = do_HEAD = answer

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@contextmanager
def upstream() -> Iterator[int]:
    """The port of the API that the proxies pass requests on to."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Upstream)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


# -- how each is started ---------------------------------------------------------------------------------------------


def _app(name: str, recipe: str, place: Place, to: str, **values: str | Path) -> Path:
    """Writes the app `name` with the recipe in it, and the values in place of their marks."""
    parts = {"": recipe}
    if name == "nginx.conf":
        parts["HTTP"], parts["SERVER"] = recipe.split("# In server", 1)
        parts["SERVER"] = f"# In server{parts['SERVER']}"
    text = (APPS / name).read_text("utf-8")
    text = re.sub(r"(?m)^.*@RECIPE:?(\w*)@.*$", lambda mark: parts[mark[1]], text)
    for key, value in {"PORT": place.port, "UPSTREAM": place.upstream, "FOLDER": place.folder, **values}.items():
        text = text.replace(f"@{key}@", str(value))
    path = place.folder / to
    path.write_text(text, "utf-8")
    return path


def _node(name: str) -> Callable[[str, Place], Command]:
    def start(recipe: str, place: Place) -> Command:
        (place.folder / "node_modules").symlink_to(toolbox.node_packages())
        return Command([str(toolbox.node()), str(_app(name, recipe, place, f"app{Path(name).suffix}"))])

    return start


def _python(name: str) -> Callable[[str, Place], Command]:
    def start(recipe: str, place: Place) -> Command:
        python = toolbox.python_packages() / "python"
        # Not under the app's own name: it would hide the package that it is for.
        return Command([str(python), str(_app(name, recipe, place, "app.py")), str(place.port)])

    return start


def _worker(recipe: str, place: Place) -> Command:
    (place.folder / "recipe.mjs").write_text(recipe, "utf-8")
    return Command([str(toolbox.node()), str(_app("cloudflare-worker.mjs", "", place, "app.mjs"))])


def _vite(recipe: str, place: Place) -> Command:
    modules = toolbox.node_packages()
    (place.folder / "node_modules").symlink_to(modules)
    (place.folder / "vite.config.mjs").write_text(recipe, "utf-8")
    (place.folder / "index.html").write_text("<!doctype html><title>shop</title>", "utf-8")
    port = ["--port", str(place.port), "--strictPort", "--host", "127.0.0.1"]
    return Command([str(toolbox.node()), str(modules / "vite" / "bin" / "vite.js"), *port])


def _rails(recipe: str, place: Place) -> Command:
    how = "apt-get install ruby ruby-rack-cors ruby-railties ruby-webrick"
    ruby = toolbox.program("ruby", how)
    if subprocess.run([ruby, "-e", 'gem "rack-cors"; gem "railties"; gem "webrick"'], capture_output=True).returncode:
        toolbox.lacking("Ruby has not all of rack-cors, railties and webrick", how)
    app = _app("rails.ru", recipe, place, "config.ru")
    run = 'require "rack"; Rack::Server.start(config: ARGV[0], Host: "127.0.0.1", Port: ARGV[1], server: "webrick")'
    return Command([ruby, "-e", run, str(app), str(place.port)], {"RAILS_ENV": "production", "RACK_ENV": "production"})


def _spring(recipe: str, place: Place) -> Command:
    how = "apt-get install default-jdk-headless libspring-context-java libspring-web-java libtomcat9-java"
    java, javac = toolbox.program("java", how), toolbox.program("javac", how)
    jars = [toolbox.JARS / f"{name}.jar" for name in SPRING_JARS]
    if missing := [jar.name for jar in jars if not jar.is_file()]:
        toolbox.lacking(f"{', '.join(missing)} not in {toolbox.JARS}", how)
    # As the recipe says for Spring 5 and before.
    assert "javax.servlet instead of jakarta.servlet" in recipe
    (place.folder / "CorsConfig.java").write_text(recipe.replace("import jakarta.", "import javax."), "utf-8")
    sources = [_app(name, "", place, name) for name in ("Spring.java", "FilterRegistrationBean.java")]
    path = ":".join([*map(str, jars), "classes"])
    argv = [javac, "-cp", path, "-d", "classes", "CorsConfig.java", *map(str, sources)]
    built = subprocess.run(argv, cwd=place.folder, capture_output=True, text=True)
    assert built.returncode == 0, f"the recipe does not compile:\n{built.stderr}\n{recipe}"
    return Command([java, "-cp", path, "Spring"])


def _laravel(recipe: str, place: Place) -> Command:
    how = "apt-get install php-cli php-mbstring"
    php = toolbox.program("php", how)
    if subprocess.run([php, "-r", 'exit(extension_loaded("mbstring") ? 0 : 1);']).returncode:
        toolbox.lacking("PHP has no mbstring", how)
    for name in ("config", "bootstrap/cache"):
        (place.folder / name).mkdir(parents=True)
    cors, boot = re.split(r"(?m)^(?=// In boot\(\))", recipe)
    config = {"cors": cors, "app": "<?php return ['providers' => [AppServiceProvider::class]];"}
    for name, text in config.items():
        (place.folder / "config" / f"{name}.php").write_text(text, "utf-8")
    app = _app("laravel.php", boot, place, "app.php", LIBRARIES=toolbox.laravel())
    settings = ("-d", "opcache.enable_cli=1", "-d", "display_errors=0")
    return Command([php, *settings, "-S", f"127.0.0.1:{place.port}", str(app)])


def _go(recipe: str, place: Place) -> Command:
    go = toolbox.python_packages() / "go"
    source = toolbox.folder(toolbox.RS_CORS, "apt-get install golang-github-rs-cors-dev")
    _app("go-rs-cors.go", recipe, place, "main.go")
    (place.folder / "go.mod").write_text(
        f"module shop\n\ngo 1.21\n\nrequire github.com/rs/cors v1.7.0\n\nreplace github.com/rs/cors => {source}\n"
    )
    env = {"GOCACHE": str(toolbox.CACHE / "go-build"), "GOPATH": str(place.folder / "go")}
    env |= {"GOFLAGS": "-mod=mod", "GOPROXY": "off", "GOTOOLCHAIN": "local", "GOTELEMETRY": "off", "CGO_ENABLED": "0"}
    built = subprocess.run(
        [str(go), "build", "-o", "app", "."],
        cwd=place.folder,
        env=os.environ | {"HOME": str(place.folder)} | env,
        capture_output=True,
        text=True,
    )
    assert built.returncode == 0, f"the recipe does not compile:\n{built.stderr}\n{recipe}"
    return Command([str(place.folder / "app")])


def _nginx(recipe: str, place: Place) -> Command:
    nginx = toolbox.program("nginx", "apt-get install nginx")
    config = _app("nginx.conf", recipe, place, "nginx.conf")
    (place.folder / "empty").touch()
    return Command([nginx, "-p", str(place.folder), "-c", str(config), "-g", "daemon off; master_process off;"])


def _apache(recipe: str, place: Place) -> Command:
    how = "apt-get install apache2-bin"
    apache = toolbox.program("apache2", how)
    modules = toolbox.folder(toolbox.APACHE_MODULES, how)
    config = _app("apache.conf", recipe, place, "apache.conf", MODULES=modules)
    (place.folder / "empty").touch()
    return Command([apache, "-f", str(config), "-X"])


def _caddy(recipe: str, place: Place) -> Command:
    caddy = toolbox.python_packages() / "caddy"
    site = f"reverse_proxy /v1/dead 127.0.0.1:1\n\treverse_proxy 127.0.0.1:{place.upstream}"
    mark = re.compile(r"# here: .*")
    assert mark.search(recipe)
    config = _app("Caddyfile", mark.sub(site, recipe), place, "Caddyfile")
    env = {"XDG_DATA_HOME": str(place.folder), "XDG_CONFIG_HOME": str(place.folder)}
    return Command([str(caddy), "run", "--config", str(config), "--adapter", "caddyfile"], env)


def _yaml(text: str) -> dict[str, Any]:
    read: dict[str, Any] = YAML(typ="safe").load(text)
    return read


def _write_yaml(data: dict[str, Any], path: Path) -> Path:
    text = io.StringIO()
    YAML(typ="safe").dump(data, text)
    path.write_text(text.getvalue(), "utf-8")
    return path


def _traefik(recipe: str, place: Place) -> Command:
    traefik = toolbox.python_packages() / "traefik"
    dynamic = _yaml(recipe)
    rules = {"api": "PathPrefix(`/`)", "dead": "Path(`/v1/dead`)"}
    ports = {"api": place.upstream, "dead": 1}
    dynamic["http"]["routers"] = {
        name: {"rule": rule, "middlewares": ["cors"], "service": name} for name, rule in rules.items()
    }
    dynamic["http"]["services"] = {
        name: {"loadBalancer": {"servers": [{"url": f"http://127.0.0.1:{port}"}]}} for name, port in ports.items()
    }
    file = _write_yaml(dynamic, place.folder / "dynamic.yml")
    quiet = ["--global.checknewversion=false", "--global.sendanonymoususage=false"]
    entry = f"--entrypoints.web.address=127.0.0.1:{place.port}"
    return Command([str(traefik), entry, f"--providers.file.filename={file}", *quiet])


def _envoy(recipe: str, place: Place) -> Command:
    envoy = toolbox.python_packages() / "envoy"
    read = _yaml(recipe)
    types = "type.googleapis.com/envoy.extensions.filters"
    routes = [
        {"match": {"path": "/v1/dead"}, "route": {"cluster": "dead"}},
        {"match": {"prefix": "/"}, "route": {"cluster": "api"}},
    ]
    router = {"name": "envoy.filters.http.router", "typed_config": {"@type": f"{types}.http.router.v3.Router"}}
    filters = [*read.pop("http_filters"), router]
    host = {"name": "api", "domains": ["*"], "routes": routes, **read}
    manager = {
        "@type": f"{types}.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "shop",
        "http_filters": filters,
        "route_config": {"virtual_hosts": [host]},
    }

    def address(port: int) -> dict[str, Any]:
        return {"socket_address": {"address": "127.0.0.1", "port_value": port}}

    def cluster(name: str, port: int) -> dict[str, Any]:
        endpoints = [{"lb_endpoints": [{"endpoint": {"address": address(port)}}]}]
        return {"name": name, "type": "STATIC", "load_assignment": {"cluster_name": name, "endpoints": endpoints}}

    chain = {"filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]}
    listener = {"name": "web", "address": address(place.port), "filter_chains": [chain]}
    clusters = [cluster("api", place.upstream), cluster("dead", 1)]
    config = {"static_resources": {"listeners": [listener], "clusters": clusters}}
    file = _write_yaml(config, place.folder / "envoy.yaml")
    return Command([str(envoy), "-c", str(file), "--use-dynamic-base-id", "--concurrency", "1", "-l", "error"])


STARTS: dict[str, Callable[[str, Place], Command]] = {
    "express": _node("express.js"),
    "fastify": _node("fastify.js"),
    "koa": _node("koa.js"),
    "nestjs": _node("nestjs.mjs"),
    "flask": _python("flask.py"),
    "fastapi": _python("fastapi.py"),
    "django": _python("django.py"),
    "rails": _rails,
    "spring": _spring,
    "laravel": _laravel,
    "go-rs-cors": _go,
    "nginx": _nginx,
    "apache": _apache,
    "caddy": _caddy,
    "traefik": _traefik,
    "envoy": _envoy,
    "cloudflare-worker": _worker,
    "vite-dev-proxy": _vite,
}
"""How each target's server is started with a recipe."""

__all__ = ["PROXIES", "STARTS", "free_port", "running", "upstream"]
