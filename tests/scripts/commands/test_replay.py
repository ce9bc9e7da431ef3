"""`corsight replay` and `corsight check --send`, against servers on loopback."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from mitmproxy.http import Headers, HTTPFlow
from mitmproxy.io import FlowWriter
from mitmproxy.test import tflow, tutils

from corsight.scripts import cli

PAGE = "https://app.example"
API = "https://api.example"
CHROMIUM = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
ALLOWED = (("Access-Control-Allow-Origin", PAGE), ("Vary", "Origin"))
PREFLIGHT = (*ALLOWED, ("Access-Control-Allow-Methods", "PUT"), ("Access-Control-Allow-Headers", "x-a"))
CREDENTIALS = ("Access-Control-Allow-Credentials", "true")

type Pairs = tuple[tuple[str, str], ...]
type Said = pytest.CaptureFixture[str]


class Answer(NamedTuple):
    status: int
    headers: Pairs = ()
    wait: threading.Event | None = None


class Server:
    """A server that answers as told by method and path, and keeps what it was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                line = f"{self.command} {self.path}"
                outer.asked.append((line, {name.lower(): text for name, text in self.headers.items()}))
                answer = outer.answers.get(line, Answer(404))
                if answer.wait is not None:
                    answer.wait.wait(30)
                self.send_response_only(answer.status)
                for name, text in answer.headers:
                    self.send_header(name, text)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_GET = do_HEAD = do_OPTIONS = do_POST = do_PUT = answer

            def log_message(self, *_: object) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.scheme = "http"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    @property
    def origin(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.server.server_port}"

    @property
    def lines(self) -> list[str]:
        return [line for line, _ in self.asked]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    one = Server()
    one.thread.start()
    yield one
    one.server.shutdown()
    one.server.server_close()


