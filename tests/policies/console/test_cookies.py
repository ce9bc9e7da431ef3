"""What browsers say of cookies that they did not store or send."""

from __future__ import annotations

import pytest

from corsight.policies.console import read_console


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (
            'This Set-Cookie header didn\'t specify a "SameSite" attribute and was defaulted to "SameSite=Lax," and '
            "was blocked because it came from a cross-site response which was not the response to a top-level "
            "navigation. "
            'The Set-Cookie had to have been set with "SameSite=None" to enable cross-site usage.',
            "cookie-not-sent",
        ),
        (
            "This attempt to set a cookie via a Set-Cookie header was blocked because it had the “SameSite=Strict” "
            "attribute but came from a cross-site response which was not the response to a top-level navigation.",
            "cookie-not-sent",
        ),
        (
            'This Set-Cookie was blocked because it had the "SameSite=None" attribute but did not have the "Secure" '
            'attribute, which is required in order to use "SameSite=None".',
            "cookie-not-secure",
        ),
        (
            'This set-cookie was blocked because it had the "Secure" attribute but was not received over a secure '
            "connection",
            "cookie-not-secure",
        ),
        (
            "This attempt to set a cookie via a Set-Cookie header was blocked because its Domain attribute was invalid "
            "with regards to the current host url.",
            "cookie-wrong-domain",
        ),
        ("This cookie was blocked due to user preferences.", "cookie-third-party"),
        ("Third-party cookie will be blocked. Learn more in the Issues tab.", "cookie-third-party"),
        (
            "Cookie sent in cross-site context will be blocked in future Chrome versions",
            "cookie-third-party",
        ),
        (
            "A cookie associated with a cross-site resource at http://api.test/ was set without the `SameSite` "
            "attribute. It has been blocked, as Chrome now only delivers cookies with cross-site requests if they are "
            "set with `SameSite=None` and `Secure`.",
            "cookie-not-sent",
        ),
        (
            "A cookie associated with a resource at http://a.test/ was set with `SameSite=None` but without `Secure`.",
            "cookie-not-secure",
        ),
        (
            "Cookie “sid” has been rejected because it has the “Partitioned” attribute but is missing the “secure” "
            "attribute.",
            "cookie-not-secure",
        ),
        (
            "Cookie “sid” will soon be rejected because it is foreign and does not have the “Partitioned“ attribute.",
            "cookie-third-party",
        ),
    ],
)
def test_a_cookie_that_was_lost_is_told_with_its_reason(text: str, code: str) -> None:
    message = read_console(text)
    assert message is not None
    assert (message.cause, message.stops) == (code, False)
