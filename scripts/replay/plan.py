"""What is sent for each recorded exchange, and what is not: by default nothing that may change something, and nothing
that may be a secret.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from urllib.parse import parse_qsl, urlsplit

from corsight.policies.fetch.origin import origin_of
from corsight.policies.redact import redact
from corsight.policies.redact.names import is_secret_name
from corsight.policies.session import Judged
from corsight.policies.verdict import Outcome
from corsight.scripts.errors import CorsightError
from corsight.scripts.replay.model import SAFE_METHODS, Planned, Sent

CONNECTION = frozenset({
    "connection", "content-length", "expect", "host", "http2-settings", "keep-alive", "proxy-connection", "te",
    "trailer", "transfer-encoding", "upgrade",
})  # fmt: skip
"""Headers of the connection and of the body that was sent on it."""
CONDITIONAL = frozenset({"if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since"})
"""Headers that ask about what another server sent."""
SECRETS = frozenset({"authorization", "cookie", "proxy-authorization"})


def pick_servers(verdicts: Iterable[Judged], named: Sequence[str]) -> list[str]:
    """Return the origins of the recorded servers whose exchanges are sent: those that are named, or the only one.

    Raises CorsightError where the recording has none of them, or several and none is named.
    """
    met = Counter(origin_of(one.entry.exchange.request.url) for one in verdicts if _is_judged(one))
    if not met:
        raise CorsightError("nothing in it is a matter of CORS: there is nothing to send")
    if missing := [origin for origin in named if origin not in met]:
        raise CorsightError(f"no CORS exchange with {missing[0]} in it", where="--from", todo=_list_servers(met))
    if not named and len(met) > 1:
        raise CorsightError("several servers are recorded", todo=f"name yours with --from; {_list_servers(met)}")
    return list(named) or list(met)


def _list_servers(met: Counter[str]) -> str:
    return f"there are {', '.join(origin for origin, _ in met.most_common(8))}"


def plan(
    judged: Judged,
    servers: Sequence[str],
    to: str,
    *,
    given: Sequence[tuple[str, str]] = (),
    unsafe: bool = False,
    secret_urls: bool = False,
) -> Planned | None:
    """Return what is sent for an exchange to the origin `to`; None where it is none of these servers', or no matter of
    CORS. `given` are the headers that a person gave for requests; preflights carry none of them.
    """
    request = judged.entry.exchange.request
    if not _is_judged(judged) or origin_of(request.url) not in servers:
        return None
    if judged.facts.response is None and judged.verdict.outcome is not Outcome.BLOCKED:
        return Planned(judged, None, "no answer is recorded to compare with")
    if request.method not in SAFE_METHODS and not unsafe:
        return Planned(judged, None, f"{request.method} may change something: --unsafe sends it, without a body")
    parts = urlsplit(request.url)
    secret = next((name for name, _ in parse_qsl(parts.query, keep_blank_values=True) if is_secret_name(name)), None)
    if secret is not None and not secret_urls:
        return Planned(judged, None, f"its URL has a secret in it ({redact(secret)}): send it with --secret-urls")
    preflight = judged.entry.role == "preflight"
    more = () if preflight else given
    replaced = {name.lower() for name, _ in more}
    headers, without = list[tuple[bytes, bytes]](), list[str]()
    for raw, text in request.headers.fields:
        name = raw.decode("latin-1").lower()
        if name.startswith(":") or name in CONNECTION or name in CONDITIONAL or name in replaced:
            continue
        if name in SECRETS or is_secret_name(name):
            without.append(raw.decode("latin-1"))
        else:
            headers.append((raw, text))
    headers += [(name.encode("latin-1"), text.encode("latin-1")) for name, text in more]
    path = parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
    return Planned(judged, Sent(request.method, to + path, tuple(headers), tuple(dict.fromkeys(without))))


def _is_judged(judged: Judged) -> bool:
    """Return whether CORS, or a rule beside it, had a say."""
    return judged.facts.tainting != "basic" or judged.verdict.outcome is Outcome.BLOCKED
