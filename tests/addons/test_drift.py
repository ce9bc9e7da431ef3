"""cors_policy: what is wrong with a file stops the start; drift goes on the flow and into the event log."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest
from mitmproxy.exceptions import OptionsError

from corsight.addons.drift import KEY
from corsight.policies.server.compare import NAMED
from tests.addons.mitm import OURS, PAGE, STAR, cors, flow, mitmproxy, preflight, traffic

POLICY = f"""\
version: 1
policies:
  - name: api
    match:
      hosts: [api.test]
    origins: [{PAGE}]
    methods: [GET]
"""


@pytest.fixture
def policy(tmp_path: Path) -> str:
    file = tmp_path / "policy.yaml"
    file.write_text(POLICY, "utf-8")
    return str(file)


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if "drift" in record.getMessage()]


def test_drift_goes_on_the_flow(policy: str) -> None:
    looser, stricter, fine = cors(answered=STAR), cors(answered=()), cors(answered=OURS)
    with mitmproxy(cors_policy=[policy]) as running:
        running.judge(fine, looser, stricter)
    assert KEY not in fine.metadata
    assert fine.comment == "allowed (chromium)"
    drift = "looser: the server allows every origin (Access-Control-Allow-Origin: *), the policy only some"
    assert looser.metadata[KEY].startswith(drift)
    assert looser.comment.startswith(f"allowed (chromium); drift: {drift}")
    assert "stricter: the policy allows origin https://app.example, but the server refused it" in stricter.metadata[KEY]
    assert "inconsistent: the server answered GET https://api.test/v1" in stricter.metadata[KEY]


def test_each_drift_is_told_once_and_summed_up(policy: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with mitmproxy(cors_policy=[policy]) as running:
        running.judge(cors(answered=STAR), cors(answered=STAR), cors(answered=STAR))
    assert told(caplog) == [
        "drift: looser than policy api: the server allows every origin (Access-Control-Allow-Origin: *), the policy "
        "only some [GET https://api.test/v1]",
        "Corsight: 3 drifts from policy (looser 3)",
    ]


@pytest.mark.parametrize(
    ("page", "differs"),
    [
        ("http://app.example", "the scheme"),
        ("https://app.example:8443", "the port"),
        ("https://www.app.example", "www."),
    ],
)
def test_a_page_that_the_policy_nearly_lets_in_is_told_once(
    page: str, differs: str, policy: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with mitmproxy(cors_policy=[policy]) as running:
        running.judge(*(cors(origin=page, answered=()) for _ in range(3)))
        running.judge(cors(origin="https://other.example", answered=()), cors(origin=page, answered=STAR))
    near = [one.getMessage() for one in caplog.records if "near miss" in one.getMessage()]
    assert near == [
        f"near miss: {page} was blocked, and policy api nearly lets it in: it names {PAGE}, which differs in {differs} "
        "[GET https://api.test/v1]"
    ]


def test_a_near_miss_is_told_while_it_is_patched_and_is_bounded(
    policy: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr("corsight.addons.drift.KINDS", 2)
    pages = [f"{PAGE}:{port}" for port in (81, 82, 83)]
    with mitmproxy(cors_policy=[policy], cors_patch="blocked", cors_patch_scope="~d api.test") as running:
        running.set(cors_patch_origins=pages)
        running.judge(*(cors(origin=page, answered=()) for page in pages))
    near = [one.getMessage() for one in caplog.records if "near miss" in one.getMessage()]
    assert len(near) == 2
    assert f"{pages[0]} was blocked" in near[0]


def test_a_revision_takes_back_what_it_revises(policy: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    asked = preflight(wants="GET", answered=STAR)
    with mitmproxy(cors_policy=[policy]) as running:
        running.judge(asked, cors(answered=OURS))
    # Every origin and every method: two, also after what followed was held against the preflight.
    assert asked.metadata[KEY].count("looser") == 2
    assert told(caplog)[-1] == "Corsight: 2 drifts from policy (looser 2)"


def test_judging_again_changes_nothing(policy: str) -> None:
    one = cors(answered=STAR)
    with mitmproxy(cors_policy=[policy]) as running:
        running.judge(one)
        comment, metadata = one.comment, dict(one.metadata)
        running.judge(one)
    assert (one.comment, dict(one.metadata)) == (comment, metadata)


def test_drift_that_is_gone_is_taken_away(policy: str) -> None:
    one = cors(answered=STAR)
    with mitmproxy(cors_policy=[policy]) as running:
        running.judge(one)
        assert one.response is not None
        one.response.headers["Access-Control-Allow-Origin"] = PAGE
        running.judge(one)
    assert KEY not in one.metadata
    assert "drift" not in one.comment


def test_without_a_policy_nothing_is_told(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    one = cors(answered=STAR)
    with mitmproxy() as running:
        running.judge(one)
        assert running.addon._drifting is None
    assert KEY not in one.metadata
    assert told(caplog) == []


def test_nothing_of_the_traffic_changes(policy: str) -> None:
    flows = [cors(answered=STAR), preflight(), flow(), cors(answered=None, error="gone")]
    before = [traffic(one) for one in flows]
    with mitmproxy(cors_policy=[policy]) as running:
        running.judge(*flows)
    assert [traffic(one) for one in flows] == before


def test_what_a_server_sends_cannot_write_the_log(policy: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    nasty = [("Access-Control-Allow-Origin", "https://x.example\x9b2J\x85")]
    with mitmproxy(cors_policy=[policy]) as running:
        running.judge(cors(answered=nasty))
    assert all(line.isprintable() for line in told(caplog))


# -- the option ------------------------------------------------------------------------------------------------------


def test_everything_wrong_is_told_at_the_start_a_line_each(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(POLICY.replace(PAGE, f"{PAGE}/").replace("GET", "get"), "utf-8")
    with mitmproxy(loaded=False) as running:
        running.defer(f"cors_policy={file}")
        running.start()
    errors = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert errors[-2:] == [
        f"cors_policy: {file}:6: policies[0].origins[0]: invalid: an origin has no slash at its end; write {PAGE}",
        f"cors_policy: {file}:7: policies[0].methods[0]: invalid: methods are case-sensitive, and browsers send "
        "GET; write GET",
    ]


def test_a_file_that_cannot_be_used_is_refused_while_it_runs(tmp_path: Path, policy: str) -> None:
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"\xff\xfe")
    with mitmproxy(cors_policy=[policy]) as running:
        for path, reason in (
            (tmp_path / "none.yaml", "No such file or directory."),
            (tmp_path, "Is a directory."),
            (binary, "it is not UTF-8 text."),
        ):
            with pytest.raises(OptionsError) as caught:
                running.set(cors_policy=[str(path)])
            assert str(caught.value) == f"cors_policy: cannot read {path}: {reason}"


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        (
            "f.json",
            '{"version": "\\ud800"}',
            "1: version: invalid: \\ud800 is half of a character; write the character itself",
        ),
        ("f.json", "[" * 100_000, "1: invalid: nested more than 20 deep; a policy needs four levels"),
        ("f.yaml", f"version: {'1' * 5000}", "1: version: invalid: a number is too large; write a smaller one"),
        (
            "f.yaml",
            "version: \x00",
            "1: invalid: is not valid YAML: unacceptable character #x0000: special characters are not allowed",
        ),
        (
            "f.toml",
            " " * 3_000_000,
            " invalid: longer than 1000000 characters; split it: several files are used together",
        ),
    ],
)
def test_a_hostile_file_is_one_line_at_the_start(
    name: str, text: str, line: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / name
    file.write_text(text, "utf-8")
    with mitmproxy(loaded=False) as running:
        running.defer(f"cors_policy={file}")
        running.start()
    errors = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert errors[-1] == f"cors_policy: {file}:{line}"


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path, policy: str) -> None:
    pipe = tmp_path / "pipe.yaml"
    os.mkfifo(pipe)
    with mitmproxy(cors_policy=[policy]) as running, pytest.raises(OptionsError, match="it is a pipe"):
        running.set(cors_policy=[str(pipe)])


def test_a_flow_with_many_drifts_names_the_first(policy: str) -> None:
    names = ", ".join(f"x-{number}" for number in range(100))
    one = cors(answered=[*OURS, ("Access-Control-Expose-Headers", names)])
    with mitmproxy(cors_policy=[policy]) as running:
        running.judge(one)
    drifts = one.metadata[KEY].split("; ")
    assert len(drifts) == 21
    assert drifts[-1] == "and 80 more"


def test_of_very_many_drifts_not_all_are_counted(policy: str) -> None:
    names = ", ".join(f"x-{number}" for number in range(1000))
    one = cors(answered=[*OURS, ("Access-Control-Expose-Headers", names)])
    with mitmproxy(cors_policy=[policy]) as running:
        running.judge(one)
    assert one.metadata[KEY].split("; ")[-1] == f"and at least {NAMED - 20} more"


def test_several_files_and_a_home_are_read(tmp_path: Path, policy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "other.yaml").write_text(
        POLICY.replace("api.test", "other.test").replace("name: api", "name: other"), "utf-8"
    )
    one = cors(url="https://other.test/", answered=STAR)
    with mitmproxy(cors_policy=[policy, "~/other.yaml"]) as running:
        running.judge(one)
        assert [policy.name for policy in running.addon._patching.permission.policies] == ["api", "other"]
        running.set(cors_policy=[])
        assert running.addon._drifting is None
        assert running.addon._patching.permission.policies == ()
    assert KEY in one.metadata
