"""Secrets in URLs, and control characters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corsight.policies.redact import REDACTED, printable, redact


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("https://a.test/?token=s3cret", "https://a.test/?token=REDACTED"),
        ("https://a.test/?a=1&access_token=s3cret&b=2", "https://a.test/?a=1&access_token=REDACTED&b=2"),
        ("https://a.test/?a=1;API-Key=s3cret#x", "https://a.test/?a=1;API-Key=REDACTED#x"),
        ("https://a.test/cb#id_token=s3cret&state=1", "https://a.test/cb#id_token=REDACTED&state=1"),
        ("https://a.test/?user[password]=s3cret", "https://a.test/?user[password]=REDACTED"),
        ("https://a.test/?X-Amz-Signature=s3cret", "https://a.test/?X-Amz-Signature=REDACTED"),
        ("https://a.test/?csrf.token=s3cret", "https://a.test/?csrf.token=REDACTED"),
        ("https://a.test/?code=s3cret", "https://a.test/?code=REDACTED"),
        ("https://user:s3cret@a.test/x", "https://REDACTED@a.test/x"),
        ("https://user@a.test/x", "https://REDACTED@a.test/x"),
        ("from https://u:s3cret@a.test to 'https://b.test/?sid=s3cret'", "from https://REDACTED@a.test to 'https://b.test/?sid=REDACTED'"),
        ("at https://b.test/?sig=s3cret. (Reason", "at https://b.test/?sig=REDACTED (Reason"),
    ],
)  # fmt: skip
def test_a_secret_is_taken_out(text: str, clean: str) -> None:
    assert redact(text) == clean
    assert "s3cret" not in redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "https://a.test/?page=2&monkey=1",
        "https://a.test/?tokens_used=3",
        "https://a.test/?token=",
        "https://a.test/@user/x",
        "https://a.test/?q=me@home",
        "mailto:me@a.test",
        "Response to preflight request doesn't pass access control check",
        "",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redact(text) == text


names = st.sampled_from(("token", "password", "api_key", "sig", "session", "my_token", "X-Amz-Credential"))
secrets = st.from_regex(r"[a-z0-9.%/+_-]{12,40}", fullmatch=True)


@given(names, secrets, st.sampled_from("?&;#"), st.booleans())
def test_no_secret_survives_whatever_it_looks_like(name: str, secret: str, before: str, upper: bool) -> None:
    url = f"https://a.test/x{before}{name.upper() if upper else name}={secret}&page=2"
    assert redact(url) == url.replace(f"={secret}&", f"={REDACTED}&")


@given(st.text(st.sampled_from("https:/@?&;#=tokenkey. '[]_-")))
def test_redacting_twice_changes_nothing(text: str) -> None:
    assert redact(redact(text)) == redact(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ‘text’ é", "plain ‘text’ é"),
        ("a\x1b[31mb", "a\\x1b[31mb"),
        ("a\r\nb\tc", "a\\x0d\\x0ab\\x09c"),
        ("a\u202eb", "a\\u202eb"),
        ("a\U000e0041b", "a\\U000e0041b"),
        ("a\xa0b", "a\\xa0b"),
    ],
)
def test_what_a_terminal_would_act_on_is_escaped(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text())
def test_what_is_printable_is_printable(text: str) -> None:
    assert printable(text).isprintable()
