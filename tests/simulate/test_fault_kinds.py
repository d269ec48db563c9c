"""Each kind of fault alone: what it must show is found, and nothing that it did not do."""

from pathlib import Path

import pytest

from tests.simulate.district import simulate
from wasteledger.simulate.fault_kinds import DRAWN, FAULTS
from wasteledger.simulate.score import score_simulation

#: Judged by parts of reconciliation that are not there yet; a kind leaves this list with the part that judges it.
#: Some need a longer story than ten days to happen and to be known.
DAYS = {
    "back_dated": 18,
    "paper_backfill_late": 34,
    "silent_producer": 60,
    "unconfirmed_manifest": 20,
    "unwashed_box": 16,
}


@pytest.mark.parametrize("kind", DRAWN)
def test_a_kind_of_fault_alone_is_found_and_nothing_else(tmp_path: Path, kind: str) -> None:
    rate = 0.05 if FAULTS[kind].subject == "item" else 0.3
    summary = simulate(tmp_path / "sim", days=DAYS.get(kind, 12), faults={kind: rate})
    assert summary["faults"].get(kind), "the fault was never done"
    score = score_simulation(tmp_path / "sim")
    assert score.missed == []
    assert score.false == []
    assert score.proved_above_true == []
    expected = {code for code, row in score.codes.items() if row.expected}
    assert expected >= set(FAULTS[kind].expected)


def test_a_little_of_everything_is_told_apart(tmp_path: Path) -> None:
    simulate(tmp_path / "sim", days=40, packages_per_day=200, faults={"all": 0.01})
    score = score_simulation(tmp_path / "sim")
    assert score.recall_chain == 1
    assert score.precision == 1
    assert score.proved_above_true == []
    assert score.proved.safe_count < score.true.safe_count
