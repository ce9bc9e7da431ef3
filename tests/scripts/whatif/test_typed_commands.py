"""Commands other than curl's, requests in files, and Python: each is read for what it asks."""

from __future__ import annotations

import pytest

from corsight.scripts.errors import CorsightError
from corsight.scripts.whatif.copied.read import Asked, read_asked, read_lone_response
from corsight.scripts.whatif.copied.unread import refuse_unread
from corsight.scripts.whatif.message import read_paste

URL = "https://api.test/orders"
JSON = "content-type: application/json"


def asked(text: str, origin: str | None = "https://app.test") -> Asked:
    found = read_asked(text, "--paste", origin)
    assert found is not None, text
    return found


@pytest.mark.parametrize(
    ("command", "url", "method", "headers"),
    [
        (f"http {URL}", URL, "GET", ()),
        ("https api.test/orders", URL, "GET", ()),
        ("$ http -v PUT https://api.test/orders X-A:1 title=a n:=1", URL, "PUT", ("x-a: 1", JSON)),
        (f"http --form POST {URL} a=b", URL, "POST", ()),
        (f"http {URL} a=b q==c", URL, "POST", (JSON,)),
        (f"http {URL} q==c", URL, "GET", ()),
        (f"xh -A bearer -a secret {URL}", URL, "GET", ("authorization: Bearer secret",)),
        (f"http --auth u:p DELETE '{URL}'", URL, "DELETE", ("authorization: Basic dTpw",)),
        ("http :3000/orders", "http://localhost:3000/orders", "GET", ()),
        ("http POST localhost:3000/orders", "http://localhost:3000/orders", "POST", ()),
        (f"wget --header='X-A: 1' {URL}", URL, "GET", ("x-a: 1",)),
        (f"$ wget -qO- --post-data 'a=b' {URL}", URL, "POST", ()),
        ("wget --no-check-certificate --quiet \\\n  --method PUT \\\n  --timeout=0 \\\n"
         f"  --header 'Content-Type: application/json' \\\n  --body-data '{{}}' \\\n   '{URL}'", URL, "PUT", (JSON,)),
        (f"### create\nPOST {URL}\nContent-Type: application/json\nX-A: 1\n\n{{}}\n", URL, "POST", (JSON, "x-a: 1")),
        (f"DELETE {URL} HTTP/1.1\nX-A: 1\n", URL, "DELETE", ("x-a: 1",)),
        ("@host = https://api.test\nGET {{host}}/orders\nAuthorization: Bearer {{token}}\n",
         URL, "GET", ("authorization: Bearer x",)),
        (f"GET {URL}\n    ?a=1\n    &b=2\nX-A: 1", f"{URL}?a=1&b=2", "GET", ("x-a: 1",)),
        (f"import requests\nr = requests.put('{URL}', json={{'a': 1}}, headers={{'X-A': '1'}})",
         URL, "PUT", ("x-a: 1", JSON)),
        (f">>> import httpx\n>>> httpx.get('{URL}', auth=('u', 'p'))", URL, "GET", ("authorization: x",)),
        (f"import requests\nurl = '{URL}'\nheaders = {{\n  'X-A': f'v{{n}}'\n}}\n"
         "response = requests.request('PATCH', url, headers=headers, data=payload)", URL, "PATCH", ("x-a: vx",)),
    ],
)  # fmt: skip
def test_a_command_is_read(command: str, url: str, method: str, headers: tuple[str, ...]) -> None:
    found = asked(command)
    assert (found.url, found.method, set(found.headers)) == (url, method, set(headers))
    assert found.notes == ()


def test_what_a_command_printed_is_judged_with_it() -> None:
    answered = "HTTP/1.1 200 OK\nContent-Type: text/plain\n\nok\n"
    for command in (f"http GET {URL} Origin:https://app.test", f"GET {URL}\nOrigin: https://app.test\n"):
        found = asked(f"{command}\n\n{answered}", None)
        assert found.origin == "https://app.test"
        assert found.response is not None
        assert found.response.hops[0].response.status == 200
    log = f"""\
--2026-01-02 10:00:00--  {URL}
Connecting to api.test (api.test)|192.0.2.1|:443... connected.
HTTP request sent, awaiting response...
  HTTP/1.1 200 OK
  Access-Control-Allow-Origin: https://app.test
"""
    for text in (log, f"$ wget -S {URL}\n{log}"):
        found = asked(text)
        assert (found.url, found.response is not None) == (URL, True)
        assert found.response.hops[0].response.headers.get("access-control-allow-origin") == "https://app.test"  # type: ignore[union-attr]


def test_an_answer_written_out_is_no_message_of_firefox() -> None:
    text = "https://api.test/x connected |:443... sent\n  HTTP/1.1 200 OK\n  Access-Control-Allow-Origin: *"
    with pytest.raises(CorsightError):
        read_paste(text, "--paste", None, None)


