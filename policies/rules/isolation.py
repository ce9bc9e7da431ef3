"""Blocked, but not by CORS: Cross-Origin-Resource-Policy, embedder policy, opaque response blocking, no answer."""

from __future__ import annotations

from typing import Any

from corsight.policies.rules.example import GET_ORDERS, Example
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
RELAX = (
    "Send same-site or cross-origin in that header if other pages may use it, or request it with CORS (crossorigin, "
    "mode: 'cors')."
)
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
        title="Cross-Origin-Resource-Policy allows only pages of the same origin",
        why="The server tells browsers not to give this resource to pages of other origins. This is not CORS: no CORS "
        "header was looked at.",
        seen="Cross-Origin-Resource-Policy: {resource_policy}",
        needed="Cross-Origin-Resource-Policy: cross-origin",
        advice=RELAX,
        fix=allow_embedding,
        widens=WIDENS,
        example=Example(f"{IMAGE}\nCross-Origin-Resource-Policy: same-origin", **EMBEDDED),
    ),
    Rule(
        code=CORP_SAME_SITE,
        title="Cross-Origin-Resource-Policy allows only pages of the same site",
        why="The server tells browsers not to give this resource to pages of other sites. This is not CORS: no CORS "
        "header was looked at.",
        seen="Cross-Origin-Resource-Policy: {resource_policy}",
        needed="Cross-Origin-Resource-Policy: cross-origin",
        advice=RELAX,
        fix=allow_embedding,
        widens=WIDENS,
        example=Example(f"{IMAGE}\nCross-Origin-Resource-Policy: same-site", **EMBEDDED),
    ),
    Rule(
        code=CORP_COEP,
        title="The page's Cross-Origin-Embedder-Policy requires the resource to opt in",
        why="A page with Cross-Origin-Embedder-Policy loads only resources that allow it by a header. This resource "
        "has no such header.",
        seen="Cross-Origin-Resource-Policy: {resource_policy}, for a page with Cross-Origin-Embedder-Policy",
        needed="Cross-Origin-Resource-Policy: cross-origin on the resource, or loading it with CORS",
        advice="Send Cross-Origin-Resource-Policy: cross-origin with the resource; or add the crossorigin attribute, "
        "and answer with Access-Control-Allow-Origin. If the resource is not yours: with "
        "Cross-Origin-Embedder-Policy: credentialless the page loads it without cookies (not in Safari).",
        fix=allow_embedding,
        widens=WIDENS,
        example=Example(IMAGE, embedder="require-corp", **EMBEDDED),
    ),
    Rule(
        code=WORKER_COEP,
        title="The page has Cross-Origin-Embedder-Policy, its worker or frame has not",
        why="The page has a Cross-Origin-Embedder-Policy. A worker that it starts and a document in its frame need one "
        "as well, in the response with the worker's script or with the document; this response has none.",
        seen="no Cross-Origin-Embedder-Policy on the worker's script or the frame's document",
        needed="Cross-Origin-Embedder-Policy: require-corp, or credentialless",
        advice="Send the page's Cross-Origin-Embedder-Policy with the worker's script or the frame's document too.",
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
        title="Opaque Response Blocking (ORB)",
        why="The page made this request without CORS, as image and script elements do, but by its headers or its body "
        "the response is data, such as JSON or HTML, or nothing that they can use. Browsers hide such a body from a "
        "request without CORS.",
        seen="Content-Type: {content_type} for a request without CORS",
        needed="a Content-Type that fits the use, or a request with CORS",
        advice="Request it with CORS (and allow the origin), or send the right Content-Type.",
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
        why="X-Content-Type-Options: nosniff tells browsers to rely on the Content-Type. It then has to be a "
        "JavaScript type for a script, and text/css for a style sheet. This response has another type.",
        seen="Content-Type: {content_type} with X-Content-Type-Options: nosniff",
        needed="text/javascript for a script, text/css for a style sheet",
        advice="Send the right Content-Type. Often an error page was sent instead of the file: look at the body.",
        example=Example(
            "GET https://cdn.example/app.js\nSec-Fetch-Mode: no-cors\nSec-Fetch-Dest: script\n\n"
            "200\nContent-Type: application/octet-stream\nX-Content-Type-Options: nosniff",
            **{**EMBEDDED, "destination": "script"},
        ),
    ),
    Rule(
        code=MIME_TYPE,
        title="The MIME type does not fit a script or style sheet",
        why="Browsers run no script whose Content-Type is an image, audio, video or text/csv, with or without nosniff. "
        "A module, a service worker and a script for importScripts() must have a JavaScript type, a JSON module a JSON "
        "type, and a style sheet text/css.",
        seen="Content-Type: {content_type}",
        needed="text/javascript for a script, text/css for a style sheet",
        advice="Send the right Content-Type. If it is text/html, the server answered with a page instead of the file: "
        "often the file is missing, and a fallback for the application's routes took its place.",
        example=Example(
            "GET https://cdn.example/app.js\nSec-Fetch-Mode: cors\nSec-Fetch-Dest: script\n\n"
            "200\nAccess-Control-Allow-Origin: *\nContent-Type: image/png",
            destination="script",
        ),
    ),
    Rule(
        code=PROXY_AUTHENTICATION,
        title="A server answers like a proxy (407)",
        why="407 Proxy Authentication Required is for proxies only. If a server sends it through a proxy's tunnel, "
        "Chromium drops the response, whatever its CORS headers say; Firefox and WebKit give it to the page.",
        seen="status 407 from {host} itself",
        needed="another status, such as 401",
        advice="Answer with 401, or look for a proxy between your server and the browser's.",
        example=Example(
            f"{GET_ORDERS}\n\n407\nAccess-Control-Allow-Origin: *",
            engines=("chromium",),
        ),
    ),
    Rule(
        code=LOCAL_NETWORK,
        title="A public page needs permission to reach the local network",
        why="From version 142 on, Chromium asks its user before a public page reaches this computer (loopback) or a "
        "private address, and only https pages may ask. It reports this as a CORS error, but CORS headers cannot "
        "change it.",
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
        title="No response came, although the browser may blame CORS",
        why="The server refused the connection, closed it, or did not answer. What the browser got instead has no CORS "
        "headers, so it may report a CORS error; but CORS is not the cause.",
        seen="no response",
        needed="a response from the server",
        advice="Look at the server, TLS and the network.",
        example=Example(f"{GET_ORDERS}\n\n"),
    ),
)
