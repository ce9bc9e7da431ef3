"""`corsight check` as a person uses it: what they type and paste, and what they read."""

from __future__ import annotations

import io
import json
import re
import shlex
import sys
from pathlib import Path

import pytest

from corsight.policies.causes import CAUSES
from corsight.policies.log_record import LogRecord
from corsight.policies.rules import RULES
from corsight.scripts import cli

PAGE = "https://app.test"
API = "https://api.test/orders"
TYPED = ["check", "--origin", PAGE, "--url", API]
STAR = ["-R", "Access-Control-Allow-Origin: *"]
ENGINES = ["chromium", "firefox", "webkit", "standard"]

Said = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.delenv("FORCE_COLOR", raising=False)


def run(said: Said, *arguments: str, stdin: bytes | None = None) -> tuple[int, str, str]:
    """The exit code of `corsight check ARGUMENTS` and what it said, white space as one space."""
    code, out, err = raw(said, *TYPED, *arguments, stdin=stdin)
    return code, " ".join(out.split()), err


def raw(said: Said, *arguments: str, stdin: bytes | None = None) -> tuple[int, str, str]:
    before = sys.stdin
    if stdin is not None:
        sys.stdin = io.TextIOWrapper(io.BytesIO(stdin))
    try:
        code = cli.run(arguments)
    finally:
        sys.stdin = before
    out, err = said.readouterr()
    return code, out, err


# Ten situations that people report.


def test_an_error_page_without_cors_headers(capsys: Said) -> None:
    pasted = b"HTTP/1.1 500 Internal Server Error\r\nServer: nginx\r\n\r\n<h1>Oops</h1>"
    code, out, _ = run(capsys, "--response", "-", stdin=pasted)
    assert code == 1
    assert "blocked Chromium, Firefox, WebKit, Fetch standard: The real problem is the 500" in out
    assert "no Access-Control-Allow-Origin (status 500)" in out
    assert f"fix Access-Control-Allow-Origin: {PAGE} Vary: Origin" in out
    assert "Check the server's log for the failure behind GET /orders." in out
    assert f"if your request did not have it, send it again curl -i {API} \\ -H 'Origin: {PAGE}'" in out


def test_a_wildcard_for_a_copiedwith_credentials(capsys: Said) -> None:
    headers = [*STAR, "-R", "Access-Control-Allow-Credentials: true"]
    assert run(capsys, "--credentials", "omit", *headers)[0] == 0
    code, out, _ = run(capsys, "--credentials", "include", *headers)
    assert code == 1
    assert "Access-Control-Allow-Origin: * does not count for a request with credentials" in out
    assert f"fix Access-Control-Allow-Origin: {PAGE} Vary: Origin Access-Control-Allow-Credentials: true" in out


def test_credentials_that_nobody_gave_leave_a_doubt(capsys: Said) -> None:
    code, out, _ = run(capsys, *STAR)
    assert code == 0
    assert "likely allowed Chromium" in out
    assert "unsure With credentials, it is blocked: Wildcard origin for a request with credentials." in out


def test_two_layers_that_both_answer(capsys: Said) -> None:
    code, out, _ = run(capsys, "-R", f"Access-Control-Allow-Origin: {PAGE}", *STAR)
    assert code == 1
    assert "Two layers both send CORS headers" in out
    assert f'"{PAGE}, *" is not "{PAGE}"' in out


def test_an_origin_with_a_slash_behind_it(capsys: Said) -> None:
    code, out, _ = run(capsys, "-R", f"Access-Control-Allow-Origin: {PAGE}/")
    assert code == 1
    assert f'"{PAGE}/" is not "{PAGE}"' in out
    assert "Remove the slash" in out


def test_a_misspelt_header(capsys: Said) -> None:
    code, out, _ = run(capsys, "-R", f"Access-Control-Allow-Origins: {PAGE}")
    assert code == 1
    assert "A CORS header is misspelt" in out


def test_a_preflight_that_a_login_refuses(capsys: Said, tmp_path: Path) -> None:
    path = tmp_path / "preflight.txt"
    path.write_text("HTTP/2 401\nwww-authenticate: Bearer\n\n{}")
    code, out, _ = run(capsys, "-X", "DELETE", "-H", "Authorization: Bearer abc", "--preflight", str(path), *STAR)
    assert code == 1
    assert "at the preflight: " in out
    assert "preflight needed for - the method DELETE: only GET, HEAD and POST need none" in out
    assert "- the header Authorization: it is not CORS-safelisted" in out
    assert "elsewhere WebKit: The preflight's response has no OK status (200 to 299)" in out
    assert "abc" not in out


def test_a_preflight_that_is_redirected(capsys: Said) -> None:
    preflight = ["--preflight-status", "301", "-P", f"Location: {API}/"]
    code, out, _ = run(capsys, "--method", "PUT", *preflight)
    assert code == 1
    assert (
        "Fetch standard: at the preflight: The preflight was redirected because of a slash at the end of the URL" in out
    )
    # Each engine's own reason is told, the fix that they share once.
    assert "elsewhere Firefox: No Access-Control-Allow-Origin header" in out
    assert out.count("fix ") == 1


def test_what_only_one_engine_refuses(capsys: Said) -> None:
    headers = ["-H", "Authorization: Bearer abc", "--credentials", "omit"]
    granted = ["-P", "Access-Control-Allow-Origin: *", "-P", "Access-Control-Allow-Headers: *", *STAR]
    code, out, _ = run(capsys, *headers, *granted)
    assert code == 1
    assert "allowed Chromium, Firefox, WebKit: the page may read the response" in out
    assert (
        "blocked Fetch standard: at the preflight: `Access-Control-Allow-Headers: *` does not cover Authorization"
        in out
    )
    assert '"*" never covers "authorization"' in out
    assert run(capsys, *headers, *granted, "--engine", "firefox")[0] == 0
    assert run(capsys, *headers, *granted, "--engine", "standard")[0] == 1


def test_a_method_in_lower_case(capsys: Said) -> None:
    granted = ["-P", "Access-Control-Allow-Origin: *", "-P", "Access-Control-Allow-Methods: PATCH"]
    code, out, _ = run(capsys, "-X", "patch", *granted)
    assert code == 1
    assert "note patch goes out in lower case" in out
    assert '"patch" is not in "PATCH"' in out
    assert "The method is written `patch`, which to browsers is not PATCH" in out
    assert "fix Write method: 'PATCH' in the page's code." in out


def test_a_response_header_that_the_page_sends(capsys: Said) -> None:
    code, out, _ = run(capsys, "-H", "Access-Control-Allow-Origin: *", "-R", f"Access-Control-Allow-Origin: {PAGE}")
    assert code == 2
    assert "note Access-Control-Allow-Origin is for the server to send" in out
    assert "preflight needed for - the header Access-Control-Allow-Origin" in out


