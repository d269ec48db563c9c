"""The commands, their exit codes, and the one file that runs on bare Python."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, SHARED_VECTORS
from tests.stories_builder import BAG, CLINIC, COLLECTOR, ORIGIN, ms
from tests.verify.exports import LOG, NOW_S, POLICY, RECEIPT, checkpoint, export, leaf, proof, receipt, story
from wasteledger.audit.verify.__main__ import main
from wasteledger.audit.verify.build import build_zipapp
from wasteledger.audit.verify.build import main as build_main
from wasteledger.audit.verify.commands import HOLES_LISTED_MAX
from wasteledger.audit.verify.report import LISTED_MAX

NOW = ["--now", str(NOW_S * 1000)]
#: Signed by the right key, but of one line too few.
RECEIPT_TEXT = f"wasteledger-receipt/v1\n{ORIGIN}\n3\n{'A' * 43}=\n{'A' * 43}=\n".encode()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    (tmp_path / "policy").write_text(POLICY)
    return export(tmp_path / "log", story().entries)


def run(*arguments: object) -> int:
    return main([str(argument) for argument in arguments])


def test_audit_says_good_findings_and_invalid(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("audit", log, "--policy", log.parent / "policy", *NOW) == 0
    assert "GOOD" in capsys.readouterr().out
    told = story()
    told.teller(CLINIC).number += 2
    told.tell(CLINIC, "stored", at="03 16:00", codes=[BAG], room="库")
    export(log, told.entries)
    assert run("audit", log, *NOW, "--json") == 3
    answer = json.loads(capsys.readouterr().out)
    assert (answer["result"], answer["problems"][0]["code"]) == ("findings", "hole")
    bundle = next(path for path in (log / "tile" / "entries").rglob("*") if path.is_file())
    bundle.write_bytes(bundle.read_bytes()[:-1] + b"x")
    assert run("audit", log, *NOW, "--json") == 1
    assert json.loads(capsys.readouterr().out)["result"] == "invalid"


def test_proof_needs_nothing_but_itself(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    entries = story().entries
    (log.parent / "r2").write_bytes(proof(4, entries))
    for index, code in ((4, 0), (5, 1)):
        (log.parent / "entry").write_bytes(entries[index])
        assert (
            run("proof", log.parent / "r2", "--entry", log.parent / "entry", "--policy", log.parent / "policy") == code
        )
    (log.parent / "entry").write_bytes(entries[4])
    (log.parent / "r2").write_bytes(proof(4, entries, checkpoint(entries, time_s=None)))
    assert (
        run("proof", log.parent / "r2", "--entry", log.parent / "entry", "--policy", log.parent / "policy", "--json")
        == 1
    )
    assert "quorum" in capsys.readouterr().out


def test_compare_tells_growth_from_a_fork_and_saves_both_notes(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    entries, evidence = story().entries, log.parent / "evidence"
    files = {name: log.parent / name for name in ("old", "new", "fork", "short")}
    files["old"].write_bytes(checkpoint(entries, size=5))
    files["new"].write_bytes(checkpoint(entries))
    files["fork"].write_bytes(checkpoint(entries[::-1]))
    files["short"].write_bytes(checkpoint(entries[::-1], size=5))
    policy = ("--policy", log.parent / "policy", "--evidence-dir", evidence)
    assert run("compare", files["old"], files["new"], log, *policy) == 0
    assert run("compare", files["new"], files["old"], log, *policy) == 0
    assert not evidence.exists()
    assert run("compare", files["new"], files["fork"], *policy, "--json") == 4
    said = capsys.readouterr().out
    assert json.loads(said[said.index("{") :])["result"] == "fork"
    assert {path.read_bytes() for path in evidence.iterdir()} == {files["new"].read_bytes(), files["fork"].read_bytes()}
    assert run("compare", files["short"], files["new"], log, *policy) == 4
    assert run("compare", files["old"], files["new"], *policy) == 2
    assert run("compare", files["old"], log.parent / "missing", *policy) == 2


def test_an_older_checkpoint_must_be_continued(log: Path) -> None:
    entries, old = story().entries, log.parent / "old"
    old.write_bytes(checkpoint(entries, size=5))
    arguments = ("audit", log, *NOW, "--from", old, "--evidence-dir", log.parent / "evidence")
    assert run(*arguments) == 0
    old.write_bytes(checkpoint(entries[::-1], size=5))
    assert run(*arguments) == 4
    assert len(list((log.parent / "evidence").iterdir())) == 2


def promise(index: int, entries: list[bytes]) -> tuple[int, bytes, bytes, int]:
    """What an honest service promises of an entry: its words taken apart by hand."""
    head, _, note = entries[index].partition(b"\n\n")
    event_id = hashlib.sha256(note.rpartition(b"\n\n")[0] + b"\n").digest()
    return index, event_id, leaf(entries[index]), int(head.split(b" ")[1])


def test_receipts_are_held_against_the_log(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    entries, file = story().entries, log.parent / "receipt"
    good, other, size = promise(3, entries), promise(4, entries), len(entries)
    arguments = ("audit", log, *NOW, "--receipt", file, "--receipt-key", RECEIPT.text, "--json")
    for promises, code, words in (
        ([good, other], 0, []),
        ([(3, *other[1:])], 1, ["promise"]),
        ([(3, b"e" * 32, *good[2:])], 1, ["promise"]),
        ([(*good[:3], good[3] + 1)], 1, ["promise"]),
        ([(3, *other[1:]), good], 1, ["promise", "promise"]),
        ([good, (3, b"e" * 32, *good[2:])], 1, ["promise"]),
        ([(size, *good[1:])], 3, ["promise"]),
    ):
        file.write_bytes(receipt(promises))
        assert run(*arguments) == code
        problems = json.loads(capsys.readouterr().out)["problems"]
        assert [problem["code"] for problem in problems] == words


def test_a_receipt_that_is_none_is_invalid_and_a_wrong_key_is_said(
    log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    entries, file = story().entries, log.parent / "receipt"
    good = receipt([promise(3, entries)])
    arguments = ("audit", log, *NOW, "--receipt", file, "--json")
    for raw in (
        good.replace(b"\n3\n", b"\n4\n"), good.replace(b"receipt/v1", b"receipt/v2"), b"", receipt([]),
        RECEIPT_TEXT + b"\n" + RECEIPT.sign(RECEIPT_TEXT), good.partition(b"\n\n")[0] + b"\n\n" + LOG.sign(b"x"),
    ):  # fmt: skip
        file.write_bytes(raw)
        assert run(*arguments, "--receipt-key", RECEIPT.text) == 1
        assert [p["code"] for p in json.loads(capsys.readouterr().out)["problems"]] == ["receipt"]
    file.write_bytes(good)
    for key in ([], ["--receipt-key", "nonsense"], ["--receipt-key", LOG.text]):
        assert run(*arguments, *key) == 2
        assert "receipt" in capsys.readouterr().err


def test_all_receipts_are_held_together(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two holders who were promised two things at one place have caught the operator, whichever of them stands there."""
    entries, files = story().entries, (log.parent / "mine", log.parent / "yours")
    files[0].write_bytes(receipt([promise(3, entries)]))
    files[1].write_bytes(receipt([(3, *promise(4, entries)[1:])]))
    named = [part for file in files for part in ("--receipt", file)]
    assert run("audit", log, *NOW, *named, "--receipt-key", RECEIPT.text, "--json") == 1
    assert {p["index"] for p in json.loads(capsys.readouterr().out)["problems"]} == {3}


