"""Each kind of fault and of lie alone: what it must show is found, and nothing that it did not do."""

from pathlib import Path

import pytest

from tests.simulate.district import simulate
from wasteledger.simulate.fault_kinds import DRAWN, FAULTS, LIES
from wasteledger.simulate.score import score_simulation

#: Some need a longer story than twelve days to happen and to be known.
DAYS = {
    "back_dated": 18,
    "label_mismatch": 26,
    "late_confirmed": 24,
    "over_capacity": 29,
    "paper_backfill_late": 34,
    "silent_producer": 60,
    "sold_at_gate": 20,
    "stock_told_late": 40,
    "unconfirmed_manifest": 20,
    "under_reporting": 116,
    "unwashed_box": 16,
    "voids_much": 24,
}
#: And some more waste.
PACKAGES = {"over_capacity": 900}
#: What befalls few packages befalls them often.
RARE = {
    "back_dated_packing", "badge_borrowed", "badge_by_centre", "badge_expired",
    "company_relay", "copied_weights", "impostor_seal", "label_mismatch",
    "one_company_badge", "one_company_person", "seal_stranger",
}  # fmt: skip


@pytest.mark.parametrize("kind", DRAWN)
def test_a_kind_of_fault_alone_is_found_and_nothing_else(tmp_path: Path, kind: str) -> None:
    rate = 0.05 if FAULTS[kind].subject in {"item", "collusion"} and kind not in RARE else 0.3
    summary = simulate(
        tmp_path / "sim", days=DAYS.get(kind, 12), packages_per_day=PACKAGES.get(kind, 120), faults={kind: rate}
    )
    assert summary["faults"].get(kind), "the fault was never done"
    score = score_simulation(tmp_path / "sim")
    assert score.missed == []
    assert score.false == []
    assert score.proved_above_true == []
    expected = {code for code, row in score.codes.items() if row.expected}
    assert expected >= set(FAULTS[kind].expected)


@pytest.mark.parametrize("rates", [{"all": 0.01}, {"lies": 0.01}, {"all": 0.01, "lies": 0.05}])
def test_a_little_of_everything_is_told_apart(tmp_path: Path, rates: dict[str, float]) -> None:
    simulate(tmp_path / "sim", days=40, packages_per_day=200, faults=rates)
    score = score_simulation(tmp_path / "sim")
    assert score.recall_chain == 1
    assert score.precision == 1
    assert score.proved_above_true == []
    assert score.proved.safe_count < score.true.safe_count


def test_what_everybody_signed_is_counted_apart(tmp_path: Path) -> None:
    """Scans alone can not show it: it is proved, it is not true, and it stands outside the comparison of rates."""
    simulate(tmp_path / "sim", faults={"collusion": 0.1})
    score = score_simulation(tmp_path / "sim")
    assert 0 < score.collusion.proved <= score.collusion.packages
    assert score.proved_above_true == []
    assert score.proved == score.true


def test_a_lie_names_what_must_be_found() -> None:
    """Only what is honest, or can not be seen from scans, may stand in the table with nothing that is expected."""
    silent = {name for name in LIES if not FAULTS[name].expected}
    assert silent == {"relabelled", "wrong_waste_corrected", "collusion"}
