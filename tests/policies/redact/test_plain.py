"""What is plain enough to be shown, and what looks random."""

from __future__ import annotations

import base64
import hashlib

import pytest

from corsight.policies.redact.plain import decode, is_plain, looks_random

PLAIN = [
    "page", "42", "true", "GET", "null", "T0", "B0", "hunter2", "order123456", "1st", "30days", "1280x720",
    "1700000000000", "1234567890123456789", "-12.5", "en-US", "zh-Hant-TW", "v1.2.3-beta.4", "x86_64", "i18n",
    "utf-8", "ISO-8859-1", "sha256", "oauth2", "HTTP2", "app.js", "jquery-3.7.1.min.js", "photo_of-the_lake.jpeg",
    "crossorigin.html", "2024-01-31", "2024-01-31T12:00:00.000Z", "2024-01-31T12%3A00%3A00%2B02%3A00",
    "20240131T120000Z", "createdAt", "userId", "innerHTML", "getElementById", "GitHub", "CORSMissingAllowOrigin",
    "CORSDidNotSucceed2", "price:asc", "-created_at", "id,name,email", "image/png", "52.5200066,13.4049540",
    "hello+world", "hello%20world", "https://app.example", "caf%C3%A9", "%E6%97%A5%E6%9C%AC", "Jürgen", "*",
    "a/b/c",
]  # fmt: skip

RANDOM = [
    "SeCrEtVal9", "SeCrEtVal", "s3cret", "a3f9c2", "YWRtaW4", "dXNlcjpwYXNz", "SGVsbG8gd29ybGQ", "XyZ-9aB_cD3",
    "d41d8cd98f00b204e9800998ecf8427e", "507f1f77bcf86cd799439011", "AKIAIOSFODNN7EXAMPLE",
    "ghp_16C7e42F292c6912E7710c838347Ae178B4a", "123e4567-e89b-12d3-a456-426614174000",
    "11111111-1111-1111-1111-111111111111", "ABCD-1234-EFGH-5678", "eyJhbGciOiJIUzI1NiJ9", "eyJ.e30.",
    "12345678901234567890", "abcdefghijklmnopqrstuvwxyz", "AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw",
]  # fmt: skip


@pytest.mark.parametrize("text", PLAIN)
def test_words_numbers_versions_names_and_dates_are_plain(text: str) -> None:
    assert is_plain(text)
    assert not looks_random(decode(text))


@pytest.mark.parametrize("text", RANDOM)
def test_what_is_long_or_mixed_looks_random(text: str) -> None:
    assert looks_random(text)
    assert not is_plain(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a=b",
        "a?b",
        "a&b",
        "a@b.test",
        '{"a":1}',
        "[1]",
        "a'b",
        "50%",
        "a%3Db",
        "a%253Db",
        "a\nb",
        "a%0Ab",
        "a b " * 20,
    ],
)
def test_what_has_a_structure_of_its_own_is_not_plain(text: str) -> None:
    assert not is_plain(text)


def test_no_key_of_24_characters_passes_for_words() -> None:
    """Random texts are told by chance alone: of 16 characters fewer than one in a hundred pass, of 24 none."""
    digests = [hashlib.sha256(str(number).encode()).digest() for number in range(2000)]
    for spell in (
        bytes.hex,
        lambda one: base64.urlsafe_b64encode(one).decode(),
        lambda one: base64.b32encode(one).decode(),
    ):
        keys = [spell(digest) for digest in digests]
        assert not [key for key in keys if not looks_random(key[:24])]
        assert sum(not looks_random(key[:16]) for key in keys) < 20


@pytest.mark.parametrize(
    ("text", "decoded"),
    [
        ("%41", "A"),
        ("%2541", "A"),
        ("%252541", "A"),
        ("100%", "100%"),
        ("%zz", "%zz"),
        ("a+b", "a+b"),
        ("%ff", "\ufffd"),
    ],
)
def test_a_text_is_decoded_as_often_as_it_was_encoded(text: str, decoded: str) -> None:
    assert decode(text) == decoded
