"""`audit --store` and `corsight history`, on SQLite and on a real PostgreSQL, with writers that are real processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from corsight.scripts import cli
from corsight.scripts.errors import CorsightError
from corsight.scripts.paths import name_command, name_extra
from corsight.scripts.store import look
from corsight.scripts.store.database import Store

Said = pytest.CaptureFixture[str]
Har = Callable[..., str]

PAGE = "https://app.example"
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CORSIGHT_STORE", raising=False)


@pytest.fixture
def har(tmp_path: Path) -> Har:
    """Writes a HAR file of requests to api.example: for each path, whether its answer lets the page read it."""

    def write(name: str, **answers: bool) -> str:
        return make_har(tmp_path / name, answers)

    return write


def make_har(path: Path, answers: dict[str, bool]) -> str:
    entries = []
    for number, (name, allowed) in enumerate(answers.items()):
        headers = [
            ("Origin", PAGE),
            ("User-Agent", AGENT),
            ("Sec-Fetch-Mode", "cors"),
            ("Sec-Fetch-Site", "cross-site"),
        ]
        answer = [("Content-Type", "application/json")]
        answer += [("Access-Control-Allow-Origin", PAGE)] if allowed else []
        entries.append(
            {
                "startedDateTime": f"2026-01-01T00:00:{number:02}Z",
                "time": 1,
                "request": {
                    "method": "GET",
                    "url": f"https://api.example/{name}",
                    "httpVersion": "HTTP/1.1",
                    "headers": [{"name": key, "value": text} for key, text in headers],
                },
                "response": {
                    "status": 200,
                    "headers": [{"name": key, "value": text} for key, text in answer],
                    "content": {"size": 0, "mimeType": "application/json"},
                },
            }
        )
    log = {"log": {"version": "1.2", "creator": {"name": "test", "version": "1"}, "entries": entries}}
    path.write_text(json.dumps(log))
    return str(path)


def run(said: Said, *arguments: str) -> tuple[int, str, str]:
    code = cli.run(arguments)
    out, err = said.readouterr()
    return code, out, err


def store_run(said: Said, place: str, *arguments: str) -> str:
    code, _, err = run(said, "audit", *arguments, "--store", place, "--fail-on", "never")
    assert code == 0, err
    return err.strip().rpartition(": ")[2]


def count(place: str) -> dict[str, int]:
    store = Store(place)
    try:
        with store.read() as connection:
            tables = ("runs", "findings", "traces", "verdicts", "drifts")
            return {one: connection.scalar(sa.text(f"SELECT count(*) FROM {one}")) or 0 for one in tables}
    finally:
        store.close()


def test_a_run_is_kept_once(capsys: Said, place: str, har: Har) -> None:
    first = har("a.har", cart=True, orders=False)
    assert store_run(capsys, place, first) == "kept as run 1"
    kept = count(place)
    assert kept["runs"] == 1
    assert kept["findings"] > 0
    assert kept["traces"] > 0
    assert kept["verdicts"] > 0
    assert store_run(capsys, place, first) == "this is run 1"
    assert store_run(capsys, place, first, "--format", "jsonl") == "this is run 1"
    assert store_run(capsys, place, har("copy.har", cart=True, orders=False)) == "this is run 1"
    assert count(place) == kept
    assert store_run(capsys, place, first, "--engine", "firefox") == "kept as run 2"
    assert store_run(capsys, place, har("a.har", cart=True, orders=True)) == "kept as run 3"


def test_what_is_kept_is_what_was_found(capsys: Said, place: str, har: Har) -> None:
    store_run(capsys, place, har("a.har", cart=True, orders=False))
    code, out, _ = run(capsys, "history", "show", "--store", place, "--format", "json")
    kept = json.loads(out)
    assert code == 0
    assert (kept["run"]["exchanges"], kept["run"]["blocked"]) == (2, 1)
    [finding] = [one for one in kept["findings"] if one["kind"] == "blocked"]
    assert finding["code"] == "allow-origin-missing"
    [trace] = [one for one in kept["traces"] if one["finding"] == finding["fingerprint"]]
    assert (trace["endpoint"], trace["origin"]) == ("https://api.example/orders", PAGE)
    verdicts = {(one["endpoint"], one["outcome"], one["cause"]): one["count"] for one in kept["verdicts"]}
    assert verdicts["https://api.example/cart", "allowed", ""] == 1
    assert verdicts["https://api.example/orders", "blocked", "allow-origin-missing"] == 1
    code, out, _ = run(capsys, "history", "show", "1", "--store", place)
    assert f"{trace['fingerprint']}  allow-origin-missing: GET https://api.example/orders from {PAGE}, 1 time" in out


def test_one_run_has_none_before_it(capsys: Said, place: str, har: Har) -> None:
    store_run(capsys, place, har("a.har", a=True))
    code, _, err = run(capsys, "history", "compare", "--store", place)
    assert (code, "last-1: there are not enough runs for this; corsight history lists them" in err) == (2, True)


def test_two_runs_are_compared(capsys: Said, place: str, har: Har) -> None:
    store_run(capsys, place, har("a.har", a=False, b=False, c=True))
    store_run(capsys, place, har("b.har", a=True, b=False, c=False))
    code, out, _ = run(capsys, "history", "compare", "--store", place, "--format", "json")
    found = json.loads(out)
    assert code == 1
    assert [one["endpoint"] for one in found["new"]] == ["https://api.example/c"]
    assert [one["endpoint"] for one in found["gone"]] == ["https://api.example/a"]
    assert [one["endpoint"] for one, _ in found["still"]] == ["https://api.example/b"]
    code, out, _ = run(capsys, "history", "--store", place, "compare", "1", "2")
    assert code == 1
    assert "1 new, 1 gone, 1 still there" in out
    assert run(capsys, "history", "compare", "2", "2", "--store", place)[0] == 0


def test_drift_from_a_policy_is_kept_and_compared(capsys: Said, place: str, har: Har) -> None:
    policy = Path("policy.yaml")
    text = "version: 1\npolicies:\n- name: api\n  match: {hosts: [api.example]}\n  methods: [GET]\n  origins: ['%s']\n"
    policy.write_text(text % PAGE)
    recording = har("a.har", a=False)
    store_run(capsys, place, recording, "--policy", str(policy))
    policy.write_text(text % "https://other.example")
    assert store_run(capsys, place, recording, "--policy", str(policy)) == "kept as run 2"
    code, out, _ = run(capsys, "history", "compare", "--store", place, "--format", "json")
    found = json.loads(out)
    assert code == 0
    assert (len(found["gone_drifts"]), found["new_drifts"]) == (1, [])


def test_a_finding_is_followed(capsys: Said, place: str, har: Har) -> None:
    store_run(capsys, place, har("a.har", a=False, b=False))
    store_run(capsys, place, har("b.har", a=True))
    store_run(capsys, place, har("c.har", a=False))
    code, out, _ = run(capsys, "history", "trend", "allow-origin-missing", "--store", place, "--format", "json")
    assert (code, [one["count"] for one in json.loads(out)]) == (0, [2, 0, 1])
    _, out, _ = run(capsys, "history", "show", "last", "--store", place, "--format", "json")
    fingerprint = json.loads(out)["traces"][0]["fingerprint"]
    code, out, _ = run(capsys, "history", "trend", fingerprint, "--store", place)
    assert [line.split()[3] for line in out.splitlines()[1:]] == ["1", "0", "1"]
    code, _, err = run(capsys, "history", "trend", "nothing", "--store", place)
    assert (code, err) == (2, "corsight: nothing: no run met it; corsight history show RUN lists what one met\n")


def test_old_runs_are_taken_out_whole(capsys: Said, place: str, har: Har) -> None:
    for number in range(3):
        store_run(capsys, place, har("a.har", **{f"p{number}": False}))
    code, out, _ = run(capsys, "history", "prune", "--keep", "1", "--dry-run", "--store", place)
    assert out.startswith("2 runs would be taken out")
    assert count(place)["runs"] == 3
    run(capsys, "history", "prune", "--keep", "1", "--store", place)
    kept = count(place)
    assert (kept["runs"], kept["findings"]) == (1, len(show(place)["findings"]))
    assert show(place)["run"]["id"] == 3
    run(capsys, "history", "prune", "--days", "0", "--store", place)
    assert count(place) == dict.fromkeys(kept, 0)
    code, _, err = run(capsys, "history", "prune", "--store", place)
    assert (code, err) == (2, "corsight: nothing says which runs are old; give --keep N or --days N\n")


def show(place: str) -> dict[str, dict[str, object]]:
    store = Store(place)
    try:
        kept = look.show_run(store, "last")
        return {"run": kept.run, "findings": {one["fingerprint"]: one for one in kept.findings}}
    finally:
        store.close()


def test_what_a_terminal_or_a_database_does_not_take(capsys: Said, place: str, har: Har) -> None:
    recording = Path(har("a.har", a=False))
    recording.write_text(recording.read_text().replace("api.example/a", "api.example/a\\u0000\\u001b[31m\\ud800"))
    assert store_run(capsys, place, str(recording)) == "kept as run 1"
    _, out, _ = run(capsys, "history", "show", "--store", place)
    assert all(line.isprintable() for line in out.splitlines())


# Real processes.

WRITE = [sys.executable, "-P", "-m", "corsight.scripts.cli", "audit", "--fail-on", "never"]
HALF = """
import sys, time
import sqlalchemy as sa
from corsight.scripts.store.database import Store
from corsight.scripts.store.tables import RUNS
with Store(sys.argv[1]).write() as connection:
    row = dict(digest="half", stored=1.0, version="0", recordings="[]", options="{}", exchanges=0, blocked=0)
    connection.execute(sa.insert(RUNS), {**row, "likely_blocked": 0})
    print("written", flush=True)
    time.sleep(600)
