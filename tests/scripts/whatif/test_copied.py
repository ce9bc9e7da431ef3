"""Requests as developer tools copy them and people type them: each is read for what it asks."""

from __future__ import annotations

import contextlib
import random
import tracemalloc

import pytest

from corsight.scripts.dev.cpu import count_steps
from corsight.scripts.errors import CorsightError
from corsight.scripts.whatif import message
from corsight.scripts.whatif.copied.javascript import UNKNOWN, Reader
from corsight.scripts.whatif.copied.read import Asked, read_asked
from corsight.scripts.whatif.copied.shells import split_command
from corsight.scripts.whatif.model import Question, Responses
from corsight.scripts.whatif.predict import predict

URL = "https://api.test/orders?x=1&y=2"

CHROME_BASH = f"""\
curl '{URL}' \\
  -X 'PUT' \\
  -H 'accept: */*' \\
  -H 'content-type: application/json' \\
  -H 'origin: https://app.test' \\
  -H 'referer: https://app.test/' \\
  -H 'sec-ch-ua: "Chromium";v="150", "Not(A:Brand";v="8"' \\
  -H 'sec-fetch-mode: cors' \\
  -H 'user-agent: Mozilla/5.0 (X11; Linux x86_64)' \\
  -H 'x-id: 1' \\
  --data-raw $'{{"a":"it\\'s\\u0021"}}'
"""
CHROME_CMD = """\
curl ^"https://api.test/orders?x=1^&y=2^" ^
  -X ^"PUT^" ^
  -H ^"accept: */*^" ^
  -H ^"content-type: application/json^" ^
  -H ^"origin: https://app.test^" ^
  -H ^"sec-ch-ua: ^\\^"Chromium^\\^";v=^\\^"150^\\^"^" ^
  -H ^"sec-fetch-mode: cors^" ^
  -H ^"x-id: 1^" ^
  --data-raw ^"^{^\\^"a^\\^":1^}^"
"""
CHROME_CMD_OLD = """\
curl.exe "https://api.test/orders?x=1&y=2" ^
  -X "PUT" ^
  -H "content-type: application/json" ^
  -H "origin: https://app.test" ^
  -H "x-id: 1" ^
  --data-raw "{""a"":1}" ^
  --compressed
"""
CHROME_POWERSHELL = """\
$session = New-Object Microsoft.PowerShell.Commands.WebRequestSession
$session.UserAgent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
Invoke-WebRequest -UseBasicParsing -Uri "https://api.test/orders?x=1&y=2" `
-Method "PUT" `
-WebSession $session `
-Headers @{
"authority"="api.test"
  "method"="PUT"
  "path"="/orders"
  "scheme"="https"
  "accept"="*/*"
  "origin"="https://app.test"
  "sec-ch-ua"="`"Chromium`";v=`"150`""
  "sec-fetch-mode"="cors"
  "x-id"="1"
} `
-ContentType "application/json" `
-Body "{`"a`":`"}`"}"
"""
FIREFOX_BASH = f"""\
curl '{URL}' \\
  --compressed \\
  -X PUT \\
  -H 'User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0' \\
  -H 'Accept: */*' \\
  -H 'Accept-Language: en-US,en;q=0.5' \\
  -H 'Accept-Encoding: gzip, deflate, br, zstd' \\
  -H 'Referer: https://app.test/' \\
  -H 'content-type: application/json' \\
  -H 'x-id: 1' \\
  -H 'Origin: https://app.test' \\
  -H 'Sec-Fetch-Dest: empty' \\
  -H 'Sec-Fetch-Mode: cors' \\
  -H 'Connection: keep-alive' \\
  -H 'Priority: u=4' \\
  -H 'TE: trailers' \\
  --data-raw '{{"a":1}}'
"""
SAFARI_BASH = f"""\
curl '{URL}' \\
-X 'PUT' \\
-H 'Accept: */*' \\
-H 'Content-Type: application/json' \\
-H 'Origin: https://app.test' \\
-H 'X-Id: 1' \\
--data-binary '{{"a":1}}'
"""
CHROME_FETCH = f"""\
fetch("{URL}", {{
  "headers": {{
    "accept": "*/*",
    "content-type": "application/json",
    "sec-ch-ua": "\\"Chromium\\";v=\\"150\\"",
    "sec-fetch-mode": "cors",
    "x-id": "1"
  }},
  "referrer": "https://app.test/",
  "body": "{{\\"a\\":1}}",
  "method": "PUT",
  "mode": "cors",
  "credentials": "omit"
}});
"""
FIREFOX_FETCH = f"""\
await fetch("{URL}", {{
    "credentials": "omit",
    "headers": {{
        "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0",
        "Accept": "*/*",
        "content-type": "application/json",
        "x-id": "1",
        "Sec-Fetch-Mode": "cors"
    }},
    "referrer": "https://app.test/",
    "body": "{{\\"a\\":1}}",
    "method": "PUT",
    "mode": "cors"
}});
"""
SAFARI_FETCH = f"""\
fetch("{URL}", {{
    "body": "{{\\"a\\":1}}",
    "cache": "default",
    "credentials": "omit",
    "headers": {{
        "Accept": "*/*",
        "Content-Type": "application/json",
        "User-Agent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15",
        "X-Id": "1"
    }},
    "method": "PUT",
    "mode": "cors",
    "redirect": "follow",
    "referrer": "https://app.test/",
    "referrerPolicy": "strict-origin-when-cross-origin"
}})
"""


