"""Programs that listen on a port that an application was expected on."""

from corsight.policies.findings.products.model import Product, sign

PRODUCTS = (
    Product(
        "the AirPlay receiver of macOS",
        "stranger",
        (sign("server", "^AirTunes"),),
        "Start the application on another port than 5000 or 7000, and use that port in the page's code. Or switch "
        "the AirPlay receiver off (System Settings, General, AirDrop and Handoff).",
    ),
    Product(
        "Windows' own web service (HTTP.sys)",
        "stranger",
        (sign("server", "^Microsoft-HTTPAPI/", 400, 404, 503),),
        "Make sure that the application runs and listens on that host name and port. Windows itself answers for "
        "names and ports that no application has registered.",
    ),
)
