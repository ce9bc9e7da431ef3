"""What scripts are told of their own mistakes, and what is taken for CORS there."""

from __future__ import annotations

from corsight.policies.causes.model import KnownCause

CAUSES = (
    KnownCause(
        "same-origin-mode",
        "Not CORS: the page itself forbade this request to leave its origin.",
        "fetch() was called with mode: 'same-origin', or a library does so: then a URL of another origin fails before "
        "anything is sent, whatever the server allows.",
        "Take mode: 'same-origin' out of the page's code; 'cors' is the mode that fetch() has by itself.",
        "client",
        cors=False,
    ),
    KnownCause(
        "no-cors-forbids-it",
        "The page asked with mode no-cors for what that mode does not do.",
        "mode: 'no-cors' sends GET, HEAD and POST with plain headers only, and a script can read nothing of the reply.",
        "Take mode: 'no-cors' out of the page's code, and let the server allow the page's origin.",
        "client",
    ),
    KnownCause(
        "url-with-credentials",
        "Not CORS: the URL has a user name or a password in it.",
        "fetch() takes no URL such as https://user:password@host, and browsers send none for a page's parts either.",
        "Take them out of the URL, and send an Authorization header if the server wants one.",
        "client",
        cors=False,
    ),
    KnownCause(
        "style-sheet-unreadable",
        "A style sheet of another origin was loaded without CORS, and its rules cannot be read.",
        "The sheet works, but a script that reads its rules (cssRules), as tools that copy or print pages do, may not: "
        "it was asked for by a link without crossorigin.",
        'Set crossorigin="anonymous" on the link, and let the server send Access-Control-Allow-Origin; or leave sheets '
        "of other origins out of what the script reads.",
        "client",
    ),
    KnownCause(
        "integrity-mismatch",
        "Not CORS: the file is not the one that the integrity attribute names.",
        "The file came, and its hash is another: it was changed, or the attribute belongs to another version of it.",
        "Name a fixed version in the URL, and write the hash that the message shows, if the file is to be trusted.",
        "client",
        cors=False,
    ),
    KnownCause(
        "history-of-another-origin",
        "Not CORS: the page's address cannot be changed to one of another origin.",
        "history.pushState() and replaceState() take URLs of the page's own origin only: scheme, host and port count, "
        "and www. too. A page that was opened from disk has no origin at all.",
        "Give a path alone, such as /cart, or send the user there with location.href.",
        "client",
        cors=False,
    ),
    KnownCause(
        "reply-is-not-json",
        "Not CORS: the reply reached the page, and is no JSON.",
        "A reply that begins with < is an HTML page: an error, a login, or the app's start page, which servers send "
        "for unknown paths. An empty one is what mode: 'no-cors' leaves of any reply.",
        "Look at the reply in the network panel: correct the URL, or take mode: 'no-cors' out of the page's code.",
        "client",
        cors=False,
    ),
    KnownCause(
        "document-sandboxed",
        "Not CORS: the document is sandboxed, and so has no origin and no storage.",
        "An iframe with sandbox, or a page with Content-Security-Policy: sandbox, has the origin null unless "
        "allow-same-origin is given: no cookies, no localStorage, and requests with Origin: null.",
        "Add allow-same-origin to the sandbox, if its document is of your own and trusted.",
        "client",
        cors=False,
    ),
    KnownCause(
        "operation-insecure",
        "The browser kept something from a script, and does not say what.",
        "Firefox and Safari say this of a canvas that holds an image of another origin, of a worker whose script is of "
        "another origin, of ws: on an https page, of an address of another origin for the page's history, and of "
        "storage in a sandboxed document.",
        'Look at the line that it names. For a canvas set crossorigin="anonymous" on the image before src, and let its '
        "server send Access-Control-Allow-Origin. Serve workers from the page's own origin, and ask wss: from https.",
        "client",
    ),
    KnownCause(
        "development-server-refused",
        "Not CORS: the development server lets in no other host or origin than its own.",
        "Development servers (Vite, Next.js, webpack) refuse hosts and origins that they were not told of, so that no "
        "web site can reach them.",
        "Name the host in its configuration: server.allowedHosts in Vite, allowedDevOrigins in Next.js, "
        "devServer.allowedHosts in webpack.",
        cors=False,
    ),
)
