"""Playwright's traces, and HARs in archives."""

from __future__ import annotations

import gzip
import io
import json
import random
import zipfile
from pathlib import Path
from typing import Any

import pytest

from corsight.policies.session import Judged
from corsight.scripts.api import audit
from corsight.scripts.judging import judge_recording
from corsight.scripts.recordings import Recording
from tests.scripts.recordings.test_har import ALLOW, API, PAGE, entry, har

TEXT = (
    f"Access to XMLHttpRequest at '{API}/a' from origin '{PAGE}' has been blocked by CORS policy: Response to "
    "preflight request doesn't pass access control check: No 'Access-Control-Allow-Origin' header is "
    "present on the requested resource."
)
PATHS = (("/a", ALLOW), ("/b", []))
OPTIONS = {"type": "context-options", "browserName": "chromium", "version": 8}


def failed(path: str = "/a", method: str = "PUT") -> dict[str, Any]:
    one = entry(method, path, status=-1, whole=False, kind="xhr")
    one["response"]["_failureText"] = "net::ERR_FAILED"
    return one


def trace(path: Path, entries: list[Any], events: list[Any]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        lines = [{"type": "resource-snapshot", "snapshot": one} for one in entries]
        archive.writestr("trace.network", "\n".join(map(json.dumps, lines)))
        archive.writestr("trace.trace", "\n".join(map(json.dumps, [OPTIONS, *events])) + "\n{cut")
        archive.writestr("resources/abc.bin", b"\0" * 10)
    return path


def judge(path: Path) -> tuple[list[Judged], Recording]:
    recording = Recording(str(path))
    return list(judge_recording(recording)), recording


@pytest.mark.parametrize(
    "event",
    [
        {"type": "console", "messageType": "error", "text": TEXT},
        {"type": "object", "class": "ConsoleMessage", "initializer": {"type": "error", "text": TEXT}},
    ],
)
def test_the_console_says_why(tmp_path: Path, event: dict[str, Any]) -> None:
    judged, recording = judge(trace(tmp_path / "trace.zip", [failed()], [event]))
    assert [one.verdict.outcome.value for one in judged] == ["blocked"]
    ruling = judged[0].verdict.ruling
    assert (ruling.rule, ruling.message) == ("allow-origin-missing", TEXT)
    assert judged[0].verdict.certainty == "certain"
    assert judged[0].facts.origin == PAGE
    [finding] = audit(tmp_path / "trace.zip")
    assert finding.code == "allow-origin-missing"
    assert finding.mismatches[0].expected == f"Access-Control-Allow-Origin: {PAGE}"
    assert "console message says why" in recording.remarks[0]


def test_each_console_line_is_for_one_exchange(tmp_path: Path) -> None:
    entries = [failed(), entry(path="/a", at=2, answer=ALLOW), failed(), failed("/b")]
    judged, _ = judge(trace(tmp_path / "t.zip", entries, [{"type": "console", "text": TEXT}] * 2))
    rules = {one.entry.exchange.id: one.verdict.ruling.rule for one in judged}
    assert rules == {"1": "allow-origin-missing", "2": None, "3": "allow-origin-missing", "4": "network-error"}


def test_other_console_lines_say_nothing(tmp_path: Path) -> None:
    lines = [{"type": "console", "text": text} for text in ("hello", "", "Failed to load resource: net::ERR_FAILED")]
    judged, _ = judge(trace(tmp_path / "t.zip", [failed()], lines))
    assert judged[0].verdict.certainty == "likely"


def test_a_har_in_an_archive_is_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "har.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("har.har", json.dumps(har(entry(answer=ALLOW), creator="Playwright")))
        archive.writestr("abc.json", b"{}")
    judged, recording = judge(tmp_path / "har.zip")
    assert len(judged) == 1
    assert recording.problem is None


def pack_all(**members: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name.replace("_", "."), data)
    return packed.getvalue()


def test_what_lies_in_an_archive_is_read_as_if_it_lay_by_itself(tmp_path: Path) -> None:
    first, second = (json.dumps(har(entry(path=path, answer=answer))).encode() for path, answer in PATHS)
    inner = trace(tmp_path / "inner.zip", [failed("/c")], []).read_bytes()
    members = {"a_har": first, "b_har_gz": gzip.compress(second), "c_zip": pack_all(t_zip=inner), "d_txt": b"no"}
    (tmp_path / "run.zip").write_bytes(pack_all(**members))
    judged, recording = judge(tmp_path / "run.zip")
    assert recording.problem is None
    assert {one.entry.exchange.request.url.removeprefix(API): one.verdict.outcome.value for one in judged} == {
        "/a": "allowed",
        "/b": "blocked",
        "/c": "blocked",
    }
    # What DevTools leaves out is said once for both, and of which it is true.
    assert [remark.partition(":")[0] for remark in recording.remarks if "no Cookie" in remark] == ["a.har, b.har.gz"]


def test_entries_of_two_hars_in_an_archive_are_not_taken_for_each_other(tmp_path: Path) -> None:
    one = json.dumps(har(entry(answer=ALLOW), entry(path="/b", at=2.0, answer=ALLOW))).encode()
    (tmp_path / "two.zip").write_bytes(pack_all(a_har=one, b_har=one))
    judged, _ = judge(tmp_path / "two.zip")
    exchanges = [one.entry.exchange for one in judged]
    assert len(judged) == len({one.id for one in exchanges}) == 4
    assert len({one.client for one in exchanges}) == 2


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (b"{}", "bad.har in it: is not a HAR file: it has no entries; export it again, or record with mitmdump -w"),
        (
            b'{"log":{"entries":[{"request":{',
            "bad.har in it: is cut off or damaged in its first entry; ",
        ),
        (gzip.compress(b"{}" * 1000, mtime=0)[:20], "bad.har in it: "),
    ],
)
def test_a_bad_recording_in_an_archive_costs_itself_only(tmp_path: Path, bad: bytes, said: str) -> None:
    good = json.dumps(har(entry(answer=ALLOW))).encode()
    (tmp_path / "run.zip").write_bytes(pack_all(bad_har=bad, good_har=good))
    judged, recording = judge(tmp_path / "run.zip")
    assert [one.verdict.outcome.value for one in judged] == ["allowed"]
    assert said in str(recording.problem)
    (tmp_path / "run.zip").write_bytes(pack_all(bad_har=bad, good_har=good, more_har=b"{}"))
    assert "; 1 more in it could not be read to the end" in str(judge(tmp_path / "run.zip")[1].problem)