"""
"""A writer that stops in the middle of its transaction."""


def test_writers_at_once_lose_nothing(place: str, tmp_path: Path) -> None:
    files = [make_har(tmp_path / f"{number}.har", {f"p{number}": False, "q": False}) for number in range(4)]
    # Two write each file: the same run stored twice at once is one run.
    writers = [
        subprocess.Popen([*WRITE, file, "--store", place], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for file in files
        for _ in range(2)
    ]
    said = [writer.communicate(timeout=300)[1].strip().rpartition(": ")[2] for writer in writers]
    assert [writer.returncode for writer in writers] == [0] * 8, said
    assert sorted(one.rpartition(" ")[0] for one in said) == ["kept as run"] * 4 + ["this is run"] * 4
    assert len({one.rpartition(" ")[2] for one in said}) == 4
    kept = count(place)
    assert kept["runs"] == 4
    assert kept["verdicts"] == 8


def test_a_killed_writer_leaves_a_whole_store(capsys: Said, place: str, har: Har) -> None:
    store_run(capsys, place, har("a.har", a=False))
    before = count(place)
    with subprocess.Popen([sys.executable, "-P", "-c", HALF, place], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "written\n"
        # Who reads meanwhile sees what was there before.
        assert count(place) == before
        writer.send_signal(signal.SIGKILL)
    assert count(place) == before
    assert store_run(capsys, place, har("b.har", b=False)).startswith("kept as run ")
    assert count(place)["runs"] == 2


def test_a_writer_killed_while_the_schema_is_made_leaves_nothing(capsys: Said, place: str, har: Har) -> None:
    with subprocess.Popen([sys.executable, "-P", "-c", HALF, place], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "written\n"
        writer.send_signal(signal.SIGKILL)
    with pytest.raises(CorsightError, match="is not a Corsight store"):
        count(place)
    assert store_run(capsys, place, har("b.har", b=False)).startswith("kept as run ")


# What goes wrong.


def test_a_store_of_a_newer_version_is_left_alone(capsys: Said, place: str, har: Har) -> None:
    recording = har("a.har", a=False)
    store_run(capsys, place, recording)
    store = Store(place)
    with store.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    store.close()
    for arguments in (["audit", recording, "--store", place], ["history", "list", "--store", place]):
        code, _, err = run(capsys, *arguments)
        assert code == 2
        assert "was written by a newer Corsight (schema 9999); update this one" in err


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("mysql://root:hush@localhost/runs", "is neither SQLite nor PostgreSQL"),
        ("postgresql://me:hush@127.0.0.1:9/runs", "the store failed: connection failed"),
        ("nowhere/runs.db", "the store failed: unable to open database file"),
    ],
)
def test_a_store_that_cannot_be_opened_stops_before_the_audit(capsys: Said, har: Har, place: str, said: str) -> None:
    code, out, err = run(capsys, "audit", har("a.har", a=False), "--store", place)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert said in err
    assert "hush" not in err


def test_a_file_that_is_no_store_is_left_alone(capsys: Said, har: Har) -> None:
    Path("notes.txt").write_text("this is no database, and it is to stay as it is\n" * 50)
    code, _, err = run(capsys, "audit", har("a.har", a=False), "--store", "notes.txt")
    assert code == 2
    assert "file is not a database" in err
    assert Path("notes.txt").read_text().startswith("this is no database")
    code, _, err = run(capsys, "history")
    command = f"{name_command()} audit FILE --store corsight.db"
    assert (code, err) == (2, f"corsight: corsight.db: there is no store; {command} makes it\n")
    assert Path(command.split()[0]).is_file()


def test_the_variable_names_the_store(capsys: Said, har: Har, monkeypatch: pytest.MonkeyPatch) -> None:
    store_run(capsys, "team.db", har("a.har", a=False))
    monkeypatch.setenv("CORSIGHT_STORE", "team.db")
    code, out, _ = run(capsys, "history")
    assert code == 0
    assert "2 blocked" not in out
    assert "1 exchange, 1 blocked" in out


@pytest.mark.parametrize("missing", ["sqlalchemy", "alembic"])
def test_a_missing_extra_is_told(har: Har, missing: str) -> None:
    script = f"import sys\nsys.modules['{missing}'] = None\nfrom corsight.scripts import cli\ncli.main()"
    arguments = ["audit", har("a.har", a=False), "--store", "runs.db"]
    done = subprocess.run([sys.executable, "-P", "-c", script, *arguments], capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.strip().endswith(name_extra("store"))
    assert not os.path.exists("runs.db")
