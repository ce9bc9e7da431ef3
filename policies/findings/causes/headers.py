"""Headers and methods that are not allowed: who put them there, and what hides or misspells what allows them."""

from __future__ import annotations

from corsight.policies.engines import ENGINES
from corsight.policies.findings import quotes
from corsight.policies.findings.case import Case
from corsight.policies.findings.causes.phrases import NEVER_SENT, describe_passed
from corsight.policies.findings.model import Cause
from corsight.policies.findings.words import clean, clean_all, join
from corsight.policies.rules.preflight import ALLOW_HEADERS, ALLOW_METHODS

LIBRARIES = {
    "Sentry": ("sentry-trace", "x-sentry-"),
    "OpenTelemetry or Sentry": ("baggage",),
    "OpenTelemetry, or another tracing library (W3C Trace Context)": ("traceparent", "tracestate"),
    "New Relic": ("newrelic", "x-newrelic-"),
    "Elastic APM": ("elastic-apm-traceparent", "x-elastic-"),
    "Application Insights": ("request-id", "request-context"),
    "Zipkin": ("b3", "x-b3-"),
    "Jaeger": ("uber-trace-id",),
    "AWS X-Ray": ("x-amzn-trace-id",),
    "Google Cloud Trace": ("x-cloud-trace-context",),
    "Dynatrace": ("x-dynatrace", "x-dynatrace-", "x-dtpc", "x-dtc"),
    "Instana": ("x-instana-",),
    "AppDynamics": ("adrum", "x-appdynamics-"),
    "Datadog": ("x-datadog-",),
    "PostHog": ("x-posthog-",),
    "Grafana Faro": ("x-faro-",),
    "Highlight": ("x-highlight-",),
    "Honeycomb": ("x-honeycomb-",),
    "OpenTracing": ("ot-tracer-",),
}
"""Tracing and analytics libraries, and the request headers that they add; a name with a hyphen at its end is a prefix.
"""
_WHOLE = frozenset(sign for signs in LIBRARIES.values() for sign in signs)
_PREFIXES = tuple(sign for sign in _WHOLE if sign.endswith("-"))
TARGETS = "Sentry: tracePropagationTargets; OpenTelemetry: propagateTraceHeaderCorsUrls; Datadog: allowedTracingUrls"
"""The setting of each library that names the servers for which it adds its headers."""
SENT_BY_PAGE = ("preflight-header-not-allowed", "allow-origin-missing", "preflight-status-not-ok")


def find_library(name: str) -> str | None:
    """Return the tracing or analytics library that sets this request header (lower case); None where none does."""
    # Of most names there is none, and of some preflights there are very many.
    if name not in _WHOLE and not name.startswith(_PREFIXES):
        return None
    return next(
        (
            library
            for library, signs in LIBRARIES.items()
            if any(name == sign or (sign.endswith("-") and name.startswith(sign)) for sign in signs)
        ),
        None,
    )


def find_sent_by_page(case: Case) -> Cause | None:
    """Return that the page sends response headers as request headers."""
    ours = [name for name in case.names if name.lower().startswith("access-control-")]
    if not case.preflight or not ours or case.rule not in SENT_BY_PAGE:
        return None
    if case.rule == "preflight-header-not-allowed" and not set(map(str.lower, ours)) & set(case.missing_names):
        return None
    names = join(clean_all(ours, 4))
    return Cause(
        "cors-header-sent-by-page",
        f"The page itself sends {names}, which only a server may send",
        f"The page {case.page} sets {names} as a header of its own request to {case.host}. Only a server can give "
        "permission, in its response. Sent by the page, the header allows nothing and needs permission itself. "
        f"{NEVER_SENT}",
        f"Remove {names} from the request in the page's code (often from the default headers of axios or fetch), and "
        "let the server send it.",
        "client",
        (f"The preflight asks for permission to send: {', '.join(clean_all(case.names, 8))}.",),
        edits=False,
        needed=f"a request without {names}",
    )


def find_misspelt(case: Case) -> Cause | None:
    """Return the missing header that is there misspelt."""
    if case.reply is None or case.reply.misspelling is None:
        return None
    wrong, right, empty = case.reply.misspelling
    return Cause(
        "misspelt-header",
        f"A misspelt header: {wrong} should be {right}",
        f"{case.host} sends {wrong}: {quotes.MISSPELT}. No browser knows that name, so the header has no effect. The "
        f"correct name is {right}.",
        f"Rename {wrong} to {right} where the server sets it.",
        "server",
        (f"The value may be right already: {quotes.MISSPELT}.",)
        if case.rule == "allow-origin-missing" and not empty
        else (),
    )


