"""Who is speaking: which engine a client's requests come from, and which version of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import lru_cache

from corsight.policies.exchange import Exchange, HeaderList, Told
from corsight.policies.facts import Build
from corsight.policies.verdict import EngineName

_IOS = re.compile(r"\b(?:iPhone|iPad|iPod)\b")
_IOS_VERSION = re.compile(r"\bOS (\d{1,6})_")
_SAFARI_VERSION = re.compile(r"\bVersion/(\d{1,6})")
_IOS_SHELL = re.compile(r"\b(?:CriOS|FxiOS|EdgiOS|OPT)/")
_FIREFOX = re.compile(r"\bFirefox/(\d{1,6})")
_GECKO = re.compile(r"\brv:(\d{1,6})[^)]*\) Gecko/")
_GOANNA = re.compile(r"\bGoanna/\d")
_CHROMIUM = (
    # In full first: an application may well call itself Chrome too.
    re.compile(r"(?<![\w-])(?:HeadlessChrome|Chrome|CrMo)/(\d{1,6})\.\d+\.\d+\.\d+"),
    re.compile(r"\b(?:HeadlessChrome|Chrome|Chromium|CrMo)/(\d{1,6})"),
)
_IMITATION = re.compile(r"\b(?:jsdom|HappyDOM)/")
_LEGACY = re.compile(r"\bEdge/\d|\bTrident/|\bMSIE ")
_BRANDS = re.compile(r'"Chromium";\s*v="(\d{1,6})'), re.compile(r'"Google Chrome";\s*v="(\d{1,6})')

FORKED = 52
"""The version of Firefox that Goanna (Pale Moon and its kin) set out from."""
PRIORITY_SINCE = 132
"""The version from which Firefox sends Priority with every request but those of XMLHttpRequest."""
FROZEN = 60
"""What WebKitGTK says its version is, whatever it is."""


@dataclass(frozen=True, slots=True)
class Client:
    """A client as its headers show it: the engine that judges for it, the engine's major version (of WebKit: Safari's),
    whether it is a browser, whether its network layer is libsoup (WebKit on Linux). `label` is the client in words.
    """

    engine: EngineName
    version: int | None = None
    browser: bool = True
    libsoup: bool = False
    label: str = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        label = self.engine if self.version is None else f"{self.engine} {self.version}"
        if self.engine == "standard":
            label = f"{'unknown' if self.browser else 'no'} browser (judged by the standard)"
        object.__setattr__(self, "label", label)

    @property
    def build(self) -> Build | None:
        """The engine in its version; None where it is no browser that Corsight knows."""
        return None if self.engine == "standard" else Build(self.engine, self.version or 0)

    @property
    def tells_priority(self) -> bool:
        """Whether all of its requests have a Priority but those of XMLHttpRequest."""
        return self.engine == "firefox" and (self.version or 0) >= PRIORITY_SINCE


def as_told(client: Client, told: Told) -> Client:
    """Return the client as a recording tells it: its own browser, whatever User-Agent that shows a server.

    What becomes of connections a recording of a browser's does not show.
    """
    if told.engine is None:
        return replace(client, libsoup=False)
    if told.engine == "standard":
        return NO_BROWSER
    own = client.version if client.engine == told.engine else None
    # WebKit is told by its own number, not by Safari's.
    version = (own or told.version) if told.engine == "webkit" else (told.version or own)
    return Client(told.engine, version)


LONGEST = 512
"""Characters of a User-Agent that are read: no browser's is longer."""

NO_BROWSER = Client("standard", None, False)
UNKNOWN = Client("standard", None, True)
SENT_BY_ALL = ("sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest")
"""What browsers send together; the fetch() of Node.js sends one of them alone."""


def identify(user_agent: str, brands: str | None = None) -> Client:
    """Return the client behind a User-Agent and, where sent, Sec-CH-UA. Only their first 512 characters are read.

    Every browser on iOS is WebKit, whatever it is called; Edge, Opera, Brave, Electron and Android WebView are
    Chromium. The version is always the engine's, never that of the browser around it.
    """
    return _identify(user_agent[:LONGEST], brands[:LONGEST] if brands else None)


@lru_cache(maxsize=1024)
def _identify(user_agent: str, brands: str | None) -> Client:
    if brands and (brand := _BRANDS[0].search(brands) or _BRANDS[1].search(brands)):
        return Client("chromium", int(brand[1]))
    if _LEGACY.search(user_agent):
        return UNKNOWN
    if _IOS.search(user_agent) and "AppleWebKit" in user_agent:
        return Client("webkit", _read_ios_version(user_agent))
    if found := _CHROMIUM[0].search(user_agent) or _CHROMIUM[1].search(user_agent):
        return Client("chromium", int(found[1]))
    if _GOANNA.search(user_agent):
        return Client("firefox", FORKED)
    if found := _FIREFOX.search(user_agent) or _GECKO.search(user_agent):
        return Client("firefox", int(found[1]))
    if "AppleWebKit/" in user_agent and not _IMITATION.search(user_agent):
        version = None if _IOS_SHELL.search(user_agent) else _SAFARI_VERSION.search(user_agent)
        libsoup = "Linux" in user_agent and "Android" not in user_agent
        told = None if version is None or int(version[1]) == FROZEN else int(version[1])
        return Client("webkit", told, libsoup=libsoup)
    return NO_BROWSER


def show_engine(exchange: Exchange) -> EngineName | None:
    """Return the engine that a request's headers show whatever its User-Agent says; None where they show none.

    Developer tools that emulate a phone, and tests that do, send the User-Agent of its browser. Only Chromium accepts
    APNG and signed exchanges by name, only Firefox sends TE over HTTP/2: 156 and ESR 153, and not WebKitGTK 2.50.6.
    """
    get = exchange.request.headers.get
    if exchange.http2 and get("te") == "trailers":
        return "firefox"
    accept = get("accept") or ""
    # What a fetch() accepts, its page may have set.
    if ("image/apng" in accept or "application/signed-exchange" in accept) and get("sec-fetch-dest") != "empty":
        return "chromium"
    return None


def acts_as_browser(headers: HeaderList) -> bool:
    """Return whether a request is a browser's, whatever User-Agent its application gave it."""
    return "upgrade-insecure-requests" in headers or all(name in headers for name in SENT_BY_ALL)


def _read_ios_version(user_agent: str) -> int | None:
    """Return Safari's major version, which is iOS's; one of the two may be frozen at an older one."""
    told = [int(found[1]) for found in (_SAFARI_VERSION.search(user_agent), _IOS_VERSION.search(user_agent)) if found]
    return max(told, default=None)
