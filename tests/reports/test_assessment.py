"""The assessment sheet says what the ledger proves, and never more."""

from datetime import date

import pytest

from schemas.reasons import REASONS
from tests.reports.months import BAGS, DIRECTORY, NOVEMBER, chains_of, troubled_month, true_month
from tests.stories_builder import CLINIC, PLANT, TRANSFER, Story, ms
from wasteledger.domain.reconcile import reconcile
from wasteledger.reports.assessment import (
    EVENT_IDS_MAX,
    MET,
    NOT_MET,
    PERSON,
    PROOFS,
    AssessmentLine,
    Case,
    assess,
    indicators,
)
from wasteledger.reports.lives import life_of
from wasteledger.reports.plans import span_of

HEADS = (
    "污染环境防治责任制度", "识别标志制度", "管理计划制度", "排污许可制度", "台账和申报制度", "源头分类制度", "转移制度",
    "环境应急预案备案制度", "贮存设施环境管理", "利用处置设施环境管理", "业务培训制度", "信息公开制度", "经营许可证制度",
)  # fmt: skip


def _sheet(story: Story, site: str, *, as_of: str = "30 20:00") -> dict[str, AssessmentLine]:
    answer = reconcile(
        story.history(), DIRECTORY, region="500114", from_day="2026-01-01", to_day="2026-11-30", as_of_ms=ms(as_of)
    )
    findings = tuple(finding for finding in answer.findings if finding.site == site)
    lives = tuple(life_of(chain) for chain in chains_of(story))
    lines = assess(Case(site, DIRECTORY, lives, findings, span_of(NOVEMBER), date(2026, 11, 30)))
    return {line.head: line for line in lines}


def test_the_indicators_are_whole_and_name_only_what_there_is() -> None:
    assert tuple(row.zh for row in indicators()) == HEADS
    for row in indicators():
        assert row.proof in PROOFS
        assert row.applies in {"all", "producer", "plant"}
        assert set(row.findings.split()) <= set(REASONS)
        assert (row.points_met, row.points_part, row.points_unmet) == ("2", "1", "0")
        assert row.certainty in {"V", "S", "M"}
        assert row.person  # a person has something to look at everywhere


def test_a_clinic_in_order_is_met_where_the_ledger_can_tell_and_left_to_a_person_elsewhere() -> None:
    story = Story()
    story.whole_life(BAGS[0], mass_g=700)
    sheet = _sheet(story, CLINIC, as_of="03 16:00")
    assert {head: (line.result, line.points) for head, line in sheet.items()} == {
        "污染环境防治责任制度": (PERSON, None),
        "识别标志制度": (MET, 2),
        "管理计划制度": (MET, 2),
        "排污许可制度": (PERSON, None),
        "台账和申报制度": (MET, 2),
        "源头分类制度": (MET, 2),
        "转移制度": (MET, 2),
        "环境应急预案备案制度": (PERSON, None),
        "贮存设施环境管理": (MET, 2),
        "业务培训制度": (PERSON, None),
        "信息公开制度": (PERSON, None),
    }
    assert sheet["转移制度"].proved == "本年移出 1 件 0.700 kg，其中双方扫码 1 件；接收 0 件"


def test_findings_speak_against_the_site_that_has_to_answer_with_their_records() -> None:
    story = troubled_month()
    clinic, centre = _sheet(story, CLINIC), _sheet(story, TRANSFER)
    transfer = clinic["转移制度"]
    assert (transfer.result, transfer.points) == (NOT_MET, 0)
    assert "交接断链 missing_link×1" in transfer.findings
    stored = next(f for f in story.history().facts_of(BAGS[8]) if f.kind == "stored")
    assert stored.event_id in transfer.event_ids.split("\n")
    assert "missing_link" not in centre["转移制度"].findings


def test_a_hop_that_only_one_side_scanned_is_not_counted_as_two_sided() -> None:
    story = Story()
    story.issue(BAGS[0])
    story.seal(BAGS[0])
    story.accept(BAGS[0], CLINIC, TRANSFER, at="02 10:00")
    assert "移出 1 件 1.000 kg，其中双方扫码 0 件" in _sheet(story, CLINIC)["转移制度"].proved


def test_findings_of_hygiene_alone_leave_a_point() -> None:
    story = Story()
    story.issue(BAGS[0])
    story.seal(BAGS[0], waste_code="999-999-49")
    line = _sheet(story, CLINIC)["源头分类制度"]
    assert (line.findings, line.result, line.points) == ("名录外代码 unlisted_waste_code×1", NOT_MET, 1)


def test_a_plan_that_was_not_kept_is_not_met() -> None:
    line = _sheet(troubled_month(), CLINIC)["管理计划制度"]
    assert (line.result, line.points) == (NOT_MET, 0)
    assert "产生量超过计划" in line.proved


def test_a_plant_is_asked_for_its_licence_and_not_for_a_plan() -> None:
    sheet = _sheet(troubled_month(), PLANT)
    assert "管理计划制度" not in sheet
    licence = sheet["经营许可证制度"]
    assert licence.result == NOT_MET
    assert "超许可接收 1 件" in licence.proved
    in_order = _sheet(true_month(), PLANT)["经营许可证制度"]
    assert (in_order.result, in_order.proved) == (MET, "有效许可证 1 张，超规模 0 张，超许可接收 0 件")


def test_a_site_without_records_is_left_to_a_person() -> None:
    sheet = _sheet(Story(), TRANSFER)
    assert {line.result for line in sheet.values()} == {PERSON}


@pytest.mark.parametrize("count", [EVENT_IDS_MAX, EVENT_IDS_MAX + 2])
def test_more_records_than_fit_are_counted(count: int) -> None:
    story = Story()
    for code in BAGS[:count]:
        story.seal(code)  # codes that nobody issued
    shown = _sheet(story, CLINIC)["识别标志制度"].event_ids.split("\n")
    assert len([line for line in shown if not line.startswith("另")]) == EVENT_IDS_MAX
    assert shown[-1] == "另 2 条" or count == EVENT_IDS_MAX