def test_a_redirect_across_origins(capsys: Said) -> None:
    grant = f"Access-Control-Allow-Origin: {PAGE}"
    pasted = f"HTTP/1.1 302 Found\nLocation: https://cdn.test/y\n{grant}\n\nHTTP/2 200\n{grant}\n\nbody"
    code, out, _ = run(capsys, "--response", "-", "--credentials", "omit", stdin=pasted.encode())
    assert code == 1
    assert f"redirect 302, from {API} to https://cdn.test/y" in out
    assert "curl does not do that" in out
    assert f'"{PAGE}" is not "null"' in out
    assert "allowing null allows everybody" in out
    assert "Access-Control-Allow-Origin: null" not in out


def test_a_server_that_no_certificate_vouches_for(capsys: Said) -> None:
    code, out, _ = run(capsys, "--response", "-", stdin=b"curl: (60) SSL certificate problem: self-signed certificate")
    assert code == 2
    assert "curl got no response: SSL certificate problem: self-signed certificate (curl: 60)" in out
    assert "not because of CORS" in out


def test_an_insecure_url_of_a_secure_page(capsys: Said) -> None:
    code, out, _ = raw(capsys, "check", "--origin", PAGE, "--url", "http://api.test/")
    assert code == 1
    assert "An https page requested an" in out
    assert "In the page's code, use https://api.test/" in out
    assert "Location" not in out
    assert "curl" not in out


def test_an_allowed_response_whose_headers_stay_hidden(capsys: Said) -> None:
    code, out, _ = run(capsys, *STAR, "-R", "X-Total-Count: 7", "--credentials", "omit")
    assert code == 0
    assert "hidden The page's script cannot read x-total-count: Access-Control-Expose-Headers does not list it." in out


def test_what_lies_behind_a_refused_preflight(capsys: Said) -> None:
    code, out, _ = run(capsys, "-X", "PUT", "--preflight-status", "403", "--status", "200", "--credentials", "omit")
    assert code == 1
    assert "next Once this is fixed, the response that you gave is blocked too, by every engine" in out


# What is missing.


def commands(out: str) -> list[list[str]]:
    """The commands printed, as a shell takes them."""
    lines = out.replace("\\\n", " ").splitlines()
    return [shlex.split(line) for line in lines if line.startswith(("curl ", "scripts/corsight "))]


def test_credentials_are_asked_for_only_where_they_may_be_sent(capsys: Said) -> None:
    said = "(the last line only if the request has credentials"
    told = {mode: raw(capsys, *TYPED, *mode.split())[1] for mode in ("", "--credentials include", "--credentials omit")}
    assert [said in one for one in told.values()] == [True, False, False]
    assert ["Access-Control-Allow-Credentials: true" in one for one in told.values()] == [True, True, False]


def test_the_commands_fetch_what_is_missing(capsys: Said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = ["-X", "PUT", "-H", "Content-Type: application/json", "--credentials", "include"]
    code, out, err = raw(capsys, *TYPED, *asked)
    assert (code, err) == (2, "")
    assert "undecided" in out
    assert "careful, this really does the PUT" in out
    preflight, request, again = commands(out)
    assert preflight == [
        *("curl", "-i", "-X", "OPTIONS", API, "-H", f"Origin: {PAGE}", "-H", "Access-Control-Request-Method: PUT"),
        *("-H", "Access-Control-Request-Headers: content-type", ">", "preflight.txt"),
    ]
    assert request == [
        *("curl", "-i", "-X", "PUT", API, "-H", f"Origin: {PAGE}", "-H", "Content-Type: application/json"),
        *(">", "response.txt"),
    ]
    assert again[0] == "scripts/corsight"
    # The server answers as it was told to, and the last command says that all is well.
    needed = [line.strip() for line in out.partition("To pass, the preflight")[2].partition("#")[0].splitlines()]
    response = [line for line in needed if re.match(r"[A-Z][\w-]+: ", line)]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "preflight.txt").write_text("\n".join(["HTTP/2 204", *response, "", ""]))
    (tmp_path / "response.txt").write_text("\n".join(["HTTP/2 200", *dict.fromkeys(response), "", "body"]))
    (tmp_path / "preflight.txt").write_text("\n".join(["HTTP/2 204", *dict.fromkeys(response), "", ""]))
    code, out, err = raw(capsys, *again[1:])
    assert (code, err) == (0, "")
    assert "allowed  Chromium, Firefox, WebKit, Fetch standard" in out


def test_what_was_given_is_given_again(capsys: Said) -> None:
    out = raw(capsys, *TYPED, "-H", "X-A: 1", *STAR, "--engine", "webkit")[1]
    [_, again] = commands(out)
    assert again[-4:] == ["--preflight", "preflight.txt", *STAR]
    out = raw(capsys, *TYPED, "-H", "X-A: 1", "--response", "-", stdin=b"HTTP/1.1 200 OK\n\n")[1]
    assert commands(out) == [["curl", "-i", API, "-H", f"Origin: {PAGE}", "-H", "X-A: 1"]]
    pasted = b"HTTP/1.1 200 OK\nAccess-Control-Allow-Origin: *\n\n"
    out = raw(capsys, *TYPED, "-H", "X-A: 1", "--response", "-", stdin=pasted)[1]
    assert commands(out)[-1][-4:] == ["--preflight", "preflight.txt", "--response", "response.txt"]


def test_a_passing_preflight_leaves_the_response(capsys: Said) -> None:
    granted = ["-P", "Access-Control-Allow-Origin: *", "-P", "Access-Control-Allow-Methods: PUT"]
    code, out, _ = run(capsys, "-X", "PUT", "--credentials", "omit", *granted)
    assert code == 2
    assert "undecided Chromium, Firefox, WebKit, Fetch standard: the preflight passes; the response is missing" in out


def test_curl_asked_from_elsewhere(capsys: Said) -> None:
    pasted = b"> GET / HTTP/1.1\n> Host: api.test\n>\n< HTTP/1.1 200 OK\n< Access-Control-Allow-Origin: *\n<\n"
    out = run(capsys, "--response", "-", stdin=pasted)[1]
    assert f"The response was requested without an Origin header: for {PAGE}, the server may answer differently." in out


def test_a_preflight_that_nobody_asks_for(capsys: Said) -> None:
    out = run(capsys, *STAR, "-P", "Access-Control-Allow-Origin: *")[1]
    assert "No preflight is needed: the browser does not send one, so the one that you gave is ignored." in out


def test_headers_for_caches_are_not_missed(capsys: Said) -> None:
    fields = ["Date: x", "Server: nginx", "X-Frame-Options: DENY", "ETag: 1", "Link: x"]
    out = run(capsys, *STAR, *(word for one in fields for word in ("-R", one)))[1]
    assert "cannot read etag, link: Access-Control-Expose-Headers does not list them." in out


