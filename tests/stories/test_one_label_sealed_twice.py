"""One label, sealed a second time: by a stranger, by the same hand after a slip, on the same scale; and what is really two packages."""

from typing import Any

import pytest

from tests.stories.telling import Telling
from tests.stories_builder import BAG, CLINIC, COLLECTOR, NURSE, OFFICE, OTHER_CLINIC, STRANGER

BY_BADGE = {"vouched_by": NURSE, "vouch_method": "badge"}


def goes_its_way(day: Telling, bag: str = BAG) -> Telling:
    day.comes_to_centre(bag)
    day.goes_into_the_fire(bag)
    return day


@pytest.mark.parametrize("at", ["02 07:50", "02 09:00"])
@pytest.mark.parametrize("badge", [{}, BY_BADGE])
def test_a_stranger_does_not_make_two_of_a_neighbours_package(at: str, badge: dict[str, Any]) -> None:
    """无关车队用自己的手持机以卫生室名义又“封装”同一标签，拍来的工牌也一样：只查那台手持机，卫生室那袋不受影响。"""
    day = Telling()
    day.clinic_seals(BAG)
    day.seal(BAG, at=at, by=STRANGER, mass_g=1200, **badge)
    end = goes_its_way(day).ends()
    assert (end.classes, end.findings) == ({BAG: "safely_disposed"}, {"not_entitled": STRANGER})
    assert end.answer.district.total.mass_g == 1000, "his word weighs nothing"


def test_what_only_a_stranger_sealed_stays_unproven() -> None:
    """只有无关车队“封装”过：留在分母里，有待证实。"""
    day = Telling()
    day.issue(BAG)
    day.seal(BAG, by=STRANGER, site=CLINIC)
    end = goes_its_way(day).ends()
    assert end.classes[BAG] != "safely_disposed"
    assert end.findings["sealing_unconfirmed"] == CLINIC


def test_what_the_clinic_stands_for_is_a_second_package() -> None:
    """卫生室承认那次封装也是它的：同一标签两袋。"""
    day = Telling()
    day.clinic_seals(BAG)
    second = day.seal(BAG, at="02 09:00", by=STRANGER, site=CLINIC, mass_g=1200)
    day.tell(CLINIC, "vouched", at="02 10:00", codes=[BAG], target_event_id=second)
    end = goes_its_way(day).ends()
    assert (end.classes[BAG], end.findings["duplicate_code"]) == ("chain_broken", CLINIC)


def test_two_devices_of_the_clinic_are_two_packages() -> None:
    """卫生室两台手持机各封一袋，用了同一标签：一码两袋。"""
    day = Telling()
    day.clinic_seals(BAG)
    day.seal(BAG, at="02 09:00", by=CLINIC + " 2", mass_g=100)
    end = goes_its_way(day).ends()
    assert (end.classes[BAG], end.findings) == ("chain_broken", {"duplicate_code": CLINIC})


def test_sealed_again_after_a_slip_was_undone_it_is_one_package() -> None:
    """称错了，当场撤销，同一标签重新封装：一袋，按第二次的重量。"""
    day = Telling()
    day.issue(BAG)
    slip = day.seal(BAG, mass_g=100)
    day.correct(BAG, slip, site=CLINIC, at="02 08:02", reason="did_not_occur")
    day.seal(BAG, at="02 08:04", mass_g=1000)
    end = goes_its_way(day).ends()
    assert (end.classes, end.findings) == ({BAG: "safely_disposed"}, {})
    assert end.answer.district.total.mass_g == 1000


def test_undone_too_late_it_stays_two() -> None:
    """重新封装以后才说第一次没有：一家之言，不算。"""
    day = Telling()
    day.issue(BAG)
    first = day.seal(BAG, mass_g=5000)
    day.seal(BAG, at="02 08:30", mass_g=100)
    day.correct(BAG, first, site=CLINIC, at="02 09:00", reason="did_not_occur")
    end = goes_its_way(day).ends()
    assert end.classes[BAG] in {"chain_broken", "disputed"}
    assert end.answer.district.total.mass_g == 5100, "no mass shrinks on one word"


def test_the_authority_strikes_out_the_second_sealing() -> None:
    """第二台手持机误封，主管部门看过撤销：还是一袋。"""
    for struck, mass_g in (("second", 1000), ("first", 1200)):
        day = Telling()
        day.issue(BAG)
        seals = {"first": day.seal(BAG), "second": day.seal(BAG, at="02 08:30", by=CLINIC + " 2", mass_g=1200)}
        day.correct(BAG, seals[struck], site=OFFICE, at="02 09:00", reason="did_not_occur")
        end = goes_its_way(day).ends()
        assert (end.classes, end.findings) == ({BAG: "safely_disposed"}, {})
        assert end.answer.district.total.mass_g == mass_g


def test_both_struck_out_there_was_none() -> None:
    """两次都撤销：没有这袋。"""
    day = Telling()
    day.issue(BAG)
    for event in (day.seal(BAG), day.seal(BAG, at="02 08:30", by=CLINIC + " 2")):
        day.refuse(event, BAG, at="02 09:00")
    assert day.ends(at="03 00:00").classes == {}


def test_a_label_voided_by_mistake_and_used_is_one_finding() -> None:
    """护士作废了标签又拿来用：查她一次，后面每一家不再各算一次。"""
    day = Telling()
    day.issue(BAG)
    day.tell(CLINIC, "voided", at="01 09:00", codes=[BAG], reason="spoiled")
    day.seal(BAG)
    answer = goes_its_way(day).ends().answer
    assert [(finding.code, finding.site) for finding in answer.findings] == [("duplicate_code", CLINIC)]
    assert [(row.item_class, row.amount.count) for row in answer.items] == [("chain_broken", 1)]


@pytest.mark.parametrize("second", [{"site": OTHER_CLINIC}, {"by": STRANGER} | BY_BADGE])
def test_what_a_badge_sealed_is_pushed_out_by_nobody(second: dict[str, Any]) -> None:
    """收运队凭工牌替卫生室封装九公斤，交接还没报到；别人又用同一标签封装一百克：两袋都在分母里。"""
    day = Telling()
    day.issue(BAG)
    day.seal(BAG, at="02 13:00", by=COLLECTOR, mass_g=9000, **BY_BADGE)
    day.seal(BAG, at="02 13:30", mass_g=100, **second)
    end = day.ends(at="02 20:00")
    assert end.answer.district.total.mass_g == 9100
    assert end.findings["duplicate_code"]


def test_a_sealing_that_the_authority_mended_is_not_undone() -> None:
    """主管部门把重量改成五公斤，卫生室马上撤销封装、重新称一公斤：五公斤还在。"""
    day = Telling()
    day.issue(BAG)
    sealed = day.seal(BAG)
    day.correct(BAG, sealed, site=OFFICE, at="02 08:02", reason="wrong_mass", mass_g=5000)
    day.correct(BAG, sealed, site=CLINIC, at="02 08:04", reason="did_not_occur")
    day.seal(BAG, at="02 08:06")
    end = day.ends(at="02 10:00")
    assert end.answer.district.total.mass_g >= 5000
    assert end.classes[BAG] != "on_its_way"