def find_method(case: Case) -> Cause | None:
    """Return why a method is not listed: it is in lower case, or covered only by a `*` that does not count."""
    if case.rule != "preflight-method-not-allowed" or case.reply is None:
        return None
    if case.method != "PATCH" and case.method.upper() == "PATCH":
        method, listed = clean(case.method, 20), "PATCH" in case.reply.allow_methods
        return Cause(
            "lower-case-method",
            f"The method is written `{method}`, which to browsers is not PATCH",
            f"The page uses the method '{method}', and {case.host} answers {quotes.ALLOW_METHODS}. Browsers convert "
            "get, post, put and delete to upper case, but not patch, and methods are compared character by character. "
            f"{NEVER_SENT}",
            f"Write method: 'PATCH' in the page's code{'.' if listed else ', and list PATCH on the server.'}",
            "client",
            (f"PATCH in capitals is allowed: {', '.join(clean_all(case.reply.allow_methods, 8))}.",) if listed else (),
            edits=False,
            needed="the method PATCH, in capitals",
        )
    if "*" in case.reply.allow_methods and case.include:
        return _explain_wildcard(case, ALLOW_METHODS, f"the method {clean(case.method, 40)}")
    return None


def find_names(case: Case) -> Cause | None:
    """Return who added a header that is not listed: a tracing library, the page in the browser's name, or that a `*`
    hides it.
    """
    if case.rule != "preflight-header-not-allowed" or case.reply is None:
        return None
    missing = case.missing_names
    if "*" in case.reply.allow_headers:
        if case.include:
            return _explain_wildcard(case, ALLOW_HEADERS, f"the header {join(clean_all(missing, 4))}")
        if "authorization" in missing:
            return Cause(
                "wildcard-not-enough",
                "`Access-Control-Allow-Headers: *` does not cover Authorization",
                f"{case.host} answers Access-Control-Allow-Headers: *, and the page sends Authorization. By the "
                "standard, Authorization has to be listed by name; * covers only the other headers. Some browsers "
                f"still accept *. {NEVER_SENT}",
                "List it by name: Access-Control-Allow-Headers: *, Authorization",
                "server",
                (f"The preflight asks for: {', '.join(clean_all(case.names, 8))}.",),
            )
    libraries = [library for name in missing if (library := find_library(name)) is not None]
    if missing and len(libraries) == len(missing):
        return _explain_library(case, clean_all(missing, 6), libraries)
    if missing == ("user-agent",):
        return Cause(
            "user-agent-set-by-page",
            "The page sets User-Agent, and only some browsers send that",
            f"The page {case.page} sets a User-Agent header on its request to {case.host}. "
            f"{ENGINES[case.engine].label} sends it, and needs a preflight for it. Chromium ignores it silently, so "
            f"there the request works. {NEVER_SENT}",
            "Do not set User-Agent in the page's code; use a header of another name.",
            "client",
            ("The preflight asks for user-agent, which Chromium never sends for a page.",),
            edits=False,
            needed="a request without a User-Agent of the page's own",
        )
    return None


def _explain_library(case: Case, names: list[str], libraries: list[str]) -> Cause:
    # W3C's headers are everybody's: a header of one library's own tells which it is.
    own = [one for one in libraries if " or " not in one and "," not in one]
    who, them = " and ".join(dict.fromkeys(own or libraries)), "them" if len(names) > 1 else "it"
    listed = clean_all(case.reply.allow_headers, 12) if case.reply is not None else []
    evidence = [f"The server lists: {', '.join(listed) or '(nothing)'}."]
    others = [name for name in case.names if name.lower() not in case.missing_names]
    if others:
        evidence.append(f"The other headers of the request are allowed: {', '.join(clean_all(others, 6))}.")
    evidence += describe_passed(case, start=f"Without {them}, this")
    return Cause(
        "instrumentation-header-not-allowed",
        f"A tracing library adds {join(names)}, which the server does not allow",
        f"A library in the page ({who}) adds {join(names)} to the request, and {case.host} does not list {them} in "
        f"Access-Control-Allow-Headers. Without {them}, the request would pass. {NEVER_SENT}",
        f"If {case.host} should not be traced, take it out of the library's targets ({TARGETS}). If it should, allow "
        f"the header{'s' if len(names) > 1 else ''} on the server: {', '.join(names)}.",
        "client",
        tuple(evidence),
    )


def _explain_wildcard(case: Case, header: str, what: str) -> Cause:
    return Cause(
        "wildcard-not-enough",
        f"`{header}: *` does not count for a request with credentials",
        f"The page {case.page} sends its request to {case.host} with credentials, and the answer is {header}: *. For "
        f"such requests, * is a name like any other, so {what} is not allowed. {NEVER_SENT}",
        f"List what the page needs in {header} by name, or send the request without credentials.",
    )