def test_a_terminal_without_unicode(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii", write_through=True)
    monkeypatch.setattr(sys, "stdout", stream)
    assert cli.run([*TYPED, "--status", "500", "--engine", "firefox", "--story"]) == 1
    assert b"\\u2018Access-Control-Allow-Origin\\u2019 missing" in stream.buffer.getvalue()  # type: ignore[attr-defined]


def test_headers_that_no_page_sends_are_left_out(capsys: Said) -> None:
    out = run(capsys, "-H", "Origin: x", "-H", "Cookie: a=b", *STAR)[1]
    assert "Origin is left out: browsers let no page set it." in out
    assert "--credentials include says that the request has credentials" in out
    assert "preflight" not in out
    out = run(capsys, "--mode", "no-cors", "-X", "POST", "-H", "Content-Type: application/json", "--status", "200")[1]
    assert "in mode no-cors, browsers drop it silently" in out


def test_the_page_may_be_named_by_its_url(capsys: Said) -> None:
    code, out, _ = raw(capsys, "check", "--origin", "https://App.test:443/cart?x", "--url", API, *STAR)
    assert code == 0
    assert f"The page's origin is {PAGE}" in out
    out = raw(capsys, "check", "--origin", "file:///home/me/a.html", "--url", API, *STAR)[1]
    assert "page       null" in out


def test_the_story_is_told_when_asked_for(capsys: Said) -> None:
    out = raw(capsys, *TYPED, *STAR, "--story", "--credentials", "omit", "--engine", "firefox")[1]
    assert "CORS check" in out
    assert "1. Request GET" in out


def test_the_records_are_those_of_the_log(capsys: Said) -> None:
    granted = ["-P", "Access-Control-Allow-Origin: *", "-P", "Access-Control-Allow-Methods: PUT"]
    code, out, err = raw(capsys, *TYPED, "-X", "PUT", "--credentials", "include", *granted, *STAR, "--format", "json")
    assert (code, err) == (1, "")
    records = [LogRecord.model_validate_json(line) for line in out.splitlines()]
    assert [(one.engine, one.role, one.rule) for one in records] == [
        (engine, "preflight", "allow-origin-wildcard") for engine in ENGINES
    ]
    assert {one.certainty for one in records} == {"certain"}
    assert len({one.flow for one in records}) == 4
    code, out, err = raw(capsys, *TYPED, "-X", "PUT", *STAR, "--format", "json")
    assert code == 2
    assert err.startswith("corsight: no verdict without the preflight's response;")


@pytest.mark.parametrize("columns", ["40", "80", "200"])
def test_prose_keeps_to_the_width(capsys: Said, monkeypatch: pytest.MonkeyPatch, columns: str) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    out = raw(capsys, *TYPED, "-X", "PUT", "--preflight-status", "403", "--status", "200")[1]
    assert "\x1b" not in out
    long = [line for line in out.splitlines() if len(line) > int(columns)]
    assert [line for line in long if " " in line.strip()[12:]] == []
    assert [line for line in out.splitlines() if line != line.rstrip()] == []


def test_nothing_from_the_wire_moves_the_cursor_or_tells_secrets(capsys: Said) -> None:
    pasted = b"HTTP/1.1 200 OK\nAccess-Control-Allow-Origin: https://a\x07\x1b]0;x\x07[red]\nLocation: x\n\n"
    url = "https://api.test/?token=abc"
    out = raw(capsys, "check", "--origin", PAGE, "--url", url, "--response", "-", "--story", stdin=pasted)[1]
    assert not re.search(r"[^\x20-\x7e\n]", out.encode("ascii", "ignore").decode())
    assert "[red]" in out
    assert "abc" not in out
    out = raw(capsys, *TYPED, "-H", "Authorization: Bearer abc", "--story")[1]
    assert out.count("-H 'Authorization: Bearer REDACTED'") == 2
    assert "abc" not in out


# Bad input.


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (
            ["check"],
            "there is nothing to check; give a console message with --paste, or a request with URL and --origin",
        ),
        (["check", "--url", API], "--origin is missing; give the page that asks, such as --origin https://app.example"),
        (
            ["check", "--origin", "app.test", "--url", API],
            "--origin: 'app.test' is not an origin; write it like https://app.example",
        ),
        (
            ["check", "--origin", PAGE, "--url", "api.test/x"],
            "--url: 'api.test/x' is not an http or https URL; write it in full, such as https://api.example/items",
        ),
        (
            ["check", "--origin", PAGE, "--url", "https://u:p@api.test/"],
            "--url: browsers fetch no URL with a user name or password in it",
        ),
        ([*TYPED, "-H", "nothing"], "-H: 'nothing' is not a header; write it as 'Name: value'"),
        ([*TYPED, "-R", ": x"], "-R: ': x' is not a header; write it as 'Name: value'"),
        ([*TYPED, "-X", "TRACE"], "--method: browsers let no page send TRACE"),
        ([*TYPED, "-X", "A B"], "--method: 'A B' is not a method"),
        ([*TYPED, "--mode", "no-cors", "-X", "PUT"], "--method: mode no-cors takes GET, HEAD and POST, not PUT"),
        ([*TYPED, "--response", "/nowhere/a.txt"], "/nowhere/a.txt: no such file"),
        (
            [*TYPED, "--response", "-", *STAR],
            "--response and -R both give the response; give one of them",
        ),
        (
            [*TYPED, "--preflight", "-", "-P", "A: b"],
            "--preflight and -P both give the preflight's response; give one of them",
        ),
        (
            [*TYPED, "--preflight", "-", "--response", "-"],
            "stdin holds one response, not two; give a file for one of them",
        ),
        (
            ["check", "--paste", "x", "--status", "200"],
            "--paste explains a message and judges no response; give it --origin and --url at most",
        ),
    ],
)
def test_bad_usage_is_one_line(arguments: list[str], line: str, capsys: Said) -> None:
    assert raw(capsys, *arguments) == (2, "", f"corsight: {line}\n")


