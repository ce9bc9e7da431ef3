"""What has to be known of an exchange, beside its bytes, before it can be judged.

A fact is known or unknown, and unknown never passes for absent: where the verdict turns on an unknown fact, every value
it can have is judged, and the `likelier` ones say which comes first.
"""

from __future__ import annotations

from dataclasses import fields
from operator import attrgetter
from typing import Literal, NamedTuple

from corsight.policies.exchange import Response
from corsight.policies.fetch.corp import EmbedderPolicy
from corsight.policies.fetch.main_fetch import Tainting
from corsight.policies.fetch.origin import Distance
from corsight.policies.value import replace, value

Role = Literal["preflight", "request", "redirect"]
CredentialsMode = Literal["omit", "same-origin", "include", "not-include", "unknown"]
"""The standard's credentials modes. `not-include` is what the wire can tell at most of a cross-origin request: `omit`
and `same-origin` behave alike there."""


class Build(NamedTuple):
    """The browser that asked: its engine (an EngineName), and the engine's major version (0 where it does not say).

    `taken` tells what a version that nobody measured is taken to do: as the nearest that was, or other than that.
    """

    engine: str
    version: int
    taken: Literal["open", "likely", "other"] = "open"


class Premise(NamedTuple):
    """What the facts that can be unknown are taken to be in one branch of a verdict."""

    include: bool = False
    tainting: Tainting = "basic"
    secure: bool = False
    embedder: EmbedderPolicy = "unsafe-none"
    denied: bool = False
    mode: str = "unknown"
    destination: str = "unknown"
    distance: Distance = "cross-site"
    redirect: str = "follow"
    other_version: bool = False


@value
class Facts:
    """The facts of one exchange.

    `response` is the one to judge: the server's, or after a 304 the stored one it updated; None where none came.
    `origin` is the serialized request origin as this exchange carries it ("null" once tainted), `page_origin` the
    page's. `method` and `names` are the request's method and CORS-unsafe request-header names; for a preflight, those
    it asks for. `chain` holds the fetch's earlier URLs, `target` where a redirect leads (None when it leads nowhere, ""
    when it does not parse), and `redirect` is the redirect mode, or "xhr", which follows where fetch() would not. `xhr`
    tells that XMLHttpRequest asked. `tainting_too` is the other response tainting it may have, `secure` tells whether
    the page is a secure one, `destinations` what a page may have asked for, the likelier first,
    where the destination leaves that open, `fetched` that a fetch() without CORS is likelier than an element.
    `local_network` tells whether the page may reach the local network, where it asks for that and the browser connects
    by itself: through a
    proxy nobody is asked. `distance`, from the page over the whole redirect chain, and `embedder` matter to opaque
    responses and to frames. `build` is the browser that asked, as far as that is known.
    """

    role: Role = "request"
    tainting: Tainting = "basic"
    response: Response | None = None
    origin: str | None = None
    page_origin: str | None = None
    page: str | None = None
    mode: str = "unknown"
    destination: str = "unknown"
    destinations: tuple[str, ...] = ()
    fetched: bool = False
    event_source: bool = False
    xhr: bool = False
    method: str = "GET"
    names: tuple[str, ...] = ()
    credentials: CredentialsMode = "unknown"
    likelier: Literal["include", "not-include"] = "not-include"
    tainting_too: Tainting | None = None
    secure: bool | None = False
    likelier_secure: bool = True
    distance: Distance | None = "cross-site"
    likelier_distance: Distance = "cross-site"
    embedder: EmbedderPolicy | None = "unsafe-none"
    likelier_embedder: EmbedderPolicy = "unsafe-none"
    chain: tuple[str, ...] = ()
    target: str | None = None
    redirect: str = "follow"
    local_network: Literal["allowed", "denied", "unknown"] | None = None
    build: Build | None = None

    @property
    def include(self) -> bool | None:
        """Whether the credentials mode is include; None where that is unknown."""
        return None if self.credentials == "unknown" else self.credentials == "include"

    @property
    def likely_include(self) -> bool:
        """Whether the credentials mode is include, or likelier to be than not."""
        return (self.likelier if self.credentials == "unknown" else self.credentials) == "include"

    def answer(self, response: Response | None) -> Facts:
        """Return these facts of another exchange, which has this response and is alike in all else."""
        values = list(_list_values(self))
        values[_RESPONSE] = response
        return Facts(*values)

    def settle(self, premise: Premise) -> Facts:
        """Return these facts with nothing unknown left, as the premise has them."""
        build = self.build and self.build._replace(taken="other" if premise.other_version else "likely")
        return replace(
            self,
            build=build,
            credentials="include" if premise.include else "not-include",
            tainting=premise.tainting,
            tainting_too=None,
            secure=premise.secure,
            embedder=premise.embedder,
            mode=premise.mode if self.mode == "unknown" else self.mode,
            destination=premise.destination if self.destination == "unknown" or self.destinations else self.destination,
            destinations=(),
            distance=premise.distance if self.distance is None else self.distance,
            redirect=premise.redirect if self.redirect == "unknown" else self.redirect,
            local_network=None if self.local_network is None else "denied" if premise.denied else "allowed",
        )


_NAMES = tuple(field.name for field in fields(Facts))
_RESPONSE = _NAMES.index("response")
_list_values = attrgetter(*_NAMES)
