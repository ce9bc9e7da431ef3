"""The verdict log: whole lines, at once; and a disk that fails disturbs nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from corsight.addons.log import VerdictLog
from corsight.policies.record import Lines
from tests.addons.mitm import FIREFOX, cors, judged, lines


def test_a_record_is_in_the_file_as_soon_as_it_is_written(tmp_path: Path) -> None:
    log = VerdictLog(str(tmp_path / "log"))
    for number in range(3):
        log.write(f'{{"number":{number}}}')
        assert (tmp_path / "log").read_bytes().splitlines()[-1] == b'{"number":%d}' % number
    assert (tmp_path / "log").read_bytes().endswith(b"\n")


def test_records_are_appended(tmp_path: Path) -> None:
    for number in range(2):
        log = VerdictLog(str(tmp_path / "log"))
        log.write(f'{{"number":{number}}}')
        log.close()
    assert lines(tmp_path / "log") == [{"number": 0}, {"number": 1}]


def test_a_log_moved_away_is_still_written_to(tmp_path: Path) -> None:
    log = VerdictLog(str(tmp_path / "log"))
    (tmp_path / "log").rename(tmp_path / "old")
    log.write("{}")
    assert lines(tmp_path / "old") == [{}]


def test_what_the_browser_says_is_readable(tmp_path: Path) -> None:
    log = VerdictLog(str(tmp_path / "log"))
    log.write(Lines().line(judged(cors(agent=FIREFOX))))
    assert "CORS header ‘Access-Control-Allow-Origin’ missing" in (tmp_path / "log").read_text("utf-8")


def test_a_home_folder_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    VerdictLog("~/log").write("{}")
    assert lines(tmp_path / "log") == [{}]


def test_a_file_that_cannot_be_opened_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        VerdictLog(str(tmp_path / "missing" / "log"))
    with pytest.raises(IsADirectoryError):
        VerdictLog(str(tmp_path))


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="/dev/full, a disk that is full, is Linux's")
def test_a_full_disk_is_said_once_and_then_left(caplog: pytest.LogCaptureFixture) -> None:
    log = VerdictLog("/dev/full")
    for _ in range(3):
        log.write("{}")
    log.close()
    assert caplog.messages == [
        "cors_log: cannot write /dev/full: No space left on device; no more verdicts are written to it."
    ]


class Sluggish:
    """A file that takes a few bytes at a time, and fails to close."""

    def __init__(self) -> None:
        self.taken = b""
        self.closed = False

    def write(self, data: bytes) -> int:
        self.taken += data[:7]
        return len(data[:7])

    def close(self) -> None:
        raise OSError(5, "Input/output error")


def test_a_line_that_is_taken_in_pieces_is_whole(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    log = VerdictLog(str(tmp_path / "log"))
    log.close()
    file = log._file = Sluggish()
    line = Lines().line(judged(cors(agent=FIREFOX)))
    log.write(line)
    assert file.taken.decode() == f"{line}\n"
    log.close()
    assert caplog.messages == [f"cors_log: cannot close {tmp_path / 'log'}: Input/output error."]


def test_a_log_that_ends_in_half_a_line_goes_on_in_a_line_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b'{"number":0}\n{"numb')
    for number in (1, 2):
        log = VerdictLog(str(path))
        log.write(f'{{"number":{number}}}')
        log.close()
    assert path.read_bytes() == b'{"number":0}\n{"numb\n{"number":1}\n{"number":2}\n'


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are POSIX's")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="it is a pipe"):
        VerdictLog(str(tmp_path / "pipe"))
