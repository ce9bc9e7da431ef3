"""Mixed content: what a secure page may not load over http, and what is upgraded for it.

https://w3c.github.io/webappsec-mixed-content/
"""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

from corsight.policies.fetch.origin import is_ip_address, is_potentially_trustworthy

UPGRADEABLE_DESTINATIONS = frozenset({"audio", "image", "video"})
"""https://w3c.github.io/webappsec-mixed-content/#upgradeable-content"""

_INSECURE = {"http": "https", "ws": "wss"}


def is_mixed_content(page_origin: str, url: str, *, localhost_is_mixed: bool = False) -> bool:
    """Whether a page of that origin may not load that URL because it is not delivered safely.

    `localhost_is_mixed` tells that the engine goes by the scheme alone. The specification also counts pages on
    http://localhost as secure; no engine does, they look at the page's scheme. An upgrade, where there is one, comes
    before. https://w3c.github.io/webappsec-mixed-content/#should-block-fetch
    """
    if not page_origin.startswith(("https://", "wss://")):
        return False
    if localhost_is_mixed and url.partition(":")[0].lower() in _INSECURE:
        return True
    return not is_potentially_trustworthy(url)


def is_upgraded(destination: str, url: str, *, image_set: bool = False) -> bool:
    """Whether a secure page's request for a URL goes out over https instead, by what asks and whom.

    `image_set` tells that srcset or picture asked: such images are not upgraded, and blocked.
    https://w3c.github.io/webappsec-mixed-content/#upgrade-algorithm, step 1
    """
    if destination not in UPGRADEABLE_DESTINATIONS or (destination == "image" and image_set):
        return False
    if not url.startswith("http://") or is_potentially_trustworthy(url):
        return False
    try:
        host = urlsplit(url).netloc.rpartition("@")[2].partition(":")[0]
    except ValueError:
        return False
    return not host.startswith("[") and not is_ip_address(host)


def upgraded(destination: str, url: str, *, image_set: bool = False) -> str | None:
    """The https URL that a secure page's request for an http URL goes to, None when it is not upgraded.

    The port stays where one is written. https://w3c.github.io/webappsec-mixed-content/#upgrade-algorithm, step 2
    """
    return f"https{url[4:]}" if is_upgraded(destination, url, image_set=image_set) else None


_LOCAL_NETWORKS = tuple(
    map(
        ip_network,
        (
            *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"),
            *("2001:db8::/32", "3fff::/20", "fc00::/7", "fe80::/10", "fec0::/10"),
        ),
    )
)
"""https://wicg.github.io/local-network-access/#ip-address-space-section"""


def is_local_network(host: str) -> bool:
    """Whether an engine that goes by local network access takes the host for one of the local network."""
    if not is_ip_address(host):
        return host.removesuffix(".").endswith(".local")
    try:
        address = ip_address(host.strip("[]"))
    except ValueError:
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return any(address.version == network.version and address in network for network in _LOCAL_NETWORKS)
