"""Forks: both notes are saved, nobody is accused by a damaged folder, and nothing else in a log hides one."""

import json
from pathlib import Path

import pytest

from tests.verify.exports import LOG, NOW_S, POLICY, checkpoint, export, story
from wasteledger.audit.verify.__main__ import main

NOW = ["--now", str(NOW_S * 1000)]
ENTRIES = story().entries
OTHERS = story(2).entries[::-1]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    (tmp_path / "policy").write_text(POLICY)
    return export(tmp_path / "log", ENTRIES)


def run(*arguments: object) -> int:
    return main([str(argument) for argument in arguments])


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def saved(folder: Path) -> set[bytes]:
    return {path.read_bytes() for path in folder.iterdir()}


def test_a_damaged_folder_accuses_nobody(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Honest checkpoints, and a bit that fell over on the reader's own disk."""
    old, new = (
        written(log.parent / "old", checkpoint(ENTRIES, size=5)),
        written(log.parent / "new", checkpoint(ENTRIES)),
    )
    arguments = ("compare", old, new, log, "--policy", log.parent / "policy", "--evidence-dir", log.parent / "evidence")
    assert run(*arguments) == 0
    bundle = next(path for path in (log / "tile" / "entries").rglob("*") if path.is_file())
    good = bundle.read_bytes()
    for content in (good[:-1] + b"x", good[:-1], good[: len(good) // 2], b""):
        bundle.write_bytes(content)
        assert run(*arguments) == 2
        assert "are not those of the checkpoint" in capsys.readouterr().err
    bundle.unlink()
    assert run(*arguments) == 2
    assert not (log.parent / "evidence").exists()


def test_the_folders_own_checkpoint_convicts_a_larger_one(log: Path) -> None:
    """Neither of the two files is this log's newest; its entries prove its own checkpoint, and that contradicts one of them."""
    old, new = written(log.parent / "old", checkpoint(OTHERS, size=5)), written(log.parent / "new", checkpoint(OTHERS))
    arguments = ("compare", old, new, log, "--policy", log.parent / "policy", "--evidence-dir", log.parent / "evidence")
    assert run(*arguments) == 4
    assert saved(log.parent / "evidence") == {old.read_bytes(), (log / "checkpoint").read_bytes()}


def test_checkpoints_of_two_logs_or_of_nobody(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new = written(log.parent / "new", checkpoint(ENTRIES))
    forged = written(log.parent / "forged", checkpoint(ENTRIES).replace(LOG.name.encode(), b"ledger.example.org/other"))
    policy = ("--policy", log.parent / "policy")
    assert run("compare", new, forged, log, *policy, "--json") == 1
    assert json.loads(capsys.readouterr().out)["problems"][0]["code"] == "checkpoint"
    assert run("compare", new, new, *policy) == 0


def test_evidence_that_can_not_be_saved_stands_in_the_report(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new, fork = (
        written(log.parent / "new", checkpoint(ENTRIES)),
        written(log.parent / "fork", checkpoint(ENTRIES[::-1])),
    )
    place = written(log.parent / "a-file", b"")
    policy = ("--policy", log.parent / "policy", "--evidence-dir", place, "--json")
    assert run("compare", new, fork, *policy) == 4
    answer = json.loads(capsys.readouterr().out)
    assert {note.encode() for note in answer["evidence_notes"]} == {new.read_bytes(), fork.read_bytes()}
    assert "could not be saved" in answer["problems"][0]["text"]


def test_one_fork_is_not_written_over_another(log: Path) -> None:
    notes = [checkpoint(entries) for entries in (ENTRIES, ENTRIES[::-1], [*ENTRIES[1:], ENTRIES[0]])]
    files = [written(log.parent / f"note{number}", note) for number, note in enumerate(notes)]
    policy = ("--policy", log.parent / "policy", "--evidence-dir", log.parent / "evidence")
    assert run("compare", files[0], files[1], *policy) == 4
    assert run("compare", files[0], files[2], *policy) == 4
    assert saved(log.parent / "evidence") == set(notes)


def test_a_fork_is_seen_behind_an_invalid_entry(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Who forked the log can not turn the fork into a mere fault by spoiling one entry."""
    spoiled = [*ENTRIES[:6], ENTRIES[6].replace(b'"version":1', b'"version":2'), *ENTRIES[7:]]
    export(log, spoiled)
    old = written(log.parent / "old", checkpoint(OTHERS, size=5))
    assert run("audit", log, *NOW, "--from", old, "--evidence-dir", log.parent / "evidence", "--json") == 4
    answer = json.loads(capsys.readouterr().out)
    assert answer["result"] == "fork"
    assert {problem["code"] for problem in answer["problems"]} >= {"entry", "fork"}
    assert saved(log.parent / "evidence") == {old.read_bytes(), (log / "checkpoint").read_bytes()}


def test_a_fork_is_seen_without_the_witnesses(log: Path) -> None:
    """The newest checkpoint lacks its quorum; two signatures of the log over one size are a fork all the same."""
    (log / "checkpoint").write_bytes(checkpoint(ENTRIES[::-1], time_s=None))
    old = written(log.parent / "old", checkpoint(ENTRIES))
    assert run("audit", log, *NOW, "--from", old, "--evidence-dir", log.parent / "evidence") == 4


def test_damaged_entries_prove_no_fork_against_a_kept_checkpoint(log: Path) -> None:
    bundle = next(path for path in (log / "tile" / "entries").rglob("*") if path.is_file())
    content = bundle.read_bytes()
    bundle.write_bytes(content[:60] + bytes([content[60] ^ 1]) + content[61:])
    old = written(log.parent / "old", checkpoint(ENTRIES, size=5))
    assert run("audit", log, *NOW, "--from", old, "--evidence-dir", log.parent / "evidence") == 1
    assert not (log.parent / "evidence").exists()


def test_a_kept_checkpoint_that_the_log_never_signed(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stranger = checkpoint(ENTRIES, size=5).replace(LOG.name.encode(), b"ledger.example.org/other")
    old = written(log.parent / "old", stranger)
    assert run("audit", log, *NOW, "--from", old, "--json") == 1
    assert json.loads(capsys.readouterr().out)["problems"][0]["code"] == "checkpoint"


def test_a_published_checkpoint_that_contradicts_the_newest_is_kept_as_evidence(log: Path) -> None:
    other = checkpoint(OTHERS, size=5)
    export(log, ENTRIES, history=[other, checkpoint(ENTRIES)])
    assert run("audit", log, *NOW, "--evidence-dir", log.parent / "evidence") == 1
    assert saved(log.parent / "evidence") == {other, (log / "checkpoint").read_bytes()}
