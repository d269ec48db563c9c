"""Generated files are what they are generated from."""

from pathlib import Path

import pytest

from schemas import generate
from tests import make_vectors


def test_json_schemas_are_those_of_the_models() -> None:
    assert generate.differing(generate.FOLDER) == []


def test_an_edited_schema_is_found_and_written_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert generate.main([], folder=tmp_path) == 0
    assert generate.main(["--check"], folder=tmp_path) == 0
    edited = tmp_path / "batch.schema.json"
    edited.write_text(edited.read_text(encoding="utf-8").replace("500", "501"), encoding="utf-8")
    (tmp_path / "event.schema.json").unlink()

    assert generate.main(["--check"], folder=tmp_path) == 1
    message = capsys.readouterr().err
    assert "event.schema.json, batch.schema.json" in message
    assert "make schemas" in message
    assert generate.main([], folder=tmp_path) == 0
    assert generate.main(["--check"], folder=tmp_path) == 0


def test_an_unknown_argument_writes_nothing(tmp_path: Path) -> None:
    assert generate.main(["--chekc"], folder=tmp_path) == 2
    assert list(tmp_path.iterdir()) == []


def test_vectors_are_those_of_their_generator() -> None:
    for name, text in make_vectors.files().items():
        assert (make_vectors.FOLDER / name).read_text(encoding="utf-8") == text, f"{name}: python -m tests.make_vectors"
