"""What consoles say beside CORS, and what is taken for CORS and is none."""

from __future__ import annotations

from corsight.policies.causes.model import KnownCause

CAUSES = (
    KnownCause(
        "csp-forbids-it",
        "Not CORS: the page's own Content-Security-Policy forbids it.",
        "The document that made the request came with a Content-Security-Policy whose list for this use (connect-src "
        "for fetch, XMLHttpRequest, EventSource and WebSockets) does not hold the host. The request never left.",
        "Add the host to connect-src (or the directive that the message names) in the policy of the page, in its "
        "header or meta element. The API's server can change nothing here.",
        "client",
        cors=False,
    ),
    KnownCause(
        "websocket-failed",
        "Not CORS: the WebSocket did not connect.",
        "CORS has no say in WebSockets. The server is not there, refused the handshake, its certificate is not "
        "accepted, or a secure page asked for ws: instead of wss:.",
        "Look at the handshake's status in the network panel; ask wss: from https pages, and open the same host with "
        "https: to see its certificate.",
        cors=False,
    ),
    KnownCause(
        "worker-from-another-origin",
        "Not CORS: a worker's script has to come from the page's own origin.",
        "new Worker() takes no script of another origin, whatever CORS headers it has. That holds for module and "
        "shared workers too; often a library starts its worker from the CDN that it was loaded from.",
        "Serve the worker's file from your own origin; or start a small worker from a Blob that loads the script with "
        "importScripts() or import.",
        "client",
        cors=False,
    ),
    KnownCause(
        "canvas-tainted",
        "An image or a sound of another origin was used without CORS, and so cannot be read.",
        "An element without the crossorigin attribute loads without CORS: it is shown or heard, but a canvas or an "
        "audio node that it is put into can be read no more.",
        'Set crossorigin="anonymous" (crossOrigin in scripts) before src, and let the server send '
        "Access-Control-Allow-Origin. An image that is in the cache from before, loaded without it, may have to be "
        "asked for by another URL.",
        "client",
    ),
    KnownCause(
        "service-worker-opaque",
        "A service worker answered a CORS request with a response that it had fetched without CORS.",
        "The worker fetched or cached it with mode: 'no-cors', so it is opaque. A page that asks with CORS may not "
        "have such a response, whatever the server allows.",
        "In the service worker pass the page's request on as it is, or fetch and cache with mode: 'cors'; throw away "
        "what is in its cache.",
        "client",
    ),
    KnownCause(
        "service-worker-failed",
        "Not CORS: the page's own service worker answered with a failure.",
        "The service worker took the request, and what it fetched failed or was no response that the page may have.",
        "Look at the service worker's code and its own requests; unregister it to see the page without it.",
        "client",
        cors=False,
    ),
    KnownCause(
        "event-source-type",
        "Not CORS: the stream is no text/event-stream.",
        "The CORS check passed, or was not needed. EventSource takes only Content-Type: text/event-stream, and got "
        "another: mostly a page, such as an error or a login.",
        "Answer with Content-Type: text/event-stream; open the URL in a tab to see what comes in its place.",
        cors=False,
    ),
    KnownCause(
        "event-source-failed",
        "The stream did not open, and this line tells no reason.",
        "Firefox says this of an EventSource whose server is not there, answers with another status than 200, or no "
        "text/event-stream, or does not allow the page's origin. Of CORS another line tells.",
        "Look for a line about CORS beside it; else open the URL in a tab, and see its status and its Content-Type.",
    ),
    KnownCause(
        "preload-not-matching",
        "A preload does not match its use, and was thrown away.",
        "A preload is taken only for a request of the same mode. Fonts, modules and fetch() ask with CORS; a link "
        "without crossorigin does not, so the file is loaded twice.",
        "Write the preload as it is used: add crossorigin to the link for fonts (own origin too), modules and fetch(); "
        "the same value on both.",
        "client",
        stops=False,
    ),
    KnownCause(
        "preload-unused",
        "Not CORS: what was preloaded was not used.",
        "The page asked early for something that it did not use within a few seconds of loading, or uses in another "
        "way than the link says.",
        "Take the preload out, or make as, type and crossorigin those of the use.",
        "client",
        cors=False,
        stops=False,
    ),
    KnownCause(
        "page-from-file",
        "The page was opened from disk (file:), and its files are no web origin.",
        "A page at a file: URL has the origin null, and browsers fetch nothing from disk with CORS: modules, fetch(), "
        "XMLHttpRequest and fonts all fail. No header can be sent there.",
        "Serve the folder over HTTP (for example python3 -m http.server), and open http://localhost.",
        "client",
    ),
    KnownCause(
        "local-file-asked",
        "A page asked for a file on the user's disk.",
        "Pages of the web may not load file: URLs.",
        "Serve the file over HTTP, and use that URL.",
        "client",
        cors=False,
    ),
    KnownCause(
        "scheme-not-fetchable",
        "The URL's scheme takes no CORS requests.",
        "Only the schemes that the message lists can be fetched across origins. A scheme of an app's own (such as "
        "app:) has to be registered for it; others, such as blob:, about: or mailto:, never can be.",
        "Use a full http or https URL: one without its scheme, such as localhost:3000/x, is read as the scheme "
        "localhost:. In Electron register the app's scheme before ready: standard, secure, supportFetchAPI and "
        "corsEnabled true.",
        "client",
    ),
    KnownCause(
        "header-not-exposed",
        "The response passed, and this header of it is not exposed to scripts.",
        "Across origins a script reads a handful of response headers only, and those that "
        "Access-Control-Expose-Headers names.",
        "Let the server name the header in Access-Control-Expose-Headers, on the response itself: for S3 that is "
        "ExposeHeaders in the bucket's CORS rule.",
        stops=False,
    ),
    KnownCause(
        "failed-without-reason",
        "The request failed, and this line tells no reason.",
        "Scripts are told no more than that: CORS, a server that is not there, a certificate, a blocker and a page "
        "that was left all look alike to them. The reason is in another line of the console.",
        "Paste the console's line beside it: it names CORS where CORS is the cause. Without such a line look at the "
        "network panel: a status there means that an answer came.",
        "nobody",
    ),
    KnownCause(
        "answered-with-an-error",
        "Not CORS: the server answered with an error status.",
        "The line tells the status of an answer, and no more. Where CORS keeps the page from reading it, the browser "
        "says so in a line of its own.",
        "Find out in the server's log why it answers so. If there is a line about CORS beside it, paste both.",
        cors=False,
    ),
    KnownCause(
        "access-control-checks",
        "WebKit gave the request up: CORS is one reason of several.",
        "WebKit says this of every request that fails or is cancelled. Where CORS is the cause, a line above says so "
        "(Origin … is not allowed, Preflight response is not successful). Without one, the page was left or reloaded "
        "while it waited, an extension or a policy stopped it, or nothing answered. A request to the page's own "
        "(same) origin never fails for CORS.",
        "Look for the line above it. If there is none, look for a navigation, a reload or an abort at that moment.",
        "nobody",
    ),
    KnownCause(
        "local-network-wrong-space",
        "The page said that the server is in another address space than it is.",
        "fetch() took targetAddressSpace, and the address that was reached is of another kind: loopback is this "
        "computer, local the private network, public all others. Through a proxy the browser cannot tell.",
        "Name the right one, or leave targetAddressSpace out.",
        "client",
        cors=False,
    ),
    KnownCause(
        "mixed-content-upgraded",
        "Not CORS: an insecure URL was asked for over https instead.",
        "A secure page's images, audio and video are asked for over https, whatever their URL says.",
        "Write https into the page.",
        "client",
        cors=False,
        stops=False,
    ),
    KnownCause(
        "mixed-content-loaded",
        "Not CORS: a secure page asked for an insecure URL, and the browser let it.",
        "Older browsers load images, audio and video of secure pages over http. Chromium from 142 on lets pages ask "
        "the local network so, where the user permits it. The line warns; what failed, if anything did, is in another.",
        "Serve it over https where that can be had.",
        "client",
        cors=False,
        stops=False,
    ),
    KnownCause(
        "wrong-type",
        "Not CORS: the response is of another type than its use needs.",
        "Scripts, modules and style sheets need their own Content-Type. An HTML page in their place is mostly an error "
        "page, or the app's start page that a server sends for every unknown path.",
        "Open the URL by itself and see what comes; correct the path, or the Content-Type.",
        cors=False,
    ),
    KnownCause(
        "frame-refused",
        "Not CORS: the page may not be shown in a frame.",
        "Its server says so by X-Frame-Options or frame-ancestors.",
        "Open it in a tab of its own, or let its server allow your page in frame-ancestors.",
        cors=False,
    ),
    KnownCause(
        "frame-of-another-origin",
        "Not CORS: a script reached into a frame of another origin.",
        "The documents of two origins cannot read each other, whatever CORS headers they came with.",
        "Use postMessage() between the two.",
        "client",
        cors=False,
    ),
    KnownCause(
        "post-message-origin",
        "Not CORS: postMessage() names another origin than the window has.",
        "A message is delivered only where the target origin is that of the window, at that moment.",
        "Name the origin that the window really has; wait until it is loaded.",
        "client",
        cors=False,
    ),
    KnownCause(
        "integrity-needs-cors",
        "A script or style sheet with integrity has to be asked for with CORS.",
        "The browser checks integrity only of what the page may read.",
        "Add crossorigin to the element, and let the server send Access-Control-Allow-Origin.",
        "client",
    ),
    KnownCause(
        "script-error-hidden",
        "An error in a script of another origin is told without its text.",
        "A script that was loaded without CORS hides its errors from the page.",
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
        "An extension or the page's own code changed the request in a way that left no place for it.",
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
        "Not CORS: the proxy that the browser goes through failed.",
        "The browser could not reach its proxy, or the proxy opened no tunnel. No server was asked.",
        "Look at the browser's proxy settings, and whether the proxy runs.",
        "proxy",
        cors=False,
    ),
    KnownCause(
        "unsafe-port",
        "Not CORS: browsers ask nothing of this port.",
        "Ports of other protocols, such as 6000 or 10080, are on a list that browsers never connect to.",
        "Let the server listen on another port.",
        cors=False,
    ),
    KnownCause(
        "response-not-acceptable",
        "Not CORS: the browser would not use the response.",
        "Safari says this of what is blocked before it is sent: mixed content, a file: URL, a content blocker or a "
        "policy of the app around it.",
        "Ask an https URL; in an app look at its allowed hosts (App Transport Security, allowed navigation).",
        "client",
        cors=False,
    ),
    KnownCause(
        "cors-is-noted",
        "Internet Explorer and the old Edge note every request that CORS is needed for.",
        "SEC7118 and SEC7119 stand before a cross-origin request and its preflight, also where all goes well. What "
        "failed, if anything did, is in the lines behind: SEC7120 to SEC7129 for a reason of CORS, SCRIPT7002 for any.",
        "Paste the lines behind it too; alone it tells of no failure.",
        "client",
        stops=False,
    ),
)
