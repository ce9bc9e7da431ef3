"""The script that mitmproxy loads beside addons/cors.py: it answers every request itself, so no name is looked up.

It tells of itself in the folder `demo_folder`: `port` when it listens, `seen.json` when the page is done. It ends when
its standard input does, and so never outlives the command that started it.
"""

import os
import sys
import threading
from pathlib import Path

from mitmproxy import ctx, http

ROOT = str(Path(__file__).resolve().parent.parent.parent)
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)

from scripts.demo.shop import SEEN, answer  # noqa: E402


class Shop:
    def load(self, loader) -> None:
        loader.add_option("demo_folder", str, "", "where to tell of oneself")

    def running(self) -> None:
        threading.Thread(target=end_with_input, args=(ctx.master,), daemon=True).start()
        [(_, port, *_), *_] = ctx.master.addons.get("proxyserver").listen_addrs()
        tell("port", str(port).encode())

    def request(self, flow: http.HTTPFlow) -> None:
        said = answer(flow.request.method, flow.request.pretty_url)
        flow.response = http.Response.make(said.status, said.body, said.headers)

    def response(self, flow: http.HTTPFlow) -> None:
        if flow.request.pretty_url == SEEN and flow.request.method == "POST":
            tell("seen.json", flow.request.content or b"")


def end_with_input(master) -> None:
    # Not sys.stdin: a daemon thread that waits in there may break the interpreter's own end.
    while os.read(0, 1024):
        pass
    master.shutdown()


def tell(name: str, content: bytes) -> None:
    """Write a file that is there whole, or not at all."""
    path = Path(ctx.options.demo_folder, name)
    unfinished = path.with_suffix(".new")
    unfinished.write_bytes(content)
    unfinished.replace(path)


addons = [Shop()]
