"""`audit --dask`: on a real scheduler and two worker processes, one of which is killed in the middle."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from distributed import Client
from mitmproxy.http import HTTPFlow

from corsight.scripts import cli, spreading
from corsight.scripts.paths import ROOT, name_extra
from corsight.scripts.recordings import shares
from tests.scripts.recordings.test_mitmproxy import RECORDINGS, bytes_of
from tests.scripts.test_auditing import flows_of, write_flows

Said = pytest.CaptureFixture[str]

PAGE = "https://app.example"
PRELOAD = """
import os, sys, time
from corsight.scripts.recordings import shares
shares.LARGE = int(os.environ.get("LARGE", shares.LARGE))
def watch(event, arguments):
    if event != "open" or not isinstance(arguments[0], str):
        return
    name = os.path.basename(arguments[0])
    if name == "poison.har":
        os._exit(1)
    shared = name.endswith(".mitm") and sys._getframe(1).f_code.co_qualname == "Share.__iter__"
    if (name.endswith(".har") or shared) and os.environ.get("HANGS"):
        os.close(os.open(os.environ["HANGS"], os.O_CREAT))
        time.sleep(600)
sys.addaudithook(watch)
"""
"""What a worker loads first: it ends where it opens one file, and the one that is to be killed stops at its first HAR,
or at its first share of a recording.
"""


class Cluster:
    """A scheduler and its workers, each a process."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder = folder
        self._stack = stack
        self._file = folder / "scheduler.json"
        (folder / "preload.py").write_text(PRELOAD)
        self.scheduler = self._start("scheduler", "--port", "0", "--no-dashboard", "--scheduler-file", str(self._file))
        wait_for(self._file)
        self.address = json.loads(self._file.read_text())["address"]

    def start_worker(self, **environment: str) -> subprocess.Popen[bytes]:
        preload = ("--preload", str(self.folder / "preload.py"), "--local-directory", str(self.folder))
        options = ("--no-nanny", "--no-dashboard", "--nthreads", "1", *preload)
        return self._start("worker", "--scheduler-file", str(self._file), *options, **environment)

    def start_workers(self, count: int) -> None:
        """Start so many, and wait until the scheduler knows them all."""
        for _ in range(count):
            self.start_worker()
        with Client(self.address, set_as_default=False) as client:
            client.wait_for_workers(count, timeout=60)

    def _start(self, *words: str, **environment: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "dask", *words, "--host", "127.0.0.1"],
            env={**os.environ, **environment},
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._stack.callback(process.wait)
        self._stack.callback(process.kill)
        return process