def test_gaps_by_device(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("gaps", log) == 0
    told = story()
    told.teller(CLINIC).number += 3
    told.tell(CLINIC, "stored", at="03 16:00", codes=[BAG], room="库")
    export(log, told.entries)
    capsys.readouterr()
    assert run("gaps", log, "--json") == 3
    gaps = json.loads(capsys.readouterr().out)["gaps"]
    assert [gap["holes"] for gap in gaps if gap["holes"]] == [
        [[told.teller(CLINIC).number - 4, told.teller(CLINIC).number - 2]]
    ]


def test_gaps_are_seen_behind_a_flood_of_other_findings(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = story()
    clinic = told.teller(CLINIC)
    for _ in range(LISTED_MAX + 5):
        note = clinic.note("stored", occurred_ms=ms("03 16:00"), codes=[BAG], room="库")
        clinic.number -= 1
        told.write(note, received_ms=ms("03 16:01"), entry_class="quarantine")
    first, clinic.number = clinic.number, clinic.number + 3
    told.tell(CLINIC, "stored", at="03 16:02", codes=[BAG], room="库")
    export(log, told.entries)
    assert run("gaps", log, "--json") == 3
    row = next(row for row in json.loads(capsys.readouterr().out)["gaps"] if row["device_id"] == clinic.key.device_id)
    assert (row["holes"], row["newest"], row["events"], row["lost_end"]) == (
        [[first, first + 2]], first + 3, first + 1, None,
    )  # fmt: skip
    assert run("gaps", log) == 3
    assert f"device_id={clinic.key.device_id} events={first + 1} newest={first + 3}" in capsys.readouterr().out


def test_gaps_of_a_device_with_more_holes_than_are_listed(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = story()
    for _ in range(HOLES_LISTED_MAX + 7):
        told.teller(CLINIC).number += 1
        told.tell(CLINIC, "stored", at="03 16:00", codes=[BAG], room="库")
    export(log, told.entries)
    assert run("gaps", log, "--json") == 3
    answer = json.loads(capsys.readouterr().out)
    row = max(answer["gaps"], key=lambda row: row["holes_count"])
    assert (len(row["holes"]), row["holes_count"]) == (HOLES_LISTED_MAX, HOLES_LISTED_MAX + 7)
    assert answer["left_out"] == {"hole": 7}


def test_an_items_steps_as_typed(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    typed = f"{BAG[:4].lower()} {BAG[4:9]}-{BAG[9:]}"
    assert run("item", typed, log, "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    kinds = [step["kind"] for step in answer["steps"]]
    assert kinds[:2] == ["issued", "sealed"]
    assert kinds[-1] == "disposed"
    assert all(step["proved"] for step in answer["steps"])
    assert [step["index"] for step in answer["steps"]] == sorted(step["index"] for step in answer["steps"])
    assert run("item", typed, log) == 0
    assert "kind=sealed" in capsys.readouterr().out
    assert run("item", "M500114000099990", log) == 3


def test_an_item_in_a_log_that_is_not_good_is_not_proved(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    entries = story().entries
    export(log, entries, note=checkpoint([*entries[:-1], entries[0]]))
    assert run("item", BAG, log, "--json") == 1
    answer = json.loads(capsys.readouterr().out)
    assert answer["steps"]
    assert not any(step["proved"] for step in answer["steps"])


def test_an_items_forks_and_findings_stand_among_its_steps(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = story()
    clinic, before = told.teller(CLINIC), len(told.entries)
    clinic.number -= 1
    for entry_class in ("fork", "quarantine"):
        note = clinic.note("stored", occurred_ms=ms("03 16:00"), codes=[BAG], room=f"库 {entry_class}")
        told.write(note, received_ms=ms("03 16:01"), entry_class=entry_class)
    told.teller(COLLECTOR).number += 2
    export(log, told.entries)
    assert run("item", BAG, log, "--json") == 3
    answer = json.loads(capsys.readouterr().out)
    assert [(step["index"], step["class"]) for step in answer["steps"][-2:]] == [
        (before, "fork"), (before + 1, "quarantine"),
    ]  # fmt: skip
    assert [problem["code"] for problem in answer["problems"]] == ["fork", "quarantine", "not_entitled"]
    assert [step["entitled"] for step in answer["steps"][-2:]] == [False, False]
    assert answer["steps"][0]["entitled"]


def test_words_of_a_device_steer_no_terminal(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = story()
    told.tell(CLINIC, "packed", at="03 16:00", codes=[BAG], box="\x1b[2J\nGOOD", absurd=True)
    export(log, told.entries)
    assert run("item", BAG, log) == 0
    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert said.count("\nGOOD") == 1


def test_what_can_not_be_read_is_said(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (log / "policy").write_text("log nonsense\n")
    assert run("audit", log) == 2
    assert run("audit", log.parent / "nowhere") == 2
    assert run("teleport") == 2
    (log / "policy").write_text(POLICY)
    next(path for path in (log / "tile" / "entries").rglob("*") if path.is_file()).unlink()
    assert run("audit", log) == 2
    said = capsys.readouterr().err
    assert "Traceback" not in said
    assert "entries" in said
    assert run("proof", log / "checkpoint", "--entry", log / "checkpoint") == 2
    assert "--policy" in capsys.readouterr().err
    for command in (
        ["gaps", log],
        ["item", BAG, log],
        ["audit", log, "--receipt", log / "nothing"],
        ["audit", log, "--from", log],
    ):
        assert run(*command, "--json") == 2
        assert json.loads(capsys.readouterr().out)["result"] == "usage"


def test_numbers_are_plain_digits(log: Path) -> None:
    for number in ("-1", "1_000", "٣", "1e3", ""):
        assert run("audit", log, "--now", number) == 2


def test_the_operators_own_policy_is_named_as_such(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("audit", log, *NOW) == 0
    assert "operator's own word" in capsys.readouterr().out
    assert run("audit", log, "--policy", log.parent / "policy", *NOW) == 0
    assert "operator" not in capsys.readouterr().out


def test_each_file_of_an_export_is_missed(log: Path) -> None:
    for path in sorted(file for file in log.rglob("*") if file.is_file() and file.name != "policy"):
        kept = path.read_bytes()
        path.unlink()
        assert run("audit", log, *NOW) != 0, path.name
        path.mkdir()
        assert run("audit", log, *NOW) != 0, path.name
        path.rmdir()
        path.write_bytes(kept)
    assert run("audit", log, *NOW) == 0


def test_it_is_a_command_of_the_service_too(log: Path) -> None:
    program = Path(sys.executable).with_name("wasteledger")
    done = subprocess.run(
        [program, "verify", "audit", log, *NOW, "--json"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, json.loads(done.stdout)["result"]) == (0, "good")
    done = subprocess.run([program, "verify", "gaps", "--help"], capture_output=True, text=True, check=False)
    assert "missing numbers" in done.stdout


def test_one_file_runs_on_bare_python_with_nothing_installed(log: Path) -> None:
    """`-I -S`: no site packages, so libsodium is not there and the plain Ed25519 does the work."""
    file = log.parent / "verify.pyz"
    build_zipapp(file)
    probe = (
        "import sys; sys.argv = sys.argv[1:]; import runpy, importlib.util as u; assert u.find_spec('nacl') is None; "
    )
    start = probe + "runpy.run_path(sys.argv[0], run_name='__main__')"
    command = [sys.executable, "-I", "-S", "-c", start, str(file), "audit", str(log), *NOW, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=log.parent)
    assert (done.returncode, json.loads(done.stdout or "{}").get("result")) == (0, "good"), done.stderr
    bundle = next(path for path in (log / "tile" / "entries").rglob("*") if path.is_file())
    bundle.write_bytes(bundle.read_bytes().replace(b'"mass_g":1000', b'"mass_g":1001'))
    assert subprocess.run(command, capture_output=True, check=False, cwd=log.parent).returncode == 1


def test_the_one_file_has_the_same_bytes_each_time_it_is_built(tmp_path: Path) -> None:
    """In another process, another folder, another hour, with other rights on new files."""
    file, again = tmp_path / "verify.pyz", tmp_path / "dist" / "again.pyz"
    build_zipapp(file)
    build = (
        "import os, sys, time; os.umask(0o077); os.environ['TZ'] = 'Asia/Shanghai'; time.tzset(); "
        f"sys.path.insert(0, {str(ROOT)!r}); from wasteledger.audit.verify.build import main; "
        f"sys.exit(main([{str(again)!r}]))"
    )
    done = subprocess.run([sys.executable, "-c", build], capture_output=True, text=True, check=True)
    assert file.read_bytes() == again.read_bytes()
    assert done.stdout == f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {again}\n"
    assert build_main([]) == 2


def test_the_one_file_answers_a_question_asked_wrongly(tmp_path: Path) -> None:
    file = tmp_path / "verify.pyz"
    build_zipapp(file)
    bare = [sys.executable, "-I", "-S", str(file)]
    for arguments, word in ((["audit", "nowhere"], "nowhere"), (["gaps"], "dir"), ([], "command")):
        done = subprocess.run([*bare, *arguments], capture_output=True, text=True, check=False, cwd=tmp_path, env={})
        assert done.returncode == 2
        assert word in done.stderr
        assert "Traceback" not in done.stderr


def test_the_golden_log_of_an_independent_maker(tmp_path: Path) -> None:
    golden = SHARED_VECTORS / "golden-log"
    if not golden.is_dir():
        pytest.skip("the golden log is not beside this clone")
    arguments = (golden / "index1.tlog-proof", "--policy", golden / "policy", "--entry")
    assert run("proof", *arguments, golden / "entry1") == 0
    assert run("proof", *arguments, golden / "entry0") == 1
    for name, target in (
        ("tile_0_000.p_3", "tile/0/000.p/3"),
        ("tile_entries_000.p_3", "tile/entries/000.p/3"),
        ("checkpoint", "checkpoint"),
    ):
        (tmp_path / target).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / target).write_bytes((golden / name).read_bytes())
    assert run("audit", tmp_path, "--policy", golden / "policy", "--hashes-only", "--now", "1767250015000") == 0
    assert run("compare", golden / "checkpoint", golden / "checkpoint", "--policy", golden / "policy") == 0


def test_the_document_names_every_finding() -> None:
    source = "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "wasteledger" / "audit" / "verify").glob("*.py")
    )
    document = (ROOT / "docs" / "verifying.md").read_text(encoding="utf-8")
    codes = {part.split('"')[0] for part in source.split('report.find("')[1:]}
    assert len(codes) > 10
    assert {code for code in codes if f"`{code}`" not in document} <= {"unknown"}


def test_a_log_that_is_shorter_than_the_checkpoint_somebody_kept(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    entries, kept = story().entries, log.parent / "kept"
    kept.write_bytes(checkpoint(entries))
    export(log.parent / "short", entries[:5], history=[checkpoint(entries, size=5, time_s=NOW_S)])
    assert run("audit", log.parent / "short", *NOW, "--from", kept, "--json") == 1
    assert json.loads(capsys.readouterr().out)["problems"][-1]["code"] == "rollback"
