"""IP address spaces, as local network access knows them.

https://wicg.github.io/local-network-access/#ip-address-space-section
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Literal

from corsight.policies.fetch.origin import SHORT, is_ip_address, is_localhost, origin_of, split_origin

AddressSpace = Literal["loopback", "local", "public"]

_LOOPBACK = tuple(map(ip_network, ("127.0.0.0/8", "0.0.0.0/32", "198.18.0.0/15", "::1/128", "::/128")))
_LOCAL = tuple(
    map(
        ip_network,
        (
            *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"),
            *("2001:db8::/32", "3fff::/20", "fc00::/7", "fe80::/10", "fec0::/10"),
        ),
    )
)
"""https://wicg.github.io/local-network-access/#ip-address-space-section"""
_INSIDE = (".local", ".internal", ".intranet", ".lan", ".home", ".corp", ".home.arpa")
"""How names end that no public server has."""


def find_address_space(host: str) -> AddressSpace | None:
    """Return the address space of a parsed URL's host; None for a name, which only its resolver can tell."""
    return (_find_address_space if len(host) <= SHORT else _find_address_space.__wrapped__)(host)


@lru_cache(1024)
def _find_address_space(host: str) -> AddressSpace | None:
    if is_localhost(host):
        return "loopback"
    if not is_ip_address(host):
        return "local" if host.removesuffix(".").endswith(".local") else None
    try:
        address = ip_address(host.strip("[]"))
    except ValueError:
        return None
    address = getattr(address, "ipv4_mapped", None) or address
    if any(address in network for network in _LOOPBACK):
        return "loopback"
    return "local" if any(address in network for network in _LOCAL) else "public"


def leaves_public(page_origin: str, url_origin: str) -> bool:
    """Return whether a page that seems to be of the public network asks a server of this computer or the local network.

    A page's name may lead to a local address too, so this is likely at most; one that is known inside only is no
    public one.
    """
    there, here = split_origin(url_origin), split_origin(page_origin)
    if there is None or here is None or here[0] not in ("http", "https"):
        return False
    if find_address_space(there[1]) not in ("loopback", "local"):
        return False
    name = here[1].removesuffix(".")
    space = find_address_space(name)
    return space == "public" or (space is None and "." in name and not name.endswith(_INSIDE))


def asks_local_network(page_origin: str | None, url: str) -> bool:
    """Return whether a page's request for a URL leads from the public network into a local one."""
    return page_origin is not None and leaves_public(page_origin, origin_of(url))
