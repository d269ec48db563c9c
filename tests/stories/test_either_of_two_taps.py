"""An act that was told by two taps is one act, whichever of the two is corrected; and who may take a package out of another's box."""

import pytest

from tests.stories.telling import PHOTO, Telling
from tests.stories_builder import (
    BAG,
    BAG2,
    BAG3,
    BOX,
    CLINIC,
    COLLECTOR,
    INFECTIOUS,
    OFFICE,
    OTHER_CLINIC,
    PLANT,
    TRANSFER,
)


def brought_to_the_plant(day: Telling, *load: str) -> None:
    day.comes_to_centre(*load)
    day.lorry_takes(*load)
    day.lorry_brings_to_plant(*load)


def packed(*bags: str) -> Telling:
    day = Telling()
    day.clinic_seals(*bags)
    day.comes_to_centre(*bags)
    day.centre_packs(*bags)
    return day


@pytest.mark.parametrize("tap", [0, 1])
@pytest.mark.parametrize("load", [BAG, BOX])
def test_a_fire_told_by_two_taps_is_struck_out_by_either(tap: int, load: str) -> None:
    """处置厂点了两下，主管部门说这次焚烧没有发生：不论点到哪一条，两条都不算。"""
    day = packed(BAG) if load == BOX else Telling()
    if load == BAG:
        day.clinic_seals(BAG)
        brought_to_the_plant(day, BAG)
    else:
        day.lorry_takes(BOX)
        day.lorry_brings_to_plant(BOX)
    burnt = {"codes": [load], "batch": "炉1", "method": "incineration"}
    taps = [day.tell(PLANT, "disposed", at="03 15:00", after_ms=ms, **burnt) for ms in (0, 3000)]
    day.plant_confirms()
    day.correct(load, taps[tap], site=OFFICE, at="04 12:00", reason="did_not_occur")
    assert day.ends(at="04 13:00").classes[BAG] != "safely_disposed"


@pytest.mark.parametrize("tap", [0, 1])
def test_a_mass_told_by_two_taps_is_mended_at_either(tap: int) -> None:
    """秤还在晃，护士点了两下；主管部门改正其中一条的重量，就是这一袋的重量。"""
    day = Telling()
    day.issue(BAG)
    sealed = {"codes": [BAG], "waste_code": INFECTIOUS, "package": "bag", "mass_source": "scale"}
    taps = [
        day.tell(CLINIC, "sealed", at="02 08:00", after_ms=ms, mass_g=mass_g, **sealed)
        for ms, mass_g in ((0, 1000), (3000, 1002))
    ]
    day.correct(BAG, taps[tap], site=OFFICE, at="02 12:00", reason="wrong_mass", mass_g=5000)
    end = day.ends(at="02 13:00")
    assert [row.amount.mass_g for row in end.answer.items] == [5000]


def test_nobody_refuses_what_lies_in_anothers_box() -> None:
    """别的诊所拒收中转箱里的一袋：那一袋还在箱里，随箱烧掉。"""
    day = packed(BAG, BAG2)
    day.tell(OTHER_CLINIC, "refused", at="02 20:00", codes=[BAG], from_site=TRANSFER, reason="damaged")
    day.goes_into_the_fire(BOX)
    assert set(day.ends().classes.values()) == {"safely_disposed"}


@pytest.mark.parametrize("how", ["voided", "incident"])
def test_what_the_authority_voids_or_misses_is_not_counted_in_the_box(how: str) -> None:
    """主管部门作废了箱里的一袋，或报它遗失：司机点到两袋，是对的。"""
    day = packed(BAG, BAG2, BAG3)
    if how == "voided":
        day.tell(OFFICE, "evidenced", at="02 19:00", attachments=[PHOTO], size_bytes=9, media="image/jpeg")
        day.tell(OFFICE, "voided", at="02 20:00", codes=[BAG], reason="never_was", attachments=[PHOTO])
    else:
        day.tell(OFFICE, "incident", at="02 20:00", codes=[BAG], incident="loss")
    day.lorry_takes(BOX, packages_count=2)
    day.lorry_brings_to_plant(BOX)
    day.plant_burns(BOX)
    day.plant_confirms()
    end = day.ends()
    assert "count_difference" not in end.findings
    assert {end.classes[BAG2], end.classes[BAG3]} == {"safely_disposed"}


@pytest.mark.parametrize("tap", [0, 1])
def test_a_hand_over_told_by_two_taps_is_undone_at_either(tap: int) -> None:
    """诊所误点了两下交出，马上撤销其中一条：没有交出过，袋子还在诊所。"""
    day = Telling()
    day.clinic_seals(BAG)
    taps = [
        day.tell(CLINIC, "released", at="02 09:00", after_ms=ms, codes=[BAG], to_site=COLLECTOR) for ms in (0, 3000)
    ]
    day.correct(BAG, taps[tap], site=CLINIC, at="02 09:02", reason="did_not_occur")
    end = day.ends(at="02 12:00")
    assert (end.classes, end.findings) == ({BAG: "on_its_way"}, {})
    assert day.expects(BAG) == f"{CLINIC} overdue_pickup"
