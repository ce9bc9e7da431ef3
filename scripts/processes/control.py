"""The script that mitmproxy loads beside addons/cors.py where a command of ours started it: it tells, and is told.

In the folder `corsight_folder` it leaves `started.json` when the proxy listens, and appends to `events.jsonl` what the
command has to know. Each line of its standard input is a JSON object: {"id": ..., "set": {option: value}}; an order to
write the recording so far, {"id": ..., "flush": true}; what the browser said of a flow, {"flow": ..., "word": ...}; or
what it stopped by itself, {"stopped": ...}. It ends the proxy when that input ends: no proxy outlives the command that
started it, whatever ended that.
"""

import json
import logging
import os
import threading
from pathlib import Path
from typing import Any

from mitmproxy import ctx, exceptions
from mitmproxy.addonmanager import Loader
from mitmproxy.http import HTTPFlow
from mitmproxy.master import Master
from mitmproxy.tls import TlsData

from corsight.policies.exchange import Word
from corsight.scripts.agents.inside import Seated

UNTRUSTED = ("does not trust", "may not trust")
"""How mitmproxy words a client that ended the TLS handshake over the certificate."""


class Control:
    def __init__(self) -> None:
        self._patched = Patched()
        self._port = 0

    def load(self, loader: Loader) -> None:
        loader.add_option("corsight_folder", str, "", "where to tell of oneself")
        loader.add_option("corsight_watch", bool, False, "whether the browser is asked what becomes of its requests")

    def running(self) -> None:
        logging.getLogger("corsight.addons.patch").addHandler(self._patched)
        if ctx.options.corsight_watch:
            ctx.master.addons.get("cors").attend()
        threading.Thread(target=self._listen, args=(ctx.master,), daemon=True).start()
        [(_, self._port, *_), *_] = ctx.master.addons.get("proxyserver").listen_addrs()
        tell(
            "started.json",
            json.dumps({"port": self._port, "web": getattr(ctx.master, "web_url", None), "page": page()}).encode(),
        )

    def done(self) -> None:
        logging.getLogger("corsight.addons.patch").removeHandler(self._patched)

    def requestheaders(self, flow: HTTPFlow) -> None:
        port = flow.client_conn.sockname[1]
        if port != self._port:
            append({"kind": "lane", "flow": flow.id, "port": port})

    def tls_failed_client(self, data: TlsData) -> None:
        if any(words in (data.conn.error or "") for words in UNTRUSTED):
            server = data.context.server.address
            append({"kind": "untrusted", "host": data.conn.sni or (server[0] if server else "")})

    def _listen(self, master: Master) -> None:
        # Not sys.stdin: a daemon thread that waits in there may break the interpreter's own end.
        unread = b""
        while chunk := os.read(0, 65536):
            *lines, unread = (unread + chunk).split(b"\n")
            for line in lines:
                master.event_loop.call_soon_threadsafe(obey, json.loads(line))
        master.shutdown()


class Patched(logging.Handler):
    """Passes on what the addon says about patching."""

    def emit(self, record: logging.LogRecord) -> None:
        append({"kind": "patching", "text": record.getMessage()})


def obey(order: dict[str, Any]) -> None:
    if "word" in order:
        ctx.master.addons.get("cors").heed(order["flow"], Word(**order["word"]))
        return
    if "stopped" in order:
        ctx.master.addons.get("cors").page.note(order["stopped"])
        return
    try:
        if "flush" in order:
            flush()
        else:
            ctx.options.update(**order["set"])
    except (exceptions.OptionsError, KeyError) as error:
        append({"kind": "answer", "id": order["id"], "problem": str(error)})
    else:
        append({"kind": "answer", "id": order["id"], "problem": None})


def flush() -> None:
    """Write what the recording has so far."""
    stream = ctx.master.addons.get("save").stream
    if stream is not None:
        stream.fo.flush()


def page() -> str | None:
    """Return the link to the live page, None where there is none."""
    links = ctx.master.commands.call("cors.page")
    return links[0] if links else None


def append(event: dict[str, Any]) -> None:
    """Add one event, whole, to those the command reads."""
    with Path(ctx.options.corsight_folder, "events.jsonl").open("ab", buffering=0) as file:
        file.write(json.dumps(event).encode() + b"\n")


def tell(name: str, content: bytes) -> None:
    """Write a file that is there whole, or not at all."""
    path = Path(ctx.options.corsight_folder, name)
    unfinished = path.with_suffix(".new")
    unfinished.write_bytes(content)
    unfinished.replace(path)


addons = [Control(), Seated()]
