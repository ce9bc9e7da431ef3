"""The script that mitmproxy loads beside addons/cors.py: it answers every request itself, so no name is looked up.

addons/cors.py is loaded first, and makes the namespace corsight. It leaves `seen.json` in the folder
`corsight_folder` when the page is done.
"""

from mitmproxy import http

from corsight.scripts.demo.shop import SEEN, answer
from corsight.scripts.processes.control import tell


class Shop:
    def request(self, flow: http.HTTPFlow) -> None:
        said = answer(flow.request.method, flow.request.pretty_url)
        flow.response = http.Response.make(said.status, said.body, said.headers)

    def response(self, flow: http.HTTPFlow) -> None:
        if flow.request.pretty_url == SEEN and flow.request.method == "POST":
            tell("seen.json", flow.request.content or b"")


addons = [Shop()]
