"""Evidence: why a fact that the wire does not state is taken to be so.

A reason is a value, and code compares it as one: mending its words changes no verdict.
"""

from __future__ import annotations

from enum import Enum
from typing import Literal, NamedTuple, Self

Certainty = Literal["certain", "likely"]


class Reason(Enum):
    """What a fact was inferred from, and its `words`: a clause that follows "since"; `{}` stands for a detail."""

    words: str

    def __new__(cls, words: str) -> Self:
        reason = object.__new__(cls)
        # Not its words: two reasons may have the same.
        reason._value_, reason.words = len(cls.__members__), words
        return reason

    # Enum's own hashes the name, in Python.
    __hash__ = object.__hash__

    COOKIE = "it carries a cookie"
    STORAGE_ACCESS = "it carries Sec-Fetch-Storage-Access"
    NO_STORAGE_ACCESS = "it is cross-site and carries no Sec-Fetch-Storage-Access"
    FONT = "browsers request fonts without credentials, unless a preload link says otherwise"
    OWN_AUTHORIZATION = "it carries an Authorization that its preflight did not ask for"
    CONNECTION_OF_PREFLIGHT = "its connection is {} one: it carried a preflight"
    CONNECTION_OF_CREDENTIALS = "its connection is {} one: it carried a request that always has credentials"
    CONNECTION_OF_LIKE = "its connection is {} one: it carried another request of that kind"
    CONNECTION_NOT_TAKEN = "it used another connection than its preflight, although that connection was free"
    NO_COOKIE = "it carries no cookie, but the same page sent one to the same URL just before"
    CONNECTION_REUSED = "its connection was used again, which does not happen after a blocked response"
    CONNECTION_CLOSED = "its connection was not used again, though a new one was opened to the same server"
    CACHED_MODE = "the cached preflight of exchange {} was for that mode"
    LIKE_ANOTHER = "exchange {} is just like it"
    PREFLIGHT_FOLLOWED = "the request that follows the preflight came"
    PREFLIGHT_UNFOLLOWED = "no request followed the preflight"
    PREFLIGHT_CONTESTED = "a request came that may as well belong to exchange {}, which asked the same"
    PREFLIGHT_NEEDLESS = "a request came that needs no preflight, and may be another one's"
    REDIRECT_FOLLOWED = "the request that follows its redirect came"
    REDIRECT_CONTESTED = "a request came that the page may as well have made on its own"
    REDIRECT_UNFOLLOWED = "no request followed its redirect"
    REDIRECT_OF_ANOTHER = "exchange {} may have led to it as well, with other credentials"
    DOCUMENT_ASKED = "a request came whose Referer is its URL, so a page was made of it"
    REDIRECTS_MIXED = (
        "other requests are redirected in circles there too, so how many redirects came before is not known"
    )
    GIVEN_UP = "no request followed, but one did follow exchange {}, which asked the same at that time"
    CACHED_PREFLIGHT = "answered by the preflight of exchange {}, cached for {} s more"
    BEFORE_RECORDING = "its preflight was answered before the recording began"
    NO_BROWSER = "no browser sent it"
    STORED_RESPONSE = "it confirmed the response stored from exchange {}"
    STORED_FOR_ANOTHER = (
        "it confirmed the response stored from exchange {}, which was requested by {} and lacks Vary: Origin"
    )
    STORED_UNSEEN = "the stored response it confirmed was not seen: judged by its own headers"
    MARKER = "it carried the proxy's marker cookie"
    NO_MARKER = "it lacked the proxy's marker cookie, which this page's requests to that host carried before"
    ORIGIN_FIRST = "its Origin stands before its Referer or Accept, as WebKit on Linux writes it for CORS alone"
    ORIGIN_LAST = "its Origin stands behind its Referer, where WebKit on Linux writes none for CORS"
    BROWSER_CREDENTIALS = "the browser says so"
    BROWSER_LOADED = "the browser gave it to the page"
    BROWSER_REFUSED = "the browser hid it from the page ({})"
    BROWSER_INITIATOR = "the browser says so"
    BROWSER_PLACE = "the browser says that {} made the request"
    FETCH_OR_XHR = "fetch() and XMLHttpRequest look the same on the wire; this is the likelier one"
    RECORDED_INITIATOR = "the recording names what made the request"
    RECORDED_PASSED = "the recording says that the browser gave it to the page"
    RECORDED_FAILED = "the recording says that it failed in the browser: {}"
    RECORDED_RULE = "the recording holds the browser's own reason: {}"
    RECORDED_MODE = "the recording says in which privacy mode it was sent"
    RECORDED_CACHED = "the recording says that the browser's cache answered it"
    HEADERS_NOT_RECORDED = "the recording leaves out {}"
    PREFLIGHTS_NOT_RECORDED = "the recording leaves preflights out"
    TYPED = "what you gave says so"
    ANSWER_NOT_TYPED = "its response was not given: judged as if it had passed"


class Evidence(NamedTuple):
    """What a fact is taken to be, and why. `details` are the texts that the reason's words leave open."""

    fact: str
    value: str
    reason: Reason
    certainty: Certainty = "certain"
    details: tuple[str, ...] = ()

    @property
    def because(self) -> str:
        """The reason in words. What peers sent may be in it: redact it before it is shown."""
        return self.reason.words.format(*self.details)
