"""Causes of console messages that are not about CORS, among them those that are often taken for CORS errors."""

from corsight.policies.causes.model import KnownCause

CAUSES = (
    KnownCause(
        "csp-forbids-it",
        "Not CORS: the page's own Content-Security-Policy forbids it.",
        "The page's Content-Security-Policy lists the hosts that it may use for this kind of request (connect-src for "
        "fetch, XMLHttpRequest, EventSource and WebSockets), and this host is not on the list. The request was never "
        "sent.",
        "Add the host to connect-src (or to the directive that the message names) in the policy of the page, in its "
        "header or meta element. Nothing on the API's server can change this.",
        "client",
        cors=False,
    ),
    KnownCause(
        "websocket-failed",
        "Not CORS: the WebSocket did not connect.",
        "CORS does not apply to WebSockets. The server is not there, it refused the handshake, its certificate is not "
        "accepted, or an https page used ws: instead of wss:.",
        "Look at the handshake's status in the network panel. Use wss: on https pages, and open the same host with "
        "https: to check its certificate.",
        cors=False,
    ),
    KnownCause(
        "worker-from-another-origin",
        "Not CORS: a worker's script has to come from the page's own origin.",
        "new Worker() accepts no script of another origin, whatever CORS headers it has. The same holds for module "
        "workers and shared workers. Often a library starts its worker from the CDN that the library itself was loaded "
        "from.",
        "Serve the worker's file from your own origin. Or start a small worker from a Blob that loads the script with "
        "importScripts() or import.",
        "client",
        cors=False,
    ),
    KnownCause(
        "canvas-tainted",
        "An image or a sound of another origin was loaded without CORS, so scripts cannot read it.",
        "An element without the crossorigin attribute loads without CORS. It is shown or played, but scripts can no "
        "longer read a canvas or an audio node that it is put into.",
        'Set crossorigin="anonymous" (crossOrigin in scripts) before src, and let the server send '
        "Access-Control-Allow-Origin. If the image was cached without CORS before, you may have to request it by "
        "another URL.",
        "client",
    ),
    KnownCause(
        "service-worker-opaque",
        "A service worker answered a CORS request with a response that it had fetched without CORS.",
        "The worker fetched or cached the response with mode: 'no-cors', so it is opaque. The browser does not give "
        "such a response to a CORS request, whatever the server allows.",
        "In the service worker, pass the page's request on as it is, or fetch and cache with mode: 'cors'. Then empty "
        "its cache.",
        "client",
    ),
    KnownCause(
        "service-worker-failed",
        "Not CORS: the page's own service worker answered with a failure.",
        "The service worker handled the request, and its own fetch failed or returned nothing that the page may read.",
        "Look at the service worker's code and its own requests. Unregister it to see the page without it.",
        "client",
        cors=False,
    ),
    KnownCause(
        "event-source-type",
        "Not CORS: the response is not text/event-stream.",
        "The CORS check passed, or was not needed. EventSource accepts only Content-Type: text/event-stream, and got "
        "another type: usually an HTML page, such as an error or a login.",
        "Answer with Content-Type: text/event-stream. Open the URL in a tab to see what comes instead.",
        cors=False,
    ),
    KnownCause(
        "event-source-failed",
        "The EventSource did not connect, and this message gives no reason.",
        "Firefox writes this when the server of an EventSource is not there, answers with another status than 200, "
        "does not send text/event-stream, or does not allow the page's origin. If it was CORS, there is another "
        "message about it.",
        "Look for a message about CORS next to it. If there is none, open the URL in a tab, and look at its status and "
        "its Content-Type.",
    ),
    KnownCause(
        "preload-not-matching",
        "A preload does not match the request that needs it, so it was not used.",
        "A preload is used only for a request of the same mode. Fonts, modules and fetch() use CORS. A preload link "
        "without crossorigin does not, so the file is loaded twice.",
        "Give the preload link the same crossorigin value as its use has. Fonts (also those of the page's own origin), "
        "modules and fetch() need crossorigin on the link.",
        "client",
        stops=False,
    ),
    KnownCause(
        "preload-unused",
        "Not CORS: a preloaded file was not used.",
        "The page preloaded a file that it did not use within a few seconds of loading, or that it uses differently "
        "from what the link says.",
        "Remove the preload, or give the link the as, type and crossorigin that match how the file is used.",
        "client",
        cors=False,
        stops=False,
    ),
    KnownCause(
        "page-from-file",
        "The page was opened from disk (file:), so it has no web origin.",
        "A page at a file: URL has the origin null, and browsers load nothing from disk with CORS: modules, fetch(), "
        "XMLHttpRequest and fonts all fail. Files on disk have no response headers that could allow it.",
        "Serve the folder over HTTP (for example with python3 -m http.server), and open it at http://localhost:8000.",
        "client",
    ),
    KnownCause(
        "local-file-asked",
        "Not CORS: a page requested a file on the user's disk.",
        "Web pages may not load file: URLs.",
        "Serve the file over HTTP, and use that URL.",
        "client",
        cors=False,
    ),
    KnownCause(
        "scheme-not-fetchable",
        "CORS requests cannot go to a URL with this scheme.",
        "Only the schemes that the message lists can be requested across origins. An app's own scheme (such as app:) "
        "has to be registered for that. Others, such as blob:, about: or mailto:, can never be.",
        "Use a full http or https URL: in a URL without its scheme, such as localhost:3000/x, localhost: is read as "
        "the scheme. In Electron, register the app's scheme before the ready event: standard, secure, supportFetchAPI "
        "and corsEnabled true.",
        "client",
    ),
    KnownCause(
        "header-not-exposed",
        "The response passed the CORS check, but this header is not exposed to scripts.",
        "From a response of another origin, scripts can read only a few headers and those that "
        "Access-Control-Expose-Headers lists.",
        "List the header in Access-Control-Expose-Headers, on the response itself. For S3, that is ExposeHeaders in "
        "the bucket's CORS rule.",
        stops=False,
    ),
    KnownCause(
        "failed-without-reason",
        "The request failed, and this message gives no reason.",
        "The page's script learns only that the request failed: CORS, a server that is not there, a bad "
        "certificate, a blocker, and a page that was left all look the same to the script. The reason is in another "
        "console "
        "message.",
        "Paste the message next to it: it names CORS if CORS is the cause. If there is none, look at the network "
        "panel: a status there means that a response came.",
        "nobody",
    ),
    KnownCause(
        "cors-without-reason",
        "CORS stopped the request; this text does not say which check failed.",
        "Chrome writes blocked by CORS policy, and CORS error in its network panel, for all checks. The end of "
        "the console's message, after these words, says which check failed. So does the panel's tooltip (such as "
        "MissingAllowOriginHeader).",
        "Paste the whole red message of the console, to its end, or the name in the tooltip.",
        "nobody",
    ),
    KnownCause(
        "referrer-policy-shown",
        "Not an error: this is the page's referrer policy.",
        "The network panel shows it with every request. strict-origin-when-cross-origin is the browsers' default: it "
        "says how much of the page's URL the Referer header tells, and blocks nothing.",
        "Look for the error elsewhere: in the column Status of the network panel, and in the console. Paste the "
        "message from the console here.",
        "nobody",
        cors=False,
        stops=False,
    ),
    KnownCause(
        "answered-with-an-error",
        "Not CORS: the server answered with an error status.",
        "The message gives the status of a response, and no more. If CORS keeps the page from reading the response, "
        "the browser says so in another message.",
        "Find out in the server's log why it answers with this status. If there is also a message about CORS, paste "
        "both.",
        cors=False,
    ),
    KnownCause(
        "access-control-checks",
        "WebKit stopped the request; CORS is only one possible reason.",
        "WebKit writes this for every request that fails or is cancelled. If CORS is the cause, a message above it "
        "says so (Origin … is not allowed, Preflight response is not successful). If there is none, the page was left "
        "or reloaded while it waited, an extension or a policy stopped the request, or nothing answered. A request to "
        "the page's own (same) origin never fails because of CORS.",
        "Look for the message above it. If there is none, look for a navigation, a reload or an abort at that moment.",
        "nobody",
    ),
    KnownCause(
        "local-network-wrong-space",
        "The page gave the wrong address space for the server.",
        "fetch() was called with targetAddressSpace, but the address that was reached is of another kind: loopback is "
        "this computer, local is the private network, public is everything else. Through a proxy, the browser cannot "
        "tell.",
        "Set the right one, or leave targetAddressSpace out.",
        "client",
        cors=False,
    ),
    KnownCause(
        "system-forbids-local-network",
        "Not CORS: the operating system does not let the browser reach the local network.",
        "macOS asks its user whether an application may reach devices of the local network, and here the browser may "
        "not. The request was never sent.",
        "Allow the browser under System Settings, Privacy & Security, Local Network, and start it again.",
        "client",
        cors=False,
    ),
    KnownCause(
        "mixed-content-upgraded",
        "Not CORS: the browser requested an http URL over https instead.",
        "The images, audio and video of an https page are requested over https, whatever their URL says.",
        "Write https in the page.",
        "client",
        cors=False,
        stops=False,
    ),
    KnownCause(
        "mixed-content-loaded",
        "Not CORS: an https page requested an http URL, and the browser allowed it.",
        "Older browsers load images, audio and video of https pages over http. Chromium from 142 on also lets such "
        "pages request the local network over http, if the user permits it. This message is only a warning; if "
        "something failed, another message says so.",
        "Serve it over https where possible.",
        "client",
        cors=False,
        stops=False,
    ),
    KnownCause(
        "wrong-type",
        "Not CORS: the response has another type than its use needs.",
        "Scripts, modules and style sheets each need their own Content-Type. If an HTML page comes instead, it is "
        "usually an error page, or the app's start page, which servers send for unknown paths.",
        "Open the URL by itself to see what comes. Correct the path, or the Content-Type.",
        cors=False,
    ),
    KnownCause(
        "frame-refused",
        "Not CORS: the page may not be shown in a frame.",
        "The server of the framed page forbids it with X-Frame-Options or frame-ancestors.",
        "Open it in a tab of its own, or let its server allow your page in frame-ancestors.",
        cors=False,
    ),
    KnownCause(
        "frame-of-another-origin",
        "Not CORS: a script tried to access a frame of another origin.",
        "Documents of different origins cannot access each other, whatever CORS headers they came with.",
        "Use postMessage() between them.",
        "client",
        cors=False,
    ),
    KnownCause(
        "post-message-origin",
        "Not CORS: the target origin of postMessage() is not the window's origin.",
        "A message is delivered only if its target origin is the window's origin at that moment.",
        "Give the origin that the window really has, and wait until the window is loaded.",
        "client",
        cors=False,
    ),
    KnownCause(
        "integrity-needs-cors",
        "A script or style sheet with an integrity attribute has to be loaded with CORS.",
        "The browser checks integrity only for files that the page may read.",
        "Add crossorigin to the element, and let the server send Access-Control-Allow-Origin.",
        "client",
    ),
    KnownCause(
        "script-error-hidden",
        "The browser hides the text of an error in a script of another origin.",
        "The script was loaded without CORS, so the page may not read its errors.",
        "Add crossorigin to the script element, and let its server send Access-Control-Allow-Origin.",
        "client",
        stops=False,
    ),
    KnownCause(
        "cors-disabled",
        "CORS is switched off in this Firefox.",
        "The preference content.cors.disable is set: every cross-origin request fails.",
        "Set content.cors.disable to false in about:config.",
        "client",
    ),
    KnownCause(
        "origin-header-not-added",
        "Firefox could not add the Origin header.",
        "An extension or the page's own code changed the request so that Firefox could not add the header.",
        "Try without extensions.",
        "client",
    ),
    KnownCause(
        "computer-offline",
        "Not CORS: the computer is offline, or its network changed.",
        "No response came: CORS is not the cause.",
        "Try again when the network is there.",
        "nobody",
        cors=False,
    ),
    KnownCause(
        "proxy-failed",
        "Not CORS: the proxy that the browser uses failed.",
        "The browser could not reach its proxy, or the proxy did not open a connection. The request reached no server.",
        "Check the browser's proxy settings, and whether the proxy is running.",
        "proxy",
        cors=False,
    ),
    KnownCause(
        "unsafe-port",
        "Not CORS: browsers do not connect to this port.",
        "Ports of other protocols, such as 6000 or 10080, are on a list of ports that browsers never connect to.",
        "Let the server listen on another port.",
        cors=False,
    ),
    KnownCause(
        "response-not-acceptable",
        "Not CORS: the browser did not accept the response.",
        "Safari writes this for requests that it blocks before they are sent: mixed content, a file: URL, a content "
        "blocker, or a policy of the app around it.",
        "Use an https URL. In an app, check its allowed hosts (App Transport Security, allowed navigation).",
        "client",
        cors=False,
    ),
    KnownCause(
        "cors-is-noted",
        "Internet Explorer and the old Edge write this for every request that needs CORS.",
        "SEC7118 and SEC7119 come before a cross-origin request and its preflight, even if all goes well. If something "
        "failed, the messages after them say so: SEC7120 to SEC7129 if the reason is CORS, SCRIPT7002 for any reason.",
        "Paste the messages after it too. This message alone does not report a failure.",
        "client",
        stops=False,
    ),
)