def asked(text: str, origin: str | None = None) -> Asked:
    found = read_asked(text, "paste", origin)
    assert found is not None
    return found


@pytest.mark.parametrize(
    "copied",
    [
        *(CHROME_BASH, CHROME_CMD, CHROME_CMD_OLD, CHROME_POWERSHELL, FIREFOX_BASH, SAFARI_BASH),
        *(CHROME_FETCH, FIREFOX_FETCH, SAFARI_FETCH),
        CHROME_BASH.replace("\n", "\r\n"),
        f"user@host:~/shop$ {CHROME_BASH}",
        f"PS C:\\shop> {CHROME_CMD_OLD}",
        f"My request:\n\n{FIREFOX_FETCH}",
    ],
)
def test_what_developer_tools_copy_is_read(copied: str) -> None:
    found = asked(copied)
    assert (found.url, found.method, found.origin, found.mode) == (URL, "PUT", "https://app.test", "cors")
    assert [one.lower() for one in found.headers] == ["content-type: application/json", "x-id: 1"] or [
        one.lower() for one in found.headers
    ] == ["x-id: 1", "content-type: application/json"]
    # No cookie went out: that says nothing of what the page asked for.
    assert found.credentials is None
    assert (found.preflight, found.response) == (None, None)


@pytest.mark.parametrize(
    ("copied", "credentials"),
    [
        (f"curl {URL!r} -H 'Origin: https://app.test' -b 'a=1'", "include"),
        (f"curl {URL!r} -H 'Origin: https://app.test' -H 'Cookie: a=1'", "include"),
        (f"curl {URL!r} -H 'Origin: https://app.test' -b cookies.txt", None),
        (CHROME_FETCH.replace('"omit"', '"include"'), "include"),
        (f"fetch('{URL}', {{credentials: 'omit'}})", "omit"),
        # fetch() by itself, in a page's code.
        (f"fetch('{URL}')", "same-origin"),
        (f"fetch('{URL}', {{credentials: mode}})", None),
        (
            CHROME_POWERSHELL.replace(
                "Invoke",
                '$session.Cookies.Add((New-Object System.Net.Cookie("a", "1", "/", "api.test")))\nInvoke',
            ),
            "include",
        ),
    ],
)
def test_the_credentials_mode_is_what_can_be_known(copied: str, credentials: str | None) -> None:
    assert asked(copied, "https://app.test").credentials == credentials


@pytest.mark.parametrize(
    ("command", "method", "headers"),
    [
        ("curl -X PATCH https://api.test", "PATCH", ()),
        ("curl -XPATCH -sSLv https://api.test", "PATCH", ()),
        ("curl --request=DELETE --url https://api.test", "DELETE", ()),
        ("curl -I https://api.test", "HEAD", ()),
        ("curl -d a=1 https://api.test", "POST", ()),
        ("curl -G -d a=1 https://api.test", "GET", ()),
        ("curl -T file https://api.test", "PUT", ()),
        ("curl --json '{}' https://api.test", "POST", ("content-type: application/json",)),
        ("curl -o out -w '%{http_code}' --max-time 3 -HX-A:1 https://api.test", "GET", ("x-a: 1",)),
        ("curl -H 'X-Empty;' -H 'Accept:' https://api.test", "GET", ("x-empty: ",)),
        ("curl -u me:pw https://api.test", "GET", ("authorization: Basic bWU6cHc=",)),
        ("curl -s https://api.test -H 'X-A: 1' | jq .", "GET", ("x-a: 1",)),
        ('curl \'https://api.test\' -H "X-A: it\'s \\"so\\""', "GET", ('x-a: it\'s "so"',)),
        ("curl https://api.test -H 'X-A: '\"'\"'1'", "GET", ("x-a: '1",)),
        ("curl https://api.test -H 'User-Agent: me' -A you -e https://app.test/x", "GET", ()),
    ],
)
def test_curl_s_options_are_read(command: str, method: str, headers: tuple[str, ...]) -> None:
    found = asked(command)
    assert (found.url, found.method, found.headers) == ("https://api.test", method, headers)


