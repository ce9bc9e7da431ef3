"""Tunnels and workspaces: warning pages, tunnels without another end, and ports that are not public."""

from corsight.policies.findings.products.model import LOCATION, Product, end_in, sign

_SEND = (
    "In the page's code, send the header {} with each request. On the server, list it in Access-Control-Allow-Headers."
)
_PUBLIC = "Make the port public in {}, or serve page and API through one port, so that the page's own cookie counts."
NGROK = end_in("ngrok-free.app", "ngrok-free.dev", "ngrok.app", "ngrok.dev", "ngrok.io")
"""Its hosts: its own page is told by a header, so they count only where there is no answer to look at."""

PRODUCTS = (
    Product(
        "ngrok",
        "warning",
        (sign("ngrok-error-code", "ERR_NGROK_6024"),),
        _SEND.format("ngrok-skip-browser-warning (any value)"),
        "client",
    ),
    Product(
        "ngrok",
        "offline",
        (sign("ngrok-error-code", "ERR_NGROK_(?!6024)"),),
        "Start the tunnel and the application behind it. If the tunnel has a new URL now, use it in the page's code. "
        "Ngrok-Error-Code says what is wrong.",
    ),
    Product(
        "localtunnel",
        "warning",
        (sign("x-localtunnel-status"), sign("bypass-tunnel-reminder")),
        _SEND.format("bypass-tunnel-reminder (any value)"),
        "client",
        end_in("loca.lt", "localtunnel.me"),
    ),
    Product("zrok", "warning", (), _SEND.format("skip_zrok_interstitial (any value)"), "client", end_in("zrok.io")),
    Product(
        "Pinggy",
        "warning",
        (),
        _SEND.format("X-Pinggy-No-Screen (any value)"),
        "client",
        end_in("pinggy.link", "pinggy.online", "pinggy.io"),
    ),
    Product(
        "the port forwarding of Codespaces or dev tunnels",
        "private",
        (
            sign(LOCATION, r"/pf-signin\b|\.devtunnels\.ms/|/auth/postback/tunnel|tunnels\.api\.visualstudio\.com"),
            sign("www-authenticate", r"^tunnel\b"),
        ),
        _PUBLIC.format("the Ports view (visibility Public)")
        + " Scripts may send X-Tunnel-Authorization with a token, or X-Tunnel-Skip-AntiPhishing-Page: true where only "
        "the warning page is in the way; either has to be listed in Access-Control-Allow-Headers.",
        "server",
        end_in("app.github.dev", "githubpreview.dev", "devtunnels.ms"),
    ),
    Product(
        "the workspace's port gate",
        "private",
        (sign(LOCATION, r"gitpod\.io/(?:login|start)"),),
        _PUBLIC.format("the workspace"),
        "server",
        end_in("gitpod.io", "csb.app", "cloudworkstations.dev"),
    ),
)
