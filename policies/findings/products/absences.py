"""Platforms that answer themselves where nothing is deployed at an address."""

from corsight.policies.findings.products.model import Product, sign

PRODUCTS = (
    Product(
        "Google's front end",
        "absent",
        (sign("server", "^Google Frontend", 404, passing=True),),
        "Check the URL: project, region and the name of the function or service, and that it is deployed. A Cloud Run "
        "service whose ingress setting keeps the internet out answers 404 as well. Callable functions are called by "
        "name, with the region (getFunctions(app, region)).",
        "client",
    ),
    Product(
        "Vercel",
        "absent",
        (sign("x-vercel-error", "^(?:DEPLOYMENT_)?NOT_FOUND", 404),),
        "Check the URL: the deployment's address, and that the path is one of its functions or rewrites.",
        "client",
    ),
    Product(
        "Railway's edge",
        "absent",
        (sign("x-railway-fallback", "", 404),),
        "Check the service's public address, and that a deployment of it runs and listens on the port that Railway "
        "gives in PORT.",
        "client",
    ),
    Product(
        "Render's router",
        "absent",
        (sign("x-render-routing", "^no-server", 404),),
        "Check the service's address, and that it is deployed and not suspended.",
        "client",
    ),
)
