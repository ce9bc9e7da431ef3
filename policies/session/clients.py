"""Who is speaking: which engine a client's requests come from."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from corsight.policies.exchange import Told
from corsight.policies.verdict import EngineName

_IOS = re.compile(r"\b(?:iPhone|iPad|iPod)\b")
_FIREFOX = re.compile(r"\bFirefox/(\d{1,6})")
_CHROMIUM = re.compile(r"\b(?:HeadlessChrome|Chrome|Chromium|CrMo)/(\d{1,6})")
_IMITATION = re.compile(r"\b(?:jsdom|HappyDOM)/")
_LEGACY = re.compile(r"\bEdge/\d|\bTrident/|\bMSIE ")
_BRAND = re.compile(r'"(?:Chromium|Google Chrome|Microsoft Edge)";v="(\d{1,6})')


@dataclass(frozen=True, slots=True)
class Client:
    """A client as its headers show it: the engine that judges for it, the engine's major version, whether it is a
    browser, whether its network layer is libsoup (WebKit on Linux).
    """

    engine: EngineName
    version: int | None = None
    browser: bool = True
    libsoup: bool = False

    @property
    def label(self) -> str:
        """The client in words."""
        if not self.browser:
            return "no browser (judged by the standard)"
        return self.engine if self.version is None else f"{self.engine} {self.version}"


def as_told(client: Client, told: Told) -> Client:
    """Return the client as a recording tells it: its own browser, whatever User-Agent that shows a server.

    What becomes of connections a recording of a browser's does not show.
    """
    if told.engine is None:
        return replace(client, libsoup=False)
    version = told.version or (client.version if client.engine == told.engine else None)
    return Client(told.engine, version)


LONGEST = 512
"""Characters of a User-Agent that are read: no browser's is longer."""

NO_BROWSER = Client("standard", None, False)


def identify(user_agent: str, brands: str | None = None) -> Client:
    """Return the client behind a User-Agent and, where sent, Sec-CH-UA. Only their first 512 characters are read.

    Every browser on iOS is WebKit, whatever it is called; Edge, Opera, Brave, Electron and Android WebView are
    Chromium.
    """
    return _identify(user_agent[:LONGEST], brands[:LONGEST] if brands else None)


@lru_cache(maxsize=1024)
def _identify(user_agent: str, brands: str | None) -> Client:
    if brands and (brand := _BRAND.search(brands)):
        return Client("chromium", int(brand[1]))
    if _LEGACY.search(user_agent):
        return Client("standard", None, True)
    if _IOS.search(user_agent) and "AppleWebKit" in user_agent:
        return Client("webkit")
    if found := _CHROMIUM.search(user_agent):
        return Client("chromium", int(found[1]))
    if found := _FIREFOX.search(user_agent):
        return Client("firefox", int(found[1]))
    if "AppleWebKit/" in user_agent and not _IMITATION.search(user_agent):
        return Client("webkit", libsoup="Linux" in user_agent and "Android" not in user_agent)
    return NO_BROWSER
