"""A second tap by the same thumb says nothing new: whoever answers one of the two answers both."""

from typing import Any

import pytest

from tests.stories.telling import PHOTO, Telling
from tests.stories_builder import (
    BAG,
    BAG2,
    BOX,
    CLINIC,
    COLLECTOR,
    INFECTIOUS,
    NURSE,
    OFFICE,
    TRANSFER,
)


def tapped(day: Telling, site: str, kind: str, *, at: str, after_ms: int = 3000, **fields: Any) -> list[str]:
    """The same, twice, three seconds apart."""
    return [day.tell(site, kind, at=at, after_ms=later_ms, **fields) for later_ms in (0, after_ms)]


def collected(*bags: str) -> Telling:
    day = Telling()
    day.clinic_seals(*bags)
    day.comes_to_centre(*bags)
    return day


def goes_on(day: Telling, *load: str) -> Telling:
    day.goes_into_the_fire(*load)
    return day


SPILL = (TRANSFER, "incident", {"incident": "spill"})
OBJECTION = (OFFICE, "inspected", {"result": "objection"})


@pytest.mark.parametrize("answered", [0, 1])
@pytest.mark.parametrize(("site", "kind", "fields"), [SPILL, OBJECTION])
def test_one_answer_to_what_was_declared_by_two_taps(
    answered: int, site: str, kind: str, fields: dict[str, str]
) -> None:
    """洒漏、异议点了两下，主管部门答复一次：都算答复。"""
    day = collected(BAG)
    events = tapped(day, site, kind, at="02 17:00", codes=[BAG], **fields)
    day.confirm(events[answered], BAG, at="02 18:00")
    end = goes_on(day, BAG).ends()
    assert (end.classes, end.findings) == ({BAG: "safely_disposed"}, {})


def test_a_box_that_was_objected_to_by_two_taps() -> None:
    """整箱的异议点了两下，也只要答复一次。"""
    day = collected(BAG, BAG2)
    day.centre_packs(BAG, BAG2)
    events = tapped(day, OFFICE, "inspected", at="02 18:00", codes=[BOX], result="objection")
    day.confirm(events[0], BOX, at="02 19:00")
    assert set(goes_on(day, BOX).ends().classes.values()) == {"safely_disposed"}


@pytest.mark.parametrize("later_ms", [20 * 60_000, 90_000])
def test_a_second_objection_waits_for_its_own_answer(later_ms: int) -> None:
    """过一会儿又提异议，是新的异议：前一次的答复不算。"""
    day = collected(BAG)
    events = tapped(day, OFFICE, "inspected", at="02 17:00", after_ms=later_ms, codes=[BAG], result="objection")
    day.confirm(events[0], BAG, at="02 18:00")
    assert goes_on(day, BAG).ends().classes == {BAG: "disputed"}


def test_another_objection_waits_for_its_own_answer() -> None:
    """几秒后写了另一条异议：是两件事。"""
    day = collected(BAG)
    first = day.tell(OFFICE, "inspected", at="02 17:00", codes=[BAG], result="objection", note="标签破损")
    day.tell(OFFICE, "inspected", at="02 17:00", after_ms=3000, codes=[BAG], result="objection", note="渗漏")
    day.confirm(first, BAG, at="02 18:00")
    assert goes_on(day, BAG).ends().classes == {BAG: "disputed"}


@pytest.mark.parametrize("answered", [0, 1])
def test_one_confirmation_of_a_void_by_two_taps(answered: int) -> None:
    """作废点了两下，确认一次：作废。"""
    day = Telling()
    day.clinic_seals(BAG)
    events = tapped(day, CLINIC, "voided", at="02 09:00", codes=[BAG], reason="never_was", attachments=[PHOTO])
    day.tell(OFFICE, "evidenced", at="02 09:10", attachments=[PHOTO], size_bytes=100, media="image/jpeg")
    day.confirm(events[answered], BAG, at="02 10:00")
    end = day.ends(at="02 12:00")
    assert (end.classes, end.findings) == ({}, {})


