"""Where recordings come from: folders, patterns, pipes, what is packed, and URLs."""

from __future__ import annotations

import gzip
import http.server
import os
import random
import subprocess
import sys
import threading
import zlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
import zstandard

from corsight.scripts.errors import CorsightError
from corsight.scripts.paths import ROOT, name_extra
from corsight.scripts.recordings import Recording, check_readable, list_recordings, remote

SHOP = (ROOT / "examples" / "shop.mitm").read_bytes()
EXCHANGES = 15
PACKERS = {".gz": gzip.compress, ".zhar": zlib.compress, ".zst": zstandard.ZstdCompressor().compress}


def count(path: str | Path) -> tuple[int, str | None]:
    """How many exchanges are read, and what is said of the recording."""
    recording = Recording(str(path))
    read = len(list(recording))
    return read, None if recording.problem is None else str(recording.problem)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


# -- names -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(here: Path) -> Path:
    for name in ("b/c.flows.gz", "b/page.html", "a.mitm", "b/a.har", "x/d.zst", "x/D.MITM"):
        (here / name).parent.mkdir(exist_ok=True)
        (here / name).touch()
    return here


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["b"], ["b/a.har", "b/c.flows.gz"]),
        (["."], ["./a.mitm", "./b/a.har", "./b/c.flows.gz", "./x/D.MITM"]),
        (["*.mitm"], ["a.mitm"]),
        (["*/*.*a*"], ["b/a.har"]),
        (["**/*.flows.gz", "a.mitm"], ["b/c.flows.gz", "a.mitm"]),
        (["**/*.har", "./**/*.mitm"], ["b/a.har", "./a.mitm"]),
        (["b/**", "**/b/**/*.har"], ["b/a.har", "b/c.flows.gz", "b/page.html"]),
        (["x/d.zst", "-", "none", "s3://bucket/a.mitm"], ["x/d.zst", "-", "none", "s3://bucket/a.mitm"]),
        (["a.mitm", "*.mitm", "a.mitm"], ["a.mitm"]),
    ],
)
@pytest.mark.usefixtures("folder")
def test_names_stand_for_recordings(names: list[str], found: list[str]) -> None:
    assert list_recordings(names) == found


@pytest.mark.skipif(sys.platform == "win32", reason="links are for those who may make them")
def test_links_in_circles_are_not_followed_and_only_files_are_recordings(folder: Path) -> None:
    for place in (folder, folder / "b"):
        for name in ("self", "again"):
            (place / name).symlink_to(folder)
    (folder / "b" / "lost.har").symlink_to("nowhere")
    os.mkfifo(folder / "b" / "pipe.har")
    (folder / "b" / "link.har").symlink_to("a.har")
    everything = [f"{folder}/b/a.har", f"{folder}/b/link.har"]
    assert list_recordings([f"{folder}/**/*.har"]) == everything
    assert list_recordings(["**/*.har"]) == ["b/a.har", "b/link.har"]
    assert list_recordings(["b"]) == ["b/a.har", "b/c.flows.gz", "b/link.har"]


@pytest.mark.parametrize(("name", "said"), [("*.zip", "no file is called like that"), ("e", "without recordings")])
def test_a_name_that_stands_for_nothing_is_told(name: str, said: str, folder: Path) -> None:
    (folder / "e").mkdir()
    with pytest.raises(CorsightError, match=said):
        list_recordings([name])


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(here: Path) -> None:
    (here / "[1].mitm").touch()
    assert list_recordings(["[1].mitm"]) == ["[1].mitm"]


# -- packed ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", PACKERS)
def test_what_is_packed_is_read_whatever_its_name(suffix: str, tmp_path: Path) -> None:
    packed = PACKERS[suffix](SHOP)
    for name in ("a.mitm", f"a{suffix}"):
        (tmp_path / name).write_bytes(packed)
        assert count(tmp_path / name) == (EXCHANGES, None)
    half = SHOP.index(b"7:version;2:21#}") + len(b"7:version;2:21#}")
    (tmp_path / "two").write_bytes(PACKERS[suffix](SHOP[:half]) + PACKERS[suffix](SHOP[half:]))
    assert count(tmp_path / "two") == (EXCHANGES, None)


