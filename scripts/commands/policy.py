"""`corsight policy`: what an API's owner intends to grant: check it, show it, infer it, compare it, export it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from corsight.scripts.errors import CorsightError, one_line

if TYPE_CHECKING:
    from corsight.policies.rules.model import HeaderEdit
    from corsight.policies.server.diff import Difference
    from corsight.policies.server.model import ServerPolicy
    from corsight.policies.session import Judged
    from corsight.policies.verdict import EngineName
    from corsight.scripts.recordings import Recording

POLICY_FILES = (".yaml", ".yml", ".toml", ".json")
WIDTH = 16

policy = typer.Typer(
    help="Say what a server is meant to grant: check, show, infer, diff and export policy files.",
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Files = Annotated[list[str], typer.Argument(metavar="FILE", help="Policy files: YAML, TOML or JSON.")]
File = Annotated[str, typer.Argument(metavar="FILE", help="A policy file: YAML, TOML or JSON.")]
Engine = Annotated[
    Literal["auto", "chromium", "firefox", "webkit", "standard"],
    typer.Option(help="The engine that judges; auto takes each client's own."),
]


@policy.command("check")
def check_files(files: Files) -> None:
    """Say everything that cannot work or is unsafe in policy files that are used together.

    Exits with 0 when there is nothing, 1 when there is something, 2 when a file cannot be read.
    """
    from corsight.policies.server.load import PolicyError, load_all

    texts = [(path, text_of(path)) for path in files]
    try:
        policies = load_all(texts)
    except PolicyError as error:
        _say(str(problem) for problem in error.problems)
        count = len(error.problems)
        _say([f"{count} problem{'s' if count != 1 else ''}"])
        raise typer.Exit(1) from None
    names = ", ".join(one.name for one in policies)
    _say([f"{', '.join(files)}: nothing is wrong; {_plural(len(policies), 'policy', 'policies')}: {names}"])


@policy.command("show")
def show(
    file: File,
    url: Annotated[str, typer.Argument(metavar="URL", help="The URL that a page asks for.")],
    origin: Annotated[list[str] | None, typer.Option(help="A page's origin; give it again for more.")] = None,
) -> None:
    """Say which policy a URL falls under, what it grants, and what a correct server answers to a page."""
    from corsight.policies.fetch.origin import origin_of
    from corsight.policies.server.match import find

    if origin_of(url) == "null":
        raise CorsightError("is no absolute URL", where=url, todo="write one such as https://api.shop.example/v1/items")
    policies = read_policies([file])
    found = find(policies, url)
    if found is None:
        _say([f"{url} falls under no policy of {file}: nothing is granted"])
        raise typer.Exit(1)
    _say([f"{url} falls under policy {found.name}, which grants"])
    _say(_grants(found))
    for one in origin or _examples(found):
        _say(["", *_answers(found, url, one)])


@policy.command("infer")
def infer_recordings(
    files: Annotated[list[str], typer.Argument(metavar="RECORDING", help="Recordings of traffic; - is stdin.")],
    output: Annotated[str | None, typer.Option(metavar="PATH", help="Write the policy there, not to stdout.")] = None,
    engine: Engine = "auto",
) -> None:
    """Write the least policy that lets the recorded exchanges pass, and which exchanges needed each grant.

    It is a beginning: what is marked CHECK, and every origin, wants a look before it is used.
    """
    from corsight.policies.server.infer import infer
    from corsight.policies.server.write import to_yaml

    recordings = _recordings(files)
    if (
        output is not None
        and os.path.exists(output)
        and any(os.path.exists(path) and os.path.samefile(output, path) for path in files)
    ):
        raise CorsightError("is a recording to read", where=output, todo="name another file for the policy")
    inferred = infer(_judged(recordings, engine))
    total = sum(recording.exchanges for recording in recordings)
    if not inferred:
        _stop_at_problems(recordings)
        raise CorsightError(
            f"no page asked another origin with CORS in {_plural(total, 'exchange', 'exchanges')}",
            where=", ".join(recording.name for recording in recordings),
            todo="record what a page does, through the proxy",
        )
    heading = (
        f"The least that lets the exchanges pass that are in {', '.join(recording.name for recording in recordings)}.\n"
        "Each grant names exchanges that needed it. Look at every origin, and at what is marked CHECK."
    )
    text = to_yaml(inferred, heading)
    if output is None:
        _say([text.rstrip("\n")])
    else:
        with open(output, "w", encoding="utf-8") as stream:
            stream.write(text)
    _stop_at_problems(recordings)


@policy.command("diff")
def diff_files(
    first: Annotated[str, typer.Argument(metavar="A", help="A policy file, or a recording to infer one from.")],
    second: Annotated[str, typer.Argument(metavar="B", help="What to hold against it.")],
    engine: Engine = "auto",
) -> None:
    """Say what B grants that A does not, and the other way round.

    Exits with 0 when there is nothing to say, 1 when there is.
    """
    from corsight.policies.server.diff import diff

    differences = list(diff(_policies_of(first, engine), _policies_of(second, engine)))
    if not differences:
        _say([f"{first} and {second} grant the same"])
        return
    _say(_differences(differences, first, second))
    raise typer.Exit(1)


@policy.command("export")
def export_file(
    target: Annotated[str, typer.Argument(metavar="TARGET", help="What the configuration is for, such as nginx.")],
    file: File,
    name: Annotated[str | None, typer.Option(help="Only the policy of this name.")] = None,
) -> None:
    """Write a policy as the configuration of a server, a framework or a gateway."""
    from corsight.policies.server.export import TARGETS, render

    if target not in TARGETS:
        raise CorsightError(f"{target} is no target", todo=f"there are {', '.join(TARGETS)}")
    policies = [one for one in read_policies([file]) if name in (None, one.name)]
    if not policies:
        raise CorsightError(f"there is no policy called {name}", where=file)
    if name is None and (granting := [one for one in policies if one.methods]):
        # Servers grant nothing by themselves: what grants nothing needs no configuration.
        policies = granting
    try:
        texts = [render(target, one) for one in policies]
    except ValueError as error:
        raise CorsightError(str(error), where=file) from None
    # As it is: it is ASCII, and its tabs are meant.
    sys.stdout.write("\n".join(texts))


# -- reading ---------------------------------------------------------------------------------------------------------


def text_of(path: str) -> str:
    """A file's text. Raises CorsightError where it is no text, OSError where there is none."""
    from corsight.policies.server.load import LARGEST

    try:
        with open(path, encoding="utf-8-sig") as file:
            # No more of it than tells that it is too long.
            return file.read(LARGEST + 1)
    except UnicodeDecodeError:
        raise CorsightError("is no text", where=path, todo="a policy file is YAML, TOML or JSON in UTF-8") from None


