"""Blocked, but not by CORS: Cross-Origin-Resource-Policy, embedder policy, opaque response blocking, no answer."""

from __future__ import annotations

from typing import Any

from corsight.policies.rules.example import Example
from corsight.policies.rules.model import Fix, HeaderEdit, Rule, Subject

CORP_SAME_ORIGIN = "corp-same-origin"
CORP_SAME_SITE = "corp-same-site"
CORP_COEP = "corp-required-by-coep"
WORKER_COEP = "worker-needs-coep"
ORB = "opaque-response-blocked"
LOCAL_NETWORK = "local-network-access"
NETWORK_ERROR = "network-error"
MIME_TYPE = "mime-type-blocked"
NOSNIFF = "nosniff-mime-type"
PROXY_AUTHENTICATION = "proxy-authentication"


def allow_embedding(subject: Subject) -> Fix:
    """Return the edit that lets every page embed it."""
    return Fix((HeaderEdit("Cross-Origin-Resource-Policy", "cross-origin"),))


def isolate(subject: Subject) -> Fix:
    """Return the edit that makes a worker isolate itself."""
    return Fix((HeaderEdit("Cross-Origin-Embedder-Policy", "require-corp"),))


WIDENS = "lets pages of every site embed the resource"
IMAGE = (
    "GET https://cdn.example/logo.png\nSec-Fetch-Mode: no-cors\nSec-Fetch-Dest: image\n\n200\nContent-Type: image/png"
)
EMBEDDED: dict[str, Any] = {
    "tainting": "opaque",
    "mode": "no-cors",
    "destination": "image",
    "credentials": "include",
    "distance": "cross-site",
}
"""The facts of an <img> on another site's page."""

