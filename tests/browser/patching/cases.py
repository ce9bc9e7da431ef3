"""What the pages ask for, and how the servers answer: every blocking rule that headers can mend, and what none can.

A case is data, for the page and for the server: `rule` is what blocks it without a patch, `passes` whether a patch
helps, `init` fetch's options or `element` what else asks, `hops` the answers by host, in the order of the redirects.
"""

from __future__ import annotations

from typing import Any

type Pairs = list[tuple[str, str]]
type Case = dict[str, Any]

API, SECOND, OUTSIDE = "api.test", "second.api.test", "other.test"
REFUSING = "127.0.0.1:3"
"""A port that no service is assigned to, and browsers do not bar."""
SCOPE = f"~d {API} | ~d ^127.0.0.1$"
TRUSTED = ["http://page.test", "https://page.test", "https://coep.test", "null"]
PAGES = {"http": "http://page.test", "https": "https://page.test", "embedder": "https://coep.test"}

PUT = {"method": "PUT", "body": "x"}
ORIGIN, TRUE = ("Access-Control-Allow-Origin", "{origin}"), ("Access-Control-Allow-Credentials", "true")
GOOD: Pairs = [ORIGIN, TRUE]
GRANTED: Pairs = [
    *GOOD,
    ("Access-Control-Allow-Methods", "PUT"),
    ("Access-Control-Allow-Headers", "x-a, authorization"),
]


def cases(page: str) -> list[Case]:
    """The cases of one page, by its name in `PAGES`."""
    if page == "embedder":
        return [
            case("corp-required-by-coep", element="img", answer=[]),
            case("corp-same-site", element="img", answer=[("Cross-Origin-Resource-Policy", "same-site")]),
            case("corp-required-by-coep", element="img", answer=[], host=OUTSIDE, passes=False),
        ]
    made = [*_requests(), *_preflights(), *_redirects(), *_elements(), *_beyond()]
    if page == "http":
        # Of the refused ones the first goes by; from then on the proxy knows.
        made.append(case("network-error", init=PUT, answer=[], host=REFUSING, refused=True))
    return made


def case(
    rule: str,
    *,
    answer: Pairs,
    status: int = 200,
    preflight: Pairs | None = None,
    preflight_status: int = 204,
    init: dict[str, Any] | None = None,
    element: str | None = None,
    host: str = API,
    passes: bool = True,
    **more: Any,
) -> Case:
    """One case."""
    hop = {
        "host": host,
        "status": status,
        "answer": answer,
        "preflight": preflight,
        "preflight_status": preflight_status,
    }
    return {"rule": rule, "init": init or {}, "element": element, "passes": passes, "hops": [hop], **more}


def _requests() -> list[Case]:
    made = []
    for credentials in ("omit", "include"):
        how: dict[str, Any] = {"init": {"credentials": credentials}}
        made += [
            case("allow-origin-missing", answer=[], **how),
            case("allow-origin-missing", answer=[], status=500, **how),
            case("allow-origin-missing", answer=[("Cache-Control", "max-age=3600"), ("Vary", "Accept")], **how),
            case("allow-origin-multiple", answer=[ORIGIN, ORIGIN, TRUE], **how),
            case("allow-origin-multiple", answer=[("Access-Control-Allow-Origin", "{origin}, https://a.test")], **how),
            case("allow-origin-invalid", answer=[("Access-Control-Allow-Origin", "page.test")], **how),
            case("allow-origin-mismatch", answer=[("Access-Control-Allow-Origin", "https://a.test")], **how),
            case("allow-origin-missing", answer=[], host=OUTSIDE, passes=False, **how),
        ]
    include: dict[str, Any] = {"init": {"credentials": "include"}}
    return [
        *made,
        case("allow-origin-wildcard", answer=[("Access-Control-Allow-Origin", "*")], **include),
        case("allow-credentials-not-true", answer=[ORIGIN], **include),
        case("allow-credentials-not-true", answer=[ORIGIN, ("Access-Control-Allow-Credentials", "True")], **include),
    ]


def _preflights() -> list[Case]:
    made = []
    quoted = [*GOOD, ("Access-Control-Allow-Methods", '"PUT"')]
    for credentials in ("omit", "include"):
        put = PUT | {"credentials": credentials}
        header = {"credentials": credentials, "headers": {"X-A": "1"}}
        bearer = {"credentials": credentials, "headers": {"Authorization": "Bearer x"}}
        for status in (401, 404, 405, 500):
            made.append(
                case("preflight-status-not-ok", init=put, answer=[], preflight=GRANTED, preflight_status=status)
            )
        away = [*GRANTED, ("Location", "https://page.test/login")]
        made += [
            case("preflight-status-not-ok", init=put, answer=GOOD, preflight=GRANTED, preflight_status=304),
            case("preflight-redirect", init=put, answer=GOOD, preflight=away, preflight_status=302),
            case("preflight-allow-methods-invalid", init=put, answer=GOOD, preflight=quoted),
            case(
                "preflight-method-not-allowed",
                init=put,
                answer=GOOD,
                preflight=[*GOOD, ("Access-Control-Max-Age", "9")],
            ),
            case("preflight-header-not-allowed", init=header, answer=GOOD, preflight=GOOD),
            case("preflight-header-not-allowed", init=bearer, answer=GOOD, preflight=GOOD),
            case(
                "preflight-allow-headers-invalid",
                init=header,
                answer=GOOD,
                preflight=[*GOOD, ("Access-Control-Allow-Headers", "x a; x-b")],
            ),
            case(
                "preflight-status-not-ok",
                init=put,
                answer=[],
                preflight=GRANTED,
                preflight_status=404,
                host=OUTSIDE,
                passes=False,
            ),
        ]
    return made


def _redirects() -> list[Case]:
    made = []
    for credentials in ("omit", "include"):
        for host in (API, SECOND):
            # From another host the origin is tainted: `null`.
            made.append(case("allow-origin-missing", init={"credentials": credentials}, answer=[], status=302))
            made[-1]["hops"].append(case("", answer=[], host=host)["hops"][0])
    return made


def _elements() -> list[Case]:
    same_origin: Pairs = [("Cross-Origin-Resource-Policy", "same-origin")]
    return [
        case("allow-origin-missing", element="img crossorigin", answer=[]),
        case("allow-origin-missing", element="img crossorigin=use-credentials", answer=[]),
        case("allow-origin-missing", element="script crossorigin", answer=[("Content-Type", "text/javascript")]),
        case("allow-origin-missing", element="eventsource", answer=[("Content-Type", "text/event-stream")]),
        case("allow-origin-missing", element="eventsource include", answer=[("Content-Type", "text/event-stream")]),
        case("corp-same-origin", element="img", answer=same_origin),
        case("corp-same-site", element="img", answer=[("Cross-Origin-Resource-Policy", "same-site")]),
        case("corp-same-origin", element="img", answer=same_origin, host=OUTSIDE, passes=False),
    ]


def _beyond() -> list[Case]:
    """What no header can mend."""
    made = []
    for rule, target in {
        "redirect-userinfo": "https://me:secret@api.test/x",
        "redirect-scheme": "ftp://api.test/x",
    }.items():
        made.append(case(rule, answer=[*GOOD, ("Location", target)], status=302, passes=False))
    return made
