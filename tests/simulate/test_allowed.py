"""What the truth allows is narrow: a finding under a wrong code is no longer right, and the score says so."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from schemas.reasons import REASONS
from tests.simulate.district import opened, simulate
from wasteledger.domain.reconcile import Reconciliation
from wasteledger.simulate.fault_kinds import FAULTS
from wasteledger.simulate.score import OF_OTHERS, Evidence, Found, Told, compare, gather, read_told, reconciled
from wasteledger.simulate.truth import read_truth

#: A finding of the first code would mostly be right under the second one too, since what was done shows as both, or beside it.
BOTH = {
    ("count_difference", "late_step"), ("count_difference", "manifest_mismatch"), ("disposed_not_received", "manifest_mismatch"),
    ("disposed_not_received", "manifest_not_confirmed"), ("disposed_not_received", "manifest_overdue"),
    ("late_confirmation", "manifest_mismatch"), ("manifest_unknown", "manifest_mismatch"), ("missing_link", "late_step"),
    ("missing_link", "manifest_mismatch"), ("never_sealed", "label_stock_unaccounted"), ("not_vouched", "device_gap"),
    ("own_device_unused", "not_entitled"), ("own_device_unused", "sealing_unconfirmed"), ("revoked_device", "sealing_unconfirmed"),
    ("weak_evidence", "late_backfill"),
}  # fmt: skip
#: Of all findings, under all wrong codes, no more than this share would be right.
SHARE_MAX = 0.01
#: Of fewer findings no share is taken.
FEW = 5


class Judged(NamedTuple):
    """A district with a little of everything, and what was found in it."""

    told: Told
    answer: Reconciliation
    found: Found
    evidence: Evidence


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judged]:
    folder: Path = tmp_path_factory.mktemp("narrow") / "sim"
    simulate(folder, days=40, packages_per_day=200, faults={"all": 0.01, "lies": 0.01})
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    told = read_told(read_truth(folder / "truth.jsonl"), as_of_ms=summary["as_of_ms"])
    service = opened(folder)
    answer, evidence = reconciled(service, summary), Evidence(service)
    yield Judged(told, answer, gather(answer.findings, evidence, told.first_codes), evidence)
    service.close()


def right_under_others(judged: Judged) -> tuple[Counter[str], Counter[tuple[str, str]]]:
    """How many pairs were found under each code; and, of those, how many would be right under each other code, and news."""
    allowed: dict[str, set[str]] = defaultdict(set)
    for code, name in judged.told.allowed:
        allowed[name].add(code)
    told = Counter(code for code, _ in judged.found.pairs)
    right: Counter[tuple[str, str]] = Counter()
    for code in told:
        findings = [finding for finding in judged.answer.findings if finding.code == code]
        for of_others in (True, False):  # a finding of some codes is about its device, manifest or box too
            other = "device_gap" if of_others else "label_mismatch"
            wrong = gather([row._replace(code=other) for row in findings], judged.evidence, judged.told.first_codes)
            for (_, name), about in wrong.pairs.items():
                others = {other for subject in (name, *about) for other in allowed[subject]} - {code}
                right.update(
                    (code, other)
                    for other in others
                    if (other in OF_OTHERS) == of_others and (other, name) not in judged.found.touched
                )
    return told, right


def test_a_finding_is_right_under_few_codes(judged: Judged) -> None:
    told, right = right_under_others(judged)
    assert len(told) > 60, "most codes are told"
    assert {pair for pair, count in right.items() if count * 2 > told[pair[0]] >= FEW} <= BOTH
    assert right.total() <= SHARE_MAX * told.total() * (len(REASONS) - 1)


@pytest.mark.parametrize("code", ["missing_link", "one_sided_hop", "box_difference", "not_entitled", "in_limbo"])
def test_a_wrong_code_is_missed_and_false(judged: Judged, code: str) -> None:
    """As the score says it: what was expected is missed, and what was told instead is false."""
    right = compare(judged.told, judged.found, judged.answer)
    assert (right.missed, right.false) == ([], [])
    findings = [row._replace(code="label_mismatch" if row.code == code else row.code) for row in judged.answer.findings]
    wrong = compare(judged.told, gather(findings, judged.evidence, judged.told.first_codes), judged.answer)
    assert {missed for missed, _ in wrong.missed} == {code}
    assert {false for false, _ in wrong.false} == {"label_mismatch"}
    assert wrong.precision is not None
    assert wrong.precision < 1
    if REASONS[code].severity.value == "breaks_chain":
        assert wrong.recall_chain is not None
        assert wrong.recall_chain < 1


def test_no_kind_allows_more_than_it_did() -> None:
    """Who adds a code says in which run it is needed, and raises the number."""
    assert sum(len(kind.allowed) for kind in FAULTS.values()) <= 50
    assert sum(len(kind.meanwhile) for kind in FAULTS.values()) <= 19