@pytest.fixture
def cluster(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    # How often a task's workers may end before it is given up.
    monkeypatch.setenv("DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES", str(getattr(request, "param", 3)))
    with ExitStack() as stack:
        yield Cluster(tmp_path, stack)


def wait_for(path: Path) -> None:
    for _ in range(600):
        if path.exists() and (path.stat().st_size or path.suffix != ".json"):
            return
        time.sleep(0.1)
    pytest.fail(f"{path} did not come")


def make_har(path: Path, *names: str) -> str:
    entries = [
        {
            "startedDateTime": f"2026-01-01T00:00:{number:02}Z",
            "time": 1,
            "request": {
                "method": "GET",
                "url": f"https://api.example/{name}",
                "httpVersion": "HTTP/1.1",
                "headers": [{"name": "Origin", "value": PAGE}, {"name": "Sec-Fetch-Mode", "value": "cors"}],
            },
            "response": {
                "status": 200,
                "headers": [{"name": "Content-Type", "value": "application/json"}],
                "content": {"size": 0, "mimeType": "application/json"},
            },
        }
        for number, name in enumerate(names)
    ]
    path.write_text(
        json.dumps({"log": {"version": "1.2", "creator": {"name": "t", "version": "1"}, "entries": entries}})
    )
    return str(path)


def run(said: Said, *arguments: str) -> tuple[int, str, str]:
    code = cli.run(["audit", *arguments])
    out, err = said.readouterr()
    return code, out, err


@contextmanager
def audit_apart(files: list[str], address: str, *options: str) -> Iterator[subprocess.Popen[str]]:
    """An audit in a process of its own, which does not outlive the test."""
    command = [sys.executable, "-P", "-m", "corsight.scripts.cli", "audit", *files, "--dask", address, *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def test_a_worker_that_is_killed_in_the_middle_loses_nothing(capsys: Said, cluster: Cluster) -> None:
    files = [make_har(cluster.folder / f"{number}.har", f"a{number}", "b") for number in range(9)]
    bad = cluster.folder / "bad.har"
    bad.write_text(Path(files[0]).read_text()[:300])
    files += [str(bad)]
    expected = {form: run(capsys, *files, "--format", form) for form in ("text", "jsonl")}
    assert expected["text"][0] == 2
    doomed = cluster.start_worker(HANGS=str(cluster.folder / "hangs"))
    with audit_apart(files, cluster.address, "--format", "jsonl") as audit:
        wait_for(cluster.folder / "hangs")
        cluster.start_worker()
        doomed.send_signal(signal.SIGKILL)
        out, err = audit.communicate(timeout=300)
    code, jsonl, said = expected["jsonl"]
    assert (audit.returncode, out) == (code, jsonl), err
    # Progress, and then what is bad, by its name.
    assert "10 of 10 recordings, " in err
    assert err.endswith(said)
    assert str(bad) in said
    # Again on the one that is left.
    code, text, _ = run(capsys, *files, "--dask", cluster.address)
    assert (code, text) == expected["text"][:2]


def make_large(folder: Path) -> str:
    """Write a recording of several clients at once, in the order of their ends; return its path."""
    together: list[tuple[float, int, HTTPFlow]] = []
    for client, path in enumerate(RECORDINGS[1:4]):
        flows = flows_of(bytes_of(path))
        first = flows[0].request.timestamp_start
        for flow in flows:
            flow.client_conn.peername = (f"10.0.0.{client}", 4000)
            for message in filter(None, (flow.request, flow.response)):
                message.timestamp_start += 1_800_000_000 - first
            together.append(((flow.response or flow.request).timestamp_start, len(together), flow))
    path = folder / "large.mitm"
    write_flows(path, [flow for _, _, flow in sorted(together, key=lambda one: one[:2])])
    return str(path)


@pytest.mark.parametrize("form", ["text", "jsonl"])
def test_a_large_recording_is_spread_by_its_clients(
    capsys: Said, cluster: Cluster, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    monkeypatch.setattr(shares, "LARGE", 100_000)
    small = cluster.folder / "small.mitm"
    small.write_bytes((ROOT / "examples" / "shop.mitm").read_bytes())
    files = [str(small), make_large(cluster.folder)]
    expected = run(capsys, *files, "--format", form)
    doomed = cluster.start_worker(LARGE="100000", HANGS=str(cluster.folder / "hangs"))
    with audit_apart(files, cluster.address, "--format", form) as audit:
        wait_for(cluster.folder / "hangs")
        for _ in range(2):
            cluster.start_worker(LARGE="100000")
        doomed.send_signal(signal.SIGKILL)
        out, err = audit.communicate(timeout=300)
    assert (audit.returncode, out) == expected[:2], err
    assert "2 of 2 recordings, " in err


def test_a_large_recording_that_is_damaged_is_judged_up_to_there(
    capsys: Said, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shares, "LARGE", 100_000)
    path = Path(make_large(cluster.folder))
    # A flow whose length is right, and which is none.
    content = path.read_bytes()
    path.write_bytes(content + b"7:garbage}" + content)
    expected = run(capsys, str(path), "--format", "jsonl")
    assert expected[0] == 2
    cluster.start_worker(LARGE="100000")
    code, out, err = run(capsys, str(path), "--dask", cluster.address, "--format", "jsonl")
    assert (code, out) == expected[:2]
    assert err.endswith(expected[2])


@pytest.mark.parametrize("cluster", [0], indirect=True)
def test_a_recording_that_ends_its_workers_is_named(capsys: Said, cluster: Cluster) -> None:
    files = [make_har(cluster.folder / name, "a") for name in ("1.har", "poison.har", "2.har")]
    # One each: what waits behind it on the same worker would be suspected with it.
    cluster.start_workers(len(files))
    code, out, err = run(capsys, *files, "--dask", cluster.address, "--format", "jsonl")
    assert code == 2
    assert len(out.splitlines()) == 2
    assert f"{files[1]}: the workers that read it were ended, again and again" in err
    assert "3 of 3 recordings, 2 exchanges, 1 of them bad" in err


def test_a_cluster_that_is_lost_is_told(cluster: Cluster) -> None:
    file = make_har(cluster.folder / "1.har", "a")
    cluster.start_worker(HANGS=str(cluster.folder / "hangs"))
    with audit_apart([file], cluster.address) as audit:
        wait_for(cluster.folder / "hangs")
        cluster.scheduler.send_signal(signal.SIGKILL)
        out, err = audit.communicate(timeout=300)
    assert (audit.returncode, out) == (2, "")
    assert f"corsight: {cluster.address}: the cluster was lost" in err.splitlines()[-1]


def test_a_cluster_that_is_not_there(capsys: Said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreading, "WAIT", 2.0)
    file = make_har(tmp_path / "1.har", "a")
    for address in ("nonsense://x", "tcp://127.0.0.1:9"):
        code, out, err = run(capsys, file, "--dask", address)
        assert (code, out, err.count("\n")) == (2, "", 1), err
        assert err.startswith(f"corsight: {address}: there is no scheduler of Dask (")


@pytest.mark.parametrize("options", [["--jobs", "2"], ["--follow"], ["--policy", "policy.yaml"]])
def test_what_is_for_one_machine(capsys: Said, tmp_path: Path, options: list[str]) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text(
        "version: 1\npolicies:\n- {name: a, match: {hosts: [a.example]}, methods: [GET], origins: [https://b.example]}\n"
    )
    options = [str(policy) if one == "policy.yaml" else one for one in options]
    code, _, err = run(capsys, make_har(tmp_path / "1.har", "a"), "--dask", "tcp://127.0.0.1:9", *options)
    assert code == 2
    assert "--policy, --follow and --jobs are for one machine; leave them out, or --dask" in err


def test_a_missing_extra_is_told(tmp_path: Path) -> None:
    script = "import sys\nsys.modules['distributed'] = None\nfrom corsight.scripts import cli\ncli.main()"
    words = ["audit", make_har(tmp_path / "1.har", "a"), "--dask", "tcp://127.0.0.1:9"]
    done = subprocess.run([sys.executable, "-P", "-c", script, *words], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.strip().endswith(name_extra("dask"))
