"""Writes the JSON Schemas of the contract: `python -m schemas.generate`; `--check` only compares.

The files in `schemas/json/` are for readers in other languages. They follow from the models, so they are never edited.
"""

import json
import sys
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from schemas.events import event_json_schema
from schemas.label_fields import LabelFields
from schemas.sync import BatchAnswer, EventBatch

FOLDER = Path(__file__).parent / "json"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema_files() -> dict[str, str]:
    """Every schema file by its name, as text."""
    label_fields: TypeAdapter[Any] = TypeAdapter(LabelFields)
    made = {
        "event": event_json_schema(),
        "batch": EventBatch.model_json_schema(),
        "answer": BatchAnswer.model_json_schema(),
        "label_fields": label_fields.json_schema(),
    }
    return {
        f"{name}.schema.json": json.dumps({"$schema": _DIALECT, **schema}, ensure_ascii=False, indent=1) + "\n"
        for name, schema in made.items()
    }


def differing(folder: Path) -> list[str]:
    """Names of the files in `folder` that are missing or are not what the models say."""
    return [
        name
        for name, text in schema_files().items()
        if not (folder / name).is_file() or (folder / name).read_text(encoding="utf-8") != text
    ]


def main(arguments: list[str], *, folder: Path = FOLDER) -> int:
    """Writes or, with `--check`, compares; returns the exit status."""
    if arguments not in ([], ["--check"]):
        sys.stderr.write("usage: python -m schemas.generate [--check]\n")
        return 2
    if arguments:
        wrong = differing(folder)
        if wrong:
            sys.stderr.write(f"{', '.join(wrong)} in {folder} differ from the models: run `make schemas` and commit\n")
        return 1 if wrong else 0
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in schema_files().items():
        (folder / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
