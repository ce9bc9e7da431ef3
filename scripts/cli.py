"""The `corsight` command: finds the subcommand, runs it, and turns every way it can end into an exit code and a line.

0 is clean, 1 is findings, 2 is bad usage or input. A subcommand says 1 with `raise typer.Exit(1)`, and raises
CorsightError for 2.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Sequence
from typing import Annotated, NoReturn

import typer

from corsight.policies.redact import redact
from corsight.scripts import __version__
from corsight.scripts.errors import (
    BAD_INPUT,
    NO_ROOM,
    CorsightError,
    describe_os_error,
    print_problem,
    redact_place,
)
from corsight.scripts.group import lazy_group

CLEAN = 0
INTERRUPTED = 130
"""128 and SIGINT, as a shell counts."""
BROKEN_PIPE = 141
"""128 and SIGPIPE: the reader of our output left. Never 1, which would read as findings."""
OPENING = ("“", "„", "‘", "«", "”", "’")
CLOSING = ("”", "“", "’", "»", "‘")
MOST_WORDS = 20
"""Words between typographic quotes."""

app = lazy_group(
    "corsight.scripts.commands",
    {
        "demo": "Visit a small shop with seven CORS mistakes, and report them.",
        "browse": "Open a page in a browser, and see what CORS blocks as it happens.",
        "run": "Run a command, such as a test suite, and report what CORS blocked.",
        "audit": "Report what CORS blocked in recorded traffic, and how to fix it.",
        "history": "List and compare earlier audits, and follow a finding.",
        "explain": "Explain one recorded fetch step by step, or one finding.",
        "check": "Explain a console message, or judge a request that you type.",
        "replay": "Send recorded requests to another server, and say what would change.",
        "rules": "List every rule and cause, or show one in full.",
        "config": "Show the settings that are in force, and where each comes from.",
        "policy": "Check, show, infer, compare or export what a server allows.",
        "mcp": "Answer a coding assistant over the Model Context Protocol.",
        "addon": "Print the path of the script that mitmproxy loads.",
    },
)


def show_version(wanted: bool) -> None:
    """Print the version and end, where that is wanted."""
    if wanted:
        typer.echo(f"corsight {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def corsight(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Show what browsers block because of CORS, why, and how to fix it."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help(), err=True)
        raise typer.Exit(BAD_INPUT)


def run(arguments: Sequence[str]) -> int:
    """Run `corsight ARGUMENTS` and return its exit code; whatever goes wrong is said in one line on stderr."""
    if sys.stderr is None:
        # Closed from outside: what would be said is lost, and no file that is opened may be taken for it.
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115 (to the end of the process)
    if sys.stdout is None:
        return _fail("stdout is closed; redirect it to a file, a pipe or /dev/null")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # What a terminal's encoding lacks is spelled out as an escape.
            stream.reconfigure(errors="backslashreplace")
    try:
        code = app(unquote(arguments), prog_name="corsight", standalone_mode=False)
        sys.stdout.flush()
    except typer.TyperException as error:
        context = getattr(error, "ctx", None)
        command = context.command_path if context else "corsight"
        message = error.format_message().replace("Value error, ", "").rstrip(".")
        see = " See" if message.endswith("?") else "; see"
        return _fail(f"{redact_place(message)}{see} {command} --help")
    except CorsightError as error:
        return _fail(str(error))
    except typer.Abort:
        return _fail("the input ended too early")
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        return _reader_left()
    except SystemExit as ended:
        # Typer turns a broken pipe into exit code 1, which is ours for findings.
        if isinstance(ended.__context__, BrokenPipeError):
            return _reader_left()
        raise
    except OSError as error:
        if error.errno == errno.ENOENT and error.filename is None:
            return _fail("the folder that this was started in is gone; go to another")
        said = describe_os_error(error)
        place = "cannot write" if error.filename is None and error.errno in NO_ROOM else error.filename
        return _fail(redact_place(f"{place}: {said}" if place is not None else said))
    except Exception as error:
        if isinstance(error, ValueError) and "embedded null" in str(error):
            return _fail("a file name cannot contain a NUL character; write another")
        if os.environ.get("CORSIGHT_DEBUG"):
            raise
        said = f"{type(error).__name__}: {redact(str(error))}"
        return _fail(f"a bug of ours: {said}; CORSIGHT_DEBUG=1 shows where, please report it with that")
    return code if isinstance(code, int) else CLEAN


def unquote(arguments: Sequence[str]) -> list[str]:
    """Return the arguments with what typographic quotes enclose as one: mail and chats put them in place of straight
    ones, and a shell splits the words between them.
    """
    words: list[str] = []
    rest = list(reversed(arguments))
    while rest:
        word = rest.pop()
        if word[:1] in OPENING and not any(mark.isspace() for mark in word):
            ends = next((at for at, one in enumerate(rest[: -MOST_WORDS - 1 : -1]) if one[-1:] in CLOSING), None)
            if word[-1:] in CLOSING and len(word) > 1:
                word = word[1:-1]
            elif ends is not None:
                word = " ".join([word[1:], *(rest.pop() for _ in range(ends + 1))])[:-1]
        words.append(word)
    return words


def _fail(line: str) -> int:
    print_problem(line)
    return BAD_INPUT


def _reader_left() -> int:
    """Python flushes stdout once more as it ends: what is left in it must not fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return BROKEN_PIPE


def main() -> NoReturn:
    """Run the command that the process was started with, and end the process."""
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
