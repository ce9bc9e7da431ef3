"""What is fuzzed: each target takes any bytes, and raises where something that has to hold does not."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from functools import cache
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple
from xml.etree import ElementTree

from mitmproxy import http
from ruamel.yaml import YAML

from corsight.addons.adapter import exchange_of, request_of
from corsight.addons.commands import Commands
from corsight.policies.console import read_messages
from corsight.policies.engines import ENGINES
from corsight.policies.log_record import LogRecord
from corsight.policies.record import record
from corsight.policies.redact import printable, redact
from corsight.policies.server.export import TARGETS as SERVERS
from corsight.policies.server.export import RecipeError, render
from corsight.policies.server.infer import infer
from corsight.policies.server.load import load
from corsight.policies.server.model import ServerPolicy
from corsight.policies.server.problems import PolicyError
from corsight.policies.server.write import to_yaml
from corsight.policies.session import Judged, Session
from corsight.policies.story import tell
from corsight.policies.story.text import lines
from corsight.scripts.curl import read_curl
from corsight.scripts.dev import hooks
from corsight.scripts.dev.fuzz import archives, exchanges
from corsight.scripts.dev.fuzz.checks import (
    SECRET,
    Broken,
    check_equal,
    check_line,
    check_printable,
    check_secret,
    check_shown,
)
from corsight.scripts.dev.fuzz.pastes import read_pastes
from corsight.scripts.errors import CorsightError, one_line
from corsight.scripts.gate.sift import sift
from corsight.scripts.judging import group_by_fetch, judge_recording, settle
from corsight.scripts.recordings import Recording
from corsight.scripts.report import check as check_report
from corsight.scripts.report import message as message_report
from corsight.scripts.report import story as story_report
from corsight.scripts.report import text as text_report
from corsight.scripts.report.drift import Drifts
from corsight.scripts.report.findings import Findings
from corsight.scripts.whatif.model import Question, Responses
from corsight.scripts.whatif.predict import predict

POLICY = json.dumps(
    {
        "version": 1,
        "policies": [
            {
                "name": "api",
                "match": {"hosts": ["api.test", "*.api.test"], "paths": ["/v1/**"]},
                "origins": ["https://app.test", "https://*.app.test"],
                "methods": ["GET", "PUT"],
                "request_headers": ["x-a"],
                "expose_headers": ["x-b"],
                "credentials": True,
                "max_age": 600,
            }
        ],
    }
)
TRUSTED = ["https://app.test", "http://localhost:3000", "null"]
"""The pages that may read what is patched."""
LINES = frozenset({"cors.comment", "cors.server.headers"})
"""The metadata that are several lines."""
EDITED = (b"access-control-", b"cross-origin-resource-policy", b"vary", b"cache-control", b"x-corsight-patched")
"""How the names of the header fields begin that a patch may change."""


class Wire(NamedTuple):
    """What goes over the wire of a flow: the request, and of the response its status, header fields and body."""

    asked: tuple[object, ...]
    status: int | None
    fields: tuple[tuple[bytes, bytes], ...]
    content: bytes | None


class Scratch:
    """The files and the proxies that inputs are tried with. One for the process."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        folder = Path(self._stack.enter_context(TemporaryDirectory()))
        self.log, self.recording, self.policies = folder / "log.jsonl", folder / "recording", folder / "policies.json"
        self.policies.write_text(POLICY)
        self.proxies = {watched: self._stack.enter_context(hooks.started(watched=watched)) for watched in (False, True)}


@cache
def scratch() -> Scratch:
    """Return the scratch of this process."""
    return Scratch()


# -- the addon -------------------------------------------------------------------------------------------------------


def pass_through_hooks(data: bytes) -> None:
    """Exchanges go through every hook of the addon."""
    script, files = exchanges.read(data), scratch()
    proxy = files.proxies["watched" in script.words]
    options = _options(script.words, files)
    files.log.write_bytes(b"")
    proxy.renew(**options)
    before = [_wire(flow) for flow in script.flows]
    for flow, sent in zip(script.flows, before, strict=True):
        response = flow.response
        proxy.call(flow)
        if "cors_patch" not in options:
            check_equal(_wire(flow), sent, "the wire, with patching off")
        elif response is not None and flow.response is response:
            _check_patched(flow, sent)
        elif response is not None:
            # Answered here, and the server not asked.
            check_equal(flow.request.data.method, b"OPTIONS", "what is answered in the server's place")
    if "watched" in script.words:
        # The stories are the addon's own business; only its commands show them.
        commands = Commands(proxy.addon._stories, proxy.addon._judge_again)
        for flow in script.flows:
            check_shown("\n".join(commands.explain(flow)), "cors.explain")
        check_shown("\n".join(commands.findings()), "cors.findings")
    proxy.end()
    if proxy.messages.errors:
        raise proxy.messages.errors[0]
    for line in proxy.messages.lines:
        check_line(line, "the event log")
    for flow in script.flows:
        for name, value in flow.metadata.items():
            for line in str(value).split("\n") if name in LINES else [str(value)]:
                check_line(line, f"metadata {name}")
        check_shown(flow.comment, "the comment")
    _check_log(files.log.read_bytes())