@pytest.mark.parametrize("agreed", [0, 1])
def test_one_agreement_to_a_proposal_by_two_taps(agreed: int) -> None:
    """更正点了两下，对方同意一次：没有争议。"""
    day = Telling()
    day.issue(BAG)
    sealed, heavier = day.seal(BAG), {"reason": "wrong_mass", "mass_g": 1300}
    day.collector_takes(BAG)
    proposals = tapped(day, COLLECTOR, "corrected", at="02 15:00", codes=[BAG], target_event_id=sealed, **heavier)
    day.correct(BAG, sealed, site=CLINIC, at="02 15:30", agrees_with=proposals[agreed], **heavier)
    day.collector_brings_to_centre(BAG)
    end = goes_on(day, BAG).ends()
    assert (end.classes, end.findings) == ({BAG: "safely_disposed"}, {})
    assert end.answer.district.total.mass_g == 1300


def test_one_withdrawal_of_a_proposal_by_two_taps() -> None:
    """更正点了两下，撤回一次：没有争议。"""
    day = Telling()
    day.issue(BAG)
    sealed, heavier = day.seal(BAG), {"reason": "wrong_mass", "mass_g": 1300}
    day.collector_takes(BAG)
    proposals = tapped(day, COLLECTOR, "corrected", at="02 15:00", codes=[BAG], target_event_id=sealed, **heavier)
    day.correct(BAG, proposals[1], site=COLLECTOR, at="02 15:40", reason="did_not_occur")
    day.collector_brings_to_centre(BAG)
    assert goes_on(day, BAG).ends().classes == {BAG: "safely_disposed"}


@pytest.mark.parametrize("answered", [0, 1])
def test_one_word_for_a_release_by_two_taps(answered: int) -> None:
    """无人值守的交出点了两下，保管人说一次；用工牌代签的，卫生室补认一次：都够。"""
    day = Telling()
    day.clinic_seals(BAG, BAG2)
    unattended = tapped(day, CLINIC, "released", at="02 14:00", codes=[BAG], to_site=COLLECTOR, vouch_method="none")
    by_badge = [
        day.on_the_collectors_handheld(
            "released", at=at, codes=[BAG2], to_site=COLLECTOR, vouched_by=NURSE, vouch_method="badge"
        )
        for at in ("02 14:01", "02 14:01")
    ]
    day.accept([BAG, BAG2], CLINIC, COLLECTOR, at="02 14:05")
    for bag, events in ((BAG, unattended), (BAG2, by_badge)):
        day.tell(CLINIC, "vouched", at="02 15:00", codes=[bag], target_event_id=events[answered])
    day.collector_brings_to_centre(BAG, BAG2)
    end = goes_on(day, BAG, BAG2).ends()
    assert (set(end.classes.values()), end.findings) == ({"safely_disposed"}, {})


def weighed_twice(*masses_g: int, after_ms: int = 3000, by: str = CLINIC) -> Telling:
    day = Telling()
    day.issue(BAG)
    for device, later_ms, mass_g in ((CLINIC, 0, masses_g[0]), (by, after_ms, masses_g[1])):
        day.tell(
            CLINIC, "sealed", at="02 08:00", by=device, after_ms=later_ms, codes=[BAG], mass_g=mass_g,
            waste_code=INFECTIOUS, package="bag", mass_source="scale",
        )  # fmt: skip
    day.comes_to_centre(BAG)
    return goes_on(day, BAG)


@pytest.mark.parametrize("masses_g", [(1000, 1002), (1002, 1000)])
def test_sealed_by_two_taps_while_the_scale_still_swings(masses_g: tuple[int, int]) -> None:
    """秤还在跳，护士又点了一下，1000 克、1002 克：一袋，按重的算。"""
    end = weighed_twice(*masses_g).ends()
    assert (end.classes, end.findings) == ({BAG: "safely_disposed"}, {})
    assert end.answer.district.total == (1, 1002)


@pytest.mark.parametrize(
    "how", [{"after_ms": 5 * 60_000}, {"by": CLINIC + " 2"}, {"second": 1600}], ids=["later", "another", "heavier"]
)
def test_two_packages_under_one_label_are_two(how: dict[str, Any]) -> None:
    """过几分钟、换一台手持机、重了许多：是两袋用了一个标签。"""
    end = weighed_twice(1000, how.pop("second", 1002), **how).ends()
    assert (end.classes[BAG], end.findings["duplicate_code"]) == ("chain_broken", CLINIC)
