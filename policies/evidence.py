"""Evidence: why a fact that the wire does not state is taken to be so.

A reason is a value, and code compares it as one. Its words stand in one table, so that mending a wording changes no
verdict.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, NamedTuple

Certainty = Literal["certain", "likely"]


class Reason(StrEnum):
    """What a fact was inferred from. `WORDS` says each in a clause."""

    # Enum's own hashes the name, in Python.
    __hash__ = str.__hash__

    COOKIE = "cookie"
    STORAGE_ACCESS = "storage-access"
    NO_STORAGE_ACCESS = "no-storage-access"
    FONT = "font"
    OWN_AUTHORIZATION = "own-authorization"
    CONNECTION_OF_PREFLIGHT = "connection-of-preflight"
    CONNECTION_OF_CREDENTIALS = "connection-of-credentials"
    CONNECTION_OF_LIKE = "connection-of-like"
    CONNECTION_NOT_TAKEN = "connection-not-taken"
    NO_COOKIE = "no-cookie"
    CONNECTION_REUSED = "connection-reused"
    CONNECTION_CLOSED = "connection-closed"
    CACHED_MODE = "cached-mode"
    LIKE_ANOTHER = "like-another"
    PREFLIGHT_FOLLOWED = "preflight-followed"
    PREFLIGHT_UNFOLLOWED = "preflight-unfollowed"
    PREFLIGHT_CONTESTED = "preflight-contested"
    PREFLIGHT_NEEDLESS = "preflight-needless"
    REDIRECT_FOLLOWED = "redirect-followed"
    REDIRECT_CONTESTED = "redirect-contested"
    REDIRECT_UNFOLLOWED = "redirect-unfollowed"
    REDIRECT_OF_ANOTHER = "redirect-of-another"
    GIVEN_UP = "given-up"
    CACHED_PREFLIGHT = "cached-preflight"
    BEFORE_RECORDING = "before-recording"
    NO_BROWSER = "no-browser"
    STORED_RESPONSE = "stored-response"
    STORED_FOR_ANOTHER = "stored-for-another"
    STORED_UNSEEN = "stored-unseen"
    MARKER = "marker"
    NO_MARKER = "no-marker"
    ORIGIN_FIRST = "origin-first"
    ORIGIN_LAST = "origin-last"
    BROWSER_CREDENTIALS = "browser-credentials"
    BROWSER_LOADED = "browser-loaded"
    BROWSER_REFUSED = "browser-refused"
    BROWSER_INITIATOR = "browser-initiator"
    BROWSER_PLACE = "browser-place"
    FETCH_OR_XHR = "fetch-or-xhr"
    RECORDED_INITIATOR = "recorded-initiator"
    RECORDED_PASSED = "recorded-passed"
    RECORDED_FAILED = "recorded-failed"
    RECORDED_RULE = "recorded-rule"
    RECORDED_MODE = "recorded-mode"
    RECORDED_CACHED = "recorded-cached"
    HEADERS_NOT_RECORDED = "headers-not-recorded"
    PREFLIGHTS_NOT_RECORDED = "preflights-not-recorded"
    TYPED = "typed"
    ANSWER_NOT_TYPED = "answer-not-typed"


WORDS: dict[Reason, str] = {
    Reason.COOKIE: "it carries a cookie",
    Reason.STORAGE_ACCESS: "it carries Sec-Fetch-Storage-Access",
    Reason.NO_STORAGE_ACCESS: "it is cross-site and carries no Sec-Fetch-Storage-Access",
    Reason.FONT: "browsers request fonts without credentials, unless a preload link says otherwise",
    Reason.OWN_AUTHORIZATION: "it carries an Authorization that its preflight did not ask for",
    Reason.CONNECTION_OF_PREFLIGHT: "its connection is {} one: it carried a preflight",
    Reason.CONNECTION_OF_CREDENTIALS: "its connection is {} one: it carried a request that always has credentials",
    Reason.CONNECTION_OF_LIKE: "its connection is {} one: it carried another request of that kind",
    Reason.CONNECTION_NOT_TAKEN: "it used another connection than its preflight, although that connection was free",
    Reason.NO_COOKIE: "it carries no cookie, but the same page sent one to the same URL just before",
    Reason.CONNECTION_REUSED: "its connection was used again, which does not happen after a blocked response",
    Reason.CONNECTION_CLOSED: "its connection was not used again, though a new one was opened to the same server",
    Reason.CACHED_MODE: "the cached preflight of exchange {} was for that mode",
    Reason.LIKE_ANOTHER: "exchange {} is just like it",
    Reason.PREFLIGHT_FOLLOWED: "the request that follows the preflight came",
    Reason.PREFLIGHT_UNFOLLOWED: "no request followed the preflight",
    Reason.PREFLIGHT_CONTESTED: "a request came that may as well belong to exchange {}, which asked the same",
    Reason.PREFLIGHT_NEEDLESS: "a request came that needs no preflight, and may be another one's",
    Reason.REDIRECT_FOLLOWED: "the request that follows its redirect came",
    Reason.REDIRECT_CONTESTED: "a request came that the page may as well have made on its own",
    Reason.REDIRECT_UNFOLLOWED: "no request followed its redirect",
    Reason.REDIRECT_OF_ANOTHER: "exchange {} may have led to it as well, with other credentials",
    Reason.GIVEN_UP: "no request followed, but one did follow exchange {}, which asked the same at that time",
    Reason.CACHED_PREFLIGHT: "answered by the preflight of exchange {}, cached for {} s more",
    Reason.BEFORE_RECORDING: "its preflight was answered before the recording began",
    Reason.NO_BROWSER: "no browser sent it",
    Reason.STORED_RESPONSE: "it confirmed the response stored from exchange {}",
    Reason.STORED_FOR_ANOTHER: "it confirmed the response stored from exchange {}, which was requested by {} and lacks "
    "Vary: Origin",
    Reason.STORED_UNSEEN: "the stored response it confirmed was not seen: judged by its own headers",
    Reason.MARKER: "it carried the proxy's marker cookie",
    Reason.NO_MARKER: "it lacked the proxy's marker cookie, which this page's requests to that host carried before",
    Reason.ORIGIN_FIRST: "its Origin stands before its Referer or Accept, as WebKit on Linux writes it for CORS alone",
    Reason.ORIGIN_LAST: "its Origin stands behind its Referer, where WebKit on Linux writes none for CORS",
    Reason.BROWSER_CREDENTIALS: "the browser says so",
    Reason.BROWSER_LOADED: "the browser gave it to the page",
    Reason.BROWSER_REFUSED: "the browser hid it from the page ({})",
    Reason.BROWSER_INITIATOR: "the browser says so",
    Reason.BROWSER_PLACE: "the browser says that {} made the request",
    Reason.FETCH_OR_XHR: "fetch() and XMLHttpRequest look the same on the wire; this is the likelier one",
    Reason.RECORDED_INITIATOR: "the recording names what made the request",
    Reason.RECORDED_PASSED: "the recording says that the browser gave it to the page",
    Reason.RECORDED_FAILED: "the recording says that it failed in the browser: {}",
    Reason.RECORDED_RULE: "the recording holds the browser's own reason: {}",
    Reason.RECORDED_MODE: "the recording says in which privacy mode it was sent",
    Reason.RECORDED_CACHED: "the recording says that the browser's cache answered it",
    Reason.HEADERS_NOT_RECORDED: "the recording leaves out {}",
    Reason.PREFLIGHTS_NOT_RECORDED: "the recording leaves preflights out",
    Reason.TYPED: "you gave it",
    Reason.ANSWER_NOT_TYPED: "its response was not given: judged as if it had passed",
}
"""Each reason in a clause that follows "since"; `{}` stands for a detail."""


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
        return WORDS[self.reason].format(*self.details)