def read_policies(paths: Sequence[str]) -> tuple[ServerPolicy, ...]:
    """The policies of some files, in order. Where something is wrong, each problem is a line, and the command ends."""
    from corsight.policies.server.load import PolicyError, load_all

    try:
        return load_all([(path, text_of(path)) for path in paths])
    except PolicyError as error:
        for problem in error.problems:
            print(f"corsight: {one_line(str(problem))}", file=sys.stderr)
        raise typer.Exit(2) from None


def _recordings(paths: Sequence[str]) -> list[Recording]:
    from corsight.scripts.recordings import Recording, check_readable

    for path in paths:
        check_readable(path)
    return [Recording(path) for path in paths]


def _judged(recordings: Iterable[Recording], engine: str) -> Iterator[Judged]:
    from corsight.scripts.commands.audit import judgements, settled

    chosen: EngineName | None = None if engine == "auto" else engine  # type: ignore[assignment]
    for recording in recordings:
        yield from settled(judgements(recording, chosen))


def _stop_at_problems(recordings: Iterable[Recording]) -> None:
    problems = [recording.problem for recording in recordings if recording.problem is not None]
    for problem in problems:
        print(f"corsight: {one_line(str(problem))}", file=sys.stderr)
    if problems:
        raise typer.Exit(2)


def _policies_of(path: str, engine: str) -> tuple[ServerPolicy, ...]:
    """A policy file's policies, or those inferred from a recording."""
    if path.endswith(POLICY_FILES):
        return read_policies([path])
    from corsight.policies.server.infer import infer

    recordings = _recordings([path])
    inferred = infer(_judged(recordings, engine))
    _stop_at_problems(recordings)
    return tuple(one.policy for one in inferred)


# -- writing ---------------------------------------------------------------------------------------------------------


