"""Audits on several cores: the same report, byte for byte, whatever their number; and what parts come to unites."""

from __future__ import annotations

import io
import itertools
import os
import pickle
import random
from pathlib import Path

import pytest
from mitmproxy.flow import Error
from mitmproxy.http import HTTPFlow
from mitmproxy.io import FlowReader, FlowWriter

from corsight.policies.findings import Kind
from corsight.policies.verdict import Outcome
from corsight.scripts import auditing, cli
from corsight.scripts.auditing import Plan
from corsight.scripts.gate.sift import sift
from corsight.scripts.judging import judge_recording
from corsight.scripts.recordings import Recording, shares
from corsight.scripts.report.findings import Findings
from corsight.scripts.report.text import Report, write
from tests.scripts.recordings.test_mitmproxy import RECORDINGS, bytes_of

CLIENTS = 5


def flows_of(content: bytes) -> list[HTTPFlow]:
    return [flow for flow in FlowReader(io.BytesIO(content)).stream() if isinstance(flow, HTTPFlow)]


def write_flows(path: Path, flows: list[HTTPFlow]) -> None:
    with open(path, "wb") as file:
        writer = FlowWriter(file)
        for flow in flows:
            writer.add(flow)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Recordings of one client, and `large.mitm` of several at once, in the order of their ends."""
    folder = tmp_path_factory.mktemp("recordings")
    together: list[tuple[float, int, HTTPFlow]] = []
    number = itertools.count()
    for client, path in zip(range(CLIENTS), (RECORDINGS[0], *RECORDINGS[1:5]), strict=True):
        flows = flows_of(bytes_of(path))
        write_flows(folder / f"{client}.mitm", flows)
        first = flows[0].request.timestamp_start
        for flow in flows:
            flow.client_conn.peername = (f"10.0.0.{client}", 4000)
            for message in filter(None, (flow.request, flow.response)):
                message.timestamp_start += 1_800_000_000 - first
            moment = (flow.response or flow.request).timestamp_start
            together.append((moment, next(number), flow))
    write_flows(folder / "large.mitm", [flow for _, _, flow in sorted(together, key=lambda one: one[:2])])
    return folder


@pytest.fixture(autouse=True)
def everything_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shares, "LARGE", 100_000)


def run(folder: Path, *arguments: str) -> tuple[object, str, str]:
    with pytest.MonkeyPatch.context() as patch:
        out, err = io.StringIO(), io.StringIO()
        patch.chdir(folder)
        patch.setattr("sys.stdout", out)
        patch.setattr("sys.stderr", err)
        patch.setattr("sys.argv", ["corsight", "audit", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return ended.value.code, out.getvalue(), err.getvalue()


@pytest.mark.parametrize("format", ["text", "jsonl"])
@pytest.mark.parametrize("files", [["large.mitm"], ["."], ["3.mitm", "large.mitm", "0.mitm"]])
def test_the_report_is_the_same_whatever_the_jobs(format: str, files: list[str], folder: Path) -> None:
    alone, *others = [run(folder, *files, "--format", format, "--jobs", str(jobs)) for jobs in (1, 2, 3)]
    assert alone[0] == 1
    assert len(alone[1]) > 5000
    assert others == [alone, alone]


def test_a_large_recording_is_parted_by_client(folder: Path) -> None:
    parts = shares.part(str(folder / "large.mitm"))
    assert len(parts) == CLIENTS
    clients = [{exchange.client for exchange in part} for part in parts]
    assert sorted(client for some in clients for client in some) == [f"10.0.0.{number}" for number in range(CLIENTS)]
    assert sum(part.exchanges for part in parts) == len(list(Recording(str(folder / "large.mitm"))))
    whole = {exchange.id: exchange for exchange in Recording(str(folder / "large.mitm"))}
    assert all(whole[exchange.id] == exchange for part in parts for exchange in part)


def test_what_is_small_or_of_one_client_is_judged_as_a_whole(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert shares.part(str(folder / "1.mitm")) == []
    assert shares.part("-") == shares.part("https://a.test/a.mitm") == []
    monkeypatch.setattr(shares, "LARGE", 10**9)
    assert shares.part(str(folder / "large.mitm")) == []


def test_clients_share_what_there_is(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shares, "SHARES", 2)
    parts = shares.part(str(folder / "large.mitm"))
    assert len(parts) == 2
    sizes = [sum(part.places[1::2]) - sum(part.places[::2]) for part in parts]
    assert min(sizes) > max(sizes) / 2


def test_a_verdict_does_not_turn_on_the_other_clients(folder: Path) -> None:
    """What is said of each exchange of a parted recording is what is said of it in the whole."""
    whole = {
        one.entry.exchange.id: (one.verdict, one.entry.evidence, one.facts.credentials)
        for one in judge_recording(Recording(str(folder / "large.mitm")))
    }
    for part in shares.part(str(folder / "large.mitm")):
        for one in judge_recording(part):
            said = one.verdict, one.entry.evidence, one.facts.credentials
            assert whole.pop(one.entry.exchange.id) == said
    assert not whole


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_where_a_parted_recording_is_damaged_what_came_before_is_judged(jobs: str, folder: Path) -> None:
    content = (folder / "large.mitm").read_bytes()
    parts = shares.part(str(folder / "large.mitm"))
    place = sorted(place for part in parts for place in part.places[::2])[100]
    (folder / "broken.mitm").write_bytes(content[:place] + b"x" + content[place + 1 :])
    code, out, err = run(folder, "broken.mitm", "--format", "jsonl", "--jobs", jobs)
    assert (code, len(out.splitlines())) == (2, 100)
    assert err.startswith("corsight: broken.mitm: is cut short or damaged after 100 exchanges; ")
    (folder / "broken.mitm").unlink()


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_bad_files_are_named_and_the_others_judged(jobs: str, folder: Path) -> None:
    (folder / "odd.har").write_bytes(b"odd")
    code, out, err = run(folder, "odd.har", "0.mitm", "--format", "jsonl", "--jobs", jobs)
    assert (code, len(out.splitlines())) == (2, 15)
    assert err.startswith("corsight: odd.har: ")
    (folder / "odd.har").unlink()


def test_policies_are_held_against_all_recordings_at_once(folder: Path) -> None:
    (folder / "policy.yaml").write_text(
        "version: 1\npolicies: [{name: a, match: {hosts: [api.shop.test]}, origins: [https://a.test], methods: [GET]}]"
    )
    reports = [run(folder, "0.mitm", "large.mitm", "--policy", "policy.yaml", "--jobs", jobs) for jobs in "12"]
    assert reports[0] == reports[1]
    assert "Drift from the policies" in reports[0][1]


# -- uniting ---------------------------------------------------------------------------------------------------------


def find(path: Path, *, start: int = 0, end: int | None = None) -> Findings:
    findings = Findings()
    for judged in list(judge_recording(Recording(str(path))))[start:end]:
        findings.add(judged)
    return findings


def tell(findings: Findings) -> str:
    stream = io.StringIO()
    write(Report(findings, sift(findings.sorted()), []), stream, verbose=True)
    return stream.getvalue()


def unite(*parts: Findings) -> Findings:
    united = Findings()
    for part in parts:
        united.unite(part)
    return united


def copy(findings: Findings) -> Findings:
    """What another process would send."""
    copied: Findings = pickle.loads(pickle.dumps(findings))
    return copied


@pytest.mark.parametrize("name", ["0.mitm", "1.mitm", "4.mitm"])
def test_findings_of_halves_unite_to_those_of_the_whole(name: str, folder: Path) -> None:
    whole = find(folder / name)
    middle = sum(whole.outcomes.values()) // 2
    halves = find(folder / name, end=middle), find(folder / name, start=middle)
    united = unite(*map(copy, halves))
    assert united.outcomes == whole.outcomes
    assert united.clients == whole.clients
    assert (united.open, united.browsers) == (whole.open, whole.browsers)
    for kind in ("blocked", "failed"):
        assert count(united, kind) == count(whole, kind)
    assert count(whole, "blocked") > 0


def count(findings: Findings, kind: Kind) -> int:
    return sum(finding.count for finding in findings.sorted() if finding.kind == kind)


def test_it_does_not_matter_in_what_order_parts_are_put_together(folder: Path) -> None:
    parts = [find(folder / f"{number}.mitm") for number in range(CLIENTS)]
    one, two, three, four, five = map(copy, parts)
    left = unite(unite(unite(one, two), three), four, five)
    one, two, three, four, five = map(copy, parts)
    two.unite(three)
    four.unite(five)
    right = unite(one, two, four)
    assert tell(left) == tell(right)
    shuffled = [copy(part) for part in parts]
    random.Random(3).shuffle(shuffled)
    assert sorted(tell(unite(*shuffled)).splitlines()) == sorted(tell(left).splitlines())


def test_uniting_takes_from_no_count(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no room for more groups and places, they are still counted."""
    from corsight.policies.findings import diagnosis, groups

    monkeypatch.setattr(diagnosis, "GROUPS", 2)
    monkeypatch.setattr(groups, "PLACES", 2)
    monkeypatch.setattr(groups, "MISMATCHES", 1)
    united = unite(*(find(folder / f"{number}.mitm") for number in range(CLIENTS)))
    assert count(united, "blocked") == united.count(Outcome.BLOCKED) > 100


def end(*_: object, **__: object) -> None:
    os._exit(9)


def test_a_process_that_is_ended_is_told_in_one_line(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auditing, "_audit_to_file", end)
    code, out, err = run(folder, "0.mitm", "1.mitm", "--jobs", "2")
    assert (code, out) == (2, "")
    assert err == "corsight: 0.mitm: the process that read it was ended; try it with fewer --jobs\n"


def test_an_error_of_one_client_does_not_move_it_to_another_share(folder: Path) -> None:
    flows = flows_of((folder / "large.mitm").read_bytes())
    for flow in flows[::3]:
        flow.error = Error("8:peername;15:9:127.0.0.1;1:1#]}5:error;0:~2:id;36:", 1.0)
    write_flows(folder / "errors.mitm", flows)
    parts = shares.part(str(folder / "errors.mitm"))
    assert [len({exchange.client for exchange in part}) for part in parts] == [1] * CLIENTS
    (folder / "errors.mitm").unlink()


def test_records_are_ascii(folder: Path) -> None:
    stream = io.StringIO()
    auditing.audit([str(folder / "0.mitm")], Plan(records=True), stream)
    assert len(stream.getvalue().splitlines()) == 15
    assert stream.getvalue().isascii()
