"""HARs of proxies: they see what is sent, so the rules of the wire hold; few tell the browser's connections apart."""

from __future__ import annotations

from corsight.addons.wire import find_proxy_status
from corsight.scripts.recordings.har.format import Entry
from corsight.scripts.recordings.har.producers.model import Fate, Kind, Outcome, Producer

APART = (
    "It does not say which connection carried a request, so credentials are unknown more often than in a mitmproxy "
    "recording."
)


class Mitmproxy(Producer):
    """`mitmdump --set hardump=` and File, Export."""

    title = "mitmproxy"
    names = ("mitmproxy",)
    upper = True
    leaves_out = APART

    def find_status_instead(self, error: str | None) -> int | None:
        """What mitmproxy answers itself it exports as no answer."""
        return find_proxy_status(error)

    def find_kind(self, entry: Entry) -> Kind:
        """Only WebSockets are told."""
        return Kind("", "websocket") if entry.resourceType == "websocket" else Kind()


class Charles(Producer):
    """Charles Proxy: `_charlesStatus` tells what has an answer."""

    title = "Charles"
    names = ("charles",)
    leaves_out = APART

    def find_fate(self, entry: Entry) -> Fate:
        """What is not complete has no answer, whatever status stands there."""
        if entry.charlesStatus not in (None, "COMPLETE", "RECEIVING_RESPONSE_BODY"):
            return Fate.UNANSWERED
        return super().find_fate(entry)

    def find_outcome(self, entry: Entry) -> Outcome:
        """Charles names its own state."""
        told = super().find_outcome(entry)
        failed = entry.charlesStatus not in (None, "COMPLETE")
        return told if told.error or not failed else Outcome(error=f"Charles: {entry.charlesStatus}")


class Fiddler(Producer):
    """Fiddler Classic: `connection` is the browser's own port. Fiddler Everywhere writes none."""

    title = "Fiddler"
    names = ("fiddler",)

    def name_connection(self, entry: Entry) -> str:
        """Return the browser's port, by itself or as `ClientPort:19719;EgressPort:...`."""
        port = (entry.connection or "").removeprefix("ClientPort:").partition(";")[0]
        return f"{entry.clientIPAddress or ''}:{port}" if port.isdecimal() and port != "0" else ""


class Other(Producer):
    """Proxies that mean what a HAR says."""

    title = "a proxy"
    names = ("proxyman", "http toolkit", "browsermob", "littleproxy", "requestly", "pcap", "owasp", "zap", "burp")
    leaves_out = APART
