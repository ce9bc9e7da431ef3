"""Logins in front of applications."""

from corsight.policies.actor import Actor
from corsight.policies.findings.products.model import COOKIES, LOCATION, Product, Sign, sign


def _login(name: str, signs: tuple[Sign, ...], cure: str, actor: Actor = "server") -> Product:
    return Product(name, "login", signs, cure, actor)


PRODUCTS = (
    _login(
        "Cloudflare Access",
        (
            sign(LOCATION, r"\.cloudflareaccess\.com/|/cdn-cgi/access/"),
            sign("www-authenticate", "^cloudflare-access"),
            sign("cf-access-domain", "", 302, 401, 403),
        ),
        "In Cloudflare Access, switch on CORS for the application or let OPTIONS requests bypass it. In the page's "
        "code, send the request with credentials; the user has to be logged in at that host.",
        "proxy",
    ),
    _login(
        "Google's Identity-Aware Proxy",
        (sign("x-goog-iap-generated-response"),),
        "Allow HTTP OPTIONS in the proxy's settings (corsSettings.allowHttpOptions: true). In the page's code, send "
        "the request with credentials; the user has to be logged in.",
        "proxy",
    ),
    _login(
        "Vercel's deployment protection",
        (sign(COOKIES, r"\b_vercel_sso_nonce="), sign(LOCATION, r"vercel\.com/(?:sso-api|login)")),
        "In the project's Deployment Protection, add the path to the OPTIONS Allowlist, or make the deployment "
        "public. In the page's code, send the protection's bypass header with the other requests, or have the user "
        "log in first.",
    ),
    _login(
        "oauth2-proxy",
        (sign(COOKIES, r"\b_oauth2_proxy", 302, 401, 403), sign(LOCATION, r"/oauth2/(?:start|sign_in)")),
        "In oauth2-proxy, set skip_auth_preflight = true, and answer the API's paths with 401 instead of a redirect "
        "(api_routes).",
        "proxy",
    ),
    _login(
        "the load balancer's login",
        (sign(COOKIES, r"\bAWSELBAuth|\bAWSALBAuth", 302, 401),),
        "In the load balancer's listener, add a rule for OPTIONS without authentication before that with it, and let "
        "unauthenticated API requests be denied (401) instead of authenticated.",
        "proxy",
    ),
    _login(
        "App Service authentication",
        (sign(LOCATION, r"/\.auth/login/"), sign("x-ms-middleware-request-id", "", 401, 403)),
        "In App Service, set the allowed origins under CORS, which answers OPTIONS before authentication, and let "
        "unauthenticated requests get 401.",
    ),
    _login(
        "authentik",
        (sign(LOCATION, r"/outpost\.goauthentik\.io/"), sign("x-powered-by", "^authentik", 302, 401, 403)),
        "Exempt OPTIONS from the forward authentication in front of the application.",
        "proxy",
    ),
    _login(
        "Azure API Management",
        (sign("www-authenticate", "AzureApiManagementKey"),),
        "In API Management, put a cors policy first in the inbound section of the API: it answers OPTIONS before the "
        "subscription key is asked for.",
        "proxy",
    ),
    _login(
        "AWS API Gateway or Lambda",
        (sign("x-amzn-errortype", "^(?:AccessDenied|Forbidden|Unauthorized|IncompleteSig|InvalidSig)", 401, 403),),
        "Let OPTIONS go without authorization: in API Gateway by a method of its own or the API's CORS configuration, "
        "at a function URL by its CORS settings.",
        "proxy",
    ),
    _login(
        "Cloud Run or Cloud Functions",
        (sign("server", "^Google Frontend", 401, 403, passing=True),),
        "Allow unauthenticated invocations of the service (the invoker role for allUsers) and check the token in the "
        "application: Google's own check turns away what has no token, and a preflight has none.",
    ),
    _login(
        "Windows authentication",
        (sign("www-authenticate", r"\b(?:NTLM|Negotiate)\b"),),
        "Allow anonymous authentication for OPTIONS beside Windows authentication (with the IIS CORS module, or with "
        "the CORS middleware before UseAuthentication). In the page's code, send the request with credentials.",
    ),
)
