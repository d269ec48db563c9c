"""Every finding code is told by a story, and most are expected by a kind of fault that the simulator draws; the others are named here."""

import re

from schemas.reasons import REASONS
from tests.tidy.rules import ROOT
from wasteledger.simulate.fault_kinds import FAULTS

#: Told by no story. Nobody may add to it.
UNTOLD: frozenset[str] = frozenset()
#: Expected by no kind that the simulator draws: told by stories alone. Nobody may add to it. The simulated district has one register from
#: its first day to its last, so that nothing in it is judged by a later entry.
NOT_SIMULATED = frozenset({"retroactive_register"})


def test_every_reason_is_told_by_a_story() -> None:
    told = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests" / "stories").glob("test_*.py"))
    untold = {code for code in REASONS if not re.search(rf'"(\w+ )?{code}"|\b{code}=', told)}
    assert untold == UNTOLD


def test_every_reason_is_expected_by_a_kind_that_is_drawn() -> None:
    expected = {code for kind in FAULTS.values() for code in kind.expected}
    assert {code for code in REASONS if code not in expected} == NOT_SIMULATED