def test_a_bad_paste_names_its_line(capsys: Said, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("HTTP/1.1 200 OK\nA: b\noops\n")
    code, out, err = raw(capsys, *TYPED, "--response", str(path))
    assert (code, out) == (2, "")
    assert err.startswith(f"corsight: {path}, line 3: 'oops' is not a header;")
    code, _, err = raw(capsys, *TYPED, "--preflight", "-", stdin=b"curl: (7) Failed to connect")
    assert (code, err) == (2, "corsight: stdin: curl got no response: Failed to connect (curl: 7)\n")


# Messages.

MESSAGE = (
    "Access to fetch at 'https://api.test/x?token=abc' from origin 'https://app.test' has been blocked by CORS policy: "
    "Response to preflight request doesn't pass access control check: It does not have HTTP ok status."
)


def test_a_message_is_explained(capsys: Said) -> None:
    code, out, err = raw(capsys, "check", "--paste", MESSAGE)
    assert (code, err) == (1, "")
    plain = " ".join(out.split())
    assert plain.startswith(
        "Chromium blocked it at the preflight: The preflight's response has no OK status (200 to 299) request "
        "https://api.test/x?token=REDACTED page https://app.test why "
    )
    assert RULES["preflight-status-not-ok"].why in plain
    assert "fix answer OPTIONS with status 204" in plain
    assert "Chromium calls it PreflightInvalidStatus" in plain
    curl, again = commands(out)
    assert curl[:5] == ["curl", "-i", "-X", "OPTIONS", "https://api.test/x?token=REDACTED"]
    assert again[:6] == ["scripts/corsight", "check", "--origin", PAGE, "--url", "https://api.test/x?token=REDACTED"]
    assert "Replace METHOD with your own: the message does not name it." in plain
    assert out.count("Replace REDACTED with your own value\n") == 2


def test_a_secret_that_a_command_needs_is_asked_for_where_it_stands(capsys: Said) -> None:
    message = (
        f"Access to fetch at '{API}' from origin '{PAGE}' has been blocked by CORS policy: Request header field "
        "authorization is not allowed by Access-Control-Allow-Headers in preflight response."
    )
    out = raw(capsys, "check", "--paste", message)[1]
    send, judge = (out.split("# ")[place].splitlines()[0] for place in (1, 2))
    assert send == "send the preflight yourself"
    assert judge == "then check the response. Replace REDACTED with your own value"
    assert "Replace METHOD with your own: the message does not name it." in out
    out = raw(capsys, "check", "--paste", f"curl {API} -H 'Origin: {PAGE}' -H 'Authorization: Bearer abc'")[1]
    assert "# send the preflight yourself\n" in out
    assert "# send the request yourself. Replace REDACTED with your own value\n" in out


def test_the_second_line_of_a_reason_stands_below_its_words(capsys: Said) -> None:
    out = raw(
        capsys,
        "check",
        "--paste",
        f"fetch('{API}', {{body: '{{}}', headers: {{'Content-Type': 'application/json'}}}})",
        "--origin",
        PAGE,
    )[1]
    lines = out.splitlines()
    [first] = [number for number, line in enumerate(lines) if line.startswith(" " * 11 + "- Content-Type: ")]
    assert lines[first + 1].startswith(" " * 13 + "application/x-www-form-urlencoded")


def test_a_message_comes_from_a_file_or_stdin(capsys: Said, tmp_path: Path) -> None:
    path = tmp_path / "message.txt"
    path.write_text(MESSAGE)
    expected = raw(capsys, "check", "--paste", MESSAGE)
    assert raw(capsys, "check", "--paste", str(path)) == expected
    assert raw(capsys, "check", "--paste", "-", stdin=MESSAGE.encode()) == expected


def test_a_message_that_may_mean_several_things_says_so(capsys: Said) -> None:
    message = "[Error] Origin https://app.test is not allowed by Access-Control-Allow-Origin. Status code: 413"
    code, out, _ = raw(capsys, "check", "--paste", message, "--url", API)
    assert code == 1
    assert " ".join(out.partition("\nrequest ")[0].split()).endswith(", or another reason")
    assert out.index("writes the same message") < out.index("why   ")
    assert "WebKit writes the same message for: Access-Control-Allow-Origin names another origin;" in " ".join(
        out.split()
    )
    assert "was        status 413" in out
    curl, again = commands(out)
    assert curl == ["curl", "-i", API, "-H", f"Origin: {PAGE}", ">", "response.txt"]
    assert again == [*("scripts/corsight", *TYPED), "--response", "response.txt"]


def test_a_list_that_the_message_does_not_show_is_only_added_to(capsys: Said) -> None:
    message = (
        "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at "
        "https://api.test/x. (Reason: header ‘sentry-trace’ is not allowed according to header "
        "‘Access-Control-Allow-Headers’ from CORS preflight response)."
    )
    out = raw(capsys, "check", "--paste", message)[1]
    plain = " ".join(out.split())
    assert "fix Access-Control-Allow-Headers: sentry-trace (in addition to what is listed already)" in plain
    assert "Replace ORIGIN, METHOD and VALUE with your own: the message does not name them." in plain
    assert "-H" in commands(out)[1]


@pytest.mark.parametrize("rule", [code for code, rule in RULES.items() if rule.kind == "decision"])
def test_every_rule_can_be_explained(rule: str, capsys: Said) -> None:
    from corsight.policies.console import read_console
    from corsight.policies.decision.judge import judge
    from tests.cases import cases

    messages = {
        ruling.message
        for case in cases()
        for engine in ("chromium", "firefox", "webkit")
        for ruling in [judge(case.exchange, case.facts, engine).ruling]
        if ruling.rule == rule and ruling.message is not None
    }
    assert messages
    for message in sorted(messages)[:8]:
        code, out, err = raw(capsys, "check", "--paste", message)
        assert (code, err) == (1, "")
        found = read_console(message)
        assert found is not None
        assert found.rule is not None
        # Where the values tell more than the rule does, the cause is said.
        plain = " ".join(out.split())
        told = CAUSES[found.cause].title.rstrip(".") if found.cause is not None else RULES[found.rule].title
        assert told in plain or re.search(r"^cause +[a-z-]+$", out, re.MULTILINE)
        assert found.rule in out
        for words in commands(out):
            assert words[0] in ("curl", "scripts/corsight")


def test_a_message_as_json(capsys: Said) -> None:
    code, out, _ = raw(capsys, "check", "--paste", MESSAGE, "--format", "json")
    assert code == 1
    said = json.loads(out)
    assert (said["engine"], said["rules"], said["preflight"]) == ("chromium", ["preflight-status-not-ok"], True)
    assert said["url"] == "https://api.test/x?token=REDACTED"


def test_what_no_browser_writes_is_one_line(capsys: Said) -> None:
    line = (
        "--paste: no browser writes this to its console; paste the whole message, from its beginning, or a request "
        "that was copied as cURL"
    )
    assert raw(capsys, "check", "--paste", "hello") == (2, "", f"corsight: {line}\n")


@pytest.mark.parametrize(
    ("pasted", "said"),
    [
        ("", "it is empty; paste a console message or a request"),
        (" \n", "it is empty; paste a console message or a request"),
        (
            "https://api.test/x",
            "a URL alone does not say what happened; paste the console's message; or ask the server:",
        ),
        ("HTTP://api.test/x?a=1\n", "a URL alone does not say what happened;"),
    ],
)
def test_a_paste_that_says_too_little_is_told_what_is_missing(pasted: str, said: str, capsys: Said) -> None:
    code, out, err = raw(capsys, "check", "--paste", pasted)
    assert (code, out) == (2, "")
    assert err.startswith(f"corsight: --paste: {said}")


NULL = (
    "Access to fetch at 'https://api.test/x' from origin 'null' has been blocked by CORS policy: No "
    "'Access-Control-Allow-Origin' header is present on the requested resource."
)


def test_nobody_is_told_to_allow_the_origin_null(capsys: Said) -> None:
    for paste in (NULL, f"{NULL}\nGET https://api.test/x net::ERR_FAILED 502"):
        code, out, _ = raw(capsys, "check", "--paste", paste)
        assert code == 1
        assert "Access-Control-Allow-Origin: null" not in out
    _, out, _ = raw(capsys, "check", "--paste", NULL)
    assert re.search(r"^cause +origin-null-file$", out, re.MULTILINE)


def test_a_preflight_behind_a_redirect_to_a_login_is_a_missing_session(capsys: Said) -> None:
    _, out, _ = raw(
        capsys,
        "check",
        "--paste",
        "Access to XMLHttpRequest at 'https://id.test/authorize?x=1' (redirected from 'https://api.test/me') from "
        "origin 'https://app.test' has been blocked by CORS policy: Response to preflight request doesn't pass access "
        "control check: No 'Access-Control-Allow-Origin' header is present on the requested resource.",
    )
    assert re.search(r"^cause +redirect-to-login$", out, re.MULTILINE)
    assert "response to OPTIONS" not in out


def test_what_a_library_says_names_no_browser(capsys: Said) -> None:
    code, out, _ = raw(capsys, "check", "--paste", "SharedArrayBuffer is not defined")
    assert code == 1
    assert out.startswith("The page is not cross-origin isolated")
    assert "Cross-Origin-Embedder-Policy: require-corp" in re.sub(r"\s+", " ", out)


ALONE = "Access-Control-Allow-Origin: https://other.test\nContent-Type: text/plain\n"


@pytest.mark.parametrize("first", ["", "HTTP/1.1 200 OK\n"])
def test_a_response_alone_is_judged_where_its_request_is_given(capsys: Said, first: str) -> None:
    told = ("--origin", "https://app.test", "--url", "https://api.test/x")
    code, out, _ = raw(capsys, "check", *told, "--paste", first + ALONE)
    assert code == 1
    assert re.search(r"^rule +allow-origin-mismatch", out, re.MULTILINE)
    assert raw(capsys, "check", "--paste", first + ALONE)[2] == (
        "corsight: --paste: this is a response without its request; give --origin and --url with it\n"
    )


CHROME = """\
curl 'https://api.test/orders' \\
  -X 'PUT' \\
  -H 'accept: application/json' \\
  -H 'content-type: application/json' \\
  -b 'session=1' \\
  -H 'origin: https://app.test' \\
  -H 'sec-ch-ua: "Chromium";v="150"' \\
  -H 'sec-fetch-dest: empty' \\
  -H 'sec-fetch-mode: cors' \\
  -H 'user-agent: Mozilla/5.0' \\
  --data-raw $'{"a":"it\\'s"}'
"""
ANSWERED = "HTTP/2 200\nAccess-Control-Allow-Origin: https://app.test\nAccess-Control-Allow-Credentials: true\n\n{}\n"


def test_a_copied_request_is_told_what_the_browser_asks(capsys: Said) -> None:
    code, out, err = raw(capsys, "check", "--paste", CHROME)
    assert (code, err) == (2, "")
    assert "page       https://app.test, with credentials, mode cors" in out
    assert "- the method PUT: only GET, HEAD and POST need none" in out
    assert "Access-Control-Allow-Headers: content-type\n" in out
    preflight, request, again = commands(out)
    assert preflight[:5] == ["curl", "-i", "-X", "OPTIONS", API]
    assert request[:5] == ["curl", "-i", "-X", "PUT", API]
    assert again[:4] == ["scripts/corsight", "check", "--origin", PAGE]
    typed = [*("--origin", PAGE, "--url", API, "-X", "PUT", "-H", "content-type: application/json")]
    assert raw(capsys, "check", *typed, "--credentials", "include")[1] == out


def test_what_a_copied_request_leads_to_can_be_run(capsys: Said, tmp_path: Path) -> None:
    code, out, err = raw(capsys, "check", "-", stdin=f"{CHROME}{ANSWERED}".encode())
    assert (code, err) == (2, "")
    [preflight, again] = commands(out)
    assert preflight[:5] == ["curl", "-i", "-X", "OPTIONS", API]
    # The answer in the paste is written out: only the preflight's has to be fetched.
    assert again[again.index("--status") + 1 :][:5] == [
        *("200", "-R", "access-control-allow-origin: https://app.test", "-R"),
        "access-control-allow-credentials: true",
    ]
    granted = "Access-Control-Allow-Methods: PUT\nAccess-Control-Allow-Headers: content-type\n"
    file = tmp_path / "preflight.txt"
    file.write_text(ANSWERED.replace("{}", "").replace("HTTP/2 200\n", f"HTTP/2 204\n{granted}"))
    assert raw(capsys, *(str(file) if word == file.name else word for word in again[1:]))[0] == 0


def test_a_copied_request_is_judged_by_the_answer_below(capsys: Said) -> None:
    command = f"$ curl -i -H 'Origin: https://app.test' {API}\n"
    code, out, err = raw(capsys, "check", "--paste", f"{command}{ANSWERED}")
    assert (code, err) == (0, "")
    assert "allowed  Chromium, Firefox, WebKit, Fetch standard" in out
    code, out, _ = raw(capsys, "check", "--paste", f"{command}{ANSWERED.replace('https://app', 'https://www.app')}")
    assert (code, "origin-differs-slightly" in out) == (1, True)
    # Without Origin, a server may answer differently.
    code, out, _ = raw(capsys, "check", "--paste", f"curl -i {API}\nHTTP/2 200\n\n{{}}", "--origin", PAGE)
    assert (code, "curl does not send by itself" in " ".join(out.split())) == (1, True)
    code, out, _ = raw(capsys, "check", "--paste", f"{command}{{}}\n")
    assert (code, "What stands behind the command shows no status line" in " ".join(out.split())) == (2, True)


def test_preflight_and_request_may_stand_in_one_paste(capsys: Said) -> None:
    asked = f"curl -i -X OPTIONS {API} -H 'Origin: {PAGE}' -H 'Access-Control-Request-Method: PUT'\n"
    request = f"curl -i -X PUT {API} -H 'Origin: {PAGE}'\n"
    granted = ANSWERED.replace("\n\n", "\nAccess-Control-Allow-Methods: PUT\n\n")
    assert raw(capsys, "check", "--paste", f"{asked}{granted}{request}{ANSWERED}")[0] == 0
    assert raw(capsys, "check", "--paste", f"{asked}{ANSWERED}{request}{ANSWERED}")[0] == 1
    # Alone, the preflight tells what the request is.
    code, out, _ = raw(capsys, "check", "--paste", f"{asked}{granted}")
    assert (code, "PUT https://api.test/orders" in out, "the preflight passes" in " ".join(out.split())) == (
        2,
        True,
        True,
    )


@pytest.mark.parametrize(
    ("paste", "said"),
    [
        ("curl 'https://api.test/x", "a quote in the command is not closed; paste the command as a whole"),
        ("curl -H 'origin: https://app.test'", "the curl command names no URL; paste it as a whole"),
        (f"curl {API}", "the request does not name the page that asks; give it with --origin"),
        ("fetch(url, {method: 'PUT'})", "the request does not name the page that asks; give it with --origin"),
        ("curl https://api.test -H 'sec-fetch-mode: navigate'", "the request is a navigation: the browser follows"),
        ("curl https://user:pw@api.test -H 'origin: https://app.test'", "browsers fetch no URL with a user name"),
    ],
)
def test_a_copied_request_that_cannot_be_judged_is_one_line(capsys: Said, paste: str, said: str) -> None:
    code, out, err = raw(capsys, "check", "--paste", paste)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert said in err


def test_what_is_typed_goes_before_what_is_pasted(capsys: Said) -> None:
    typed = ["--origin", "https://other.test", "--credentials", "omit", "-X", "PATCH", "-H", "x-more: 1"]
    out = raw(capsys, "check", "--paste", CHROME, *typed)[1]
    assert "PATCH https://api.test/orders" in out
    assert "page       https://other.test, without credentials" in out
    assert "Access-Control-Allow-Headers: content-type, x-more" in out
    assert raw(capsys, "check", "--paste", "fetch(url)", *TYPED[1:])[1].startswith("GET https://api.test/orders")


def test_what_a_body_says_is_no_message(capsys: Said) -> None:
    paste = f"curl -i -H 'Origin: {PAGE}' {API}\nHTTP/1.1 403 Forbidden\n\nInvalid Host header\n"
    code, out, err = raw(capsys, "check", "--paste", paste)
    assert (code, out.startswith(f"GET {API}"), err) == (1, True, "")


def test_a_message_beside_a_request_is_explained(capsys: Said) -> None:
    code, out, _ = raw(capsys, "check", "--paste", f"{CHROME}\n{MESSAGE}")
    assert (code, "Chromium blocked it" in out) == (1, True)


def test_several_messages_are_answered_one_by_one(capsys: Said) -> None:
    other = (
        "Access to fetch at 'https://b.test/2' from origin 'https://app.test' has been blocked by CORS policy: Method "
        "PUT is not allowed by Access-Control-Allow-Methods in preflight response."
    )
    code, out, err = raw(capsys, "check", "--paste", f"{MESSAGE}\nUncaught TypeError: Failed to fetch\n{other}")
    assert (code, err) == (1, "")
    first, _, second = out.partition("2 of 2")
    assert first.startswith("1 of 2\n")
    assert RULES["preflight-status-not-ok"].title in " ".join(first.split())
    assert RULES["preflight-method-not-allowed"].title in " ".join(second.split())
    lines = raw(capsys, "check", "--format", "json", "--paste", f"{MESSAGE}\n{other}")[1].splitlines()
    assert [json.loads(line)["rules"] for line in lines] == [
        ["preflight-status-not-ok"],
        ["preflight-method-not-allowed"],
    ]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("TypeError: Failed to fetch", 1),
        (
            "Refused to connect to 'https://b.test/' because it violates the following Content Security Policy "
            "directive: \"connect-src 'self'\".",
            1,
        ),
        ('Refused to get unsafe header "X-Total"', 0),
        (
            "A preload for 'https://b.test/f' is found, but is not used because the request credentials mode does "
            "not match. Consider taking a look at crossorigin attribute.",
            0,
        ),
    ],
)
def test_the_exit_code_tells_whether_something_was_stopped(text: str, code: int, capsys: Said) -> None:
    assert raw(capsys, "check", "--paste", text)[0] == code