def test_the_page_is_told_by_the_referrer() -> None:
    assert asked("curl https://api.test -e https://app.test/deep?x").origin == "https://app.test"
    assert asked("fetch('/x', {referrer: 'about:client'})").origin is None
    relative = asked("fetch('/x?y', {method: 'PUT'})", "https://app.test")
    assert relative.url == "https://app.test/x?y"
    assert asked("fetch(`/x`)").url is None


def test_a_page_s_own_code_is_read_as_far_as_it_stands_there() -> None:
    code = """\
    const res = await fetch(`https://api.test/orders/${encodeURIComponent(`${id}`)}/items`, {
      // as the API wants it
      method: 'DELETE', /* or PUT */
      headers: { Authorization: "Bearer " + token, 'X-A': `v${a(")")}`, 'X-B': 'b', ...more, accept },
      body: JSON.stringify({ a: [1, 2], b: "}" }),
      signal: AbortSignal.timeout(5000), credentials: "include",
    }).then((r) => r.json());
    """
    found = asked(code, "https://app.test")
    assert (found.url, found.method) == ("https://api.test/orders/x/items", "DELETE")
    assert found.headers == ("authorization: Bearer x", "x-a: vx", "x-b: b")
    assert found.credentials == "include"
    pairs = asked("fetch('https://api.test', {headers: new Headers([['X-A', '1'], ['X-B', b]])})", "https://app.test")
    assert pairs.headers == ("x-a: 1", "x-b: x")
    named = asked("fetch('https://api.test', {headers, method: 'PUT'})", "https://app.test")
    assert (named.method, named.headers) == ("PUT", ())
    assert "The headers are not in the paste" in named.notes[0]
    assert "The headers are not in the paste" in asked("fetch('https://api.test', options)").notes[0]


def test_of_several_requests_it_is_said_which_is_judged() -> None:
    several = asked(f"curl 'https://a.test' ;\n{CHROME_BASH}")
    assert (several.url, several.notes) == (URL, ("The paste holds 2 requests: this is the last of them.",))
    calls = asked(f"{FIREFOX_FETCH}fetch('https://a.test');\n")
    assert calls.url == URL
    assert calls.notes[-1] == "The paste holds 2 requests: only this one is judged. Paste another by itself."
    preflight = "curl -X OPTIONS https://a.test -H 'Access-Control-Request-Method: PUT'\n"
    assert asked(f"{preflight}{CHROME_BASH}").notes == ()


@pytest.mark.parametrize(
    ("code", "count"),
    [
        ("axios.get('https://a.test/1'); axios.put('https://a.test/2')", 2),
        ("$.getJSON('https://a.test/1'); fetch('https://a.test/2'); axios('https://a.test/3')", 3),
        ("if (old) { fetch('https://a.test/1') } else { fetch('https://a.test/2') }", 2),
        (
            "const x = new XMLHttpRequest(); x.open('GET', 'https://a.test/1'); navigator.sendBeacon('https://a.test')",
            2,
        ),
        ("import requests\nrequests.get('https://a.test/1')\nrequests.get('https://a.test/2')", 2),
        ("fetch('https://a.test/1')\nthis.http.get('https://a.test/2')", 2),
        ("axios.get('https://a.test/1')\n// axios.get('https://a.test/2')", 1),
        ("fetch('https://a.test/1')\nHTTP/1.1 200 OK\n\nfetch('/2')", 1),
        ("const api = axios.create({baseURL: 'https://a.test'}); api.get('/1')", 1),
    ],
)
def test_of_code_that_makes_several_requests_it_is_said_that_one_is_judged(code: str, count: int) -> None:
    said = f"The paste holds {count} requests: only this one is judged. Paste another by itself."
    assert (said in asked(code).notes) is (count > 1)
    assert not [note for note in asked(code).notes if note.startswith("The paste holds") and note != said]


