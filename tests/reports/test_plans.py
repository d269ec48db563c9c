"""Categories, filing dates, plans and licences."""

from datetime import date

import pytest

from tests.reports.months import (
    BAGS,
    DIRECTORY,
    GARAGE,
    INFECTIOUS,
    NOVEMBER,
    OIL,
    SHARPS,
    chains_of,
    rich_register,
    troubled_month,
)
from tests.stories_builder import CABIN, CLINIC, COLLECTOR, HOSPITAL, OTHER_CLINIC, OTHER_PLANT, PLANT, TRANSFER, Story
from wasteledger.domain.register import Directory
from wasteledger.reports.filing import category_of, dues, filing_lines, plan_due, plan_state
from wasteledger.reports.licences import licence_lines, outside_lines
from wasteledger.reports.lives import Life, by_site, life_of
from wasteledger.reports.plans import plan_lines, plan_states, span_of

TODAY = date(2026, 11, 30)
SPAN = span_of(NOVEMBER)


@pytest.fixture(scope="module")
def lives() -> list[Life]:
    return [life_of(chain) for chain in chains_of(troubled_month())]


def _sealed(*masses_kg: int, years: tuple[int, ...]) -> list[Life]:
    """A drum of a garage in November of each year."""
    story = Story()
    for code, mass_kg, year in zip(BAGS, masses_kg, years, strict=False):
        after_ms = (date(year, 11, 2) - date(2026, 11, 2)).days * 24 * 3_600_000
        story.seal(code, site=GARAGE, mass_g=mass_kg * 1000, waste_code=OIL, package="drum", after_ms=after_ms)
    return [life_of(chain) for chain in chains_of(story)]


@pytest.mark.parametrize(
    ("masses_kg", "years", "key", "yearly_g"),
    [
        ((9_999,), (2025,), "registered", 9_999_000),
        ((10_000,), (2025,), "simplified", 10_000_000),
        ((60_000, 39_999), (2025, 2025), "simplified", 99_999_000),
        ((60_000, 40_000), (2025, 2025), "key", 100_000_000),
        ((20_000, 1, 1), (2023, 2024, 2025), "simplified", 20_000_000),  # three years ago still counts
        ((20_000, 1, 1), (2022, 2024, 2025), "registered", 1_000),  # four years ago no longer
    ],
)
def test_yearly_production_makes_the_category(
    masses_kg: tuple[int, ...], years: tuple[int, ...], key: str, yearly_g: int
) -> None:
    category = category_of(GARAGE, _sealed(*masses_kg, years=years), DIRECTORY, today=TODAY)
    assert (category.key, category.yearly_g, category.certain) == (key, yearly_g, True)


def test_less_than_a_year_of_records_makes_no_certain_category(lives: list[Life]) -> None:
    category = category_of(GARAGE, lives, DIRECTORY, today=TODAY)
    assert (category.key, category.certain) == ("registered", False)
    assert "环评" in category.basis


def test_own_treatment_or_a_licence_makes_a_key_site(lives: list[Life]) -> None:
    assert category_of(OTHER_PLANT, lives, DIRECTORY, today=TODAY).key == "key"  # it burnt a bag, without a licence
    licensed = category_of(PLANT, [], DIRECTORY, today=TODAY)
    assert (licensed.key, licensed.basis) == ("key", "4.2.1：持有危险废物经营许可证")
    assert category_of(PLANT, [], DIRECTORY, today=date(2028, 1, 1)).key == "registered"  # it has run out


def test_a_leap_day_has_a_year_before_it(lives: list[Life]) -> None:
    assert category_of(GARAGE, lives, DIRECTORY, today=date(2028, 2, 29)).certain is not False


def test_who_files_what_by_when() -> None:
    key, simplified, registered = (dues(name, year=2026) for name in ("key", "simplified", "registered"))
    assert [(due.period.text, due.due_on) for due in registered] == [
        ("2026", date(2026, 3, 31)), ("2026", date(2027, 3, 31)),
    ]  # fmt: skip
    assert [(due.period.text, due.due_on) for due in simplified[1:-1]] == [
        ("2026-Q1", date(2026, 4, 15)), ("2026-Q2", date(2026, 7, 15)), ("2026-Q3", date(2026, 10, 15)),
        ("2026-Q4", date(2027, 1, 15)),
    ]  # fmt: skip
    assert len(key) == 14
    assert (key[1].due_on, key[12].due_on) == (date(2026, 2, 15), date(2027, 1, 15))


def test_a_report_whose_day_has_passed_is_never_called_filed() -> None:
    lines = filing_lines(HOSPITAL, "simplified", DIRECTORY, year=2026, today=date(2026, 10, 16))
    assert [line.state for line in lines] == [
        "逾期备案（晚 7 天）", *["已到期：本账本没有申报记录，请在国家系统核对"] * 3, "未到期", "未到期",
    ]  # fmt: skip
    on_the_day = filing_lines(HOSPITAL, "simplified", DIRECTORY, year=2026, today=date(2026, 10, 15))
    assert on_the_day[3].state == "未到期"


def test_a_plan_is_due_by_the_end_of_march() -> None:
    plan = DIRECTORY.register.plans[0]
    due = plan_due(2026)
    assert plan_state(None, 2026, today=due) == "待备案（截止 2026-03-31）"
    assert plan_state(None, 2026, today=date(2026, 4, 1)) == "逾期未备案（截止 2026-03-31）"
    assert plan_state(plan.model_copy(update={"filed_on": due}), 2026, today=TODAY) == "按期备案"
    assert (
        plan_state(plan.model_copy(update={"filed_on": date(2026, 4, 1)}), 2026, today=TODAY) == "逾期备案（晚 1 天）"
    )