def test_a_redirect_is_told_and_nobody_is_to_allow_null(capsys: Said) -> None:
    text = (
        "Access to fetch at 'https://{}' (redirected from 'https://api.test/me') from origin 'null' has been blocked "
        "by CORS policy: No 'Access-Control-Allow-Origin' header is present on the requested resource."
    )
    plain = " ".join(raw(capsys, "check", "--paste", text.format("files.test/me"))[1].split())
    assert "The page requested https://api.test/me, which redirected it to https://files.test/me" in plain
    assert "Access-Control-Allow-Origin: null" not in plain
    assert "Use the last URL in" in plain
    plain = " ".join(raw(capsys, "check", "--paste", text.format("sso.test/login"))[1].split())
    assert "location.href" in plain
    assert "Use the last URL" not in plain


# -- app shells, extensions, the local network -------------------------------------------------------------------------

SHELL_ORIGINS = [
    *("capacitor://localhost", "ionic://localhost", "tauri://localhost", "http://tauri.localhost", "app://editor.test"),
    *(
        "https://tauri.localhost",
        "file://",
        "moz-extension://0a1b2c3d",
        "safari-web-extension://0A1B2C3D",
        "own://main",
    ),
    *("chrome-extension://abcdefghijklmnop", "ms-appx-web://contoso", "vscode-webview://0a1b2c3d"),
]