def test_a_transcript_tells_what_was_asked_and_answered() -> None:
    transcript = """\
* Connected to api.test (192.0.2.1) port 443
> OPTIONS /orders HTTP/1.1
> Host: api.test
> Origin: https://app.test
> Access-Control-Request-Method: PUT
> Access-Control-Request-Headers: content-type, x-id
>
< HTTP/1.1 204 No Content
< Access-Control-Allow-Origin: https://app.test
<
"""
    found = asked(transcript)
    assert (found.url, found.method) == ("https://api.test/orders", "PUT")
    assert found.headers == ("content-type: application/json", "x-id: x")
    assert found.preflight is not None
    assert (found.preflight.origin, found.preflight.hops[0].response.status) == ("https://app.test", 204)
    assert found.response is None


def test_what_is_no_request_is_none() -> None:
    for text in (
        "",
        "hello",
        "curl: (6) Could not resolve host: api.test",
        "TypeError: Failed to fetch\n    at fetch (app.js:1)",
        "> User-Agent: curl/8.5.0",
        "we fetch(ed) it",
        "Use Invoke-WebRequest for that",
    ):
        assert read_asked(text, "paste", None) is None, text


def test_shells_quote_as_they_do() -> None:
    assert split_command("curl a\\\n  b 'c d' \"e\\\"f\" $'g\\n\\x41' h\\ i; next\nrest")[0] == [
        *("curl", "a", "b", "c d", 'e"f', "g\nA", "h i"),
    ]
    assert split_command("curl a\nrest\nof it") == (["curl", "a"], "rest\nof it")
    assert split_command('curl ^"a^%b^" ^\r\n  -d ^"1^\n\n2^"\nrest')[0] == ["curl", "a%b", "-d", "1\n2"]
    with pytest.raises(CorsightError, match="not closed"):
        split_command('curl "a')


def test_code_of_any_shape_ends_the_reading() -> None:
    made = random.Random(1)
    signs = ["'", '"', "`", "${", "{", "}", "(", ")", "[", "]", ",", ":", "a", " ", "/*", "*/", "//", "\n", "\\", "1"]
    for _ in range(3000):
        text = "".join(made.choices(signs, k=made.randint(0, 40)))
        reader = Reader(text, 0)
        reader.read_arguments()
        assert reader.at <= len(text) + 2
    assert Reader("(a) => { b }, 'c')", 0).read_arguments() == [UNKNOWN, "c"]


BOMBS = {
    "JavaScript": "let a = 'x';\n" + "a = a + a;\n" * 40 + "fetch('https://a.test/' + a)",
    "a template": "let a = 'x';\n" + "a = `${a}${a}`;\n" * 40 + "fetch(`https://a.test/${a}`)",
    "Python": "import requests\na = 'x'\n" + "a = a + a\n" * 40 + "requests.get('https://a.test/' + a)",
    "Python's templates": "import httpx\na = 'x'\n" + "a = f'{a}{a}'\n" * 40 + "httpx.get(f'https://a.test/{a}')",
    "an .http file": "@a = " + "{{a}}" * 4000 + "\nGET https://a.test/{{a}}",
    "its headers": "@a = " + "b" * 9000 + "\nGET https://a.test/{{a}}\n" + "x: {{a}}\n" * 5000,
}
"""Names that stand for others, twice and over and over."""


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_names_do_not_grow_without_end(bomb: str) -> None:
    tracemalloc.start()
    try:
        assert read_asked(bomb, "paste", "https://app.test") is not None
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "call",
    [
        "requests.get('https://a.test/', headers={'x-a': '1', {}: 2, **more})",
        "requests.get('https://a.test/', headers={'x-a': '1'})" + ".a()" * 4000,
        "b" + ".a()" * 4000 + "; requests.get('https://a.test/', headers={'x-a': '1'})",
        "c = 'a'" + " + 'a'" * 3000 + "; requests.get('https://a.test/', headers={'x-a': '1'})",
        "c = " + "{'a': " * 90 + "1" + "}" * 90 + "; requests.get('https://a.test/', headers={'x-a': '1'})",
    ],
)
def test_python_of_any_shape_ends_the_reading(call: str) -> None:
    assert asked(f"import requests\n{call}").headers == ("x-a: 1",)


