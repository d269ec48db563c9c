"""The commands, their exit codes, and the one file that runs on bare Python."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, SHARED_VECTORS
from tests.stories_builder import BAG, CLINIC
from tests.verify.exports import NOW_S, POLICY, RECEIPT, checkpoint, export, leaf, proof, receipt, story
from wasteledger.audit.verify.__main__ import main
from wasteledger.audit.verify.build import build

NOW = ["--now", str(NOW_S * 1000)]


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


def test_receipts_are_held_against_the_log(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    entries, file = story().entries, log.parent / "receipt"
    size = len(entries)
    arguments = ("audit", log, *NOW, "--receipt", file, "--receipt-key", RECEIPT.text, "--json")
    for promises, code, word in (
        ([(3, b"e" * 32, leaf(entries[3]), 5), (4, b"e" * 32, leaf(entries[4]), 5)], 0, None),
        ([(3, b"e" * 32, leaf(entries[4]), 5)], 1, "promise"),
        ([(size, b"e" * 32, leaf(entries[4]), 5)], 3, "promise"),
    ):
        file.write_bytes(receipt(promises))
        assert run(*arguments) == code
        problems = json.loads(capsys.readouterr().out)["problems"]
        assert [problem["code"] for problem in problems] == ([word] if word else [])
    file.write_bytes(receipt([(3, b"e" * 32, leaf(entries[3]), 5)]).replace(b"\n3\n", b"\n4\n"))
    assert run(*arguments) == 1
    assert run("audit", log, "--receipt", file) == 2


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


def test_an_items_steps_as_typed(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("item", f"{BAG[:4].lower()} {BAG[4:9]}-{BAG[9:]}", log, "--json") == 0
    steps = json.loads(capsys.readouterr().out)["steps"]
    kinds = [step["kind"] for step in steps]
    assert kinds[:2] == ["issued", "sealed"]
    assert kinds[-1] == "disposed"
    assert run("item", "M500114000099990", log) == 3


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
    file, again = log.parent / "verify.pyz", log.parent / "again.pyz"
    build(file)
    build(again)
    assert file.read_bytes() == again.read_bytes()
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
