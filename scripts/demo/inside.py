"""The script that mitmproxy loads beside addons/cors.py: it answers every request itself, so no name is looked up.

It leaves `seen.json` in the folder `corsight_folder` when the page is done.
"""

import sys
from pathlib import Path

from mitmproxy import http

ROOT = str(Path(__file__).resolve().parent.parent.parent)
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)

from scripts.control import tell  # noqa: E402
from scripts.demo.shop import SEEN, answer  # noqa: E402


class Shop:
    def request(self, flow: http.HTTPFlow) -> None:
        said = answer(flow.request.method, flow.request.pretty_url)
        flow.response = http.Response.make(said.status, said.body, said.headers)

    def response(self, flow: http.HTTPFlow) -> None:
        if flow.request.pretty_url == SEEN and flow.request.method == "POST":
            tell("seen.json", flow.request.content or b"")


addons = [Shop()]
