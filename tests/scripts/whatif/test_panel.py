"""Headers as developer tools list them, and HTTP as it is written out: judged like any other paste."""

from __future__ import annotations

import re

import pytest

from corsight.scripts.whatif.copied.read import Asked, read_asked

CHROME = """\
Request URL:https://api.test/orders
Request Method:OPTIONS
Status Code:401 Unauthorized
Remote Address:[::1]:8080
Referrer Policy:strict-origin-when-cross-origin
Response Headers
Cache-Control:no-store
WWW-Authenticate:Basic realm="R"
Request Headers
Access-Control-Request-Headers:x-id
Access-Control-Request-Method:PUT
Origin:https://app.test
"""
CHROME_TWO_LINES = """\
Request URL
https://api.test/orders
Request Method
OPTIONS
Status Code
401 Unauthorized
Remote Address
1.2.3.4:443
Referrer Policy
strict-origin-when-cross-origin
cache-control
no-store
www-authenticate
Basic realm="R"
:authority
api.test
:method
OPTIONS
:path
/orders
:scheme
https
access-control-request-headers
x-id
access-control-request-method
PUT
origin
https://app.test
"""
SAFARI = """\
Summary
URL: https://api.test/orders
Status: 401
Source: Network
Address: 1.2.3.4:443
Initiator:
main.js:33

Request
:method: OPTIONS
:scheme: https
:authority: api.test
:path: /orders
Access-Control-Request-Headers: x-id
Access-Control-Request-Method: PUT
Origin: https://app.test

Response
:status: 401
Cache-Control: no-store
WWW-Authenticate: Basic realm="R"
"""
RAW = """\
❯ http OPTIONS https://api.test/orders

OPTIONS /orders HTTP/1.1
Host: api.test
Origin: https://app.test
Access-Control-Request-Method: PUT
Access-Control-Request-Headers: x-id

HTTP/1.1 401 Unauthorized
Cache-Control: no-store
WWW-Authenticate: Basic realm="R"

{"error": "HTTP/1.1 200 OK"}
"""


def asked(text: str) -> Asked | None:
    return read_asked(text, "paste", None)


@pytest.mark.parametrize("text", [CHROME, re.sub("(?m)^([^:]*):", r"\1: ", CHROME), CHROME_TWO_LINES, SAFARI, RAW])
def test_a_preflight_with_its_response_is_read(text: str) -> None:
    found = asked(text)
    assert found is not None
    assert (found.url, found.method, found.origin) == ("https://api.test/orders", "PUT", "https://app.test")
    assert [one.partition(":")[0] for one in found.headers] == ["x-id"]
    assert found.response is None
    assert found.preflight is not None
    [hop] = found.preflight.hops
    assert hop.response.status == 401
    assert hop.response.headers.get("www-authenticate") == 'Basic realm="R"'
    assert hop.response.headers.get("cache-control") == "no-store"


def test_a_request_with_its_response_is_read() -> None:
    found = asked(
        "Request URL\nhttps://api.test/me\nRequest Method\nGET\nStatus Code\n200 OK\naccess-control-allow-origin\n*\n"
        "accept\n*/*\ncookie\na=1\norigin\nhttps://app.test\n"
    )
    assert found is not None
    assert (found.url, found.origin, found.credentials) == ("https://api.test/me", "https://app.test", "include")
    assert found.response is not None
    assert found.response.hops[0].response.headers.get("access-control-allow-origin") == "*"


@pytest.mark.parametrize(
    ("first", "host", "scheme"),
    [
        ("GET /x HTTP/1.1", "localhost:8080", "http"),
        ("GET /x HTTP/1.1", "192.168.1.2", "http"),
        ("GET /x HTTP/1.1", "api.test", "https"),
        ("GET /x HTTP/1.1", "api.test:8080", "http"),
        ("GET /x HTTP/2", "api.test:8443", "https"),
    ],
)
def test_the_scheme_is_the_likeliest_where_none_is_told(first: str, host: str, scheme: str) -> None:
    found = asked(f"{first}\nHost: {host}\nOrigin: https://app.test\n")
    assert found is not None
    assert found.url == f"{scheme}://{host}/x"


@pytest.mark.parametrize(
    "text",
    [
        "URL: https://api.test/x\nStatus: 500",
        "Request URL: nothing",
        "Request Method: GET",
        "URL:",
        "GET /x HTTP/1.1",
    ],
)
def test_what_shows_no_request_is_left_to_others(text: str) -> None:
    assert asked(text) is None
