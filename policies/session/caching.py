"""What a preflight that passed leaves in the browser's CORS-preflight cache."""

from __future__ import annotations

from corsight.policies.fetch.headers import read_list
from corsight.policies.fetch.preflight_cache import PreflightCache
from corsight.policies.session.fetches import Entry


def cache_preflight(cache: PreflightCache, entry: Entry, *, shared: bool) -> None:
    """Note that the browser may have cached a preflight that passed; for both modes if its mode is not certain.

    `shared` tells that one entry serves both.
    """
    fetch, reading, response = entry.fetch, entry.reading, entry.exchange.response
    if response is None:
        return
    include = fetch.include if fetch.certainty == "certain" else None
    modes = (True, False) if include is None else (include,)
    headers = response.headers
    for mode in modes[:1] if shared else modes:
        cache.store(
            reading.origin or "null",
            entry.exchange.request.url,
            include=mode,
            methods=read_list(headers.get("access-control-allow-methods")),
            headers=read_list(headers.get("access-control-allow-headers")),
            max_age_value=headers.get("access-control-max-age"),
            now=response.received,
            exchange=entry.exchange.id,
            method=reading.method,
            names=reading.names,
        )