@pytest.mark.parametrize(
    "text",
    [
        "http requests are blocked by the browser",
        "https is needed",
        "wget",
        "GET and POST https://api.test are blocked",
        "requests.get is what Python has",
        "please fetch(it) again",
        "we use axios for that",
        "open('x')",
    ],
)
def test_what_only_speaks_of_it_is_no_request(text: str) -> None:
    assert read_asked(text, "--paste", None) is None


@pytest.mark.parametrize(
    ("text", "what", "todo"),
    [
        ('req, _ := http.NewRequest("POST", url, body)', "Go code", "cURL"),
        ("$ch = curl_init();\ncurl_setopt($ch, CURLOPT_URL, $u);", "PHP code", "cURL"),
        ("var client = new HttpClient();", "C# code", "cURL"),
        ("const req = https.request(options, done)", "Node.js code", "cURL"),
        ('{"log": {"version": "1.2", "entries": []}}', "a HAR", "corsight audit"),
        ("meta {\n  name: x\n}\n\nget {\n  url: https://api.test\n}", "Bruno", "cURL"),
        ('{"info": {"_postman_id": "1"}, "item": []}', "Postman", "cURL"),
        ('<img src="https://cdn.test/a.png" crossorigin>', "HTML", "--destination"),
    ],
)
def test_what_is_not_read_gets_a_line_that_helps(text: str, what: str, todo: str) -> None:
    with pytest.raises(CorsightError) as error:
        read_paste(text, "--paste", None, None)
    assert what in error.value.what
    assert todo in (error.value.todo or "")
    refuse_unread("Failed to fetch", "--paste")


FIREFOX = """\
{
	"PUT": {
		"scheme": "https",
		"host": "api.test",
		"filename": "/orders",
		"remote": {"Address": "192.0.2.1:443"}
	}
}
{
	"Status": "405Method Not Allowed",
	"Version": "HTTP/2",
	"DNS-selvitys": "Järjestelmä"
}
{
	"Antwortkopfzeilen (100 B)": {"headers": [{"name": "Allow", "value": "GET"}]}
}
{
	"Anfragekopfzeilen (200 B)": {"headers": [
		{"name": "Host", "value": "api.test"}, {"name": "Origin", "value": "https://app.test"},
		{"name": "X-A", "value": "1"}
	]}
}
"""
FIREFOX_LINES = """\
PUT

scheme
	https
host
	api.test
filename
	/orders
Address
	192.0.2.1:443
Status
405
Method Not Allowed
VersionHTTP/2
Transferred1.03 kB (0 B size)
Referrer Policystrict-origin-when-cross-origin

allow
	GET

Host
	api.test
Origin
	https://app.test
X-A
	1
"""
GERMAN = """\
Anforderungs-URL
https://api.test/orders
Anforderungsmethode
PUT
Statuscode
405 Method Not Allowed
Remote-Adresse
[::1]:443
Referrer-Richtlinie
strict-origin-when-cross-origin
Antwortheader
allow
GET
Anfrageheader
:authority
api.test
:method
PUT
origin
https://app.test
x-a
1
"""
JAPANESE = """\
リクエスト URL:https://api.test/orders
リクエスト メソッド:PUT
ステータス コード:405 Method Not Allowed
リモート アドレス:192.0.2.1:443
参照ポリシー:strict-origin-when-cross-origin
allow: GET
:authority: api.test
origin: https://app.test
x-a: 1
"""
FRENCH = """\
URL de requête
https://api.test/orders
Méthode de requête
PUT
Code d'état
405 Method Not Allowed
Adresse distante
192.0.2.1:443
Règlement sur les URL de provenance
strict-origin-when-cross-origin
allow
GET
origin
https://app.test
x-a
1
"""
PSEUDO = """\
:authority: api.test
:method: PUT
:path: /orders
:scheme: https
origin: https://app.test
x-a: 1
"""


@pytest.mark.parametrize("text", [FIREFOX, FIREFOX_LINES, GERMAN, JAPANESE, FRENCH])
def test_panels_in_other_languages_and_shapes_are_read(text: str) -> None:
    found = asked(text, None)
    assert (found.origin, found.url, found.method, found.headers) == ("https://app.test", URL, "PUT", ("x-a: 1",))
    assert found.response is not None
    assert found.response.hops[0].response.status == 405
    assert found.response.hops[0].response.headers.get("allow") == "GET"


def test_http_2_s_own_fields_name_the_request() -> None:
    found = asked(PSEUDO, None)
    assert (found.url, found.method, found.headers, found.response) == (URL, "PUT", ("x-a: 1",), None)


def test_the_response_that_firefox_copies_alone_is_one() -> None:
    text = '{\n"Response Headers (9 B)": {"headers": [{"name": "access-control-allow-origin", "value": "*"}]}\n}'
    found = read_lone_response(text, "--paste")
    assert found is not None
    assert found.hops[0].response.headers.get("access-control-allow-origin") == "*"
