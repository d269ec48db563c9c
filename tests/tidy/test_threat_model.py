"""The threat model speaks of 68 attacks, and each of them has a test that exists."""

import re

from tests.tidy.rules import ROOT

ATTACKS = 106
_ROW = re.compile(r"^\| (\d+) \|.*\| `(tests/[a-z_/]+\.py)::(test_[a-z0-9_]+)` \|$", re.MULTILINE)


def test_every_attack_has_its_test() -> None:
    rows = _ROW.findall((ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8"))
    assert [int(number) for number, _, _ in rows] == list(range(1, ATTACKS + 1))
    missing = [
        f"{path}::{name}"
        for _, path, name in rows
        if not (ROOT / path).exists() or f"def {name}(" not in (ROOT / path).read_text(encoding="utf-8")
    ]
    assert missing == []