@pytest.mark.parametrize("origin", SHELL_ORIGINS)
def test_the_origin_of_an_app_is_taken_and_held_letter_by_letter(origin: str, capsys: Said) -> None:
    asked = ["check", "--origin", origin, "--url", API, "--credentials", "omit", "--engine", "standard"]
    code, out, err = raw(capsys, *asked, "-R", f"Access-Control-Allow-Origin: {origin}")
    assert (code, err) == (0, "")
    assert f"{origin} is the origin of" in " ".join(out.split())
    code, out, err = raw(capsys, *asked, "-R", "Access-Control-Allow-Origin: https://localhost")
    assert (code, err) == (1, "")
    # What is printed to run next is taken again.
    again = commands(raw(capsys, *asked)[1])[-1]
    assert again[:6] == ["scripts/corsight", "check", "--origin", origin, "--url", API]


def test_the_url_of_an_apps_page_is_its_origin(capsys: Said) -> None:
    out = raw(capsys, "check", "--origin", "capacitor://localhost/home?x", "--url", API, *STAR)[1]
    assert "The page's origin is capacitor://localhost:" in " ".join(out.split())


def test_an_extension_needs_a_permission_and_no_header(capsys: Said) -> None:
    asked = ["check", "--origin", "chrome-extension://abcdefghijklmnop", "--url", API]
    code, out, _ = raw(capsys, *asked, "-R", "Content-Type: text/html")
    plain = " ".join(out.split())
    assert code == 1
    assert "likely blocked" in plain
    assert "By an extension that was granted the host (host_permissions)" in plain
    assert "own origin" not in plain


