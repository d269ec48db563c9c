"""Reads the golden cases."""

import json
from typing import Any

from tests.make_vectors import FOLDER


def vectors(name: str) -> dict[str, Any]:
    """The cases of one file."""
    loaded: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return loaded
