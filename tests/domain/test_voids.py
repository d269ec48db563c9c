"""What was voided and corrected down: by site, with its share, and a finding where it is unusual."""

from datetime import date, timedelta
from typing import Any

import pytest

from schemas.codes import stock_code
from tests.stories_builder import CLINIC, HOSPITAL, Story, ms, register
from wasteledger.domain.booking import BookedItem
from wasteledger.domain.findings import Finding
from wasteledger.domain.register import Directory, Rule
from wasteledger.domain.voids import Withdrawn, evidence_of, sum_up, void_findings, withdrawn_of

DIRECTORY = Directory(register())
TODAY = date(2026, 11, 30)
NOW_MS = ms("30 12:00")


def _item(number: int = 1, **changes: Any) -> BookedItem:
    sealed_ms = ms("02 08:00") + number
    fields: dict[str, Any] = {
        "code": stock_code("500114", number), "site": CLINIC, "waste_code": "841-001-01", "sealed_ms": sealed_ms,
        "sealed_day": "2026-11-02", "packages": 1, "mass_g": 1000, "item_class": "on_its_way", "phase": "held", "holder": CLINIC,
        "inferred": 0, "reasons": "", "due_ms": None, "last_ms": sealed_ms, "stays": "[]", "roll": "", "method": "",
        "corrected_down_g": 0, "told_day": "2026-11-02",
    }  # fmt: skip
    return BookedItem(**(fields | changes))


def _found(*rows: Withdrawn, directory: Directory = DIRECTORY) -> list[Finding]:
    sums = {CLINIC: rows[0]}
    for row in rows[1:]:
        sums[CLINIC] = sums[CLINIC].plus(row)
    return list(void_findings(sums, directory, NOW_MS, lambda _site: ("a void",)))


def test_what_a_package_adds_to_its_sites_account() -> None:
    assert withdrawn_of(_item()) == Withdrawn(1, 1000)
    assert withdrawn_of(_item(item_class=None, phase="voided")) == Withdrawn(1, 1000, 1, 1000)
    assert withdrawn_of(_item(mass_g=300, corrected_down_g=700)) == Withdrawn(1, 1000, 0, 0, 1, 700)


@pytest.mark.parametrize(
    ("sealed", "voided", "raised"),
    [(100, 5, False), (99, 5, True), (80, 4, False), (5, 5, True), (1000, 50, False), (1000, 51, True)],
)
def test_more_than_the_rules_share_and_at_least_five_is_unusual(sealed: int, voided: int, raised: bool) -> None:
    found = _found(Withdrawn(sealed, sealed * 1000, voided, voided * 1000))
    assert [finding.code for finding in found] == ["unusual_voids"] * raised


def test_five_of_a_thousand_that_weigh_a_tenth_of_all_are_unusual_by_mass() -> None:
    assert _found(Withdrawn(1000, 1_000_000, 0, 0, 5, 50_000)) == []
    (finding,) = _found(Withdrawn(1000, 1_000_000, 0, 0, 5, 50_001))
    assert (finding.site, finding.evidence, finding.items) == (CLINIC, ("a void",), ())
    assert "核减 5 件 50001 g" in finding.detail


def test_a_site_may_have_a_rule_of_its_own() -> None:
    rule = Rule(key="unusual_void_percent", value=60, basis="试点", scope=CLINIC)
    own = Directory(register().model_copy(update={"rules": (rule,)}))
    assert _found(Withdrawn(10, 10_000, 6, 6000), directory=own) == []
    assert _found(Withdrawn(10, 10_000, 6, 6000)) != []


def test_the_finding_of_a_week_is_one_whatever_is_voided_on_its_days() -> None:
    row = Withdrawn(10, 10_000, 6, 6000)
    ids = {
        finding.finding_id
        for ago in range(7)  # 30 November 2026 is a Monday
        for finding in void_findings({CLINIC: row}, DIRECTORY, NOW_MS + ago * 86_400_000, lambda _site: ())
    }
    assert len(ids) == 1
    (before,) = void_findings({CLINIC: row}, DIRECTORY, NOW_MS - 86_400_000, lambda _site: ())
    assert before.finding_id not in ids


def test_only_the_last_ninety_days_count() -> None:
    days = [(TODAY - timedelta(days=ago)).isoformat() for ago in (0, 90, 91)]
    items = [_item(number, sealed_day=day, item_class=None) for number, day in enumerate(days, start=1)]
    assert sum_up([*items, _item(9, sealed_day=None, sealed_ms=None)], NOW_MS)[CLINIC].voided_count == 2


def _voiding_clinic() -> Story:
    """Seven bags, six of them taken back at once."""
    story = Story()
    for number in range(1, 8):
        code = stock_code("500114", number)
        sealing = story.seal(code, at=f"02 08:{number:02d}")
        if number <= 6:
            story.correct(code, sealing, site=CLINIC, at=f"02 08:{number:02d}", after_ms=30_000, reason="did_not_occur")
    return story


def test_a_clinic_that_takes_back_six_of_seven_is_found_and_its_undoings_are_shown() -> None:
    story = _voiding_clinic()
    answer = story.reconcile()
    ((site, row),) = answer.taken_back()
    assert (site, row.sealed_count, row.voided_count) == (CLINIC, 7, 6)
    (finding,) = [finding for finding in answer.findings if finding.code == "unusual_voids"]
    history = story.history()
    shown = {fact.event_id: fact for facts in history.by_device.values() for fact in facts.values()}
    assert len(finding.evidence) == 6
    assert {shown[event].kind for event in finding.evidence} == {"corrected"}
    assert finding.evidence[0] == history.facts_of(stock_code("500114", 6))[-1].event_id  # the newest package first


def test_evidence_is_of_the_asked_site_alone() -> None:
    items = [_item(1, item_class=None), _item(2, item_class=None, site=HOSPITAL)]
    assert evidence_of(items, lambda _code: (), site=CLINIC, as_of_ms=NOW_MS) == ()
