"""What the order of a request's headers tells, where no Sec-Fetch header does: over plain http.

A POST that needs no preflight may be a fetch() or an XMLHttpRequest, or else a beacon or a fetch() in mode no-cors: all
of them carry an Origin. Chromium writes all alike.
"""

from __future__ import annotations

from typing import Literal

from corsight.policies.exchange import HeaderList
from corsight.policies.session.clients import identify

FROZEN_WEBKIT = "AppleWebKit/605."
"""What every WebKit on Linux has said since 2018 that it is; others there, of Qt, put headers in an order of their own.
"""


def tell_mode(headers: HeaderList) -> Literal["cors", "no-cors", "unknown"]:
    """Return the mode of a cross-origin request with an Origin, as far as the order of its headers tells it.

    WebKit on Linux writes an Origin for CORS before it is known what else is sent, and any other one behind Referer:
    2.50.6, all of 268 and all of 180 from four kinds of places, and behind redirects too. Without a Referer an Origin
    before Accept is one for CORS (52 of 52); behind it, it may be that of a page which sets an Accept itself.
    """
    # A request at home has its Origin behind Referer, whatever its mode.
    if not _is_webkit_on_linux(headers) or headers.get("origin") == f"http://{headers.get('host')}":
        return "unknown"
    names = headers.names()
    if "referer" in names:
        return "cors" if names.index("origin") < names.index("referer") else "no-cors"
    return "cors" if "accept" in names and names.index("origin") < names.index("accept") else "unknown"


def is_likely_no_cors(headers: HeaderList) -> bool:
    """Return whether the order of the headers makes mode no-cors the likelier, where it does not tell.

    Firefox sends beacons in the background, with a Referer that it writes itself at last: ESR 153, all of 26 beacons,
    none of 440 fetches and 112 XMLHttpRequests. A fetch() of a tracker's has such a Priority too, and with
    `referrerPolicy: "unsafe-url"` its Referer there.
    """
    names = headers.names()
    if "origin" not in names:
        return False
    place = names.index("origin")
    if "referer" not in names:
        # WebKit: hardly a page sets the Accept that the browser has itself.
        return headers.get("accept") == "*/*" and names.index("accept") < place and _is_webkit_on_linux(headers)
    behind = names[names.index("referer") + 1 :][:1]
    return place < names.index("referer") and behind == ("priority",) and headers.get("priority") == "u=6"


def may_be_framed(headers: HeaderList, unsafe_names: tuple[str, ...]) -> bool:
    """Return whether a GET with an Origin of null may be that of an element without CORS, in a frame of opaque origin.

    What a sandboxed frame or a `data:` URL's asks of the origin of its page has such an Origin in Chromium, whatever
    its mode: behind Accept, where an element with `crossorigin` has it before, and without a Referer. Measured with
    156: images, scripts, style sheets and video over http and https, none of those that another origin was asked for.
    """
    names = headers.names()
    if headers.get("origin") != "null" or unsafe_names or "referer" in names or "accept" not in names:
        return False
    if names.index("origin") < names.index("accept"):
        return False
    return identify(headers.get("user-agent") or "").engine == "chromium"


def may_be_script(headers: HeaderList, unsafe_names: tuple[str, ...]) -> bool:
    """Return whether a GET that accepts everything may be for a module, or the script of a worker.

    Chromium and WebKit on Linux write an element's Origin just before its Accept, and that of a fetch() elsewhere; at
    home such a fetch() has none. In Firefox scripts lack a Priority, as XMLHttpRequest does, and a worker's own has one
    behind a late Referer.
    """
    if unsafe_names or "range" in headers:
        return False
    names = headers.names()
    at_home = headers.get("origin") == f"http://{headers.get('host')}"
    if at_home or ("origin" in names and names[names.index("origin") + 1 :][:1] == ("accept",)):
        return True
    agent = headers.get("user-agent") or ""
    if identify(agent).engine != "firefox":
        return False
    place = names.index("connection") if "connection" in names else len(names)
    return "priority" not in names or ("origin" not in names and names[place + 1 : place + 2] == ("referer",))


def is_workers_script(headers: HeaderList, *, ordered: bool) -> bool:
    """Return whether the order of the headers shows a worker's own script, which has no Origin and accepts everything.

    Firefox writes Referer after Connection for what no script asks. Chromium writes Accept before User-Agent for
    workers alone: 156, all of 24, and none of 264 other requests. `ordered` tells that the order is that of the wire:
    in a recording that sorts them by name, Accept stands there for everything.
    """
    if headers.get("accept") != "*/*" or "origin" in headers:
        return False
    names = headers.names()
    if "priority" in names and "connection" in names:
        return names[names.index("connection") + 1 :][:1] == ("referer",)
    if not ordered or "user-agent" not in names or names.index("user-agent") < names.index("accept"):
        return False
    return identify(headers.get("user-agent") or "").engine == "chromium"


def is_likely_fetched(headers: HeaderList) -> bool:
    """Return whether the order of the headers makes fetch() likelier than an element, where a GET has no Origin and
    accepts everything.

    Firefox writes the Referer of a fetch() before Connection and an element's behind it: ESR 153, all of 88 and of 55
    that went to other origins. WebKit on Linux writes a fetch()'s before Accept, an element's behind it: 2.50.6, all of
    16 and of 32. Chromium writes both alike.
    """
    names = headers.names()
    if "referer" not in names or "origin" in names or headers.get("accept") != "*/*":
        return False
    place = names.index("referer")
    if "connection" in names[place:] and identify(headers.get("user-agent") or "").engine == "firefox":
        return True
    return "accept" in names[place:] and _is_webkit_on_linux(headers)


def _is_webkit_on_linux(headers: HeaderList) -> bool:
    agent = headers.get("user-agent") or ""
    return FROZEN_WEBKIT in agent and identify(agent).libsoup
