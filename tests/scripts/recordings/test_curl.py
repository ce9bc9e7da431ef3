"""Transcripts of curl -v."""

from __future__ import annotations

from io import BufferedReader, BytesIO
from pathlib import Path

import pytest

from corsight.scripts.judging import judge_recording
from corsight.scripts.recordings import Recording
from corsight.scripts.recordings.curl_lines import read_lines

TRANSCRIPT = """\
*   Trying 203.0.113.7:443...
* Connected to api.example (203.0.113.7) port 443
* SSL connection using TLSv1.3 / TLS_AES_256_GCM_SHA384
> OPTIONS /v1?a=b HTTP/2
> Host: api.example
> user-agent: curl/8.14.1
> origin: https://shop.example
> access-control-request-method: PUT
>
< HTTP/2 204
< access-control-allow-origin: https://shop.example
<
* Connection #0 to host api.example left intact
> PUT /v1?a=b HTTP/1.1
> Host: api.example
> Origin: https://shop.example
>
< HTTP/1.1 100 Continue
<
< HTTP/1.1 200 OK
< Content-Type: text/plain
<
{ [5 bytes data]
hello
"""


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_each_request_is_judged_by_its_origin(tmp_path: Path, end: str) -> None:
    (tmp_path / "a").write_bytes(TRANSCRIPT.replace("\n", end).encode())
    recording = Recording(str(tmp_path / "a"))
    judged = list(judge_recording(recording))
    assert [one.entry.exchange.request.url for one in judged] == ["https://api.example/v1?a=b"] * 2
    assert [one.verdict.ruling.rule for one in judged] == ["preflight-method-not-allowed", "allow-origin-missing"]
    assert {one.verdict.engine for one in judged} == {"standard"}
    assert [one.entry.exchange.response.status for one in judged if one.entry.exchange.response] == [204, 200]
    assert "curl is not a browser" in recording.remarks[0]
    assert recording.problem is None


def test_plain_http_and_a_proxys_connect(tmp_path: Path) -> None:
    text = "> CONNECT api.example:80 HTTP/1.1\n> Host: api.example:80\n>\n< HTTP/1.1 200 OK\n<\n"
    text += "> GET /a HTTP/1.1\n> Host: api.example\n>\n"
    (tmp_path / "a").write_text("* Trying 203.0.113.7:80...\n" + text)
    [judged] = judge_recording(Recording(str(tmp_path / "a")))
    assert judged.entry.exchange.request.url == "http://api.example/a"
    assert judged.entry.exchange.response is None


SENT, GOT = (
    ["GET /none HTTP/1.1", "Host: api.example", "Origin: https://shop.example", "X-Long: " + "a" * 150, ""],
    [
        "HTTP/1.1 200 OK",
        "Content-Type: application/json",
        "",
    ],
)
METER = "\r  0     0    0     0    0     0      0      0 --:--:--  0:00:01 --:--:--     0"


def dump(lines: list[str], *, hexadecimal: bool) -> str:
    """A block of `--trace` or `--trace-ascii`."""
    data = "".join(line + "\r\n" for line in lines)
    dumped, place = "", 0
    while place < len(data):
        width = 16 if hexadecimal else 64
        part = data[place : place + width]
        if hexadecimal:
            shown = "".join(f"{ord(one):02x} " for one in part).ljust(48) + part.replace("\r", ".").replace("\n", ".")
        else:
            shown = part.partition("\r\n")[0]
            part = part[: len(shown)] + (
                data[place + len(shown) :][:2] if data[place + len(shown) :][:1] == "\r" else ""
            )
        dumped += f"{place:04x}: {shown}\n"
        place += len(part)
    return dumped


def write_verbose(before: str, meter: str = "") -> str:
    """A transcript of `curl -v` with something before its lines."""
    lines = ["* Connected to api.example (203.0.113.7) port 80", *(f"> {line}" for line in SENT)]
    lines += [meter + f"< {GOT[0]}", *(f"< {line}" for line in GOT[1:])]
    return "".join(f"{before}{line}\n" for line in lines)


def write_trace(before: str, *, hexadecimal: bool) -> str:
    """A transcript of `curl --trace`."""
    text = (
        f"{before}== Info: Connected to api.example (203.0.113.7) port 80\n{before}=> Send header, 200 bytes (0xc8)\n"
    )
    text += dump(SENT, hexadecimal=hexadecimal)
    for line in GOT:
        text += f"{before}<= Recv header, {len(line) + 2} bytes (0x1)\n" + dump([line], hexadecimal=hexadecimal)
    body = dump(["> GET /no HTTP/1.1", "Host: no.example"], hexadecimal=hexadecimal)
    return text + f"{before}<= Recv data, 38 bytes (0x26)\n" + body


