"""What curl prints is read as the responses it got, whatever stands around them."""

from __future__ import annotations

import shlex
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corsight.scripts.curl import Pasted, field, preflight_command, read_curl, request_command, shown_field
from corsight.scripts.errors import CorsightError

ORIGIN = "https://app.test"
PLAIN = f"HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: {ORIGIN}\r\nVary: Origin\r\n\r\n<p>hello\r\n"
VERBOSE = f"""\
*   Trying 192.0.2.1:443...
* ALPN: server accepted h2
> GET /x HTTP/2
> Host: api.test
> Origin: https://other.test
>
* Request completely sent off
< HTTP/2 200
< access-control-allow-origin: {ORIGIN}
< vary: Origin
<
{{ [5 bytes data]
HTTP/1.1 404 Not Found
* Connection #0 to host api.test left intact
"""


def read(text: str, **options: int) -> Pasted:
    return read_curl(text.encode("utf-8"), "paste", **options)


def answers(pasted: Pasted) -> list[tuple[int, str | None]]:
    return [(hop.response.status, hop.response.headers.get("access-control-allow-origin")) for hop in pasted.hops]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(PLAIN, id="curl -i"),
        pytest.param(PLAIN.replace("\r\n", "\n"), id="LF"),
        pytest.param(PLAIN.partition("\r\n\r\n")[0], id="cut off after the headers"),
        pytest.param(PLAIN.replace("HTTP/1.1 200 OK", "HTTP/2 200 "), id="HTTP/2"),
        pytest.param(PLAIN.replace("HTTP/1.1 200 OK", "HTTP/3 200"), id="HTTP/3"),
        pytest.param(f"HTTP/1.1 100 Continue\r\n\r\n{PLAIN}", id="100 Continue"),
        pytest.param(f"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n{PLAIN}", id="103 Early Hints"),
        pytest.param(f"HTTP/1.1 200 Connection established\r\n\r\n{PLAIN}", id="a proxy's tunnel"),
        pytest.param(f"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Digest\r\n\r\n{PLAIN}", id="curl --digest"),
        pytest.param(f"$ curl -i https://api.test/x\n  % Total    % Received\n\n{PLAIN}", id="the call above it"),
        pytest.param(PLAIN.replace("Vary: Origin", "Vary:\r\n Origin"), id="a header in two lines"),
        pytest.param(f"{PLAIN}\r\nHTTP/1.1 500 No\r\nX: 1\r\n\r\n", id="a status line in the body"),
        pytest.param(PLAIN.replace("Vary", "\x1b[1mVary\x1b[0m"), id="in colour"),
        pytest.param("  " + PLAIN.partition("<p>")[0].strip().replace("\r\n", "\n  "), id="wget -S"),
        pytest.param(VERBOSE, id="curl -v"),
        pytest.param(VERBOSE.replace("\n", "\r\n"), id="curl -v with CRLF"),
    ],
)
def test_the_response_is_found(text: str) -> None:
    pasted = read(text)
    assert answers(pasted) == [(200, ORIGIN)]
    assert pasted.hops[0].response.headers.get("vary") == "Origin"


def test_encodings_of_windows() -> None:
    for data in (PLAIN.encode("utf-16"), b"\xef\xbb\xbf" + PLAIN.encode()):
        assert answers(read_curl(data, "paste")) == [(200, ORIGIN)]


def test_bytes_stay_bytes() -> None:
    pasted = read_curl(b"HTTP/1.1 200 OK\nAccess-Control-Allow-Origin: \xfc\xe2\x82\xac\n\n", "paste")
    assert pasted.hops[0].response.headers.fields == ((b"Access-Control-Allow-Origin", b"\xfc\xe2\x82\xac"),)


def test_redirects_that_curl_followed_are_kept() -> None:
    hop = "HTTP/1.1 302 Found\r\nLocation: /y\r\n\r\n"
    assert answers(read(f"HTTP/1.0 200 Connection established\r\n\r\n{hop}{hop}{PLAIN}")) == [
        (302, None),
        (302, None),
        (200, ORIGIN),
    ]
    assert answers(read(hop)) == [(302, None)]


def test_a_multiplexed_response_is_told() -> None:
    assert read(VERBOSE).hops[0].http2
    assert not read(PLAIN).hops[0].http2


def test_what_curl_sent_is_told_where_it_shows() -> None:
    assert read(PLAIN).origin is None
    assert read(VERBOSE).origin == "https://other.test"
    assert read(VERBOSE.replace("> Origin: https://other.test\n", "")).origin == ""


