"""A mutant that finds nothing to break proves nothing."""

from tests.mutants.__main__ import MUTANTS
from tests.tidy.rules import ROOT


def test_what_a_mutant_changes_stands_there_once() -> None:
    counts = {mutant.name: (ROOT / mutant.path).read_text(encoding="utf-8").count(mutant.old) for mutant in MUTANTS}
    assert {name for name, count in counts.items() if count != 1} == set()
    assert len(counts) == len(MUTANTS), "two of one name"