def flow(url: str, status: int, headers: Pairs, method: str = "GET", sent: Pairs = (), at: float = 1000.0) -> HTTPFlow:
    _, _, rest = url.partition("://")
    host, _, path = rest.partition("/")
    metadata = (("Sec-Fetch-Mode", "cors"), ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Dest", "empty"))
    pairs = (("Host", host), ("Origin", PAGE), ("User-Agent", CHROMIUM), *metadata, *sent)

    def fields(pairs: Pairs) -> Headers:
        return Headers([(name.encode(), text.encode()) for name, text in pairs])

    request = tutils.treq(
        method=method.encode(), scheme=b"https", host=host, port=443, authority=b"", path=b"/" + path.encode(),
        headers=fields(pairs), timestamp_start=at, timestamp_end=at,
    )  # fmt: skip
    response = tutils.tresp(
        status_code=status, headers=fields(headers), timestamp_start=at + 0.1, timestamp_end=at + 0.1
    )
    return tflow.tflow(req=request, resp=response)


def preflight(path: str, headers: Pairs, status: int = 204, method: str = "PUT", at: float = 999.0) -> HTTPFlow:
    asked = (("Access-Control-Request-Method", method), ("Access-Control-Request-Headers", "x-a"), ("Accept", "*/*"))
    return flow(f"{API}{path}", status, headers, "OPTIONS", asked, at)


@pytest.fixture
def record(tmp_path: Path) -> Callable[..., str]:
    def write(*flows: HTTPFlow) -> str:
        path = tmp_path / "visit.mitm"
        with path.open("wb") as file:
            writer = FlowWriter(file)
            for one in flows:
                writer.add(one)
        return str(path)

    return write


def run(said: Said, *arguments: str) -> tuple[int, str, str]:
    code = cli.run(arguments)
    out, err = said.readouterr()
    return code, out, err


def replay(said: Said, path: str, server: Server, *options: str) -> tuple[int, list[dict[str, object]], str]:
    """The exit code, the changes, and what was said on stderr."""
    code, out, err = run(said, "replay", path, "--to", server.origin, "--rate", "1000", "--format", "jsonl", *options)
    return code, [json.loads(line) for line in out.splitlines()], err


Record = Callable[..., str]


@pytest.mark.parametrize(
    ("recorded", "now", "change"),
    [
        (Answer(200, ALLOWED), Answer(200, ALLOWED), "same"),
        (Answer(200, ALLOWED), Answer(500), "newly blocked"),
        (Answer(200, ALLOWED), Answer(200, (("Access-Control-Allow-Origin", "*"),)), "looser"),
        (Answer(200, ALLOWED), Answer(200, (*ALLOWED, ("Access-Control-Expose-Headers", "X-Id"))), "looser"),
        (Answer(200, ALLOWED), Answer(200, (*ALLOWED, CREDENTIALS)), "looser"),
        (Answer(200), Answer(200, ALLOWED), "newly allowed"),
        (Answer(200), Answer(200, (("Access-Control-Allow-Origin", "https://b.example"),)), "same"),
        (Answer(200, ALLOWED), Answer(302, (*ALLOWED, ("Location", "https://b.example/"))), "unclear"),
        (Answer(200, ALLOWED), Answer(302, (("Location", "https://b.example/"),)), "newly blocked"),
    ],
)
def test_what_changes_for_a_request(
    capsys: Said, server: Server, record: Record, recorded: Answer, now: Answer, change: str
) -> None:
    server.answers["GET /a?page=2"] = now
    path = record(flow(f"{API}/a?page=2", recorded.status, recorded.headers))
    code, [told], _ = replay(capsys, path, server)
    assert told["change"] == change, told
    assert code == (1 if change in ("newly blocked", "looser") else 0)
    assert server.lines == ["GET /a?page=2"]


@pytest.mark.parametrize(
    ("recorded", "now", "change"),
    [
        (Answer(204, PREFLIGHT), Answer(204, PREFLIGHT), "same"),
        (Answer(204, PREFLIGHT), Answer(401, PREFLIGHT), "newly blocked"),
        (Answer(204, PREFLIGHT), Answer(204, ALLOWED), "newly blocked"),
        (Answer(204, ALLOWED), Answer(204, PREFLIGHT), "unclear"),
        (
            Answer(204, ALLOWED),
            Answer(204, (*PREFLIGHT, CREDENTIALS)),
            "newly allowed",
        ),
        (Answer(204, PREFLIGHT), Answer(204, (*PREFLIGHT, ("Access-Control-Allow-Methods", "DELETE"))), "looser"),
        (Answer(204, PREFLIGHT), Answer(204, (*PREFLIGHT, ("Access-Control-Allow-Headers", "X-B"))), "looser"),
        (Answer(204, PREFLIGHT), Answer(204, (*PREFLIGHT, ("Access-Control-Max-Age", "60"))), "same"),
    ],
)
def test_what_changes_for_a_preflight(
    capsys: Said, server: Server, record: Record, recorded: Answer, now: Answer, change: str
) -> None:
    server.answers["OPTIONS /a"] = now
    code, [told], _ = replay(capsys, record(preflight("/a", recorded.headers)), server)
    assert told["change"] == change, told
    assert code == (1 if change in ("newly blocked", "looser") else 0)
    [(_, headers)] = server.asked
    assert headers["access-control-request-method"] == "PUT"
    assert headers["origin"] == PAGE


def test_that_it_was_followed_proves_nothing_of_another_answer(capsys: Said, server: Server, record: Record) -> None:
    path = record(preflight("/a", PREFLIGHT), flow(f"{API}/a", 200, ALLOWED, "PUT", (("X-A", "1"),)))
    server.answers["OPTIONS /a"] = Answer(403)
    code, [first, second], _ = replay(capsys, path, server)
    assert code == 1
    assert (first["change"], second["change"]) == ("newly blocked", "not sent")
    assert server.lines == ["OPTIONS /a"]


def test_only_what_changes_nothing_is_sent_unless_asked(capsys: Said, server: Server, record: Record) -> None:
    path = record(flow(f"{API}/a", 200, ALLOWED, "POST", (("Content-Length", "9"),)))
    code, [told], _ = replay(capsys, path, server)
    assert (code, told["change"], server.asked) == (0, "not sent", [])
    server.answers["POST /a"] = Answer(200, ALLOWED)
    code, [told], _ = replay(capsys, path, server, "--unsafe")
    assert (code, told["change"]) == (0, "same")
    assert server.asked[0][1].get("content-length", "0") == "0"


def test_secrets_are_sent_only_where_they_are_given(capsys: Said, server: Server, record: Record) -> None:
    secrets = (("Cookie", "sid=1"), ("Authorization", "Bearer abc"), ("X-Api-Key", "k1"), ("X-A", "1"))
    path = record(
        flow(f"{API}/a", 200, (*ALLOWED, CREDENTIALS), sent=secrets),
        flow(f"{API}/b?access_token=abc", 200, ALLOWED, at=1001),
    )
    server.answers["GET /a"] = Answer(401)
    code, [told, other], _ = replay(capsys, path, server)
    assert code == 0
    assert told["change"] == "unclear"
    assert told["without"] == ["Cookie", "Authorization", "X-Api-Key"]
    assert other["change"] == "not sent"
    [(line, headers)] = server.asked
    assert line == "GET /a"
    assert headers["x-a"] == "1"
    assert not headers.keys() & {"cookie", "authorization", "x-api-key"}
    replay(capsys, path, server, "--secret-urls", "-H", "Cookie: sid=2")
    assert server.asked[1][1]["cookie"] == "sid=2"
    assert server.lines[2] == "GET /b?access_token=abc"


@pytest.mark.parametrize("query", ["token%3Dhunter2", "a=1&token%253Dhunter2", "%3Ftoken%3Dhunter2=x"])
def test_why_a_url_is_not_sent_names_no_secret(capsys: Said, server: Server, record: Record, query: str) -> None:
    path = record(flow(f"{API}/a?{query}", 200, ALLOWED))
    _, [told], _ = replay(capsys, path, server)
    assert told["change"] == "not sent"
    assert "hunter2" not in str(told)
    assert told["note"].endswith("): send it with --secret-urls")
    assert "hunter2" not in run(capsys, "replay", path, "--to", server.origin, "--dry-run")[1]


def test_an_answer_that_takes_no_credentials_any_more(capsys: Said, server: Server, record: Record) -> None:
    server.answers["GET /a"] = Answer(200, ALLOWED)
    allowed = (*ALLOWED, CREDENTIALS)
    code, [told], _ = replay(capsys, record(flow(f"{API}/a", 200, allowed, sent=(("Cookie", "sid=1"),))), server)
    assert (code, told["change"]) == (1, "newly blocked")


def test_a_refusal_without_secrets_left_out_is_the_servers(capsys: Said, server: Server, record: Record) -> None:
    server.answers["GET /a"] = Answer(401)
    code, [told], _ = replay(capsys, record(flow(f"{API}/a", 200, ALLOWED)), server)
    assert (code, told["change"]) == (1, "newly blocked")


def test_redirects_are_not_followed(capsys: Said, server: Server, record: Record) -> None:
    server.answers["GET /a"] = Answer(302, (*ALLOWED, ("Location", f"{server.origin}/b")))
    path = record(flow(f"{API}/a", 302, (*ALLOWED, ("Location", f"{API}/b"))))
    code, [told], _ = replay(capsys, path, server)
    assert (code, told["change"]) == (0, "same")
    assert server.lines == ["GET /a"]


def test_a_dry_run_sends_nothing(capsys: Said, server: Server, record: Record) -> None:
    path = record(preflight("/a", PREFLIGHT), flow(f"{API}/a", 200, ALLOWED, "PUT", (("X-A", "1"),)))
    code, out, _ = run(capsys, "replay", path, "--to", server.origin, "--dry-run")
    assert (code, server.asked) == (0, [])
    assert f"OPTIONS {server.origin}/a" in out
    assert "Access-Control-Request-Method: PUT" in out
    assert f"not sent: PUT {API}/a, from {PAGE}: PUT may change something" in out
    assert f"Would send 1 request to {server.origin} (1 OPTIONS)" in out


def test_the_server_is_named_where_there_are_several(capsys: Said, server: Server, record: Record) -> None:
    path = record(flow(f"{API}/a", 200, ALLOWED), flow("https://b.example/b", 200, ALLOWED, at=1001))
    code, _, err = replay(capsys, path, server)
    assert (code, server.asked) == (2, [])
    assert "name yours with --from; there are https://api.example, https://b.example" in err
    server.answers["GET /b"] = Answer(200, ALLOWED)
    code, [told], _ = replay(capsys, path, server, "--from", "https://b.example")
    assert (code, told["url"], server.lines) == (0, "https://b.example/b", ["GET /b"])
    code, _, err = replay(capsys, path, server, "--from", "https://c.example")
    assert code == 2
    assert "no CORS exchange with https://c.example" in err


@pytest.mark.parametrize("to", ["staging", "ftp://a.example", "https://u:p@a.example", "https://a.example/v2"])
def test_what_is_no_server_is_refused(capsys: Said, record: Record, to: str) -> None:
    code, _, err = run(capsys, "replay", record(flow(f"{API}/a", 200, ALLOWED)), "--to", to)
    assert code == 2
    assert err.startswith("corsight: --to: ")


def test_what_is_alike_is_sent_once_and_the_most_is_kept(capsys: Said, server: Server, record: Record) -> None:
    flows = [flow(f"{API}/{number % 3}", 200, ALLOWED, at=1000 + number) for number in range(9)]
    for number in range(3):
        server.answers[f"GET /{number}"] = Answer(200, ALLOWED)
    path = record(*flows)
    code, told, _ = replay(capsys, path, server)
    assert (code, server.lines) == (0, ["GET /0", "GET /1", "GET /2"])
    assert [one["change"] for one in told] == ["same"] * 9
    code, told, err = replay(capsys, path, server, "--most", "2")
    assert (code, len(server.asked)) == (2, 5)
    assert "3 of 9 were not sent: 2 requests were sent, which is the most" in err


def test_a_server_that_does_not_answer_in_time(capsys: Said, server: Server, record: Record) -> None:
    end = threading.Event()
    server.answers["GET /a"] = Answer(200, ALLOWED, end)
    try:
        code, [told], err = replay(capsys, record(flow(f"{API}/a", 200, ALLOWED)), server, "--timeout", "0.3")
    finally:
        end.set()
    assert (code, told["change"]) == (2, "no answer")
    assert "1 of 1 got no answer" in err


def test_a_server_that_is_not_there_is_asked_three_times(capsys: Said, server: Server, record: Record) -> None:
    server.server.shutdown()
    server.server.server_close()
    path = record(*(flow(f"{API}/{number}", 200, ALLOWED, at=1000 + number) for number in range(5)))
    code, told, err = replay(capsys, path, server)
    assert code == 2
    assert [one["change"] for one in told] == ["no answer"] * 3 + ["not sent"] * 2
    assert "3 of 5 got no answer" in err


def test_certificates_are_verified(capsys: Said, server: Server, record: Record, tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.server.socket = context.wrap_socket(server.server.socket, server_side=True)
    server.scheme = "https"
    server.answers["GET /a"] = Answer(200, ALLOWED)
    path = record(flow(f"{API}/a", 200, ALLOWED))
    code, [told], err = replay(capsys, path, server)
    assert (code, told["change"], server.asked) == (2, "no answer", [])
    assert "certificate" in err.lower()
    code, [told], err = replay(capsys, path, server, "--ca", str(certificate))
    assert (code, told["change"]) == (0, "same"), err
    code, _, err = replay(capsys, path, server, "--ca", path)
    assert code == 2
    assert "holds no certificates" in err


def make_certificate(folder: Path) -> Path:
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "here")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, *form) + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path


