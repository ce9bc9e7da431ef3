"""Request headers and methods that the preflight's answer does not list, and who put them there."""

from __future__ import annotations

from corsight.policies.fetch.headers import extract_header_list_values
from corsight.policies.findings.case import Case, listed, plural
from corsight.policies.findings.causes.plain import NEVER_SENT
from corsight.policies.findings.model import Cause, shown

INSTRUMENTATION = {
    "sentry-trace": "Sentry",
    "baggage": "OpenTelemetry or Sentry",
    "traceparent": "OpenTelemetry, or another tracing library (W3C Trace Context)",
    "tracestate": "OpenTelemetry, or another tracing library (W3C Trace Context)",
    "newrelic": "New Relic",
    "elastic-apm-traceparent": "Elastic APM",
    "request-id": "Application Insights",
    "request-context": "Application Insights",
    "b3": "Zipkin",
    "uber-trace-id": "Jaeger",
    "x-amzn-trace-id": "AWS X-Ray",
    "x-cloud-trace-context": "Google Cloud Trace",
    "x-dynatrace": "Dynatrace",
    "x-dtpc": "Dynatrace",
    "x-dtc": "Dynatrace",
    "x-instana-t": "Instana",
    "x-instana-s": "Instana",
    "x-instana-l": "Instana",
    "adrum": "AppDynamics",
    "x-b3-traceid": "Zipkin",
}
PREFIXES = {
    "x-datadog-": "Datadog",
    "x-posthog-": "PostHog",
    "x-b3-": "Zipkin",
    "x-newrelic-": "New Relic",
    "x-instana-": "Instana",
    "x-sentry-": "Sentry",
    "x-elastic-": "Elastic APM",
    "x-highlight-": "Highlight",
    "x-honeycomb-": "Honeycomb",
    "x-dynatrace-": "Dynatrace",
    "x-appdynamics-": "AppDynamics",
    "ot-tracer-": "OpenTracing",
}


def instrumentation(name: str) -> str | None:
    """The tracing or analytics library that sets this request header (lower case), or None."""
    return INSTRUMENTATION.get(name) or next((who for prefix, who in PREFIXES.items() if name.startswith(prefix)), None)


def sent_by_page(case: Case) -> Cause | None:
    """The page sends response headers as request headers."""
    ours = [name for name in case.facts.names if name.lower().startswith("access-control-")]
    if not case.preflight or not ours:
        return None
    refused = any(name in case.missing_names for name in map(str.lower, ours))
    if not refused and case.rule == "preflight-header-not-allowed":
        return None
    if case.rule not in ("preflight-header-not-allowed", "allow-origin-missing", "preflight-status-not-ok"):
        return None
    names = listed([shown(name, 60) for name in ours[:4]])
    return Cause(
        "cors-header-sent-by-page",
        f"The page itself sends {names}, which only a server may",
        f"The page {case.page} sets {names} as a header of its own request to {case.host}. It is the server that gives "
        f"leave, in its response; sent by the page it allows nothing, and needs leave itself. {NEVER_SENT}",
        f"Remove {names} from the request in the page's code (often from the default headers of axios or fetch), and "
        "let the server send it.",
        "client",
        (f"The preflight asks for leave to send: {', '.join(shown(name, 60) for name in case.facts.names[:8])}.",),
        edits=False,
        needed=f"a request without {names}",
    )


def methods(case: Case) -> Cause | None:
    """The method is not listed: in lower case, or covered only by a `*` that does not count."""
    if case.rule != "preflight-method-not-allowed":
        return None
    method, allowed = case.facts.method, case.header("access-control-allow-methods")
    values = extract_header_list_values(allowed)
    listed_methods = values if isinstance(values, tuple) else ()
    if method != method.upper() and method.upper() == "PATCH":
        said = (
            "no Access-Control-Allow-Methods"
            if allowed is None
            else f"Access-Control-Allow-Methods: {shown(allowed, 100)}"
        )
        return Cause(
            "lower-case-method",
            f"The method is written `{shown(method, 20)}`: to browsers that is not PATCH",
            f"The page asks with the method '{shown(method, 20)}', and {case.host} answers {said}. Browsers turn get, "
            "post, put and delete into capitals, but not patch, and compare letter by letter. " + NEVER_SENT,
            "Write method: 'PATCH' in the page's code"
            + ("." if "PATCH" in listed_methods else ", and list PATCH on the server."),
            "client",
            ((f"PATCH in capitals is allowed: {shown(allowed or '', 100)}.",) if "PATCH" in listed_methods else ()),
            edits=False,
            needed="the method PATCH, in capitals",
        )
    if "*" in listed_methods and case.include:
        return _wildcard(case, "Access-Control-Allow-Methods", f"the method {shown(method, 40)}")
    return None


