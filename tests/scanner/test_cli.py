import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from scanner.cli import app
from tests.scanner.pictures import BOX, GOOD, WRONG_CHECK, bad_files, noise, png, sheet, symbol


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["decode", *map(str, arguments)])


def put(folder: Path, name: str, content: bytes) -> Path:
    (folder / name).write_bytes(content)
    return folder / name


def test_codes_are_printed(tmp_path: Path) -> None:
    result = run(put(tmp_path, "a.png", png(symbol(GOOD))), put(tmp_path, "b.png", png(symbol(BOX))))
    assert result.exit_code == 0
    assert f"a.png: {GOOD} (item, read by pyzbar)" in result.stdout
    assert f"b.png: {BOX} (box, read by pyzbar)" in result.stdout
    assert result.stderr == ""


def test_a_bad_file_does_not_stop_the_others(tmp_path: Path) -> None:
    result = run(tmp_path / "none.png", put(tmp_path, "good.png", png(symbol(GOOD))))
    assert result.exit_code == 1
    assert GOOD in result.stdout
    assert "none.png: No such file or directory; check the name" in result.stderr


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (png(noise()), "no QR code could be read; take the photo again"),
        (png(symbol(WRONG_CHECK)), "fails its check: the last character should be"),
        (bad_files()["text"], "no picture that can be read; use JPEG"),
        (bad_files()["pdf"], "use `labels proof"),
    ],
    ids=["noise", "wrong check", "text", "pdf"],
)
def test_what_is_wrong_is_said_with_the_way_out(tmp_path: Path, content: bytes, told: str) -> None:
    result = run(put(tmp_path, "photo", content))
    assert result.exit_code == 1
    assert told in result.stderr
    assert result.stdout == ""


def test_json_is_one_array_with_every_file(tmp_path: Path) -> None:
    files = [put(tmp_path, "two.png", png(sheet(GOOD, BOX))), put(tmp_path, "wrong.png", png(symbol(WRONG_CHECK)))]
    result = run(*files, tmp_path / "none.png", "--json")
    assert result.exit_code == 1
    two, wrong, none = json.loads(result.stdout)
    assert {(code["code"], code["kind"]) for code in two["codes"]} == {(GOOD, "item"), (BOX, "box")}
    assert two["problem"] is None
    assert wrong["codes"][0]["code"] is None
    assert "fails its check" in wrong["codes"][0]["reason"]
    assert none["codes"] == []
    assert "No such file" in none["problem"]


def test_no_file_is_wrong_usage() -> None:
    assert run().exit_code == 2


def test_help_shows_an_example_and_decode_is_a_subcommand() -> None:
    assert "scanner decode photo.jpg" in run("--help").stdout
    assert "decode" in CliRunner().invoke(app, ["--help"]).stdout


def test_a_machine_without_zbar_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scanner.decode._PYZBAR", None)
    result = run(put(tmp_path, "a.png", png(symbol(GOOD))))
    assert result.exit_code == 0
    assert "pyzbar is skipped" in result.stderr
    assert GOOD in result.stdout


def test_the_installed_program_runs(tmp_path: Path) -> None:
    file = put(tmp_path, "a.png", png(symbol(GOOD)))
    done = subprocess.run(
        [sys.executable, "-m", "scanner.cli", "decode", str(file)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert GOOD in done.stdout