def test_what_people_read(capsys: Said, server: Server, record: Record) -> None:
    server.answers["GET /a"] = Answer(200, (("Access-Control-Allow-Origin", "*"),))
    server.answers["GET /b"] = Answer(500)
    path = record(flow(f"{API}/a", 200, ALLOWED), flow(f"{API}/b", 200, ALLOWED, at=1001))
    code, out, _ = run(capsys, "replay", path, "--to", server.origin, "--rate", "1000")
    assert code == 1
    assert f"Sent 2 requests to {server.origin} (2 GET)" in out
    assert out.index("Newly blocked: 1 exchange") < out.index("Looser than before: 1 exchange")
    assert "now:    500, blocked: No Access-Control-Allow-Origin header [allow-origin-missing]" in out
    assert f"+ any page may read it, before {PAGE}" in out


# `corsight check --send`


def check(said: Said, server: Server, *arguments: str) -> tuple[int, str, str]:
    page = "http://localhost:3000"
    code, out, err = run(said, "check", f"{server.origin}/a", "--origin", page, "--send", *arguments)
    return code, " ".join(out.split()), err


LOCAL = (("Access-Control-Allow-Origin", "http://localhost:3000"), ("Vary", "Origin"))


def test_a_typed_request_is_sent(capsys: Said, server: Server) -> None:
    server.answers["GET /a"] = Answer(200, LOCAL)
    code, out, _ = check(capsys, server, "--credentials", "omit")
    assert code == 0, out
    assert f"Sent: GET {server.origin}/a, answered 200." in out
    assert server.asked[0][1]["origin"] == "http://localhost:3000"


