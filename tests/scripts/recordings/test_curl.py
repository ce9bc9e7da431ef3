"""Transcripts of curl -v."""

from __future__ import annotations

from pathlib import Path

import pytest

from corsight.scripts.judging import judge_recording
from corsight.scripts.recordings import Recording

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
    assert "curl is no browser" in recording.remarks[0]
    assert recording.problem is None


def test_plain_http_and_a_proxys_connect(tmp_path: Path) -> None:
    text = "> CONNECT api.example:80 HTTP/1.1\n> Host: api.example:80\n>\n< HTTP/1.1 200 OK\n<\n"
    text += "> GET /a HTTP/1.1\n> Host: api.example\n>\n"
    (tmp_path / "a").write_text("* Trying 203.0.113.7:80...\n" + text)
    [judged] = judge_recording(Recording(str(tmp_path / "a")))
    assert judged.entry.exchange.request.url == "http://api.example/a"
    assert judged.entry.exchange.response is None