def test_many_headers_take_no_more_than_their_number() -> None:
    def steps(count: int) -> int:
        headers = tuple((f"x-{number}", "1") for number in range(count))
        return count_steps(lambda: predict(Question("https://app.test", URL, "GET", headers), Responses(), "chromium"))

    steps(10)
    assert steps(800) < 5 * steps(200)


UNITS = (
    "[",
    "{a:",
    "`${",
    "/*",
    '"',
    "'a',",
    "a=",
    "^",
    "\\",
    "curl a\n",
    '"" ',
    "-H ''",
    "\n",
    "new URL(",
    "-Headers @{ ",
)


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("begin", ["", "fetch(", "curl ", 'irm -Uri "https://a.test" -Headers @{'])
def test_a_paste_may_be_long_and_odd(begin: str, unit: str) -> None:
    with contextlib.suppress(CorsightError):
        read_asked(begin + unit * (200_000 // len(unit)), "paste", "https://app.test")


@pytest.mark.parametrize(
    ("copied", "sent"),
    [
        (r"""fetch("https://a.test/", {headers: {"x-a": "\ud83d\ude00"}})""", "\U0001f600"),
        (r"""fetch("https://a.test/", {headers: {"x-a": "\ud83d"}})""", "\ufffd"),
        (r"""curl https://a.test/ -H $'x-a: \ud83d\ude00'""", "\U0001f600"),
        (r"""curl https://a.test/ -H $'x-a: \udc00'""", "\ufffd"),
        ("curl https://a.test/ -H 'x-a: \udcff'", "\ufffd"),
        (r"""import requests; requests.get("https://a.test/", headers={"x-a": "\ud83d"})""", "\ufffd"),
        ("\ufefffetch('https://a.test/', {headers: {'x-a': '1'}})", "1"),
    ],
)
def test_signs_in_halves_are_put_together(copied: str, sent: str) -> None:
    """Of a sign that a shell or a script writes as two, and what no encoding has."""
    assert asked(copied).headers == (f"x-a: {sent.encode().decode('latin-1')}",)


def test_what_is_no_url_names_none() -> None:
    assert asked("fetch('//[')", "https://app.test").url is None


@pytest.mark.parametrize(
    ("table", "headers"),
    [
        ("@{'X-A'='it''s'}", ("x-a: it's",)),
        ('@{"X-A"="}"; X-B = "2"\n}', ("x-a: }", "x-b: 2")),
        ('@{Authorization = $token; "X-A"="1"}', ("authorization: x", "x-a: 1")),
        ("$headers", ()),
    ],
)
def test_powershell_quotes_as_people_do(table: str, headers: tuple[str, ...]) -> None:
    found = asked(f"irm -Uri 'https://a.test/' -Headers {table} -Method Put", "https://app.test")
    assert (found.headers, found.method, bool(found.notes)) == (headers, "PUT", table == "$headers")


def test_markdown_and_clocks_around_a_transcript_are_left_out() -> None:
    fenced = asked(
        "I ran\n```bash\ncurl -i https://api.test/x -H 'Origin: https://app.test'\n```\nand got\n```\n"
        "HTTP/1.1 204 None\nAccess-Control-Allow-Origin: *\n```\n"
    )
    assert fenced.response is not None
    assert fenced.response.hops[0].response.headers.get("access-control-allow-origin") == "*"
    timed = "10:00:00.000001 > GET /x HTTP/1.1\n10:00:00.000001 > Host: api.test\n10:00:00.000001 >\n"
    answered = "10:00:00.100001 < HTTP/1.1 200 OK\n10:00:00.100001 <\n"
    assert asked(timed + answered, "https://app.test").response is not None


def test_what_postman_adds_was_set_by_no_page() -> None:
    sent = "Postman-Token: 1\nCache-Control: no-cache\nX-Own: 1\nHost: api.test\n\nHTTP/1.1 200 OK\nVary: Origin\n\n"
    found = asked(f"GET /x HTTP/1.1\nUser-Agent: PostmanRuntime/7.40.0\n{sent}", "https://app.test")
    assert [one for one in found.headers if not one.startswith("user-agent")] == ["x-own: 1"]


def test_a_paste_without_end_is_read_as_far_as_anybody_pastes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(message, "read_input", lambda *_: b"\0" * (message.LONGEST + 10))
    assert len(message.read_text("-")[0]) == message.LONGEST
