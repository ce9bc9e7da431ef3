"""Causes that servers, gateways and libraries name in texts of their own, beside what a browser says."""

from corsight.policies.causes.model import KnownCause

CAUSES = (
    KnownCause(
        "cors-settings-contradict",
        "The server's CORS settings allow every origin and credentials at once.",
        "Browsers do not accept * for a request with credentials, so frameworks reject such settings: some do not "
        "start, others answer each cross-origin request with an error (500) that has no CORS headers.",
        "List the origins one by one (or as a pattern, where the framework has patterns), or do not allow credentials.",
    ),
    KnownCause(
        "csrf-check-refused",
        "Not CORS: the server's protection against cross-site request forgery refused the request.",
        "The request reached the server. It lacks the token or the header that the server asks for, its cookie was not "
        "sent, or the page's origin is not on its list of trusted origins. That list is not the one for CORS.",
        "Add the page's origin to the trusted origins (CSRF_TRUSTED_ORIGINS in Django, SANCTUM_STATEFUL_DOMAINS in "
        "Laravel, csrf.trustedOrigins in SvelteKit). Let the page send the token or header that the message names "
        "(Apollo: apollo-require-preflight), and its cookie: credentials: 'include'. Behind a proxy, let the server "
        "see the public host and https.",
        cors=False,
    ),
    KnownCause(
        "origin-check-refused",
        "The server's own check of the origin refused the request.",
        "Jupyter writes this into its log. It compares Origin with its own host, and with its list of origins, before "
        "it answers API requests and WebSockets. Behind a proxy that changes the Host header, its own pages fail as "
        "well.",
        "Set c.ServerApp.allow_origin to the page's origin (or allow_origin_pat to a pattern) in Jupyter's "
        "configuration. Behind a proxy, let that pass Host on unchanged.",
    ),
    KnownCause(
        "socket-io-not-connected",
        "Socket.IO could not connect; these words do not tell why.",
        "xhr poll error stands for every failure of its first request: the server does not run there, the URL or path "
        "is another, a proxy does not pass /socket.io/ on, or the server's cors option does not list the page.",
        "Open the URL of the request in the network panel. If the console speaks of CORS, list the page's origin in "
        "Socket.IO's own cors option (new Server(server, { cors: { origin } }); in Python cors_allowed_origins): the "
        "web framework's CORS middleware does not cover it.",
    ),
    KnownCause(
        "cors-proxy-refused",
        "A CORS proxy answered instead of the server, and refused.",
        "Public CORS proxies fetch a URL and add the header. They limit how often, from where and by whom they are "
        "used, and they see all that passes through them.",
        "Fetch the URL from a server of your own. With cors-anywhere: an address that is opened in a tab has no Origin "
        "header, and is refused; only a script's request works there.",
        "proxy",
    ),
    KnownCause(
        "header-not-read",
        "A library could not read a response header: it is not exposed to scripts, or it is not there.",
        "From a response of another origin, scripts can read a header only if Access-Control-Expose-Headers lists it. "
        "A library sees no difference between a header that is hidden and one that was not sent. If it has to send the "
        "value back, such as the session of an MCP server, the server then misses it.",
        "Look at the response in the network panel. If the header is there, list it in Access-Control-Expose-Headers "
        "on that response (ExposeHeaders in a bucket's CORS rule; for tus: Location, Upload-Offset, Upload-Length and "
        "Tus-Resumable; for MCP: Mcp-Session-Id). If it is not, the URL leads to something other than the library "
        "expects.",
    ),
    KnownCause(
        "module-import-failed",
        "A module or chunk could not be imported; this text does not say why.",
        "Usually the file is gone: the page was loaded before a new version was deployed, and asks for a file of the "
        "old one. Or the server answered with a page (text/html) instead of the file. Or the file is of another "
        "origin, and its server does not allow the page by CORS.",
        "Open the URL in a tab. If the file is missing, reload the page; keep the files of the last version for a "
        "while, answer missing files with 404 and not with index.html, and let the app reload once (Vite: "
        "vite:preloadError). A file of another origin needs Access-Control-Allow-Origin, a JavaScript type, and has to "
        "be a module.",
    ),
    KnownCause(
        "websocket-closed",
        "Not CORS: the WebSocket was closed.",
        "CORS does not apply to WebSockets. 1006 is no answer: the connection broke, or the handshake was refused. "
        "1008 is a refusal by the server, often of the origin or of the login. 1011 is an error in the server. 1000 "
        "and 1001 are ordinary ends.",
        "1006: look at the handshake's status in the network panel. 1008: add the page's origin to the WebSocket "
        "server's own list, or log in. 1011: check the server's log.",
        cors=False,
    ),
    KnownCause(
        "viewer-refuses-origin",
        "Not CORS: PDF.js's viewer opens only files of the origin that it was loaded from.",
        "The viewer compares the origin of its parameter file with its own before it requests anything. Scheme, host "
        "and port have to be the same. CORS headers on the file cannot change it.",
        "Pass a path of the viewer's own origin, such as file=/files/a.pdf, through a proxy on your server if need be. "
        "Or add the viewer's origin to HOSTED_VIEWER_ORIGINS in its code, or load the file by a script "
        "(PDFViewerApplication.open); then the file's server has to allow that origin by CORS.",
        "client",
        cors=False,
    ),
    KnownCause(
        "link-fetched-by-framework",
        "A framework fetched the target of a link, failed, and let the browser navigate instead.",
        "Next.js fetches the pages behind links beforehand. A link to a route that redirects to another origin, such "
        "as a login, fails as a fetch, because that origin does not allow the page; the browser then opens it by "
        "itself, without CORS.",
        "If the link works, nothing has to change. To stop it, set prefetch={false} on the link, or use an a element "
        "for what leads to another origin.",
        "client",
        stops=False,
    ),
)