def names(case: Case) -> Cause | None:
    """A header is not listed: set by a tracing library, by the browser for the page, or hidden behind a `*`."""
    if case.rule != "preflight-header-not-allowed":
        return None
    missing = case.missing_names
    values = extract_header_list_values(case.header("access-control-allow-headers"))
    if isinstance(values, tuple) and "*" in values:
        if case.include:
            return _wildcard(
                case, "Access-Control-Allow-Headers", f"the header {listed([shown(name, 60) for name in missing[:4]])}"
            )
        if "authorization" in missing:
            return Cause(
                "wildcard-not-enough",
                "`Access-Control-Allow-Headers: *` does not cover Authorization",
                f"{case.host} answers Access-Control-Allow-Headers: *, and the page sends Authorization. By the "
                "standard that header has to be listed by name; a * covers all others only. Browsers that let it "
                f"pass do so for now. {NEVER_SENT}",
                "List it by name: Access-Control-Allow-Headers: *, Authorization",
                "server",
                (f"The preflight asks for: {', '.join(shown(name, 60) for name in case.facts.names[:8])}.",),
            )
    if not missing:
        return None
    makers = {name: instrumentation(name) for name in missing}
    if all(makers.values()):
        return _instrumentation(
            case, [shown(name, 60) for name in missing[:6]], [who for who in makers.values() if who]
        )
    if missing == ("user-agent",):
        return Cause(
            "user-agent-set-by-page",
            "The page sets User-Agent, and only some browsers send that",
            f"The page {case.page} sets a User-Agent header on its request to {case.host}. {case.browser} sends it, "
            f"and so has to ask for leave; Chromium drops it without a word, so there all works. {NEVER_SENT}",
            "Do not set User-Agent in the page's code; send what you mean in a header of another name.",
            "client",
            ("The preflight asks for user-agent, which Chromium never sends for a page.",),
            edits=False,
            needed="a request without a User-Agent of the page's own",
        )
    return None


def _instrumentation(case: Case, names: list[str], makers: list[str]) -> Cause:
    # W3C's headers are everybody's: a header of one library's own tells which it is.
    own = [one for one in makers if " or " not in one and "," not in one]
    who = " and ".join(dict.fromkeys(own or makers))
    evidence = [f"The server lists: {shown(case.header('access-control-allow-headers') or '(nothing)', 150)}."]
    others = [name for name in case.facts.names if name.lower() not in case.missing_names]
    if others:
        evidence.append(f"All else the request needs is allowed: {', '.join(shown(name, 60) for name in others[:6])}.")
    if case.standing.replies:
        evidence.append(
            f"Without {'them' if len(names) > 1 else 'it'}, this origin passed on "
            f"{plural(case.standing.replies, 'reply', 'replies')} of {case.host}."
        )
    return Cause(
        "instrumentation-header-not-allowed",
        f"A tracing script adds {listed(names)}, which the server does not allow",
        f"The page's own request would pass. A library in the page ({who}) adds {listed(names)} to it, and {case.host} "
        f"does not list {'them' if len(names) > 1 else 'it'} in Access-Control-Allow-Headers. {NEVER_SENT}",
        f"If {case.host} is not yours to trace, take it out of the library's targets (Sentry: tracePropagationTargets; "
        "OpenTelemetry: propagateTraceHeaderCorsUrls; Datadog: allowedTracingUrls). If it is, list the "
        f"header{'s' if len(names) > 1 else ''} on the server: {', '.join(names)}.",
        "client",
        tuple(evidence),
    )


def _wildcard(case: Case, header: str, what: str) -> Cause:
    return Cause(
        "wildcard-not-enough",
        f"`{header}: *` does not count for a request with credentials",
        f"The page {case.page} asks {case.host} with the user's credentials, and the answer is {header}: *. With "
        f"credentials a * is only a name like any other, so {what} is not allowed. {NEVER_SENT}",
        f"List by name what the page needs in {header}, or let the page ask without credentials.",
        "server",
    )
