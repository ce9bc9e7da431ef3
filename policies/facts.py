"""What has to be known of an exchange, beside its bytes, before it can be judged.

A fact is known or unknown, and unknown never passes for absent: where the verdict turns on an unknown fact, every value
it can have is judged, and `likelier` says which one is told.
"""

from __future__ import annotations

from typing import Literal

from corsight.policies.exchange import Response
from corsight.policies.fetch.corp import EmbedderPolicy
from corsight.policies.fetch.origin import Distance
from corsight.policies.value import value
from corsight.policies.verdict import CredentialsMode, Role

Tainting = Literal["basic", "cors", "opaque"]
"""https://fetch.spec.whatwg.org/#concept-request-response-tainting"""


@value
class Facts:
    """The facts of one exchange.

    `origin` is the serialized request origin as this exchange carries it ("null" once tainted), `page_origin` the
    page's. `method` and `names` are the request's method and CORS-unsafe request-header names; for a preflight, those
    it asks for. `chain` holds the fetch's earlier URLs, `target` where a redirect leads (None when it leads nowhere, ""
    when it does not parse). `response` is the one to judge: the server's, or after a 304 the stored one it updated.
    `secure` tells whether the page is a secure one. `distance`, from the page over the whole redirect chain, and
    `embedder` matter to opaque responses.
    """

    role: Role = "request"
    tainting: Tainting = "basic"
    response: Response | None = None
    origin: str | None = None
    page_origin: str | None = None
    page: str | None = None
    mode: str = "unknown"
    destination: str = "unknown"
    event_source: bool = False
    method: str = "GET"
    names: tuple[str, ...] = ()
    credentials: CredentialsMode = "unknown"
    likelier: Literal["include", "not-include"] = "not-include"
    tainting_too: Tainting | None = None
    secure: bool | None = False
    distance: Distance = "cross-site"
    embedder: EmbedderPolicy | None = "unsafe-none"
    likelier_embedder: EmbedderPolicy = "unsafe-none"
    chain: tuple[str, ...] = ()
    target: str | None = None