def test_its_preflight_comes_first_and_may_end_it(capsys: Said, server: Server) -> None:
    code, out, _ = check(capsys, server, "-H", "X-A: 1")
    assert (code, server.lines) == (1, ["OPTIONS /a"])
    assert "The request was not sent: its preflight does not pass." in out
    server.answers["OPTIONS /a"] = Answer(204, (*LOCAL, ("Access-Control-Allow-Headers", "x-a")))
    server.answers["GET /a"] = Answer(200, LOCAL)
    code, out, _ = check(capsys, server, "-H", "X-A: 1", "--credentials", "omit")
    assert (code, server.lines[1:]) == (0, ["OPTIONS /a", "GET /a"])
    assert server.asked[1][1]["access-control-request-headers"] == "x-a"
    assert server.asked[2][1]["x-a"] == "1"


def test_a_typed_method_that_may_change_something(capsys: Said, server: Server) -> None:
    server.answers["OPTIONS /a"] = Answer(204, (*LOCAL, ("Access-Control-Allow-Methods", "PUT")))
    server.answers["PUT /a"] = Answer(200, LOCAL)
    code, out, _ = check(capsys, server, "-X", "PUT", "--credentials", "omit")
    assert (code, server.lines) == (2, ["OPTIONS /a"])
    assert "PUT was not sent, since it may change something: --unsafe sends it." in out
    code, _, _ = check(capsys, server, "-X", "PUT", "--credentials", "omit", "--unsafe")
    assert (code, server.lines[1:]) == (0, ["OPTIONS /a", "PUT /a"])