def test_archives_in_each_other_come_to_an_end(tmp_path: Path) -> None:
    data = json.dumps(har(entry(answer=ALLOW))).encode()
    for depth in range(1, 6):
        data = pack_all(**{"a_har" if depth == 1 else "a_zip": data})
        (tmp_path / "deep.zip").write_bytes(data)
        judged, recording = judge(tmp_path / "deep.zip")
        assert len(judged) == (depth <= 3)
        assert ("is an archive in 3 others; unpack it" in str(recording.problem)) == (depth > 3)


def test_another_archive_is_told_from_a_recording(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("readme.txt", "hello")
    _, recording = judge(tmp_path / "a.zip")
    assert str(recording.problem) == (
        f"{tmp_path / 'a.zip'}: is a zip archive without a HAR or a Playwright trace in it; name the recording"
    )


def test_a_trace_in_which_nothing_was_requested_is_one(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "trace.zip", "w") as archive:
        archive.writestr("test.trace", json.dumps(OPTIONS))
    judged, recording = judge(tmp_path / "trace.zip")
    assert (judged, recording.problem) == ([], None)


def test_fiddlers_own_archive_is_told_and_what_to_do(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.saz", "w") as archive:
        archive.writestr("raw/1_c.txt", "GET / HTTP/1.1")
    _, recording = judge(tmp_path / "a.saz")
    assert str(recording.problem) == (
        f"{tmp_path / 'a.saz'}: is Fiddler's own archive; export it as HTTPArchive: File, Export Sessions"
    )


def test_what_of_a_trace_is_not_judged_is_said(tmp_path: Path) -> None:
    bare = entry()
    bare["response"]["headers"] = []
    judged, recording = judge(trace(tmp_path / "trace.zip", [bare, failed()], []))
    assert len(judged) == 1
    assert recording.remarks[1:] == ["Not judged, because the headers of the response are not recorded: 1 entry."]


@pytest.mark.parametrize("cut", [5, 60, 200])
def test_an_archive_that_is_cut_off_is_said_in_a_line(tmp_path: Path, cut: int) -> None:
    whole = trace(tmp_path / "t.zip", [failed()], []).read_bytes()
    (tmp_path / "t.zip").write_bytes(whole[:-cut])
    _, recording = judge(tmp_path / "t.zip")
    assert "is a zip archive, cut off or damaged" in str(recording.problem)
    assert "\n" not in str(recording.problem)


class Outlet(io.RawIOBase):
    """A file that cannot go back: what is written into it has its sizes behind it, as in the archives of Playwright."""

    def __init__(self) -> None:
        self.data = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.data += data
        return len(data)


def pack(members: dict[str, str], *, sizes_behind: bool) -> bytes:
    out = Outlet() if sizes_behind else io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[arg-type]
        for name, text in members.items():
            archive.writestr(name, text)
    return bytes(out.data) if isinstance(out, Outlet) else out.getvalue()


@pytest.mark.parametrize("sizes_behind", [True, False])
def test_what_is_whole_in_an_archive_that_is_cut_off_is_judged(tmp_path: Path, *, sizes_behind: bool) -> None:
    console = json.dumps(OPTIONS) + "\n" + json.dumps({"type": "console", "text": TEXT}) + "\n"
    asked = json.dumps({"type": "resource-snapshot", "snapshot": failed()}) + "\n"
    noise = random.Random(1).randbytes(30_000).hex()
    members = {"resources/a": noise, "trace.trace": console, "trace.network": asked, "resources/b": noise}
    whole = pack(members, sizes_behind=sizes_behind)
    cut = tmp_path / "t.zip"
    for size in (
        whole.index(b"resources/b") + 20_000,
        whole.index(b"resources/b") + 3,
        whole.index(b"resources/b") - 30,
    ):
        cut.write_bytes(whole[:size])
        judged, recording = judge(cut)
        assert [one.verdict.ruling.rule for one in judged] == ["allow-origin-missing"]
        assert str(recording.problem) == (
            f"{cut}: is a zip archive, cut off or damaged; what was whole in it was judged; make it again"
        )


def test_any_cut_and_any_flipped_byte_of_an_archive_end_in_a_line(tmp_path: Path) -> None:
    text = json.dumps(har(entry(answer=ALLOW), entry(path="/b", answer=ALLOW), creator="Playwright"))
    whole = pack({"har.har": text, "more.har": text}, sizes_behind=True)
    rng, path = random.Random(2), tmp_path / "a.zip"
    for place in range(7, len(whole), 7):
        path.write_bytes(whole[:place])
        judged, recording = judge(path)
        assert len(judged) <= 4
        assert recording.problem is not None
        damaged = bytearray(whole[: rng.randrange(len(whole))])
        if len(damaged) > 4:
            damaged[rng.randrange(4, len(damaged))] ^= 1 << rng.randrange(8)
        path.write_bytes(damaged)
        judged, recording = judge(path)
        assert "please report" not in str(recording.problem)
