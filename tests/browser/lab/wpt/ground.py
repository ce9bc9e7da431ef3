"""A checkout of web-platform-tests: its tests, by their names, and its own server."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corsight.scripts.errors import CorsightError
from corsight.scripts.processes.machine import end_group, free_port
from tests.running import is_served

FOLDERS = (
    "fetch/api",
    "cors",
    "xhr",
    "mixed-content",
    "fetch/orb",
    "fetch/corb",
    "fetch/cross-origin-resource-policy",
    "html/cross-origin-embedder-policy",
    "fetch/local-network-access",
)
"""Where the tests of what Corsight judges lie; the checkout has those of its time."""
HOST = "web-platform.test"
SERVER = "tools/serve/serve.py"
TWO = re.compile(r'"https":\s*(2|\[\d+,)')
"""How the server's own source says that it has two ports for https: their number, or both as a list."""
PATIENCE = 60.0
"""Seconds that the checkout's server has to start."""
LEFT_OUT = {"resources", "support", "tools", "spec-src", "crashtests", "reference", "w3c-import-tools"}
"""Folders that hold what tests load, and none."""
MANUAL = re.compile(r"-(manual|ref|notref|crash|print)\b")
META = re.compile(r"^//\s*META:\s*(\w+)=(.*)$")
VARIANT = re.compile(r"""<meta\s+name=["']?variant["']?\s+content=["']?([^"'>]*)["']?\s*/?>""", re.IGNORECASE)
SCOPES = {
    "window": ".any.html",
    "dedicatedworker": ".any.worker.html",
    "worker": ".any.worker.html",
    "sharedworker": ".any.sharedworker.html",
    "serviceworker": ".any.serviceworker.html",
}


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a checkout that tests something."""

    folder: str
    """The one of the folders asked for that it lies in."""
    path: str
    """What follows the host in its URL."""

    @property
    def secure(self) -> bool:
        """Whether its name says that it is to be loaded over https."""
        name = self.path.partition("?")[0].rpartition("/")[2]
        return any(f".{flag}." in name for flag in ("https", "h2", "serviceworker"))


@dataclass(frozen=True, slots=True)
class Served:
    """A checkout's server that runs: its ports."""

    http: int
    https: int

    def url(self, test: Page) -> str:
        """Where a test is loaded from."""
        scheme, port = ("https", self.https) if test.secure else ("http", self.http)
        return f"{scheme}://{HOST}:{port}/{test.path}"


def list_tests(checkout: Path, folders: Sequence[str]) -> list[Page]:
    """Return the tests below the folders, in order. Raises CorsightError where there is no such folder or test."""
    if not (checkout / "wpt").is_file() or not (checkout / SERVER).is_file():
        raise CorsightError("this is no checkout of web-platform-tests", where=str(checkout))
    found: list[Page] = []
    for folder in folders:
        root = checkout / folder
        if not root.exists():
            raise CorsightError("the checkout has no such folder", where=str(root))
        for file in sorted(root.rglob("*")) if root.is_dir() else [root]:
            if file.is_file():
                path = file.relative_to(checkout).as_posix()
                found += (Page(folder, name) for name in pages_of(path, file))
    if not found:
        raise CorsightError("there are no tests", where=str(checkout), todo="name another folder with --only")
    return found


def pages_of(path: str, file: Path) -> list[str]:
    """Return the paths of the pages that a file of the checkout is served as: none where it is no test."""
    folders, _, name = path.rpartition("/")
    if LEFT_OUT & set(folders.split("/")) or MANUAL.search(name):
        return []
    for suffix in (".any.js", ".window.js", ".worker.js"):
        if name.endswith(suffix):
            return _pages_of_script(path, suffix, file.read_text("utf-8", "replace"))
    if name.endswith((".html", ".htm", ".xhtml", ".svg")):
        text = file.read_text("utf-8", "replace")
        if "/testharness.js" in text:
            return [path + variant for variant in VARIANT.findall(text) or [""]]
    return []


def _pages_of_script(path: str, suffix: str, text: str) -> list[str]:
    said: dict[str, list[str]] = {}
    for line in text.splitlines():
        match = META.match(line)
        if match is None:
            break
        said.setdefault(match[1], []).append(match[2].strip())
    stem = path.removesuffix(suffix)
    pages = [stem + suffix.replace(".js", ".html")]
    if suffix == ".any.js":
        scopes = [scope.strip() for scope in ",".join(said.get("global", ["window,dedicatedworker"])).split(",")]
        # `!default` and its like are of 2019: what is left out there, and what else is meant.
        taken = [scope for scope in scopes if not scope.startswith("!") and scope != "default"]
        if len(taken) < len(scopes) and not {"!default", "!window"} & set(scopes):
            taken = ["window", "dedicatedworker", *taken]
        refused = {scope[1:] for scope in scopes if scope.startswith("!")}
        pages = list(dict.fromkeys(stem + SCOPES[scope] for scope in taken if scope in SCOPES and scope not in refused))
    return [page + variant for page in pages for variant in said.get("variant", [""])]


@contextlib.contextmanager
def serve(checkout: Path, python: str) -> Iterator[Served]:
    """Run the checkout's own server on free ports of the loopback address, by the interpreter `python`.

    Its names are looked up by nobody: the proxy leads to it. Raises CorsightError where it does not start.
    """
    config = configure((checkout / SERVER).read_text("utf-8"))
    ports = config["ports"]
    with tempfile.TemporaryDirectory(prefix="corsight-") as folder:
        written, log = Path(folder) / "config.json", Path(folder) / "server.log"
        written.write_text(json.dumps(config), encoding="utf-8")
        with log.open("wb") as said:
            command = [python, "wpt", "serve", "--config", str(written)]
            # The interpreter of this lab has nothing to say about that of the checkout.
            kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
            process = subprocess.Popen(
                command,
                cwd=checkout,
                env=kept,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,
            )
        try:
            _await(process, (*ports["http"], *ports["https"]), log)
            yield Served(ports["http"][0], ports["https"][0])
        finally:
            end_group(process)


def configure(server: str) -> dict[str, Any]:
    """Return a configuration that a checkout's server takes, by its source."""
    ports = {"http": _free(2), "https": _free(2 if TWO.search(server) else 1), "ws": _free(1), "wss": _free(1)}
    quiet = {"log_level": "warning"} if '"log_level"' in server else {"logging": {"level": "warning"}}
    return {"check_subdomains": False, "server_host": "127.0.0.1", "ports": ports, **quiet}


def _free(count: int) -> list[int]:
    return [free_port() for _ in range(count)]


def _await(process: subprocess.Popen[bytes], ports: Iterable[int], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    for port in ports:
        while not is_served(port):
            if process.poll() is not None or time.monotonic() > deadline:
                lines = log.read_text("utf-8", "replace").strip().splitlines() or ["it said nothing"]
                todo = "old checkouts need --python with a Python 2"
                raise CorsightError(f"the checkout's server did not start: {lines[-1]}", todo=todo)
            time.sleep(0.1)
