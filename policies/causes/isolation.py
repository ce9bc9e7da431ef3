"""Causes in cross-origin isolation: what a page has to send for itself, and what that cuts off."""

from corsight.policies.causes.model import KnownCause

CAUSES = (
    KnownCause(
        "not-cross-origin-isolated",
        "The page is not cross-origin isolated, so the browser withholds SharedArrayBuffer.",
        "Threads of WebAssembly and exact clocks are only for pages that are isolated from other origins: the page's "
        "own response has to send both Cross-Origin-Opener-Policy and Cross-Origin-Embedder-Policy, over https or from "
        'localhost. A frame also needs both in the page around it, and allow="cross-origin-isolated".',
        "Send Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp with the HTML "
        "page (and with workers' scripts); a meta element is not enough. Then self.crossOriginIsolated is true. From "
        "then on, everything of other origins that the page embeds needs CORS or Cross-Origin-Resource-Policy. Where "
        "no headers can be set, as on GitHub Pages, a service worker can add them, or use a build without threads.",
        "server",
        cors=False,
    ),
    KnownCause(
        "opener-policy-cuts-window",
        "Not CORS: Cross-Origin-Opener-Policy cut the page off from a window that it opened.",
        "With Cross-Origin-Opener-Policy: same-origin on one of the two pages, a popup of another origin and its "
        "opener no longer see each other: closed, close() and postMessage() do not work between them. Logins in a "
        "popup (Google, Firebase, MSAL) look at closed to notice that the user gave up.",
        "If the login works, nothing has to change. If it hangs, send Cross-Origin-Opener-Policy: "
        "same-origin-allow-popups with the page that opens the popup, or use the login by redirect. The page is not "
        "cross-origin isolated then.",
        "server",
        cors=False,
        stops=False,
    ),
    KnownCause(
        "opener-policy-ignored",
        "Cross-Origin-Opener-Policy has no effect here: the page was not loaded over https.",
        "Browsers follow this header only on https pages and on localhost. On http pages the page is not isolated, "
        "whatever it sends.",
        "Load the page over https or from localhost, or leave the header out.",
        "server",
        cors=False,
        stops=False,
    ),
)
