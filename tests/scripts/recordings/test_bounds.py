"""What is packed in a recording takes no more memory than what is not, and no more is unpacked than is allowed."""

from __future__ import annotations

import gzip
import importlib
import io
import json
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from corsight.scripts.recordings import Recording, allowance, archive, curl_lines, cut_archive
from corsight.scripts.recordings.har import split
from corsight.scripts.recordings.stepping import HELD
from corsight.scripts.recordings.trace import HELD_BYTES, LONGEST_MESSAGE, Messages
from tests.scripts.recordings.test_har import DEVTOOLS, entry
from tests.scripts.recordings.test_trace import TEXT

MEGABYTE = 1 << 20
FIELD = b'{"name":"a","value":"b"},'
TINY = b'{"request":{"url":"x:"}},'


def write_har(head: bytes, part: bytes, tail: bytes, size: int = 8 * MEGABYTE) -> bytes:
    return head + part * (size // len(part)) + tail


@pytest.mark.parametrize(
    "har",
    [
        write_har(b'{"log":{"entries":[', TINY, TINY[:-1] + b"]}}", 4 * MEGABYTE),
        write_har(b'{"log":{"entries":[{"request":{"url":"http://a/","headers":[', FIELD, FIELD[:-1] + b"]}}]}}"),
        write_har(b'{"log":{"pages":[', b"{},", b'{}],"entries":[' + TINY[:-1] + b"]}}"),
        write_har(b'{"log":{"creator":{"name":"', b"a" * 99, b'"},"entries":[' + TINY[:-1] + b"]}}"),
    ],
    ids=["entries", "headers", "pages", "creator"],
)
def test_a_large_har_is_not_held(har: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.har.gz"
    path.write_bytes(gzip.compress(har, 1))
    del har
    tracemalloc.start()
    try:
        for _ in Recording(str(path)):
            pass
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # What is decoded of one piece, and what is imported for it.
    assert most < 24 * MEGABYTE


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("piece", [64, 700, 5000])
def test_a_har_reads_the_same_in_pieces(
    piece: int, indent: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = [entry("GET", f"/{number}") for number in range(40)]
    entries[3]["request"]["method"] = 7
    entries[9] = "none"  # type: ignore[call-overload]
    entries[12] = {"_first": [{}, {"startedDateTime": 1}], **entries[12]}
    entries[20] = {key: entries[20][key] for key in sorted(entries[20], reverse=True)}
    path = tmp_path / "a.har"
    log = {"creator": {"name": DEVTOOLS}, "entries": entries, "pages": [{"startedDateTime": "", "id": "p"}] * 3}
    path.write_text(json.dumps({"log": log}, indent=indent))
    whole = Recording(str(path))
    expected = [repr(one) for one in whole]
    # The package gives the function of that name.
    for module in (importlib.import_module("corsight.scripts.recordings.har.read"), split):
        monkeypatch.setattr(module, "PIECE", piece)
    pieces = Recording(str(path))
    assert [repr(one) for one in pieces] == expected
    assert (pieces.remarks, pieces.problem) == (whole.remarks, None)
    assert len(expected) > 30


def pack_zip(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as file:
        for name, data in files.items():
            file.writestr(name, data)
    return packed.getvalue()


EMPTY = b'{"log":{"entries":[' + b" " * MEGABYTE + b"]}}"
FOUR = pack_zip({f"{number}.har": EMPTY for number in range(4)})


@pytest.mark.parametrize(
    "packed",
    [
        gzip.compress(EMPTY * 4),
        FOUR,
        pack_zip({"a.zip": FOUR}),
        pack_zip({"a.har.gz": gzip.compress(EMPTY * 4)}),
        gzip.compress(FOUR),
        pack_zip({"a.trace": b"", "a.network": b"{}\n" * MEGABYTE * 2}),
        pack_zip({f"{number}.har": b"" for number in range(80)}),
    ],
    ids=["gzip", "zip", "zip in zip", "gzip in zip", "zip in gzip", "trace", "very many"],
)
def test_no_more_is_unpacked_than_is_allowed(packed: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(packed)
    for plenty, told in ((3 * MEGABYTE, True), (80 * MEGABYTE, False)):
        monkeypatch.setattr(allowance, "PLENTY", plenty)
        recording = Recording(str(path))
        assert not list(recording)
        assert ("and comes to more than" in str(recording.problem)) == told


def test_what_is_packed_a_hundredfold_is_unpacked_whatever_its_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(allowance, "PLENTY", 1000)
    path = tmp_path / "a.har.gz"
    path.write_bytes(gzip.compress(json.dumps({"log": {"entries": [entry("GET", "/a")] * 60}}).encode()))
    recording = Recording(str(path))
    assert (len(list(recording)), recording.problem) == (60, None)


def test_what_takes_too_much_room_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.har.gz"
    path.write_bytes(gzip.compress(EMPTY))
    usage = type("Usage", (), {"free": MEGABYTE})
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage)
    recording = Recording(str(path))
    assert not list(recording)
    assert "half of the room" in str(recording.problem)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_what_unpacks_without_measure_is_not_unpacked(method: int, tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(pack_zip({"a.har": EMPTY}, method))
    recording = Recording(str(path))
    assert not list(recording)
    assert "a.har in it: is packed as no recording is" in str(recording.problem)


def test_a_long_list_of_files_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = pack_zip({f"{number:050}.har": b"{}" for number in range(3000)})
    path = tmp_path / "a.zip"
    path.write_bytes(packed)
    monkeypatch.setattr(archive, "LISTED", 1 << 17)
    recording = Recording(str(path))
    assert not list(recording)
    assert "more files than any" in str(recording.problem)


def test_of_a_cut_archive_so_many_files_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = pack_zip({f"{number:050}.har": b"{}" for number in range(3000)})
    monkeypatch.setattr(cut_archive, "LISTED", 80 * 100)
    cut = cut_archive.CutArchive(io.BytesIO(packed[: len(packed) // 2]), MEGABYTE, allowance.Allowance())
    assert 90 < len(cut.members) < 110


@pytest.mark.parametrize(
    "write",
    [
        lambda: b"> GET / HTTP/1.1\n> Host: a.test\n" + b"> a:\n" * 300_000 + b"< HTTP/1.1 200\n",
        lambda: b"> GET / HTTP/1.1\n> Host: a.test\n< HTTP/1.1 200\n" + (b"< a:" + b"b" * 60_000 + b"\n") * 150,
    ],
    ids=["sent", "got"],
)
def test_a_transcript_holds_no_more_headers_than_any_server_takes(write: Callable[[], bytes], tmp_path: Path) -> None:
    path = tmp_path / "curl.txt"
    path.write_bytes(write() + b"> GET /b HTTP/1.1\n> Host: a.test\n< HTTP/1.1 200\n< a: b\n")
    recording = Recording(str(path))
    assert [one.request.url for one in recording] == ["http://a.test/b"]
    assert any(text.endswith("of headers are left out: 1.") for text in recording.remarks)


def test_a_block_of_a_trace_holds_no_more_than_any_server_takes() -> None:
    for line in (b"0000: " + b"a" * 64 + b"\n", b"0000: " + b"61 " * 16 + b"\n"):
        block = curl_lines.Block(b"> ")
        for _ in range(HELD // 10):
            assert block.add(line)
        assert not block.add(b"=> Send header\n")
        assert sum(map(len, block.list_lines())) < 2 * HELD


def test_a_trace_keeps_so_many_characters_of_its_console() -> None:
    messages = Messages()
    for number in range(HELD_BYTES // 1000):
        messages.add(TEXT.replace("/a'", f"/{number}'") + "\n" + "a" * 2000)
    kept = sum(len(text) for found in messages._by_url.values() for _, _, text in found)
    assert HELD_BYTES // 2 < kept <= HELD_BYTES
    alone = Messages()
    alone.add(TEXT + "\n" + "a" * LONGEST_MESSAGE)
    assert not alone._by_url
