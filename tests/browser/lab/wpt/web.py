"""The lab's web, as a mitmproxy script: the names of web-platform-tests lead to the checkout's server.

Each response gets its flow's id as a header, behind the addon and beside the recording: by it the browser's own records
are joined to the flows. The report of the tests' harness is ours, and is posted to a place of ours.
"""

import json
import socket
from pathlib import Path

from mitmproxy import ctx, http
from mitmproxy.io import FlowWriter

KEY = "x-lab-flow"
"""The response header that names the flow."""
REPORT = "/resources/testharnessreport.js"
PLACE = "/__corsight_lab__"
DOMAINS = ("web-platform.test", "not-web-platform.test")
SCRIPT = """
add_completion_callback(function (tests, status) {
  if (window.parent !== window || window.opener) return;
  var found = tests.map(function (one) { return [one.name, one.status, one.message]; });
  var asked = new XMLHttpRequest();
  asked.open("POST", "%s");
  asked.send(JSON.stringify({page: location.href, status: status.status, tests: found}));
});
"""

resolve = socket.getaddrinfo


class Web:
    def load(self, loader):
        loader.add_option("lab_flows", str, "", "where the flows are kept")
        loader.add_option("lab_results", str, "", "where the tests' results are appended, one JSON line a page")

    def running(self):
        self.writer = FlowWriter(open(ctx.options.lab_flows, "ab"))  # noqa: SIM115 (for as long as the proxy runs)

        def lookup(host, port, family=0, type=0, proto=0, flags=0):
            """Names of the tests lead to loopback, other names nowhere."""
            name = host.decode() if isinstance(host, bytes) else str(host)
            if name.endswith(DOMAINS) and not name.startswith("nonexistent"):
                return resolve("127.0.0.1", port, 0, type, proto, flags)
            return resolve(host, port, family, type, proto, flags | socket.AI_NUMERICHOST)

        socket.getaddrinfo = lookup

    def request(self, flow: http.HTTPFlow):
        path = flow.request.path.partition("?")[0]
        if path == REPORT:
            flow.response = http.Response.make(200, SCRIPT % PLACE, {"content-type": "text/javascript"})
        elif path == PLACE:
            with Path(ctx.options.lab_results).open("a") as results:
                results.write(json.dumps(json.loads(flow.request.content)) + "\n")
            flow.response = http.Response.make(204)

    def responseheaders(self, flow: http.HTTPFlow):
        flow.response.headers[KEY] = flow.id

    def response(self, flow: http.HTTPFlow):
        self.write(flow)

    def error(self, flow: http.HTTPFlow):
        self.write(flow)

    def write(self, flow):
        if flow.request.path.startswith(PLACE):
            return
        kept = flow.copy()
        kept.id = flow.id
        if kept.response:
            kept.response.headers.pop(KEY, None)
        self.writer.add(kept)
        self.writer.fo.flush()

    def done(self):
        socket.getaddrinfo = resolve


addons = [Web()]
