"""What was spilled or objected to is disputed until the authority has answered; nobody else answers it."""

import pytest

from tests.stories.telling import Telling
from tests.stories_builder import BAG, CLINIC, COLLECTOR, OFFICE, OTHER_CLINIC

DISPUTED, SETTLED = ({BAG: "disputed"}, True), ({BAG: "on_its_way"}, False)


def reported(what: str, *, inspected: bool = False) -> tuple[Telling, str]:
    """A bag of the clinic, which an inspector may have looked at, and what was told of it then."""
    day = Telling()
    day.clinic_seals(BAG)
    if inspected:
        day.tell(OFFICE, "inspected", at="02 08:30", codes=[BAG], result="in_order")
    if what == "spilled":
        return day, day.tell(CLINIC, "incident", at="02 09:00", codes=[BAG], incident="spill")
    return day, day.tell(OFFICE, "inspected", at="02 09:00", codes=[BAG], result="objection")


def ends(day: Telling, what: str) -> tuple[dict[str, str], bool]:
    end = day.ends(at="02 20:00")
    return end.classes, what in end.findings


@pytest.mark.parametrize("what", ["spilled", "objection"])
def test_nobody_has_answered(what: str) -> None:
    """漏了、或检查有异议，还没有人答复：有争议。"""
    day, _ = reported(what)
    assert ends(day, what) == DISPUTED


@pytest.mark.parametrize("what", ["spilled", "objection"])
def test_the_authority_stands_for_the_answer(what: str) -> None:
    """主管部门对这条记录签了字：已处理。"""
    day, told = reported(what)
    day.confirm(told, BAG, at="02 10:00")
    assert ends(day, what) == SETTLED


@pytest.mark.parametrize("what", ["spilled", "objection"])
def test_a_later_inspection_finds_it_in_order(what: str) -> None:
    """复查符合：已处理。"""
    day, _ = reported(what)
    day.tell(OFFICE, "inspected", at="02 10:00", codes=[BAG], result="in_order")
    assert ends(day, what) == SETTLED


@pytest.mark.parametrize("what", ["spilled", "objection"])
def test_an_inspection_before_it_answers_nothing(what: str) -> None:
    """先查过是好的，后来才漏：先前的检查不是答复。"""
    day, _ = reported(what, inspected=True)
    assert ends(day, what) == DISPUTED


@pytest.mark.parametrize("what", ["spilled", "objection"])
@pytest.mark.parametrize(
    ("site", "by"),
    [(CLINIC, CLINIC), (COLLECTOR, COLLECTOR), (OTHER_CLINIC, OTHER_CLINIC), (OFFICE, CLINIC)],
    ids=["the holder", "the collector", "a neighbour", "in the authority's name"],
)
def test_in_order_says_somebody_who_is_not_the_authority(what: str, site: str, by: str) -> None:
    """自己说、别家说、冒主管部门之名说“符合”：都不是答复。"""
    day, _ = reported(what)
    day.tell(site, "inspected", by=by, at="02 10:00", codes=[BAG], result="in_order")
    assert ends(day, what) == DISPUTED


@pytest.mark.parametrize("what", ["spilled", "objection"])
def test_the_holder_stands_for_its_own_spill(what: str) -> None:
    """卫生室自己签字说处理好了：不算，要主管部门。"""
    day, told = reported(what)
    day.tell(CLINIC, "vouched", at="02 10:00", codes=[BAG], target_event_id=told)
    assert ends(day, what) == DISPUTED