def _say(lines: Iterable[str]) -> None:
    """Lines to stdout, with what a terminal may obey spelled out."""
    from corsight.policies.redact import printable

    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")
    for text in lines:
        for line in text.split("\n"):
            print(line if line.isprintable() else printable(line))


def _grants(found: ServerPolicy) -> Iterator[str]:
    def row(field: str, words: str) -> str:
        return f"  {field:<{WIDTH}} {words}"

    yield row("origins", ", ".join(found.origins) or "none")
    yield row("methods", ", ".join(found.methods) or "none")
    yield row("request headers", ", ".join(found.request_headers) or "safelisted ones only")
    yield row("exposed headers", ", ".join(found.expose_headers) or "safelisted ones only")
    yield row("credentials", "yes" if found.credentials else "no")
    if found.max_age is not None:
        yield row("max age", f"{found.max_age} seconds")
    for field in type(found).model_fields:
        if field.startswith("dangerously_") and getattr(found, field):
            yield f"  {field}"
    if found.note:
        yield row("note", " ".join(found.note.split()))


def _examples(found: ServerPolicy) -> list[str]:
    """An origin to show an answer for: the first that is granted, or one that a pattern names."""
    from corsight.policies.server.origins import pattern_of

    for text in found.origins:
        pattern = pattern_of(text)
        if text == "*":
            return ["https://any.example"]
        if pattern is None or "*" not in text:
            return [text]
        port = ":3000" if pattern.port is None else text.rpartition(pattern.host)[2]
        return [f"{pattern.scheme}://{'any.' if pattern.subdomains else ''}{pattern.host}{port}"]
    return []


def _answers(found: ServerPolicy, url: str, origin: str) -> Iterator[str]:
    """What a correct server answers to a page of `origin`."""
    from corsight.policies.exchange import Exchange, HeaderList, Request
    from corsight.policies.fetch.safelist import is_cors_safelisted_method
    from corsight.policies.server.respond import ANY, grants_origin, respond

    def exchange(method: str, origin: str, *headers: tuple[str, str]) -> Exchange:
        return Exchange("", "", "", Request(method, url, HeaderList.of(("Origin", origin), *headers)))

    if not origin.isascii() or not grants_origin(found, origin):
        yield f"A page of {origin} is granted nothing: a correct server answers its requests with"
        sent = exchange(found.methods[0] if found.methods else "GET", "null" if not origin.isascii() else origin)
        yield from _indented(respond(found, sent, None).headers)
        return
    yield f"A page of {origin}: a correct server answers"
    names = tuple(sorted(name.lower() for name in found.request_headers if name != ANY))
    method = next((one for one in found.methods if one != ANY and not is_cors_safelisted_method(one)), None)
    if method is not None or names:
        asked = [("Access-Control-Request-Method", method or found.methods[0])]
        if names:
            asked.append(("Access-Control-Request-Headers", ",".join(names)))
        answer = respond(found, exchange("OPTIONS", origin, *asked), None)
        yield f"  its preflights with status {answer.status} and"
        yield from _indented(answer.headers)
    sent = exchange(next((one for one in found.methods if one != ANY), "GET"), origin)
    yield f"  its requests ({sent.request.method}), whatever their status, with"
    yield from _indented(respond(found, sent, None).headers)


def _indented(edits: Iterable[HeaderEdit]) -> Iterator[str]:
    lines = [f"    {edit}" for edit in edits]
    yield from lines or ["    no header of CORS"]


def _differences(differences: Sequence[Difference], first: str, second: str) -> Iterator[str]:
    said: str | None = None
    yield f"- {first}"
    yield f"+ {second}"
    for one in differences:
        if one.field == "policy":
            said = one.policy
            yield f"{'+' if one.after else '-'} policy {said}"
            continue
        if one.policy != said:
            said = one.policy
            yield f"  policy {said}" if said else "  all policies"
        what = (
            f"{one.field}: {one.before} -> {one.after}"
            if one.before and one.after
            else (f"{one.field}: {one.after or one.before}")
        )
        sign = {"more": "+", "less": "-", "other": "~"}[one.change]
        yield f"{sign}   {what}"
    more, less = (sum(one.change == kind for one in differences) for kind in ("more", "less"))
    yield f"{second} grants {more} thing{'s' if more != 1 else ''} more and {less} less"


def _plural(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"
