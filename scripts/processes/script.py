"""A command behind the proxy: the environment that leads it there, and its end."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
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
    address = f"http://127.0.0.1:{proxy.port}"
    every = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "CORSIGHT_PROXY"), address)
    every |= dict.fromkeys(("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"), str(bundle))
    return every | {
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
def run_script(command: str, variables: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run `command` in a shell, with `variables` on top of the environment; end all it started on leaving."""
    try:
        process = subprocess.Popen(
            command,
            shell=True,
            env=os.environ | variables,
            stdin=subprocess.DEVNULL,
            start_new_session=sys.platform != "win32",
        )
    except OSError as problem:
        raise CorsightError(f"the script did not start: {problem}", where=command) from problem
    try:
        yield process
    finally:
        end_group(process)


def wait_for_exit_code(process: subprocess.Popen[bytes]) -> int:
    """Wait for a command to end, and return its exit code as a shell counts it."""
    code = process.wait()
    return code if code >= 0 else 128 - code
