"""Sentences that several causes share."""

from __future__ import annotations

from corsight.policies.fetch.safelist import is_cors_safelisted_method
from corsight.policies.findings import quotes
from corsight.policies.findings.case import Case
from corsight.policies.findings.makers import Maker
from corsight.policies.findings.words import clean, clean_all, join
from corsight.policies.rules.nearness import Difference, find_near

NEVER_SENT = "The preflight failed, so the browser never sent the request itself."


def describe_answer(case: Case) -> str:
    """Return what came, in a sentence."""
    if case.reply is None:
        return f"{case.host} gave no answer to {case.asked}."
    if case.origin is None:
        asking = "to a request without CORS"
    elif case.page == "null":
        asking = "to a page without an origin of its own (Origin: null)"
    else:
        asking = f"to a page of {case.page}"
    header = (
        " without an Access-Control-Allow-Origin header" if case.rule == "allow-origin-missing" else quotes.MISMATCH
    )
    sent = "the preflight for " if case.preflight else ""
    return f"{case.host} answered {sent}{case.asked} with status {case.status}{header}, {asking}."


def describe_passed(case: Case, ending: str = ".", start: str = "This") -> list[str]:
    """Return that other responses allow the origin, in a sentence; no sentence where none was seen.

    How many is not said: an explanation is remembered until there is news of the server, and a count would be old.
    """
    return [f"{start} origin is allowed on other responses of {case.host}{ending}"] if case.passed else []


def describe_maker(case: Case, maker: Maker) -> str:
    """Return what tells who made the reply."""
    return quotes.quote_line(maker.header) if maker.header else f"status {case.status}"


def describe_told_by(case: Case, name: str) -> str:
    """Return what tells that a product made the reply."""
    header = "" if case.reply is None or case.reply.product is None else case.reply.product.header
    if not header:
        return f"The host name belongs to {name}."
    return f"The response shows that it is from {name}: {quotes.quote_line(header)}."


def describe_preflight(case: Case) -> list[str]:
    """Return what the preflight of the request said, in a sentence; no sentence where none was seen."""
    if case.preflight or case.preflight_allow_origin is None:
        return []
    named = clean(case.preflight_allow_origin, 100)
    return [f"Its preflight passed (exchange {quotes.PREFLIGHT}): Access-Control-Allow-Origin: {named}."]


def find_spelling(case: Case) -> tuple[str, Difference] | None:
    """Return another origin that this server allows by name and that is nearly the page's own, and how they differ."""
    found = find_near(case.asker, sorted(case.habits.named))
    return None if found is None else (clean(found[0], 120), found[1])


def describe_spelling(case: Case) -> list[str]:
    """Return that another spelling of the page's origin is allowed, in a sentence; no sentence where none is."""
    found = find_spelling(case)
    if found is None:
        return []
    other, difference = found
    return [f"{case.host} did allow {other}, which {difference.wrong}; the page is {case.page}."]