def test_headers_without_a_status_line() -> None:
    text = f"\naccess-control-allow-origin: {ORIGIN}\nvary: Origin\n"
    assert answers(read(text, status=204)) == [(204, ORIGIN)]
    assert answers(read(PLAIN, status=204)) == [(200, ORIGIN)]


def test_no_response_is_no_answer() -> None:
    pasted = read("  % Total\ncurl: (60) SSL certificate problem: unable to get local issuer certificate\nMore: x")
    assert pasted.hops == ()
    assert pasted.failure == "SSL certificate problem: unable to get local issuer certificate (curl: 60)"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "paste: is empty; curl -i prints a response with its headers"),
        (
            "<html>",
            "paste: there is no status line in it, such as HTTP/2 200; curl -i prints one; or give --status beside the "
            "headers",
        ),
        (
            "HTTP/1.1 200 OK\nA: 1\nno header\n",
            "paste, line 3: 'no header' is not a header; an empty line has to stand between the headers and the body",
        ),
        (
            "HTTP/1.1 100 Continue\n\n",
            "paste, line 1: the response in it is an interim one (100), and no final one follows",
        ),
    ],
)
def test_what_is_no_response_is_said_in_a_line(text: str, line: str) -> None:
    with pytest.raises(CorsightError) as caught:
        read(text)
    assert str(caught.value) == line


@given(st.binary(), st.sampled_from([b"", b"HTTP/1.1 200 OK\n", b"< HTTP/2 200\n< "]), st.binary())
def test_whatever_is_pasted_is_read_or_refused(before: bytes, start: bytes, after: bytes) -> None:
    with suppress(CorsightError):
        pasted = read_curl(before + start + after, "paste")
        assert pasted.hops or pasted.failure is not None


def test_a_typed_header() -> None:
    assert field("X-A:  b: c ", "-H") == ("X-A", "b: c")
    assert field("X-A:", "-H") == ("X-A", "")
    for text in ("X-A", "X A: b", ": b", "X-A: ✓", "X-A: a\nB: c"):
        with pytest.raises(CorsightError, match=r"^-H: '"):
            field(text, "-H")


def test_commands_are_what_a_shell_takes() -> None:
    command = preflight_command("https://api.test/x?a=1&b='2'", "null", "PUT", ("content-type", "x-a"))
    assert shlex.split(command.replace("\\\n", "")) == [
        *("curl", "-i", "-X", "OPTIONS", "https://api.test/x?a=1&b='2'"),
        *("-H", "Origin: null"),
        *("-H", "Access-Control-Request-Method: PUT"),
        *("-H", "Access-Control-Request-Headers: content-type,x-a"),
    ]
    assert shlex.split(request_command("https://api.test/", None, "HEAD", [("X-A", "")]).replace("\\\n", "")) == [
        *("curl", "-I", "https://api.test/", "-H", "X-A;")
    ]


def test_commands_hold_no_secrets() -> None:
    headers = [("Authorization", "Bearer abc"), ("X-Link", "https://u:pw@a.test/?token=abc")]
    command = request_command("https://api.test/?api_key=abc", ORIGIN, "GET", headers)
    assert "abc" not in command
    assert "pw" not in command
    assert "Authorization: Bearer REDACTED" in command


@pytest.mark.parametrize("mark", " ()-./:;=?_")
def test_the_products_of_a_client_hint_stay_readable(mark: str) -> None:
    brands = f'"Chromium";v="156", "Not{mark}A?Brand";v="24.0.0.0", "Google Chrome";v="156.0.6943.60"'
    for name in ("sec-ch-ua", "Sec-CH-UA-Full-Version-List"):
        assert shown_field(name, brands) == f"{name}: {brands}"
    for secret in ('"S3cr3tVa1ue9Xz";v="1"', '"a";v="1", "https://u:S3cr3tVa1ue9Xz@a.test";v="1"'):
        assert "S3cr3t" not in shown_field("sec-ch-ua", secret)


def test_curl_takes_brackets_of_a_url_as_they_are() -> None:
    words = shlex.split(request_command("http://[::1]:8080/a?b={c}", ORIGIN, "GET", []).replace("\\\n", ""))
    assert words[:4] == ["curl", "-i", "-g", "http://[::1]:8080/a?b=REDACTED}"]
    assert "-g" not in shlex.split(request_command("http://a.test/", ORIGIN, "GET", []).replace("\\\n", ""))
