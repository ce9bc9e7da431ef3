"""How the command ends: an exit code and at most one line, whatever happens inside."""

from __future__ import annotations

import errno
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from corsight.scripts import __version__, cli
from corsight.scripts.errors import CorsightError

SHOP = Path(__file__).parents[2] / "examples" / "shop.mitm"


def fail_with(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    def app(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(cli, "app", app)


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["--version"]) == 0
    assert capsys.readouterr().out == f"corsight {__version__}\n"


def test_no_command_shows_the_help_and_is_bad_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run([]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("Usage: corsight")


@pytest.mark.parametrize("arguments", [["--nope"], ["nope"]])
def test_bad_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("corsight: ")
    assert said.err.endswith("; see corsight --help\n")
    assert said.err.count("\n") == 1


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (CorsightError("not a recording"), "not a recording"),
        (CorsightError("bad port", where="a.har", todo="mend it"), "a.har: bad port; mend it"),
        (CorsightError("\x1b[31mred\nline\u202e"), r"\x1b[31mred\nline\u202e"),
        (FileNotFoundError(errno.ENOENT, "No such file or directory", "a.har"), "a.har: no such file"),
        (typer.Abort(), "the input ended too early"),
        (KeyError("x"), "a bug of ours: KeyError: 'x'; CORSIGHT_DEBUG=1 shows where, please report it with that"),
    ],
)
def test_an_error_is_one_line(
    error: Exception, line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("CORSIGHT_DEBUG", raising=False)
    fail_with(error, monkeypatch)
    assert cli.run([]) == 2
    assert capsys.readouterr().err == f"corsight: {line}\n"


def test_a_bug_shows_where_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORSIGHT_DEBUG", "1")
    fail_with(KeyError("x"), monkeypatch)
    with pytest.raises(KeyError):
        cli.run([])


def test_an_interrupt_says_nothing(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    fail_with(KeyboardInterrupt(), monkeypatch)
    assert cli.run([]) == 130
    assert capsys.readouterr() == ("", "")


def test_a_reader_that_left_is_no_finding() -> None:
    command = [sys.executable, "-m", "corsight.scripts.cli", "--help"]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


CHECK = ["check", "--origin", "https://app.example", "--url", "https://api.example/", "--method", "PUT"]


@pytest.mark.parametrize(
    ("arguments", "unwanted"),
    [
        (["--help"], ("mitmproxy", "pydantic.main", "rich.console", "corsight.policies.verdict")),
        (["--version"], ("mitmproxy", "pydantic.main", "rich.console", "corsight.policies.verdict")),
        (["policy", "--help"], ("mitmproxy", "pydantic.main", "rich.console", "corsight.policies.verdict")),
        (
            [*CHECK, "-R", "X: 1", "-P", "X: 1"],
            ("mitmproxy", "pydantic_core", "rich.table", "corsight.policies.server"),
        ),
        (["check", "--help"], ("mitmproxy", "pydantic.main", "jinja2", "corsight.policies.server")),
        (["rules"], ("mitmproxy", "pydantic_core", "jinja2", "corsight.policies.session")),
        (["rules", "vary-origin-missing"], ("mitmproxy", "pydantic.main", "jinja2", "corsight.policies.session")),
        (["audit", "examples/shop.mitm"], ("mitmproxy", "pydantic_core", "jinja2", "corsight.policies.server.model")),
        (["audit", "examples/shop.mitm", "--jobs", "1"], ("mitmproxy", "pydantic_core", "jinja2")),
        ([*CHECK, "--status", "404"], ("mitmproxy", "pydantic_core", "rich.table")),
        (["policy", "check", "none.yaml"], ("mitmproxy", "jinja2", "corsight.policies.session")),
    ],
    ids=" ".join,
)
def test_a_command_imports_nothing_that_it_does_not_need(arguments: list[str], unwanted: tuple[str, ...]) -> None:
    asked = "import sys; from corsight.scripts import cli; cli.run(sys.argv[1:]); print(*sys.modules, file=sys.stderr)"
    command = [sys.executable, "-c", asked, *arguments]
    ended = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=True)
    modules = set(ended.stderr.splitlines()[-1].split())
    assert "corsight.scripts.cli" in modules
    assert not modules.intersection(unwanted)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["audit", "--jobs", "-1"], "greater than or equal to 0"),
        (["audit", "--jobs", "two"], "a valid integer"),
        (["audit", "--jobs", "²"], "a valid integer"),
        ([*CHECK, "--status", "199"], "greater than or equal to 200"),
        ([*CHECK, "--status", "600"], "less than or equal to 599"),
        ([*CHECK, "--status", "9999999999"], "less than or equal to 599"),
    ],
)
def test_a_number_that_cannot_be_is_refused(typed: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = typed if typed[0] != "audit" else [*typed, str(SHOP)]
    assert cli.run(arguments) == 2
    assert said in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize("status", ["200", "599", "0404"])
def test_a_number_is_read_as_it_was_typed(status: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run([*CHECK, "--preflight-status", status, "--format", "json"]) in (0, 1)
    assert f": {int(status)}" in capsys.readouterr().out


@pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell closes it")
@pytest.mark.parametrize("arguments", ["rules", "audit examples/shop.mitm"])
def test_a_stdout_that_is_closed_is_said_in_a_line(arguments: str) -> None:
    command = f"'{sys.executable}' -P -m corsight.scripts.cli {arguments} >&-"
    ended = subprocess.run(["sh", "-c", command], stderr=subprocess.PIPE, text=True, check=False)
    assert ended.returncode == 2
    assert ended.stderr == "corsight: stdout is closed; redirect it to a file, a pipe or /dev/null\n"


@pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell closes it")
def test_a_stderr_that_is_closed_is_no_problem() -> None:
    command = f"'{sys.executable}' -P -m corsight.scripts.cli nope 2>&-"
    assert subprocess.run(["sh", "-c", command], check=False).returncode == 2


@pytest.mark.skipif(sys.platform != "linux", reason="it has a device that is full")
@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ("audit nope 2>/dev/full", ""),
        ("rules >/dev/full", "corsight: cannot write: No space left on device\n"),
        ("audit {shop} >/dev/full", "corsight: stdout: No space left on device\n"),
        ("audit {shop} --format jsonl >/dev/full", "corsight: stdout: No space left on device\n"),
        *(
            (f"audit {{shop}} --format {name}=/dev/full", "corsight: /dev/full: No space left on device\n")
            for name in ("json", "jsonl", "csv", "html", "text", "github")
        ),
        ("audit {shop} --output /dev/full", "corsight: /dev/full: No space left on device\n"),
        ("audit {shop} --baseline /dev/full --write-baseline", "corsight: /dev/full: No space left on device\n"),
        (
            "audit {shop} --store -",
            "corsight: --store: - is no file; write a path, or postgresql://user@host/database\n",
        ),
        ("policy infer {shop} --output /dev/full", "corsight: /dev/full: No space left on device\n"),
        ("check - <&-", "corsight: stdin: is closed; pipe the text into it, or name a file\n"),
        ("mcp {shop} <&-", "corsight: stdin: is closed; let the assistant start this, or add --http 0\n"),
        ("audit - <&-", "corsight: stdin: is closed; pipe a recording into it, or name a file\n"),
    ],
)
def test_what_cannot_be_read_or_written_is_bad_input(arguments: str, line: str) -> None:
    command = f"'{sys.executable}' -P -m corsight.scripts.cli {arguments.format(shop=SHOP)}"
    ended = subprocess.run(["sh", "-c", command], stderr=subprocess.PIPE, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (2, line)


@pytest.mark.skipif(sys.platform != "linux", reason="it has a device that is full")
def test_an_assistant_whose_pipe_is_full_is_told_in_a_line() -> None:
    command = f"'{sys.executable}' -P -m corsight.scripts.cli mcp {SHOP} >/dev/full"
    ping = '{"jsonrpc": "2.0", "id": 1, "method": "ping"}\n'
    ended = subprocess.run(["sh", "-c", command], input=ping, stderr=subprocess.PIPE, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (2, "corsight: cannot write: No space left on device\n")


@pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell leads it there")
@pytest.mark.parametrize("sent", ["garbage\\n1\\n", "\\377\\376\\033[31m\\n[[[[[[\\n"])
def test_what_is_no_message_of_an_assistant_is_told_in_a_line(sent: str) -> None:
    command = f"printf '{sent}' | '{sys.executable}' -P -m corsight.scripts.cli mcp {SHOP}"
    ended = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    what = "stdin: what came is not a message of the Model Context Protocol; let an assistant start this"
    assert (ended.returncode, ended.stderr) == (0, f"corsight: {what}\n")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (
            ["-R", "“Access-Control-Allow-Origin:", "*”", "-X", "PUT"],
            ["-R", "Access-Control-Allow-Origin: *", "-X", "PUT"],
        ),
        (["--origin", "“https://app.test”"], ["--origin", "https://app.test"]),
        (["--paste", "« Blocage du chargement »"], ["--paste", "« Blocage du chargement »"]),
        (["--paste", "“https://a.test”", "x"], ["--paste", "https://a.test", "x"]),
        (["“open", "and", "never", "closed"], ["“open", "and", "never", "closed"]),
        (["it’s", "’", ""], ["it’s", "’", ""]),
    ],
)
def test_typographic_quotes_are_taken_for_straight_ones(typed: list[str], meant: list[str]) -> None:
    assert cli.unquote(typed) == meant
