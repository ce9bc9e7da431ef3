"""The lab's web, as a mitmproxy script: every host name is one of the lab's origin servers, for this process alone."""

import json
import socket
from pathlib import Path

from mitmproxy import ctx

from tests.browser.lab.origin import Origins

resolve = socket.getaddrinfo


class Lab:
    def load(self, loader) -> None:
        loader.add_option("lab_scenarios", str, "", "the scenarios to serve")
        loader.add_option("lab_results", str, "", "where the pages' results are appended, one JSON line a page")

    async def running(self) -> None:
        scenarios = json.loads(Path(ctx.options.lab_scenarios).read_text())
        origins = Origins(scenarios, Path(ctx.options.lab_results))
        await origins.start(Path(ctx.options.confdir).expanduser() / "mitmproxy-ca.pem")

        def lookup(host, port, family=0, type=0, proto=0, flags=0):
            """Names lead to the lab, addresses where they always lead."""
            try:
                return resolve(host, port, family, type, proto, flags | socket.AI_NUMERICHOST)
            except socket.gaierror:
                scheme = "http" if port in (80, "80") else "https"
                return resolve("127.0.0.1", origins.ports[scheme], 0, type, proto, flags)

        socket.getaddrinfo = lookup

    def done(self) -> None:
        socket.getaddrinfo = resolve


addons = [Lab()]