def test_a_file_is_null_in_browsers_and_file_in_shells(capsys: Said) -> None:
    out = raw(capsys, "check", "--origin", "file:///home/me/index.html", "--url", API, *STAR)[1]
    assert "page null" in " ".join(out.split())
    assert "send file:// instead" in " ".join(out.split())


def test_a_public_page_that_asks_the_local_network_needs_leave(capsys: Said) -> None:
    local = ["--url", "https://192.168.1.20/x", "--credentials", "omit", *STAR]
    code, out, _ = raw(capsys, "check", "--origin", "https://shop.test", *local)
    plain = " ".join(out.split())
    assert code == 0
    assert "likely allowed Chromium" in plain
    assert "Without permission to reach the local network" in plain
    code, out, _ = raw(capsys, "check", "--origin", "http://shop.test", *local)
    plain = " ".join(out.split())
    assert code == 1
    assert "likely blocked Chromium" in plain
    assert "not a secure context" in plain
    code, out, _ = raw(capsys, "check", "--origin", "https://10.0.0.2", *local)
    assert code == 0
    assert "local network" not in out


# Versions.


def test_the_versions_that_would_say_otherwise(capsys: Said) -> None:
    upper = ["-X", "patch", "-P", "Access-Control-Allow-Origin: *", "-P", "Access-Control-Allow-Methods: PATCH", *STAR]
    code, out, _ = run(capsys, *upper, "--credentials", "omit", "--versions")
    assert code == 1
    assert "Chromium by version 92 to 108 allowed: the page may read the response" in out
    assert (
        "109 to 156 blocked: at the preflight: The method is written `patch`, which to browsers is not PATCH console"
        in out
    )
    assert "Firefox by version" not in out
    assert "measured Chromium 92 to 156, Firefox 140 to 153, WebKit 16 to 26; see docs/engines.md" in out


def test_versions_that_ask_otherwise_say_for_what(capsys: Said) -> None:
    asked = ["-H", "Range: bytes=1-", "--credentials", "omit", *STAR, "-P", "Access-Control-Allow-Origin: *"]
    _, out, _ = run(capsys, *asked, "-P", "Access-Control-Allow-Headers: range", "--versions")
    assert "92 to 98 allowed: the page may read the response; asks for GET, range" in out
    assert "99 to 156 allowed: the page may read the response; no preflight" in out


def test_versions_that_all_say_the_same(capsys: Said) -> None:
    code, out, _ = run(capsys, *STAR, "--credentials", "omit", "--versions")
    assert (code, "All measured versions decide the same." in out) == (0, True)


def test_one_version(capsys: Said) -> None:
    _, out, _ = run(capsys, "-R", "x: 1", "--engine", "chromium@120")
    assert "blocked Chromium 120: No Access-Control-Allow-Origin header" in out
    assert "set the request's mode to 'no-cors'" in out
    for wrong in ("chromium@", "auto", "standard@1"):
        code, _, err = run(capsys, "-R", "x: 1", "--engine", wrong)
        assert (code, len(err.splitlines())) == (2, 1)
    code, _, err = run(capsys, "-R", "x: 1", "--versions", "--format", "json")
    assert (code, "--versions is for reading" in err) == (2, True)


def test_what_a_message_quotes_moves_no_cursor(capsys: Said) -> None:
    """The fuzzer met it: the value is told back in the reason as well."""
    text = (
        "Access to fetch at 'https://api.test/data' from origin 'https://app.test' has been blocked by CORS policy: "
        "The value of the 'Access-Control-Allow-Credentials' header in the response is '\x1b[31m\x00' "
        "which must be 'true' when the request's credentials mode is 'include'."
    )
    code, out, _ = raw(capsys, "check", "--paste", text)
    assert code == 1
    assert out.replace("\n", "").isprintable()


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("WebSocket connection to 'ws://127.0.0.1:3002/' failed: ", "only if its user allows local network access"),
        (
            "Mixed Content: The page at 'https://a.test/' was loaded over HTTPS, but attempted to connect to the "
            "insecure WebSocket endpoint 'ws://192.168.1.7/'. This request has been blocked; this endpoint must be "
            "available over WSS.",
            "for WebSockets from version 147 on",
        ),
        (
            "Access to fetch at 'http://127.0.0.1:3030/x' from origin 'https://site.example' has been blocked by CORS "
            "policy: No 'Access-Control-Allow-Origin' header is present on the requested resource.",
            "host_permissions",
        ),
    ],
)
def test_what_a_local_address_has_to_do_with_it_is_told(capsys: Said, message: str, words: str) -> None:
    for text, told in ((message, True), (re.sub(r"127\.0\.0\.1|192\.168\.1\.7", "api.example", message), False)):
        out = " ".join(raw(capsys, "check", "--paste", text)[1].split())
        assert (words in out) is told


def test_headers_from_the_network_panel_are_judged(capsys: Said) -> None:
    pasted = (
        f"Request URL\n{API}\nRequest Method\nOPTIONS\nStatus Code\n405 Method Not Allowed\nallow\nGET, PUT\n"
        f"access-control-request-method\nPUT\norigin\n{PAGE}\n"
    )
    code, out, _ = raw(capsys, "check", "--paste", pasted)
    assert code == 1
    assert "preflight-not-routed" in out


def test_a_page_written_with_a_slash_is_its_origin(capsys: Said) -> None:
    out = raw(
        capsys,
        *("check", "--paste"),
        f"Access to fetch at '{API}' from origin '{PAGE}/' has been blocked by CORS policy: No "
        "'Access-Control-Allow-Origin' header is present on the requested resource.",
    )[1]
    assert f"{PAGE}/ " not in out
    assert f"Access-Control-Allow-Origin: {PAGE}\n" in out


def test_an_app_s_interceptor_is_no_server_to_ask_again(capsys: Said) -> None:
    pasted = (
        "[Error] Origin http://localhost:5173 is not allowed by Access-Control-Allow-Origin. Status code: 200\n"
        "[Error] Fetch API cannot load capacitor://localhost/_capacitor_http_interceptor_?u=http%3A%2F%2Fa.test due to "
        "access control checks."
    )
    out = raw(capsys, "check", "--paste", pasted)[1]
    assert "CapacitorHttp.request()" in " ".join(out.split())
    assert "curl" not in out


