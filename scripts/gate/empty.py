"""A run that judged nothing must not pass: it says so, with the likeliest reason."""

from __future__ import annotations

from collections.abc import Sequence

from corsight.policies.redact import shown
from corsight.policies.verdict import Outcome
from corsight.scripts.errors import CorsightError
from corsight.scripts.report.findings import Findings
from corsight.scripts.report.lines import pluralize

BYPASS = (
    "was the browser set to use the proxy? For localhost, Chromium uses it only with "
    "--proxy-bypass-list='<-loopback>', Firefox only with network.proxy.allow_hijacking_localhost"
)
RECORD = "record while a page is used: corsight browse URL, or save a HAR with the browser's network panel"
ALLOW = "--allow-empty lets such a run pass"


def find_emptiness(
    findings: Findings,
    names: Sequence[str],
    engine: str = "auto",
    *,
    left_out: int = 0,
    unmatched: Sequence[str] = (),
    proxied: bool = True,
    passed_over: int = 0,
) -> CorsightError | None:
    """Return why the run says nothing, None where it says something.

    `left_out` counts the exchanges outside the hosts and origins that were asked for, `unmatched` names the policies
    that no exchange falls under, `proxied` tells whether a browser had to be led through mitmproxy, `passed_over`
    counts what was recorded and is no exchange.
    """
    where = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    if not findings.total:
        if left_out:
            return CorsightError(
                f"nothing was judged: {pluralize(left_out, 'exchange')}, and none with the hosts and origins asked for",
                where=where,
                todo="look at --host and --origin, which is written like https://app.example, or the scope in the "
                f"settings; {ALLOW}",
            )
        if passed_over and not proxied:
            what = "the only entry is no" if passed_over == 1 else f"none of its {passed_over} entries is an"
            return CorsightError(
                f"nothing was judged: {what} HTTP request with a response that is recorded",
                where=where,
                todo=f"the notes of the report say why; {RECORD}; {ALLOW}",
            )
        return CorsightError(
            "nothing was judged: no HTTP request was recorded",
            where=where,
            todo=f"{BYPASS if proxied else RECORD}; {ALLOW}",
        )
    said = findings.total - findings.count(Outcome.NOT_CORS)
    if engine == "auto" and not findings.browsers and not said:
        return CorsightError(
            f"nothing was judged: {pluralize(findings.total, 'exchange')}, and none of a browser, by its User-Agent",
            where=where,
            todo="CORS applies to browsers only. "
            + (f"If a browser was to be recorded: {BYPASS}. " if proxied else "")
            + f"--engine NAME judges other clients too; {ALLOW}",
        )
    if unmatched:
        policies = ", ".join(shown(name) for name in unmatched)
        what = "policy" if len(unmatched) == 1 else "policies"
        return CorsightError(
            f"no exchange matches {what} {policies}",
            where=where,
            todo=f"look at the hosts and paths that it is for; {ALLOW}",
        )
    return None