@pytest.mark.parametrize(
    "text",
    [
        write_verbose("12:00:00.123456 "),
        write_verbose("12:00:00.123456 [0-0] "),
        write_verbose("[0-x] "),
        write_verbose("", METER),
        write_trace("", hexadecimal=False),
        write_trace("", hexadecimal=True),
        write_trace("12:00:00.123456 ", hexadecimal=False),
        write_trace("12:00:00.123456 [0-0] ", hexadecimal=True),
    ],
)
def test_what_stands_before_the_lines_and_traces_make_no_difference(text: str, tmp_path: Path) -> None:
    (tmp_path / "a").write_text(text, newline="")
    recording = Recording(str(tmp_path / "a"))
    [judged] = judge_recording(recording)
    request, response = judged.entry.exchange.request, judged.entry.exchange.response
    assert (request.method, request.url) == ("GET", "http://api.example/none")
    assert request.headers.get("x-long") == "a" * 150
    assert response is not None
    assert (response.status, response.headers.get("content-type")) == (200, "application/json")
    assert judged.verdict.ruling.rule == "allow-origin-missing"
    assert recording.problem is None


@pytest.mark.parametrize(
    ("line", "rest"),
    [
        (b"100  12k  0 --:--:--\r< a: b\n", b"< a: b\n"),
        (b"  0\r  5 12\r10:00:00.123 [0-x1] > GET / HTTP/1.1\r\n", b"> GET / HTTP/1.1\r\n"),
        (b"Speed G\r\r  > a\n", b"> a\n"),
        (b"{ [5 bytes data]\r 1\r< a: b\r\n", b"< a: b\r\n"),
        (b"< a: b\rc\n", b"< a: b\rc\n"),
        (b"12:00:00 < a\n", b"< a\n"),
        (b"nothing\r1\r2\n", b"nothing\r1\r2\n"),
    ],
)
def test_what_stands_before_the_mark_of_a_line_is_taken_off(line: bytes, rest: bytes) -> None:
    assert list(read_lines(BufferedReader(BytesIO(line)))) == [rest]


def tell(method: str, target: str, host: str, *answer: str, version: str = "1.1") -> str:
    """The lines of a request, and those of its answer."""
    sent = [f"> {method} {target} HTTP/{version}", f"> Host: {host}", "> Origin: https://shop.example", "> "]
    return "\n".join([*sent, *(f"< {line}" for line in answer)]) + "\n"


PORTS = ((1, 8443), (2, 8080), (3, 8443), (4, 8080))
OK = ("HTTP/1.1 200 OK", "Access-Control-Allow-Origin: *", "")


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        (
            "* Connected to a.example (192.0.2.1) port 8443 (#0)\n* ALPN, offering h2\n"
            + tell("GET", "/1", "a.example:8443", *OK)
            + "* Connected to a.example (192.0.2.1) port 8080 (#1)\n"
            + tell("GET", "/2", "a.example:8080", *OK)
            + "* Re-using existing connection #0 with host a.example\n"
            + tell("GET", "/3", "a.example:8443", *OK)
            + "* Re-using existing connection! (#1) with host a.example\n"
            + tell("GET", "/4", "a.example:8080", *OK),
            [f"{'https' if port == 8443 else 'http'}://a.example:{port}/{n}" for n, port in PORTS],
        ),
        (
            "* Connected to a.example (192.0.2.1) port 8443\n* schannel: SSL/TLS connection with a.example port 8443\n"
            + tell("GET", "/1", "a.example:8443", *OK)
            + "* Connected to b.example (192.0.2.1) port 8080\n"
            + tell("GET", "/2", "b.example:8080", *OK)
            + "* Re-using existing connection with host a.example\n"
            + tell("GET", "/3", "a.example:8443", *OK)
            + "* Re-using existing http: connection with host b.example\n"
            + tell("GET", "/4", "b.example:8080", *OK),
            [f"{'https://a' if port == 8443 else 'http://b'}.example:{port}/{n}" for n, port in PORTS],
        ),
        (
            "* Connected to localhost (127.0.0.1) port 8080\n* using HTTP/2\n* [HTTP/2] [1] [:scheme: http]\n"
            + tell("GET", "/", "localhost:8080", *OK, version="2"),
            ["http://localhost:8080/"],
        ),
        (tell("GET", "/", "a.example", *OK, version="2"), ["https://a.example/"]),
        (tell("GET", "/", "a.example", *OK), ["http://a.example/"]),
    ],
)
def test_each_connection_has_a_scheme_of_its_own(text: str, urls: list[str], tmp_path: Path) -> None:
    (tmp_path / "a").write_text(text)
    assert [one.entry.exchange.request.url for one in judge_recording(Recording(str(tmp_path / "a")))] == urls


