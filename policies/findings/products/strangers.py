"""Programs that listen where an application was meant to."""

from __future__ import annotations

from corsight.policies.findings.products.model import Product, sign

PRODUCTS = (
    Product(
        "the AirPlay receiver of macOS",
        "stranger",
        (sign("server", "^AirTunes"),),
        "Let the application listen on another port than 5000 or 7000, and the page ask that; or switch the AirPlay "
        "receiver off (System Settings, General, AirDrop and Handoff).",
    ),
    Product(
        "Windows' own web service (HTTP.sys)",
        "stranger",
        (sign("server", "^Microsoft-HTTPAPI/", 400, 404, 503),),
        "See that the application runs and listens at that host name and port: Windows itself answers for names and "
        "ports that no application has asked it for.",
    ),
)