@pytest.mark.parametrize("suffix", PACKERS)
def test_what_is_packed_and_cut_off_yields_what_is_whole(suffix: str, tmp_path: Path) -> None:
    packed = PACKERS[suffix](SHOP)
    for cut in (len(packed) // 2, 2):
        (tmp_path / "a").write_bytes((packed * 2)[:-cut])
        read, said = count(tmp_path / "a")
        assert read >= EXCHANGES
        assert said is not None
        assert f"damaged after {read} exchange" in said
    (tmp_path / "a").write_bytes(packed[:10])
    assert count(tmp_path / "a") == (0, f"{tmp_path / 'a'}: is packed, and damaged from its start; pack it again")


@pytest.mark.parametrize("kind", ["har", "netlog", "curl"])
def test_other_recordings_that_are_packed_and_cut_off_yield_what_is_whole(kind: str, tmp_path: Path) -> None:
    """They end as an unpacked file does that is cut off, whatever their reader makes of that."""
    path, noise = tmp_path / "a.gz", random.Random(1)
    entry = '{"request": {"method": "GET", "url": "https://a.example/NOISE"}, "response": {"status": 200, '
    entry += '"headers": [{"name": "date", "value": "now"}]}}, '
    begin, part = {
        "har": ('{"log": {"creator": {"name": "x"}, "entries": [', entry),
        "curl": ("", "> GET /NOISE HTTP/1.1\n> Host: a.example\n> \n< HTTP/1.1 200 OK\n< Date: now\n< \n"),
        "netlog": ('{"constants": {"logEventTypes": {}}, "events": [\n', '{"NOISE": 1},\n'),
    }[kind]
    parts = [part.replace("NOISE", noise.randbytes(400).hex()) for _ in range(60)]
    packed = gzip.compress((begin + "".join(parts)).encode())
    damaged = packed[: len(packed) // 2] + b"\xff" * 20 + packed[len(packed) // 2 + 20 :]
    for content in (packed[: len(packed) // 2], damaged):
        path.write_bytes(content)
        read, said = count(path)
        assert read == 0 if kind == "netlog" else 10 < read < 35
        counted = f"{read} exchange{'s' if read != 1 else ''}"
        told = f"is packed, and cut off or damaged after {counted}; what came before it was judged; pack it again"
        assert said == f"{path}: {told}"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_texts_that_powershell_wrote_are_read(encoding: str, tmp_path: Path) -> None:
    entry = '{"request": {"method": "GET", "url": "https://a.example/é"}, "response": {"status": 200, '
    entry += '"headers": [{"name": "date", "value": "now"}]}}'
    text = f'{{"log": {{"creator": {{"name": "x"}}, "entries": [{entry}, {entry}]}}}}'
    mark = "" if encoding == "utf-16" else "\ufeff"
    (tmp_path / "a").write_bytes((mark + text).encode(encoding))
    assert count(tmp_path / "a") == (2, None)
    transcript = "> GET /a HTTP/1.1\n> Host: a.example\n> \n< HTTP/1.1 200 OK\n< \n"
    (tmp_path / "b").write_bytes((mark + transcript).encode(encoding))
    assert count(tmp_path / "b")[0] == 1


# -- pipes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pack", [bytes, *PACKERS.values()])
def test_a_pipe_is_read_as_it_comes(pack: type[bytes]) -> None:
    command = [sys.executable, "-P", "-m", "corsight.scripts.cli", "audit", "-", "--format", "jsonl"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT)
    assert process.stdin is not None
    content = pack(SHOP)
    for start in range(0, len(content), 999):
        process.stdin.write(content[start : start + 999])
        process.stdin.flush()
    out, _ = process.communicate()
    assert len(out.splitlines()) == EXCHANGES
    assert process.returncode == 1


def test_a_named_pipe_is_a_recording(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=lambda: (tmp_path / "pipe").write_bytes(SHOP))
    writer.start()
    check_readable(str(tmp_path / "pipe"))
    assert count(tmp_path / "pipe") == (EXCHANGES, None)
    writer.join()


# -- elsewhere -------------------------------------------------------------------------------------------------------


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def web(tmp_path: Path) -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("pack", [bytes, *PACKERS.values()])
def test_a_recording_is_read_from_the_web(pack: type[bytes], web: str, tmp_path: Path) -> None:
    (tmp_path / "a.mitm").write_bytes(pack(SHOP))
    assert list_recordings([f"{web}/a.mitm?run=1*"]) == [f"{web}/a.mitm?run=1*"]
    assert count(f"{web}/a.mitm?run=1*") == (EXCHANGES, None)


def test_what_the_web_does_not_have_is_told_in_one_line(web: str) -> None:
    assert count(f"{web}/none.mitm") == (0, f"{web}/none.mitm: there is nothing")
    read, said = count("http://127.0.0.1:9/none.mitm")
    assert read == 0
    assert said is not None
    assert said.startswith("http://127.0.0.1:9/none.mitm: could not be read: ")
    assert "\n" not in said


def test_no_secret_of_a_url_is_shown() -> None:
    said = count("http://somebody:hunter2@127.0.0.1:9/a.mitm?X-Amz-Signature=0f3a9c8e7b6d5a4c3b2a1908f7e6d5c4")[1]
    assert said is not None
    assert "hunter2" not in said
    assert "0f3a9c8e7b6d" not in said


@pytest.fixture(scope="module")
def storage() -> Iterator[None]:
    """An S3 server with a bucket of recordings, that the environment names."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "testing")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        import s3fs

        files = s3fs.S3FileSystem(skip_instance_cache=True)
        files.mkdir("recordings")
        for name, content in {"1/a.mitm": SHOP, "1/b.mitm.zst": PACKERS[".zst"](SHOP), "2/a.mitm": SHOP}.items():
            files.pipe_file(f"recordings/{name}", content)
        yield
    server.stop()


@pytest.mark.usefixtures("storage")
def test_recordings_are_read_from_a_bucket() -> None:
    assert list_recordings(["s3://recordings/1/"]) == ["s3://recordings/1/a.mitm", "s3://recordings/1/b.mitm.zst"]
    assert list_recordings(["s3://recordings/*/a.mitm"]) == ["s3://recordings/1/a.mitm", "s3://recordings/2/a.mitm"]
    for url in ("s3://recordings/1/a.mitm", "s3://recordings/1/b.mitm.zst"):
        check_readable(url)
        assert count(url) == (EXCHANGES, None)
    assert count("s3://recordings/none") == (0, "s3://recordings/none: there is nothing")
    with pytest.raises(CorsightError, match="s3://recordings/3/: there is nothing"):
        list_recordings(["s3://recordings/3/"])


@pytest.mark.parametrize(
    ("url", "extra"),
    [("s3://recordings/a", "remote"), ("https://ci.test/a", "remote"), ("gs://ci/a", "gs"), ("az://ci/a", "az")],
)
def test_a_package_that_is_missing_is_told_with_how_to_get_it(
    url: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    assert count(url)[1] == (f"{url}: reading from {url.partition(':')[0]}:// takes more packages; {name_extra(extra)}")


def test_a_package_for_one_place_is_told_too() -> None:
    pytest.importorskip("fsspec")
    said = count("gs://ci/a")[1]
    assert said == f"gs://ci/a: reading from gs:// takes more packages; {name_extra('gs')}"


@pytest.mark.parametrize("name", ["-", "a.mitm", "C:\\a.mitm", "file:///a.mitm", "./s3:/a"])
def test_what_is_here_is_no_url(name: str) -> None:
    assert not remote.is_url(name)
