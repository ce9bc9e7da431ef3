"""Bot checks and firewalls."""

from corsight.policies.findings.products.model import COOKIES, Product, Sign, sign


def _guard(name: str, signs: tuple[Sign, ...], cure: str) -> Product:
    return Product(name, "challenge", signs, cure, "proxy")


PRODUCTS = (
    _guard(
        "Cloudflare",
        (sign("cf-mitigated", "challenge"), sign("cf-mitigated")),
        "In Cloudflare, add a rule that skips the challenge for the API's paths (and for OPTIONS). Or have the user "
        "open that host in a tab and pass the challenge first.",
    ),
    _guard(
        "AWS WAF",
        (sign("x-amzn-waf-action"),),
        "In AWS WAF, exempt the API's paths and OPTIONS from the rule with the challenge or captcha, or use its "
        "JavaScript integration, which gets a token for the page.",
    ),
    _guard(
        "Vercel's firewall",
        (sign("x-vercel-mitigated"), sign("x-vercel-challenge-token")),
        "In Vercel's firewall, bypass attack mode or the rule for the API's paths and for OPTIONS.",
    ),
    _guard(
        "DataDome",
        (sign("x-dd-b"), sign("x-datadome", "", 401, 403), sign(COOKIES, r"\bdatadome=", 401, 403, passing=True)),
        "Exempt OPTIONS and the API's paths in DataDome, or add its script to the page.",
    ),
    _guard(
        "HUMAN (PerimeterX)",
        (sign("x-px-block-score"), sign(COOKIES, r"\b_px(?:hd|vid|3|2)?=", 403, 429, passing=True)),
        "Exempt OPTIONS and the API's paths in HUMAN's policy, or add its sensor to the page.",
    ),
    _guard(
        "Imperva",
        (
            sign("x-iinfo", "", 403, 503, passing=True),
            sign(COOKIES, r"\b(?:incap_ses|visid_incap)", 403, 503, passing=True),
        ),
        "Exempt OPTIONS and the API's paths in Imperva's security rules.",
    ),
    _guard(
        "Sucuri",
        (sign("x-sucuri-block"), sign("x-sucuri-id", "", 403, passing=True)),
        "Allow OPTIONS and the API's paths in the Sucuri firewall.",
    ),
    _guard(
        "Akamai",
        (sign("server", "^akamaighost", 403), sign("akamai-grn", "", 403, passing=True)),
        "Allow OPTIONS and the API's paths in Akamai's security configuration.",
    ),
    _guard(
        "Azure's firewall",
        (sign("server", "^microsoft-azure-application-gateway", 403), sign("x-azure-ref", "", 403, passing=True)),
        "Allow OPTIONS and the API's paths in the WAF policy of the Front Door or application gateway.",
    ),
    _guard(
        "DDoS-Guard",
        (sign("server", "^ddos-guard", 403, 429, 503),),
        "Exempt OPTIONS and the API's paths from DDoS-Guard's check.",
    ),
)
