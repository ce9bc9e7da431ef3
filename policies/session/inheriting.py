"""Which documents and workers may have another embedder policy than the page whose origin they have."""

from __future__ import annotations

from corsight.policies.engines import ENGINES, EnginePolicy
from corsight.policies.session.credentials import BY_WORKERS, WORKERS
from corsight.policies.session.documents import Documents, names_page
from corsight.policies.session.reading import Reading

ANY = frozenset[str]().union(*(policy.uninherited for policy in ENGINES.values()))
"""What some engine gives no policy."""


def may_lack_policy(reading: Reading, page_origin: str | None, policy: EnginePolicy, documents: Documents) -> bool:
    """Return whether a request of a page with an embedder policy may be that of a document or worker of a local scheme,
    to which its engine does not hand the policy on.

    It has its page's origin, and in Firefox its Referer as well: nothing else shows it.
    https://html.spec.whatwg.org/#determining-navigation-params-policy-container
    """
    uninherited = ANY if policy.name == "standard" else policy.uninherited
    if reading.destination in BY_WORKERS - WORKERS:
        referrer = reading.referrer
        if "data: worker" in uninherited and referrer is None:
            return True
        if "blob: shared worker" in uninherited and (referrer is None or not names_page(referrer)):
            return True
    return "about:blank" in uninherited and documents.has_led(page_origin)