def _options(words: frozenset[str], files: Scratch) -> dict[str, Any]:
    options: dict[str, Any] = {"cors_log": str(files.log)}
    if words & {"patch=policy", "policies"}:
        options["cors_policy"] = [str(files.policies)]
    for mode in ("blocked", "policy"):
        if f"patch={mode}" in words:
            options |= {"cors_patch": mode, "cors_patch_scope": "everything", "cors_patch_origins": TRUSTED}
    for engine in ENGINES:
        if f"engine={engine}" in words:
            options["cors_engine"] = engine
    return options


def _wire(flow: http.HTTPFlow) -> Wire:
    """Return what goes over the wire of a flow."""
    request, response = flow.request.data, flow.response.data if flow.response is not None else None
    asked = (request.method, request.scheme, request.authority, request.path, request.headers.fields, request.content)
    if response is None:
        return Wire(asked, None, (), None)
    return Wire(asked, response.status_code, response.headers.fields, response.content)


def _check_patched(flow: http.HTTPFlow, sent: Wire) -> None:
    """Raise Broken where a patch changed more than header fields that concern CORS, and the status of a preflight."""
    got = _wire(flow)
    check_equal(got.asked, sent.asked, "the request, patched")
    check_equal(got.content, sent.content, "the body, patched")
    if flow.request.data.method != b"OPTIONS":
        check_equal(got.status, sent.status, "the status, patched")
    kept = [[field for field in one.fields if not field[0].lower().startswith(EDITED)] for one in (sent, got)]
    check_equal(kept[1], kept[0], "headers that no patch may touch")


def _check_log(log: bytes) -> None:
    *records, last = log.decode("utf-8").split("\n")
    check_equal(last, "", "the end of the log")
    for one in records:
        check_line(one, "the log")
        LogRecord.model_validate(json.loads(one))


# -- recordings and reports ------------------------------------------------------------------------------------------


def read_recording(data: bytes) -> None:
    """A file is read and judged as if it were a recording."""
    path = scratch().recording
    path.write_bytes(data)
    recording = Recording(str(path))
    judgeds = list(judge_recording(recording))
    if recording.problem is not None:
        check_line(one_line(str(recording.problem)), "a damaged recording's problem")
        if "please report" in recording.problem.todo:
            raise Broken("an exchange that cannot be judged", str(recording.problem))
    # No look at the secret here: in what the fuzzer writes into a file, anything may stand anywhere.
    for judged in judgeds:
        check_printable(json.dumps(record(judged)), "a record")
    for fetch in group_by_fetch(judgeds):
        check_printable("\n".join(lines(tell(fetch), ascii_only=True)), "a story")


def read_archive(data: bytes) -> None:
    """Recordings that were packed together are read and judged."""
    read_recording(archives.pack(data))


def tell_stories(data: bytes) -> None:
    """Exchanges are judged, and the story of each fetch is told."""
    for fetch in group_by_fetch(_judged(data)):
        story, stream = tell(fetch), StringIO()
        story_report.write(story, stream)
        check_shown(stream.getvalue(), "a story")
        check_shown("\n".join(lines(story, ascii_only=True)), "a plain story")


def write_findings(data: bytes) -> None:
    """Exchanges are judged, and what is found in all of them is written."""
    findings, drifts, stream = Findings(), Drifts(_policies()), StringIO()
    judgeds = _judged(data)
    for judged in judgeds:
        findings.add(judged)
        drifts.add(judged)
        check_line(json.dumps(record(judged)), "a record")
    report = text_report.Report(findings, sift(findings.sorted()), [("recording", len(judgeds))])
    text_report.write(report, stream)
    text_report.write(report, stream, verbose=True)
    drifts.write(stream)
    check_shown(stream.getvalue(), "the findings")


def infer_policies(data: bytes) -> None:
    """Exchanges are judged, and the policy that they need is inferred, loaded again and exported."""
    inferred = infer(_judged(data))
    if not inferred:
        return
    text = to_yaml(inferred, "Of a recording.")
    check_shown(text, "an inferred policy")
    load(text, "inferred.yaml")
    for number, one in enumerate(inferred):
        # One server each, another each time: all of them take longer than everything else together.
        _export(one.policy, (tuple(SERVERS)[(len(text) + number) % len(SERVERS)],))


