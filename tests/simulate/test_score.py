"""The score can be bad: what is missed, what is false, and a rate that claims too much are told."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.simulate.district import simulate
from wasteledger.errors import NotFoundError
from wasteledger.simulate.score import Cut, read_told, score_simulation
from wasteledger.simulate.truth import read_truth

Line = dict[str, Any]


@pytest.fixture
def robbed(tmp_path: Path) -> Path:
    """Ten days in which a third of some bags is taken away."""
    simulate(tmp_path / "sim", faults={"lost_weight": 0.2})
    return tmp_path / "sim"


def _tell(folder: Path, change: Callable[[Line], Line]) -> None:
    path = folder / "truth.jsonl"
    lines = [change(line) for line in read_truth(path)]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))


def test_what_truth_says_nothing_about_is_false(robbed: Path) -> None:
    before = score_simulation(robbed)
    _tell(robbed, lambda line: line | {"faults": []})
    after = score_simulation(robbed)
    assert before.precision == 1
    assert after.precision == 0
    assert {code for code, _ in after.false} == {"weight_difference"}
    assert len(after.false) == before.codes["weight_difference"].reported


def test_what_was_not_found_is_missed(robbed: Path) -> None:
    fault = {"kind": "jumped", "expected": ["missing_link"], "allowed": [], "by_ms": 0}
    _tell(robbed, lambda line: line | {"faults": [fault]} if not line["faults"] else line)
    score = score_simulation(robbed)
    assert score.recall_chain == 0
    assert {code for code, _ in score.missed} == {"missing_link"}
    assert score.codes["weight_difference"].found == score.codes["weight_difference"].expected > 0


def test_what_can_not_be_known_yet_is_not_missed_and_not_false() -> None:
    fault = {"kind": "lost_bag", "expected": ["overdue_pickup"], "allowed": ["stock_imbalance"], "by_ms": 1_000}
    line = {"subject": "item", "code": "M1", "faults": [fault]}
    early, late = read_told([line], as_of_ms=1_000), read_told([line], as_of_ms=1_001)
    assert early.expected == set()
    assert late.expected == {("overdue_pickup", "M1")}
    assert early.allowed == late.allowed == {("overdue_pickup", "M1"), ("stock_imbalance", "M1")}


def test_a_fault_of_a_roll_excuses_the_labels_that_it_touches() -> None:
    fault = {"kind": "label_stock", "expected": ["label_stock_unaccounted"], "allowed": [], "by_ms": 0}
    told = read_told([{"subject": "roll", "id": "R-1", "codes": ["M1", "M2"], "faults": [fault]}], as_of_ms=1)
    assert told.expected == {("label_stock_unaccounted", "R-1")}
    assert ("label_stock_unaccounted", "M2") in told.allowed


def test_a_rate_that_claims_too_much_is_told(robbed: Path) -> None:
    assert score_simulation(robbed).proved_above_true == []
    _tell(robbed, lambda line: line | {"safe": False} if line["division"] == "500114105" else line)
    above = score_simulation(robbed).proved_above_true
    assert "500114105" in above
    assert "district" in above
    assert "500114107" not in above


@pytest.mark.parametrize(
    ("proved", "true", "above"),
    [
        (Cut(1, 3, 100, 300), Cut(1, 3, 100, 300), False),
        (Cut(1, 3, 100, 300), Cut(333_333, 1_000_000, 100, 300), True),  # a third is more than 0.333333
        (Cut(1, 3, 101, 300), Cut(1, 3, 100, 300), True),
        (Cut(0, 3, 0, 300), Cut(0, 0, 0, 0), False),
        (Cut(1, 3, 1, 300), Cut(0, 0, 0, 0), True),
        (Cut(0, 0, 0, 0), Cut(1, 2, 10, 20), False),
    ],
)
def test_rates_are_held_against_each_other_in_whole_numbers(proved: Cut, true: Cut, *, above: bool) -> None:
    assert proved.is_above(true) is above


def test_a_folder_without_a_simulation(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="holds no simulation"):
        score_simulation(tmp_path)
