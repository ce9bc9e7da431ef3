"""Causes of errors that scripts get for mistakes of their own and that look like CORS errors."""

from corsight.policies.causes.model import KnownCause

CAUSES = (
    KnownCause(
        "same-origin-mode",
        "Not CORS: the page itself forbids this request to leave its origin.",
        "A request with mode: 'same-origin' fails if its URL, or a redirect, leads to another origin, whatever the "
        "server allows. The use element of SVG, XSLT style sheets and workers always have this mode. fetch() has it "
        "only if the page's code says so.",
        "Serve the file from the page's own origin (for an SVG, put it into the page). For fetch(), remove mode: "
        "'same-origin' from the page's code.",
        "client",
        cors=False,
    ),
    KnownCause(
        "header-set-by-browser",
        "Not CORS: a script tried to set a request header that only the browser sets.",
        "Origin, Host, Cookie, Referer, Access-Control-Request-Headers and some others cannot be set by a script. The "
        "request is sent without the change. No request header can make a response pass CORS: its server has to allow "
        "it.",
        "Remove the header from the page's code. For cookies use credentials: 'include'; for the rest, the server has "
        "to send the CORS headers in its response.",
        "client",
        cors=False,
        stops=False,
    ),
    KnownCause(
        "no-cors-forbids-it",
        "The page asked for something that mode: 'no-cors' does not allow.",
        "With mode: 'no-cors', a page can send only GET, HEAD and POST with a few plain headers, and a script can read "
        "nothing of the response.",
        "Remove mode: 'no-cors' from the page's code, and let the server allow the page's origin.",
        "client",
    ),
    KnownCause(
        "url-with-credentials",
        "Not CORS: the URL has a user name or a password in it.",
        "fetch() rejects URLs such as https://user:password@host, and browsers do not load them as parts of a page "
        "either.",
        "Remove them from the URL, and send an Authorization header if the server needs one.",
        "client",
        cors=False,
    ),
    KnownCause(
        "style-sheet-unreadable",
        "A style sheet of another origin was loaded without CORS, so scripts cannot read its rules.",
        "The style sheet works. But a script that reads its rules (cssRules), as tools that copy or print pages do, "
        "gets an error, because the link element has no crossorigin attribute.",
        'Set crossorigin="anonymous" on the link, and let the server send Access-Control-Allow-Origin. Or let the '
        "script skip style sheets of other origins.",
        "client",
    ),
    KnownCause(
        "integrity-mismatch",
        "Not CORS: the file does not match its integrity attribute.",
        "The file was received, but it has another hash: it was changed, or the attribute belongs to another version "
        "of it.",
        "Use a URL with a fixed version. If you trust the file, write the hash that the message shows into the "
        "attribute.",
        "client",
        cors=False,
    ),
    KnownCause(
        "history-of-another-origin",
        "Not CORS: a script cannot change the page's address to one of another origin.",
        "history.pushState() and replaceState() accept only URLs of the page's own origin: the same scheme, host (with "
        "or without www.) and port. A page that was opened from disk has no origin at all.",
        "Use a path alone, such as /cart, or send the user there with location.href.",
        "client",
        cors=False,
    ),
    KnownCause(
        "reply-is-not-json",
        "Not CORS: the response reached the page, but it is not JSON.",
        "A response that begins with < is an HTML page: an error, a login, or the app's start page, which servers send "
        "for unknown paths. With mode: 'no-cors', every response is empty to the script.",
        "Look at the response in the network panel. Correct the URL, or remove mode: 'no-cors' from the page's code.",
        "client",
        cors=False,
    ),
    KnownCause(
        "login-not-for-pages",
        "Not CORS: the page is not registered with the login as a single-page application.",
        "Microsoft Entra gives tokens to a script in a page (a request with an Origin header) only for a redirect URI "
        "of the platform Single-page application (AADSTS9002326).",
        "In the app registration, under Authentication, add the page's redirect URI with the platform Single-page "
        "application, and remove it from the platform Web.",
        "client",
        cors=False,
    ),
    KnownCause(
        "login-only-for-pages",
        "Not CORS: the login gives the tokens of this application only to a script in a page.",
        "The redirect URI is registered with Microsoft Entra for the platform Single-page application. Its tokens are "
        "given only to a request with an Origin header, which a page's script sends, and a server, a desktop "
        "application or a proxy does not.",
        "If a server or a desktop application gets the tokens, register its redirect URI for the platform Web or "
        "Mobile and desktop applications. If a page does, let nothing on the way remove its Origin header.",
        "client",
        cors=False,
    ),
    KnownCause(
        "api-not-for-pages",
        "Not CORS: the API or its library refuses requests from pages, because a page cannot keep a key secret.",
        "Everybody who opens the page can read the key in it. So libraries (OpenAI, Anthropic) refuse to run in a "
        "browser, and Anthropic's API answers a page only if a header says that this is meant.",
        "Send the request from a server of your own, which keeps the key. If the key belongs to the person who uses "
        "the page, set dangerouslyAllowBrowser: true in the library (it sends "
        "anthropic-dangerous-direct-browser-access: true). If the organization's settings forbid it, only your own "
        "server can ask.",
        "client",
        cors=False,
    ),
    KnownCause(
        "document-sandboxed",
        "Not CORS: the document is sandboxed, so it has no origin and no storage.",
        "An iframe with sandbox, or a page with Content-Security-Policy: sandbox, has the origin null unless "
        "allow-same-origin is given: no cookies, no localStorage, and requests with Origin: null.",
        "Add allow-same-origin to the sandbox, if the document is your own and you trust it.",
        "client",
        cors=False,
    ),
    KnownCause(
        "operation-insecure",
        "The browser refused something to a script, and does not say what.",
        "Firefox and Safari write this about a canvas with an image of another origin, a worker whose script is of "
        "another origin, ws: on an https page, a history URL of another origin, and storage in a sandboxed document.",
        'Look at the line of code that the message names. For a canvas, set crossorigin="anonymous" on the image '
        "before src, and let the image's server send Access-Control-Allow-Origin. Serve workers from the page's own "
        "origin, and use wss: on https pages.",
        "client",
    ),
    KnownCause(
        "development-server-refused",
        "Not CORS: the development server accepts only its own host and origin.",
        "Development servers (Vite, Next.js, webpack) refuse hosts and origins that are not in their configuration, so "
        "that no web site can reach them.",
        "Add the host to its configuration: server.allowedHosts in Vite, allowedDevOrigins in Next.js, "
        "devServer.allowedHosts in webpack.",
        cors=False,
    ),
    KnownCause(
        "development-server-warns",
        "Not CORS: the development server was asked by another host, and will refuse that in a later version.",
        "So far, Next.js only warns: the page was opened by a name or address that is not localhost.",
        "Add that host to allowedDevOrigins in next.config.js, without scheme and port.",
        cors=False,
        stops=False,
    ),
)