def test_of_requests_at_the_same_time_none_is_given_the_answer_of_another(tmp_path: Path) -> None:
    text = tell("GET", "/a", "a.example") + tell("GET", "/b", "a.example", *OK)
    text += "< HTTP/1.1 200 OK\n<\n" + tell("GET", "/c", "a.example", *OK)
    (tmp_path / "a").write_text(text)
    recording = Recording(str(tmp_path / "a"))
    assert [one.entry.exchange.request.url for one in judge_recording(recording)] == ["http://a.example/c"]
    assert recording.passed_over == 2
    assert "2 requests ran at the same time" in recording.remarks[1]


def test_of_requests_at_the_same_time_one_may_fail(tmp_path: Path) -> None:
    text = tell("GET", "/a", "a.example") + tell("GET", "/b", "a.example") + tell("GET", "/c", "a.example", *OK)
    text += "curl: (56) Recv failure\ncurl: (28) Operation timed out\n" + tell("GET", "/d", "a.example", *OK)
    (tmp_path / "a").write_text(text)
    recording = Recording(str(tmp_path / "a"))
    assert [one.entry.exchange.request.url for one in judge_recording(recording)] == ["http://a.example/d"]
    assert recording.passed_over == 3


@pytest.mark.parametrize("said", ["* Empty reply from server\n", "curl: (28) Operation timed out\n"])
def test_what_failed_is_no_request_at_the_same_time(said: str, tmp_path: Path) -> None:
    (tmp_path / "a").write_text(tell("GET", "/a", "a.example") + said + tell("GET", "/b", "a.example", *OK))
    first, second = judge_recording(Recording(str(tmp_path / "a")))
    assert first.entry.exchange.response is None
    assert second.entry.exchange.response is not None


@pytest.mark.parametrize(
    "text",
    [
        "".join(f"2026-01-01T00:00:00.1234567Z {line}\n" for line in tell("GET", "/", "a.example", *OK).splitlines()),
        "".join(f"2026-01-01T00:00:00+02:00 {line}\n" for line in tell("GET", "/", "a.example", *OK).splitlines()),
        "".join(f"\x1b[1m{line}\x1b[0m\n" for line in tell("GET", "/", "a.example", *OK).splitlines()),
        METER + tell("GET", "/", "a.example", *OK),
    ],
)
def test_logs_of_terminals_and_cis_are_recognised(text: str, tmp_path: Path) -> None:
    (tmp_path / "a").write_text(text, newline="")
    recording = Recording(str(tmp_path / "a"))
    [judged] = judge_recording(recording)
    assert judged.verdict.outcome.value == "allowed"
    assert recording.problem is None


@pytest.mark.parametrize(
    "text", ["HTTP/1.1 200 OK\nServer: x\n\nhello\n", "HTTP/2 200 \r\nserver: x\r\n", METER + "* Trying 192.0.2.1...\n"]
)
def test_answers_alone_are_no_transcript(text: str, tmp_path: Path) -> None:
    (tmp_path / "a").write_text(text, newline="")
    recording = Recording(str(tmp_path / "a"))
    assert not list(judge_recording(recording))
    assert "holds no request that curl sent; run curl -v" in str(recording.problem)


def test_a_command_that_was_copied_from_a_browser_is_still_curls(tmp_path: Path) -> None:
    copied = (
        "> User-Agent: Mozilla/5.0 (X11) AppleWebKit/537.36 Chrome/150.0.0.0 Safari/537.36\n> sec-fetch-mode: cors\n"
    )
    copied += "> sec-fetch-site: cross-site\n> sec-fetch-dest: empty\n> \n"
    (tmp_path / "a").write_text(tell("GET", "/", "a.example", *OK).replace("> \n", copied))
    [judged] = judge_recording(Recording(str(tmp_path / "a")))
    assert judged.verdict.engine == "standard"
    assert judged.verdict.divided
