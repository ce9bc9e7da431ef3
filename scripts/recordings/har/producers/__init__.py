"""The producers of HARs, each by the name that it gives itself."""

from __future__ import annotations

from typing import Any

from corsight.scripts.recordings.har.format import Log
from corsight.scripts.recordings.har.producers.chromium import DevTools, Listener
from corsight.scripts.recordings.har.producers.clients import Client
from corsight.scripts.recordings.har.producers.firefox import Firefox
from corsight.scripts.recordings.har.producers.model import CREDENTIALS, Browser, Engine, Producer, find_engine
from corsight.scripts.recordings.har.producers.playwright import Playwright
from corsight.scripts.recordings.har.producers.proxies import Charles, Fiddler, Mitmproxy, Other
from corsight.scripts.recordings.har.producers.splash import Splash
from corsight.scripts.recordings.har.producers.webkit import Safari
from corsight.scripts.recordings.har.producers.webpagetest import WebPageTest


class UnknownBrowser(Browser):
    """A program that is not known, and names the browser: what it leaves out is not known either."""

    lost = CREDENTIALS


class Unknown(Producer):
    """A program that is not known."""

    lost = CREDENTIALS


PRODUCERS: tuple[Producer, ...] = (
    *(DevTools(), Listener(), Firefox(), Safari(), Playwright(), Mitmproxy(), Charles(), Fiddler(), Other()),
    *(WebPageTest(), Splash(), Client()),
)


def find_producer(log: Log[Any]) -> Producer:
    """Return what wrote a HAR. Of a name that is not known, a browser where the log names one, else a proxy."""
    name = ((log.creator.name if log.creator is not None else None) or "").strip().lower()
    engine = find_engine(log.browser)
    for producer in PRODUCERS:
        if name.startswith(producer.names) if name else False:
            return _of_browser(producer, engine)
    return Unknown() if engine is None else UnknownBrowser()


def _of_browser(producer: Producer, engine: Engine | None) -> Producer:
    """Return what an engine's entries mean where a program drives several: Browsertime puts its own name on the HAR
    that Firefox wrote.
    """
    if not isinstance(producer, Listener) or engine in (None, producer.engine):
        return producer
    return Firefox() if engine == "firefox" else UnknownBrowser()
