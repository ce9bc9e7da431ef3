"""Products that answer in the application's place: how each is recognised, and how to let pages pass.

A product is recognised by headers that only it sends, by its cookies, by where it redirects to, or by the host names
that it gives out: one of these is enough, since responses are cut off and hosts may have names of their own. The signs
are from each product's own documentation.
"""

from __future__ import annotations

from typing import NamedTuple

from corsight.policies.exchange import Response
from corsight.policies.findings.makers import is_own_page
from corsight.policies.findings.products import absences, guards, logins, storages, strangers, tunnels
from corsight.policies.findings.products.model import COOKIES, Kind, Product

LONGEST = 2000
"""Characters of a header that are looked at."""
LONGEST_HOST = 255
"""Characters of a host's name."""


class Recognized(NamedTuple):
    """A product that was recognised, and the header that showed it; empty where the host's name did."""

    name: str
    kind: Kind
    header: str

    @property
    def product(self) -> Product:
        """The product."""
        return PRODUCTS[self.name, self.kind]


PRODUCTS: dict[tuple[str, Kind], Product] = {
    (one.name, one.kind): one
    for family in (tunnels, strangers, absences, guards, logins, storages)
    for one in family.PRODUCTS
}
"""The products by name and kind, in the order in which they are looked for."""


def recognize(url: str, response: Response) -> Recognized | None:
    """Return the product that made this response; None where no sign of one is found.

    The host's name alone shows a storage or a tunnel only in what is not an application's answer: a page, an error, a
    redirect, or a response without CORS headers.
    """
    shown = response.headers
    host = url.partition("://")[2].partition("/")[0].rpartition("@")[2].partition(":")[0].lower()
    # No host's name is longer, and how it ends is what tells.
    host = host[-LONGEST_HOST:]
    for product in PRODUCTS.values():
        for sign in product.signs:
            if sign.header not in shown or (sign.statuses and response.status not in sign.statuses):
                continue
            if sign.passing and not is_own_page(response, cookies=sign.header == COOKIES):
                continue
            if sign.value is None or sign.value.search((shown.get(sign.header) or "")[:LONGEST]):
                return Recognized(product.name, product.kind, sign.header)
        if product.hosts is not None and product.hosts.search(host) and _may_be(product.kind, response):
            return Recognized(product.name, product.kind, "")
    return None


def find_tunnel(host: str) -> Product | None:
    """Return the tunnel that a host's name belongs to, and that may answer with a page or a login of its own."""
    if tunnels.NGROK.search(host):
        return PRODUCTS["ngrok", "warning"]
    named = (product for product in tunnels.PRODUCTS if product.hosts is not None)
    return next((product for product in named if product.hosts is not None and product.hosts.search(host)), None)


def _may_be(kind: Kind, response: Response) -> bool:
    """Return whether a reply may be what a product of this kind answers with."""
    page = (response.headers.get("content-type") or "").lower().startswith("text/html")
    if kind == "warning":
        return page or response.status == 511
    if kind == "private":
        return response.status in (302, 307, 401, 403) or page
    return True


__all__ = ["PRODUCTS", "Kind", "Product", "Recognized", "find_tunnel", "recognize"]
