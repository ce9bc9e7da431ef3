"""The page's name in the proxy: its requests are answered here, and no other addon sees them.

They are in no list of flows, in no recording, in no log and in no count.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING

from mitmproxy import exceptions, http

from corsight.policies.session.memory import Memory

if TYPE_CHECKING:
    from corsight.addons.page.gate import Gate

MAGIC = "cors.sight"
"""The host name that the proxy answers itself while the page is on: nobody owns it, and no browser forces TLS on it."""
_MAGIC, _HOST = MAGIC.encode(), len(b"host")
WINDOWS = 1024
"""How many of the page's own flows may be active at once."""
OWN = "cors.page"
"""The metadata that marks the page's own flows."""


class Hosting:
    """Answers by `gate`, while there is one. `waiting` are the page's own flows that have not ended: only for them has
    mitmproxy to call the hooks.
    """

    def __init__(self) -> None:
        self.gate: Gate | None = None
        self.waiting: Memory[str, None] = Memory(WINDOWS)

    def claim(self, flow: http.HTTPFlow) -> bool:
        """Return whether a request belongs to the page; from now on, its metadata says so."""
        if self.gate is None or flow.response is not None or not flow.live or not _names_page(flow):
            return False
        flow.metadata[OWN] = True
        self.waiting.put(flow.id, None)
        return True

    def owns(self, flow: http.HTTPFlow) -> bool:
        """Return whether a flow belongs to the page, so that nobody judges it."""
        return self.gate is not None and OWN in flow.metadata

    # -- hooks: what is the page's own ends here ----------------------------------------------------------------------

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        """Hide the page's own request from the addons that follow."""
        if self.owns(flow):
            raise exceptions.AddonHalt

    responseheaders = requestheaders

    def response(self, flow: http.HTTPFlow) -> None:
        """Note that one of the page's own flows has ended."""
        if self.owns(flow):
            self.waiting.forget(flow.id)
            raise exceptions.AddonHalt

    error = response

    def request(self, flow: http.HTTPFlow) -> Awaitable[None] | None:
        """Answer the page's own request."""
        return self._answer(self.gate, flow) if self.gate is not None and OWN in flow.metadata else None

    async def _answer(self, gate: Gate, flow: http.HTTPFlow) -> None:
        from mitmproxy.addons.asgiapp import serve

        if flow.response is None and not flow.error:
            await serve(gate, flow)
        raise exceptions.AddonHalt


def _names_page(flow: http.HTTPFlow) -> bool:
    data = flow.request.data
    if data.host != MAGIC and _MAGIC not in data.authority:
        # What is asked of every request is asked in bytes first. Of several lines none is the page's: they are joined.
        for name, value in data.headers.fields:
            if len(name) == _HOST and name.lower() == b"host":
                if _MAGIC not in value:
                    return False
                break
        else:
            return False
    return flow.request.pretty_host == MAGIC
