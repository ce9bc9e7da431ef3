"""A command behind the proxy: the environment that leads it there, and its end."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import certifi

from corsight.scripts.errors import CorsightError
from corsight.scripts.processes.chromium import hash_public_key
from corsight.scripts.processes.machine import end_group
from corsight.scripts.processes.proxy import Proxy

BUNDLE = "ca-bundle.pem"
LOOPBACK = "localhost,127.0.0.1,::1"


def make_environment(proxy: Proxy) -> dict[str, str]:
    """Return the variables that lead a command through the proxy and let it trust that.

    Most tools take a file of all authorities they trust: there it is the usual ones, and the proxy's.
    """
    authority = proxy.authority.read_text()
    bundle = proxy.folder / BUNDLE
    bundle.write_text(Path(certifi.where()).read_text(encoding="utf-8") + "\n" + authority, encoding="utf-8")
    every = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "CORSIGHT_PROXY"), proxy.url)
    every |= dict.fromkeys(("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"), str(bundle))
    return every | {
        "CORSIGHT_PROXIES": ",".join(f"http://127.0.0.1:{port}" for port in proxy.lanes),
        "CORSIGHT_CA": str(proxy.authority),
        "CORSIGHT_CA_SPKI": hash_public_key(proxy.authority),
        "NODE_EXTRA_CA_CERTS": str(proxy.authority),
        "NODE_USE_ENV_PROXY": "1",
        # What a runner says to its own driver is no traffic of a page. Its browser is told of the proxy by its own
        # settings, and takes no notice of these.
        "NO_PROXY": LOOPBACK,
        "no_proxy": LOOPBACK,
    }


@contextlib.contextmanager
def run_script(command: str | Sequence[str], variables: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run `command`, a line for a shell or its words, with `variables` on top of the environment; end all it started on
    leaving.
    """
    try:
        process = subprocess.Popen(
            command if isinstance(command, str) else _find(command),
            shell=isinstance(command, str),
            env=os.environ | variables,
            stdin=subprocess.DEVNULL,
            start_new_session=sys.platform != "win32",
        )
    except OSError as problem:
        what, todo = f"did not start ({problem.strerror or problem})", "is its name right, and is it on the PATH?"
        raise CorsightError(what, where=name_script(command), todo=todo) from None
    try:
        yield process
    finally:
        end_group(process)


def name_script(command: str | Sequence[str]) -> str:
    """Return what a command is called in messages: the option of a line for a shell, or its first word."""
    return "--script" if isinstance(command, str) else command[0]


def _find(command: Sequence[str]) -> list[str]:
    """Return the command with the path of its program: on Windows, npx and the like are scripts."""
    return [shutil.which(command[0]) or command[0], *command[1:]]


def wait_for_exit_code(process: subprocess.Popen[bytes]) -> int:
    """Wait for a command to end, and return its exit code as a shell counts it."""
    code = process.wait()
    return code if code >= 0 else 128 - code