def test_a_misdirected_request_is_the_problem_itself(capsys: Said) -> None:
    pasted = (
        "[Error] Origin https://a.test is not allowed by Access-Control-Allow-Origin. Status code: 421\n"
        "[Error] Fetch API cannot load https://b.test/x due to access control checks."
    )
    out = raw(capsys, "check", "--paste", pasted)[1]
    assert "opened for another host" in " ".join(out.split())


def test_what_several_paths_of_one_server_fail_by_is_told_once(capsys: Said) -> None:
    line = "Access to fetch at '{}' from origin 'https://app.test' has been blocked by CORS policy: No "
    line += "'Access-Control-Allow-Origin' header is present on the requested resource."
    urls = ("https://a.test/1", "https://a.test/2", "https://b.test/1")
    out = raw(capsys, "check", "--paste", "\n".join(map(line.format, urls)))[1]
    assert out.count("Send the header on every response") == 2
    assert "2 of 3\nChromium: the same as 1\nrequest    https://a.test/2" in out
    assert all(url in out for url in urls)


def test_the_lines_above_a_command_are_no_wider_than_the_terminal(
    capsys: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    request = f"fetch('{API}', {{method: 'POST', credentials: 'include', headers: {{'X-A': '1'}}}})"
    _, out, _ = raw(capsys, "check", "--paste", request, "--origin", PAGE)
    headings = [line for line in out.splitlines() if line.startswith("#")]
    assert "# send the request yourself; careful, this really does the POST. A browser adds" in headings
    assert max(map(len, headings)) <= 80


def test_a_buckets_rule_has_to_list_the_pages_origin(capsys: Said) -> None:
    text = (
        f"Access to fetch at 'https://b.s3.eu-west-1.amazonaws.com/a' from origin '{PAGE}' has been blocked by CORS "
        "policy: No 'Access-Control-Allow-Origin' header is present on the requested resource."
    )
    out = " ".join(raw(capsys, "check", "--paste", text)[1].split())
    assert f"For this page, list the origin {PAGE}." in out


def test_mixed_content_is_for_the_page_or_for_the_server_that_redirects(capsys: Said) -> None:
    """The message does not say which of them named the http URL."""
    text = (
        f"Mixed Content: The page at '{PAGE}/' was loaded over HTTPS, but requested an insecure resource "
        "'http://api.test/x'. This request has been blocked; the content must be served over HTTPS."
    )
    out = " ".join(raw(capsys, "check", "--paste", text)[1].split())
    assert "who the page, or the server if it redirects to this URL" in out


def test_nobody_is_asked_to_act_on_a_message_without_a_reason(capsys: Said) -> None:
    assert "\nwho " not in raw(capsys, "check", "--paste", "TypeError: Failed to fetch")[1]


def paste(capsys: Said, url: str, reason: str, initial: str | None = None) -> str:
    """What is said of a console message, in one line."""
    led = "" if initial is None else f" (redirected from '{initial}')"
    message = f"Access to fetch at '{url}'{led} from origin '{PAGE}' has been blocked by CORS policy: {reason}"
    return " ".join(raw(capsys, "check", "--paste", message)[1].split())


MISSING = "No 'Access-Control-Allow-Origin' header is present on the requested resource."


def test_a_redirect_that_only_changes_a_slash_is_avoided_by_the_url(capsys: Said) -> None:
    said = paste(capsys, "https://api.test/me/", MISSING, "https://api.test/me")
    assert "use https://api.test/me/, with or without the slash" in said
    assert "location.href" not in said


def test_a_redirect_to_another_host_may_lead_to_a_page_that_has_to_be_opened(capsys: Said) -> None:
    said = paste(capsys, "https://pay.test/c/1", MISSING, "https://api.test/checkout")
    assert "let the page go there with location.href" in said


def test_a_link_that_nextjs_fetched_is_told(capsys: Said) -> None:
    said = paste(capsys, "https://login.test/authorize", MISSING, f"{PAGE}/a?_rsc=1")
    assert "It is Next.js that fetched the page behind a link" in said
    assert "Next.js" not in paste(capsys, "https://login.test/authorize", MISSING, f"{PAGE}/a?rsc=1")


def test_two_slashes_in_a_row_are_named(capsys: Said) -> None:
    reason = (
        "Response to preflight request doesn't pass access control check: Redirect is not allowed for a preflight "
        "request."
    )
    assert "two slashes in a row" in paste(capsys, "https://api.test//me", reason)
    assert "two slashes in a row" not in paste(capsys, "https://api.test/me?to=https://a.test//b", reason)


def test_a_platform_that_the_host_names_is_told(capsys: Said) -> None:
    assert "allow unauthenticated invocations" in paste(capsys, "https://us-east1-p.cloudfunctions.net/f", MISSING)
    assert "unauthenticated" not in paste(capsys, "https://api.test/f", MISSING)


def test_a_header_that_a_library_adds_by_a_prefix_is_told(capsys: Said) -> None:
    reason = "Request header field {} is not allowed by Access-Control-Allow-Headers in preflight response."
    assert "htmx" in paste(capsys, "https://api.test/f", reason.format("hx-current-url"))
    assert "usually added by" not in paste(capsys, "https://api.test/f", reason.format("x-mine"))


def test_a_tunnel_may_have_answered_itself(capsys: Said) -> None:
    assert "ngrok-skip-browser-warning" in paste(capsys, "https://a1.ngrok-free.app/f", MISSING)
    assert "which may have answered itself" not in paste(capsys, "https://ngrok.test/f", MISSING)


def test_a_signed_url_needs_no_authorization(capsys: Said) -> None:
    reason = "Request header field authorization is not allowed by Access-Control-Allow-Headers in preflight response."
    assert "its own signature" in paste(capsys, "https://files.test/k?X-Amz-Signature=a", reason)
    assert "its own signature" not in paste(capsys, "https://files.test/k?signed=a", reason)


def test_helmet_is_named_where_the_resource_policy_blocks(capsys: Said) -> None:
    message = f"GET {API} net::ERR_BLOCKED_BY_RESPONSE.NotSameOrigin 200 (OK)"
    assert "Helmet" in raw(capsys, "check", "--paste", message)[1]


@pytest.mark.parametrize(
    "host",
    [
        "b.s3.eu-west-1.amazonaws.com",
        "pub-1.r2.dev",
        "storage.googleapis.com",
        "x.blob.core.windows.net",
        "api.test",
    ],
)
def test_the_first_line_that_speaks_of_a_rule_is_the_one_that_names_it(capsys: Said, host: str) -> None:
    """Scripts look for the code behind `rule`; advice on a storage's CORS rules comes before it."""
    said = paste(capsys, f"https://{host}/a", MISSING)
    assert re.findall(r"\brule +([a-z-]+)", said)[0] == "allow-origin-missing"