ADDED = {
    "SignalR's client": ("x-signalr-user-agent",),
    "a cache plugin of the client (such as axios-cache-interceptor)": ("cache-control", "expires", "pragma"),
    "the client's protection against forged requests (axios, Angular)": ("x-csrf-token", "x-xsrf-token"),
    "Supabase's client": ("apikey", "x-client-info", "x-supabase-api-version"),
    "the gRPC-Web or Connect client": (
        "connect-protocol-version",
        "connect-timeout-ms",
        "grpc-timeout",
        "x-grpc-web",
        "x-user-agent",
    ),
    "the SDK of OpenAI, Anthropic or another API that Stainless made": ("x-stainless-",),
    "htmx (hx-request='{\"noHeaders\": true}' on the element leaves them out)": ("hx-",),
    "Inertia": ("x-inertia", "x-inertia-"),
    "Turbo": ("turbo-frame", "x-turbo-request-id"),
    "Laravel Echo": ("x-socket-id",),
    "Apollo's client": ("apollographql-client-", "apollo-require-preflight", "x-apollo-operation-"),
    "Next.js, which fetches the pages behind links": (
        "next-action",
        "next-router-",
        "next-url",
        "rsc",
        "x-nextjs-data",
    ),
    "tRPC's client": ("trpc-accept", "x-trpc-source"),
    "Firebase's SDK": ("firebase-instance-id-token", "x-firebase-"),
    "an AWS SDK": ("amz-sdk-", "x-amz-content-sha256", "x-amz-date", "x-amz-security-token", "x-amz-user-agent"),
    "an Azure SDK": ("x-ms-client-request-id", "x-ms-useragent"),
    "a tus or Uppy upload": ("tus-resumable", "upload-length", "upload-metadata", "upload-offset", "uppy-"),
    "Grafana, for a data source that the browser asks": ("x-dashboard-", "x-datasource-", "x-grafana-", "x-panel-"),
    "the client of the Model Context Protocol": ("mcp-protocol-version", "mcp-session-id"),
    "a library of the page (jQuery, axios and SignalR have a setting for it)": ("x-requested-with",),
}
"""Request headers that libraries add without the page's author asking for it, by who does; a name with a hyphen at its
end is a prefix.
"""


def find_adder(name: str) -> str | None:
    """Return the library that mostly adds this request header (lower case); None where none is known to."""
    return next((who for who, names in ADDED.items() if _is_among(name, names)), None)


def _is_among(name: str, names: tuple[str, ...]) -> bool:
    return name in names or any(one.endswith("-") and name.startswith(one) for one in names)


def describe_adders(case: Case) -> list[str]:
    """Return who is known to add the headers that a list lacks, in a sentence for each."""
    found: dict[str, list[str]] = {}
    for name in sorted(set(case.missing_names)):
        if (who := find_adder(name)) is not None:
            found.setdefault(who, []).append(name)
    return [f"{join(clean_all(names, 4))}: usually added by {who}." for who, names in found.items()]


DEFAULTS = {
    frozenset({"GET", "HEAD", "POST"}): "GET, HEAD and POST are what @fastify/cors (since version 11) and rs/cors list",
    frozenset({"GET"}): "GET alone is what Starlette, FastAPI and rack-cors list",
}
"""Lists of methods that CORS middlewares send if nothing else is set."""


def describe_defaults(case: Case) -> list[str]:
    """Return whose list of methods it is if nobody has set one, in a sentence; no sentence for any other list."""
    listed = frozenset() if case.reply is None else frozenset(case.reply.allow_methods)
    return [f"{DEFAULTS[listed]} if nothing else is set: set the methods there."] if listed in DEFAULTS else []


def describe_page(case: Case) -> list[str]:
    """Return that a script got an HTML page, in a sentence; no sentence where it did not."""
    reply = case.reply
    if reply is None or not reply.html or case.role != "request" or case.destination not in ("empty", "unknown"):
        return []
    return ["The response is an HTML page: check that the API answered, not a login or a site's fallback page."]


def describe_reason(case: Case) -> list[str]:
    """Return why a preflight was sent at all, in a sentence."""
    if not case.preflight:
        return []
    names, special = case.names, not is_cors_safelisted_method(case.method)
    if not names and not special:
        return [
            f"Neither the method {case.method_name} nor a header needs a preflight. It is sent anyway if the page "
            "has an upload listener (XMLHttpRequest.upload, as progress bars and axios' onUploadProgress set it), "
            "or if the body is a stream."
        ]
    if not special and [name.lower() for name in names] == ["content-type"] and case.method in ("GET", "HEAD"):
        return [
            f"The preflight is needed only for the header content-type. A {case.method_name} has no body and does not "
            "need that header: without it, no preflight is sent."
        ]
    parts = [f"the method {case.method_name}"] if special else []
    parts += [f"the header{'s' if len(names) > 1 else ''} {join(clean_all(names, 8))}"] if names else []
    return [f"The preflight is needed for {join(parts)}."]