def test_a_cookie_goes_with_the_request_alone(capsys: Said, server: Server) -> None:
    server.answers["OPTIONS /a"] = Answer(204, (*LOCAL, CREDENTIALS, ("Access-Control-Allow-Headers", "x-a")))
    server.answers["GET /a"] = Answer(200, (*LOCAL, CREDENTIALS))
    sent = ("-H", "X-A: 1", "-H", "Cookie: sid=1")
    code, out, _ = check(capsys, server, *sent, "--credentials", "include")
    assert code == 0, out
    assert "cookie" not in server.asked[0][1]
    assert server.asked[1][1]["cookie"] == "sid=1"
    check(capsys, server, *sent, "--credentials", "omit")
    assert "cookie" not in server.asked[3][1]


def test_a_typed_redirect_is_not_followed(capsys: Said, server: Server) -> None:
    server.answers["GET /a"] = Answer(302, (*LOCAL, ("Location", "/b")))
    code, out, _ = check(capsys, server, "--credentials", "omit")
    assert (code, server.lines) == (2, ["GET /a"])
    assert f"The redirect to {server.origin}/b was not followed." in out


def test_a_url_is_given_once_and_an_answer_not_at_all(capsys: Said, server: Server) -> None:
    code, _, err = check(capsys, server, "--url", f"{server.origin}/b")
    assert (code, err) == (2, "corsight: --url: the URL is given twice; give it once\n")
    code, _, err = check(capsys, server, "-R", "Access-Control-Allow-Origin: *")
    assert (code, server.asked) == (2, [])
    assert "--send asks the server, and a response is given" in err