RULES = (
    Rule(
        code=CORP_SAME_ORIGIN,
        title="Cross-Origin-Resource-Policy keeps it to its own origin",
        why="The server asks browsers not to hand this resource to other origins' pages. CORS was not asked.",
        seen="Cross-Origin-Resource-Policy: {resource_policy}",
        needed="Cross-Origin-Resource-Policy: cross-origin",
        advice="Send same-site or cross-origin in that header if other pages are to show it, or ask with CORS "
        "(crossorigin, mode cors).",
        fix=allow_embedding,
        widens=WIDENS,
        example=Example(f"{IMAGE}\nCross-Origin-Resource-Policy: same-origin", **EMBEDDED),
    ),
    Rule(
        code=CORP_SAME_SITE,
        title="Cross-Origin-Resource-Policy keeps it to its own site",
        why="The server asks browsers not to hand this resource to other sites' pages. CORS was not asked.",
        seen="Cross-Origin-Resource-Policy: {resource_policy}",
        needed="Cross-Origin-Resource-Policy: cross-origin",
        advice="Send same-site or cross-origin in that header if other pages are to show it, or ask with CORS "
        "(crossorigin, mode cors).",
        fix=allow_embedding,
        widens=WIDENS,
        example=Example(f"{IMAGE}\nCross-Origin-Resource-Policy: same-site", **EMBEDDED),
    ),
    Rule(
        code=CORP_COEP,
        title="The page's Cross-Origin-Embedder-Policy needs an opt-in",
        why="The page isolates itself (Cross-Origin-Embedder-Policy) and so loads only what agrees to be embedded. "
        "This resource says nothing about it.",
        seen="Cross-Origin-Resource-Policy: {resource_policy}, for a page with Cross-Origin-Embedder-Policy",
        needed="Cross-Origin-Resource-Policy: cross-origin on the resource, or loading it with CORS",
        advice="Send Cross-Origin-Resource-Policy: cross-origin with the resource; or add the crossorigin attribute, "
        "and answer with Access-Control-Allow-Origin.",
        fix=allow_embedding,
        widens=WIDENS,
        example=Example(IMAGE, embedder="require-corp", **EMBEDDED),
    ),
    Rule(
        code=WORKER_COEP,
        title="The page isolates itself, and its worker does not",
        why="The page has a Cross-Origin-Embedder-Policy. A worker that it starts has to have one as well, on the "
        "response that brings the worker's script; this one has none.",
        seen="no Cross-Origin-Embedder-Policy on the worker's script",
        needed="Cross-Origin-Embedder-Policy: require-corp, or credentialless",
        advice="Send the page's Cross-Origin-Embedder-Policy with the worker's script too.",
        fix=isolate,
        example=Example(
            "GET https://app.test/worker.js\nSec-Fetch-Mode: same-origin\nSec-Fetch-Dest: worker\n\n"
            "200\nContent-Type: text/javascript",
            tainting="basic",
            mode="same-origin",
            destination="worker",
            embedder="require-corp",
        ),
    ),
    Rule(
        code=ORB,
        title="Opaque response blocking",
        why="The page asked without CORS, as an image or script element does, and what came is data by its headers, "
        "such as JSON or HTML. Browsers hand no such body to a page that asked without CORS.",
        seen="Content-Type: {content_type} for a request without CORS",
        needed="a Content-Type that fits the use, or a request with CORS",
        advice="Ask with mode cors (and allow the origin), or serve the right Content-Type.",
        actor="client",
        example=Example(
            "GET https://api.example/chart\nSec-Fetch-Mode: no-cors\nSec-Fetch-Dest: image\n\n"
            "200\nContent-Type: application/json\nX-Content-Type-Options: nosniff",
            # The standard's text does not have it, and WebKit does not do it.
            engines=("chromium", "firefox"),
            **EMBEDDED,
        ),
    ),
    Rule(
        code=NOSNIFF,
        title="With nosniff, a script or style sheet needs its own MIME type",
        why="X-Content-Type-Options: nosniff tells browsers to believe the Content-Type. A script has to be of a "
        "JavaScript type then, and a style sheet text/css; this response says that it is something else.",
        seen="Content-Type: {content_type} with X-Content-Type-Options: nosniff",
        needed="text/javascript for a script, text/css for a style sheet",
        advice="Send the right Content-Type. An error page in place of the file is a frequent cause: look at the body.",
        example=Example(
            "GET https://cdn.example/app.js\nSec-Fetch-Mode: no-cors\nSec-Fetch-Dest: script\n\n"
            "200\nContent-Type: application/octet-stream\nX-Content-Type-Options: nosniff",
            **{**EMBEDDED, "destination": "script"},
        ),
    ),
    Rule(
        code=MIME_TYPE,
        title="The MIME type is none of a script or style sheet",
        why="Browsers run no script that is called an image, audio, video or text/csv, nosniff or not. Firefox and "
        "WebKit apply no style sheet of another origin that is called anything but text/css.",
        seen="Content-Type: {content_type}",
        needed="text/javascript for a script, text/css for a style sheet",
        advice="Send the right Content-Type.",
        example=Example(
            "GET https://cdn.example/app.js\nSec-Fetch-Mode: cors\nSec-Fetch-Dest: script\n\n"
            "200\nAccess-Control-Allow-Origin: *\nContent-Type: image/png",
            destination="script",
        ),
    ),
    Rule(
        code=PROXY_AUTHENTICATION,
        title="A server answers like a proxy (407)",
        why="407 Proxy Authentication Required is for proxies alone. When a server sends it through a proxy's tunnel, "
        "Chromium drops the response, whatever its CORS headers say; Firefox and WebKit hand it to the page.",
        seen="status 407 from {host} itself",
        needed="another status, such as 401",
        advice="Answer with 401, or look for a proxy between your server and the browser's.",
        example=Example(
            "GET https://api.example/orders\nOrigin: https://app.example\n\n407\nAccess-Control-Allow-Origin: *",
            engines=("chromium",),
        ),
    ),
    Rule(
        code=LOCAL_NETWORK,
        title="A public page may not reach the local network without leave",
        why="Chromium, from 142 on, asks its user before a page of the public network reaches this computer (loopback) "
        "or a private address, and lets secure pages only. It reports a CORS error, and CORS headers change nothing.",
        seen="a request from the public network to the local one",
        needed="the user's permission for the local network, and a page loaded over https",
        advice="Allow it for the page: the icon beside the address, Local network access (in a test browser grant the "
        "permission local-network-access; for managed ones the policy LocalNetworkAccessAllowedForUrls). Load the page "
        "over https; or serve page and API from one network. If the name should be public, look where it resolves to: "
        "a VPN may answer with a private address. Access-Control-Allow-Private-Network was for older versions.",
        actor="client",
        example=Example(
            "GET https://app.example/printer\nOrigin: https://app.example\n\n302\nLocation: "
            "https://192.168.1.20/status",
            engines=("chromium",),
            tainting="basic",
            local_network="denied",
        ),
    ),
    Rule(
        code=NETWORK_ERROR,
        title="No response came, and the browser may blame CORS",
        why="The server refused, closed or never answered. What the browser got in its place has no CORS headers, so "
        "it speaks of CORS; but CORS is not the cause.",
        seen="no response",
        needed="a response from the server",
        advice="Look at the server, TLS and the network.",
        example=Example("GET https://api.example/orders\nOrigin: https://app.example\n\n"),
    ),
)
