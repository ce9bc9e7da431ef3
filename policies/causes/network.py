"""Causes in the network: nothing came back, or nothing was sent."""

from corsight.policies.causes.model import KnownCause

NO_SAY = "No response came, so there are no headers to look at: CORS is not the cause."

CAUSES = (
    KnownCause(
        "tls-failed",
        "The TLS connection to the server failed.",
        f"The certificate is self-signed, expired, for another name, or of an authority that the browser does not "
        f"know. {NO_SAY}",
        "Open the URL in a tab of its own to see what is wrong with the certificate. Fix it, or accept it there while "
        "you develop.",
        cors=False,
    ),
    KnownCause(
        "connection-refused",
        "Nothing is listening on the host and port that the page requests.",
        f"The server is not running, listens on another port or address, or only inside a container. {NO_SAY}",
        "Start the server, and check host and port as seen from the browser's machine.",
        cors=False,
    ),
    KnownCause(
        "host-not-found",
        "The server's name does not resolve.",
        f"The name is misspelt, or known only inside a network or to containers. {NO_SAY}",
        "Use a name that the user's machine can resolve: the browser sends the request, not your server.",
        "client",
        cors=False,
    ),
    KnownCause(
        "connection-timed-out",
        "The server did not answer in time.",
        f"A firewall drops the packets, the server hangs, or the address is wrong. {NO_SAY}",
        "Request it with curl from the same machine. Look at firewalls and at the server's load.",
        cors=False,
    ),
    KnownCause(
        "connection-closed",
        "The server closed the connection without an answer.",
        f"It crashed, restarted, or speaks another protocol on this port. Or a proxy on the way closed the connection. "
        f"{NO_SAY}",
        "Check the server's log for that moment.",
        cors=False,
    ),
    KnownCause(
        "request-killed",
        "A blocker or one of the proxy's rules stopped the request.",
        f"The request was stopped on its way. {NO_SAY}",
        "Look at the proxy's rules and the browser's extensions.",
        "client",
        cors=False,
    ),
    KnownCause(
        "request-given-up",
        "The browser cancelled the request.",
        f"The page was left or reloaded, or its script aborted the request, before an answer came. {NO_SAY}",
        "Nothing has to change, unless the page did not mean to cancel: then wait for the response before leaving.",
        "client",
        cors=False,
    ),
    KnownCause(
        "no-answer",
        "No answer came, for a reason that is not known.",
        NO_SAY.replace("No response came, so there", "There"),
        "Look at the server, TLS, the network and the browser's extensions.",
        cors=False,
    ),
    KnownCause(
        "private-network-access",
        "An older Chromium asked for permission to reach the private network.",
        "Chromium 104 to 138 sent a preflight with Access-Control-Request-Private-Network before requests of public "
        "pages to private addresses. From 142 on there is no such preflight: the browser asks its user for permission.",
        "For those versions, answer that preflight with Access-Control-Allow-Private-Network: true. For newer ones, "
        "see `local-network-access`.",
    ),
    KnownCause(
        "stopped-by-extension",
        "Not CORS: an extension or the browser's own blocker stopped the request.",
        "An ad blocker, tracking protection or an administrator's policy stopped the request inside the browser. It "
        "was never sent to the server.",
        "Try a window without extensions. Names such as analytics, collect, track or ads in the host or path are on "
        "the lists of blockers: use other names, or do without the response.",
        "client",
        cors=False,
    ),
    KnownCause(
        "answer-not-recorded",
        "The request failed in the browser, and the recording does not hold the response that shows why.",
        "Recordings made in a browser often leave out what was blocked: its preflight, its response, or the headers "
        "that show the reason.",
        "Record it with mitmproxy, which sees all of them.",
        "nobody",
    ),
    KnownCause(
        "websocket-refused",
        "Not CORS: the server refused the WebSocket handshake.",
        "CORS does not apply to WebSockets: pages may connect to other origins without it. The handshake carries an "
        "Origin header, and a 403 usually comes from the server's own check of it. Other statuses point to a login, a "
        "wrong path, or a proxy that does not pass WebSocket upgrades on.",
        "Add the page's origin to the WebSocket server's list of allowed origins (allowedOrigins, CheckOrigin, "
        "verifyClient and the like). Access-Control-Allow-Origin has no effect there.",
        cors=False,
    ),
)