def _judged(data: bytes) -> list[Judged]:
    """Return the last word on each exchange of a script."""
    session, judgeds = Session(), []
    for flow in exchanges.read(data).flows:
        judgeds += [*session.begin(request_of(flow)), *session.observe(exchange_of(flow))]
    return list(settle([*judgeds, *session.finish()]))


@cache
def _policies() -> tuple[ServerPolicy, ...]:
    return load(POLICY, "policies.json")


# -- policies --------------------------------------------------------------------------------------------------------


def load_policies(data: bytes) -> None:
    """A policy file is loaded, in the format that the first line names, and exported."""
    name, _, text = data.decode("utf-8", "replace").partition("\n")
    try:
        policies = load(text, f"policies.{name if name in ('json', 'toml') else 'yaml'}")
    except PolicyError as error:
        for problem in error.problems:
            check_line(str(problem), "a problem of a policy file")
        return
    for policy in policies:
        _export(policy)


def export_policies(data: bytes) -> None:
    """A policy made of lines such as `origins https://app.test` is exported for every server."""
    policy: dict[str, Any] = {"name": "fuzzed", "match": {}}
    for line in data.decode("utf-8", "replace").split("\n"):
        field, _, value = line.partition(" ")
        if field in ("hosts", "paths"):
            policy["match"].setdefault(field, []).append(value)
        elif field in ("origins", "methods", "request_headers", "expose_headers"):
            policy.setdefault(field, []).append(value)
        elif field in ("name", "note"):
            policy[field] = value
        elif field == "credentials":
            policy[field] = value == "true"
        elif field == "max_age" and value.isdecimal():
            policy[field] = int(value[:12])
    try:
        [loaded] = load(json.dumps({"version": 1, "policies": [policy]}), "policies.json")
    except PolicyError:
        return
    _export(loaded)


def _export(policy: ServerPolicy, servers: Iterable[str] = SERVERS) -> None:
    """Write the policy as each server's configuration, which parses in its own syntax as far as there is a parser."""
    for server in servers:
        try:
            text = render(server, policy)
        except RecipeError as error:
            check_line(one_line(str(error)), f"why {server} cannot say it")
            continue
        check_shown(text.replace("\t", " "), f"the configuration of {server}")
        if (parse := PARSERS.get(SERVERS[server].language)) is not None:
            parse(text)


PARSERS: dict[str, Callable[[str], object]] = {
    "Python": ast.parse,
    "JSON": json.loads,
    "YAML": YAML(typ="safe").load,
    "XML": ElementTree.fromstring,
}
"""By the language of a configuration."""


# -- texts -----------------------------------------------------------------------------------------------------------


def read_consoles(data: bytes) -> None:
    """Console messages of a browser are read, and explained."""
    messages = read_messages(data.decode("utf-8", "replace"))
    if messages:
        stream = StringIO()
        message_report.write_messages(messages, stream)
        check_shown(stream.getvalue(), "what a console message means")


def read_curls(data: bytes) -> None:
    """What curl printed is read, and judged by every engine."""
    try:
        pasted = read_curl(data, "paste")
    except CorsightError as error:
        check_line(one_line(str(error)), "why curl's output cannot be read")
        return
    question = Question("https://app.test", "https://api.test/v1", "PUT", (("X-A", "1"),))
    responses, stream = Responses(pasted.hops, pasted.hops), StringIO()
    predictions = [predict(question, responses, engine) for engine in ENGINES]
    check_report.write_predictions(question, predictions, [], ["corsight", "check"], stream, story=True)
    check_shown(stream.getvalue(), "what is said of curl's output")


def redact_texts(data: bytes) -> None:
    """A text with secrets in it is redacted."""
    text = data.decode("utf-8", "replace").replace("\0", "")
    if SECRET in text:
        return
    url = f"https://user:{SECRET}@api.test/{text}"
    for told in (url, f"{url}{'&' if '?' in url or '#' in url else '?'}access_token={SECRET}"):
        once = redact(told)
        check_secret(once, "redacted")
        check_equal(redact(once), once, "redacted twice")
    check_line(printable(text), "escaped")


TARGETS: dict[str, Callable[[bytes], None]] = {
    "hooks": pass_through_hooks,
    "recordings": read_recording,
    "archives": read_archive,
    "stories": tell_stories,
    "findings": write_findings,
    "inference": infer_policies,
    "policies": load_policies,
    "exports": export_policies,
    "console": read_consoles,
    "curl": read_curls,
    "pastes": read_pastes,
    "redaction": redact_texts,
}
