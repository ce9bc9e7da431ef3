"""What browsers say of cookies that they did not store or send: often the reason behind a login that does not last.

Sources: Chrome's DevTools, front_end/core/sdk/NetworkRequest.ts (beside a header or a cookie) and
models/issues_manager/descriptions/SameSite*.md and cookie*.md (the titles of issues); Chromium's console of 76 to 90
and of 115 to today, in bug reports; Firefox's netwerk/locales/en-US/necko.properties (ESR 153). Safari says nothing.
"""

from __future__ import annotations

from corsight.policies.console.saying import Saying, say, say_reasons

CHROMIUM = (
    *say_reasons(
        "cookie-not-sent",
        "Indicate whether to send a cookie in a cross-site request by specifying its SameSite attribute",
        "Indicate whether a cookie is intended to be set in {any}cross-site context by specifying its SameSite attribute",
        'was blocked because it had the "SameSite={value}" attribute but came from a cross-site response',
        'Set-Cookie {any}didn\'t specify a "SameSite" attribute',
        'This cookie didn\'t specify a "SameSite" attribute when it was stored',
        'This cookie was blocked because it had the "SameSite={value}" attribute and the request was made from a different site',
        "A cookie associated with a cross-site resource at {url} was set without the `SameSite` attribute.",
        "Cookie is blocked due to a cross-site redirect chain",
    ),
    *say_reasons(
        "cookie-not-secure",
        "Mark cross-site cookies as Secure to allow",
        'it had the "SameSite=None" attribute but did not have the "Secure" attribute',
        'it had the "SameSite=None" attribute but was not marked "Secure"',
        'it had the "Secure" attribute but was not received over a secure connection',
        "was set with `SameSite=None` but without `Secure`",
    ),
    *say_reasons(
        "cookie-third-party",
        "Cookie is blocked when {any} in cross-site context",
        "Cookie {any} in cross-site context will be blocked in future Chrome versions",
        "{any} cookie in cross-site context {any} blocked in future Chrome versions",
        "Third-party cookie is blocked",
        "Third-party cookie will be blocked",
        "Chrome is moving towards a new experience that allows users to choose to browse without third-party cookies.",
        "This attempt to set a cookie via a Set-Cookie header was blocked due to user preferences",
        "This cookie was blocked due to user preferences",
        "Setting this cookie was blocked either because of Chrome flags or browser configuration",
    ),
    *say_reasons("cookie-wrong-domain", "its Domain attribute was invalid with regards to the current host url"),
)
FIREFOX = (
    *say(
        "cookie-not-sent",
        "Cookie “{value}” has been rejected because it is in a cross-site context and its “SameSite” is “{any}”.",
        "Cookie “{value}” with the “SameSite” attribute value “Lax” or “Strict” was omitted because of a cross-site redirect.",
        "Cookie “{value}” has “SameSite” policy set to “Lax” because it is missing",
        "Cookie “{value}” does not have a proper “SameSite” attribute value.",
    ),
    Saying("cookie-third-party", "Cookie “{value}” has been rejected as third-party."),
    Saying(
        "cookie-third-party",
        "Cookie “{value}” {any}rejected because it is foreign and does not have the “Partitioned“ attribute.",
    ),
    Saying("cookie-third-party", "Request to access cookie or storage on “{url}” was blocked because we are blocking"),
    Saying("cookie-third-party", "Request to access cookies or storage on “{url}” was blocked because of custom"),
    Saying("cookie-third-party", "Partitioned cookie or storage access was provided to “{url}” because it is loaded"),
    Saying("cookie-not-secure", "Cookie “{value}” {any}rejected because it has the “{any}” attribute but is missing"),
    Saying("cookie-not-secure", "Cookie “{value}” will be soon rejected because it has the “SameSite” attribute set"),
    Saying("cookie-not-secure", "Cookie “{value}” has been rejected because a non-HTTPS cookie can’t be set"),
    Saying("cookie-wrong-domain", "Cookie “{value}” has been rejected for invalid domain."),
)