def test_what_was_done_is_held_against_the_plan(lives: list[Life]) -> None:
    (clinic,) = plan_lines(CLINIC, lives, DIRECTORY, SPAN)
    assert (clinic.waste_code, clinic.planned_g, clinic.produced_g, clinic.moved_g) == (
        INFECTIOUS,
        8_000,
        10_503,
        7_803,
    )
    assert (clinic.produced_bp, clinic.moved_bp) == (13_128, 9_753)  # 131.28 % and 97.53 %, rounded down
    assert (clinic.plants_planned, clinic.plants_unplanned) == ("处置中心", "无证处置厂")
    assert clinic.remark == "产生量超过计划；去了计划外处置单位"
    (hospital,) = plan_lines(HOSPITAL, lives, DIRECTORY, SPAN)
    assert (hospital.waste_code, hospital.produced_g, hospital.remark) == (SHARPS, 3_333, "")
    (garage,) = plan_lines(GARAGE, lives, DIRECTORY, SPAN)
    assert (garage.planned_g, garage.produced_bp, garage.remark) == (None, None, "没有备案的管理计划")


def test_a_planned_waste_that_nobody_made_is_in_the_report_too() -> None:
    (line,) = plan_lines(CLINIC, [], DIRECTORY, SPAN)
    assert (line.planned_g, line.produced_g, line.produced_bp) == (8_000, 0, 0)


def test_a_year_ends_with_the_asked_month(lives: list[Life]) -> None:
    october = SPAN._replace(to_ms=NOVEMBER.from_ms)
    (line,) = plan_lines(CLINIC, lives, DIRECTORY, october)
    assert line.produced_g == 0


def test_producers_without_a_plan_are_named_and_nobody_else(lives: list[Life]) -> None:
    lines = plan_states(DIRECTORY.sites, by_site(lives), DIRECTORY, year=2026, today=TODAY)
    assert {line.site: line.state for line in lines} == {
        CLINIC: "按期备案",
        HOSPITAL: "逾期备案（晚 7 天）",
        OTHER_CLINIC: "逾期未备案（截止 2026-03-31）",
        CABIN: "逾期未备案（截止 2026-03-31）",
        GARAGE: "逾期未备案（截止 2026-03-31）",
        TRANSFER: "逾期未备案（截止 2026-03-31）",  # it sealed a bag of its own
    }


def test_a_declared_category_that_its_records_contradict_is_named() -> None:
    register = rich_register()
    plan = register.plans[0].model_copy(update={"site": GARAGE})
    directory = Directory(register.model_copy(update={"plans": (plan,)}))
    lives = _sealed(20_000, years=(2025,))
    (line,) = plan_states([GARAGE], by_site(lives), directory, year=2026, today=TODAY)
    assert line.state == "按期备案；管理类别与推算不符"


def test_capacity_is_held_against_what_the_licence_covers(lives: list[Life]) -> None:
    (line,) = licence_lines(lives, DIRECTORY, SPAN, today=TODAY, site=PLANT)
    # 180 kg of oil are not covered, and so use up none of it.
    assert (line.capacity_g, line.treated_g, line.used_bp) == (1_000_000, 8_839, 88)
    assert (line.days_left, line.remark) == (396, "")


def test_a_plant_beyond_its_capacity_is_named() -> None:
    story = Story()
    story.seal(BAGS[0], site=HOSPITAL, mass_g=1_000_100)
    story.hop(BAGS[0], HOSPITAL, PLANT, at="02 10:00")
    story.dispose(BAGS[0], at="02 12:00")
    lives = [life_of(chain) for chain in chains_of(story)]
    (line,) = licence_lines(lives, DIRECTORY, SPAN, today=TODAY, site=PLANT)
    assert (line.used_bp, line.remark) == (10_001, "超核准规模")


def test_licences_that_run_out_are_named_ninety_days_before() -> None:
    def remark(today: date) -> str:
        return licence_lines([], DIRECTORY, SPAN, today=today)[0].remark

    assert remark(date(2026, 10, 1)) == ""  # 91 days
    assert remark(date(2026, 10, 2)) == remark(date(2026, 12, 31)) == "90 天内到期"
    assert remark(date(2027, 1, 1)) == "已过期"


def test_waste_beyond_the_licence_is_named_with_its_record(lives: list[Life]) -> None:
    oil, burnt = outside_lines(lives, DIRECTORY, SPAN)
    assert (oil.code, oil.waste_code, oil.giver, oil.holder) == (BAGS[10], OIL, "正阳汽修厂", "处置中心")
    assert (burnt.code, burnt.holder) == (BAGS[11], "无证处置厂")
    facts = {step.fact.event_id: step.fact for life in lives for step in life.chain.steps}
    assert facts[oil.event_id].kind == "accepted"
    assert [line.code for line in outside_lines(lives, DIRECTORY, SPAN, site=PLANT)] == [BAGS[10]]


def test_a_package_without_a_sealing_is_no_question_of_the_licence() -> None:
    story = Story()
    story.tell(PLANT, "accepted", codes=[BAGS[0]], from_site=COLLECTOR, at="02 16:00")
    (life,) = [life_of(chain) for chain in chains_of(story)]
    assert [move.waste_code for move in life.movements if move.site == PLANT] == [""]
    assert outside_lines([life], DIRECTORY, span_of(NOVEMBER)) == []
