"""A package was out of somebody's hands, or of the box, and the record says that it never was; the authority's word is taken back."""

from datetime import date
from typing import Any

import pytest

from tests.stories.telling import Telling
from tests.stories.test_sites_that_change import from_the_third
from tests.stories_builder import (
    BAG,
    BAG2,
    BAG3,
    BOX,
    CARRIER,
    CLINIC,
    COLLECTOR,
    MANIFEST,
    OFFICE,
    OTHER_CLINIC,
    PLANT,
    TRANSFER,
    VEHICLE,
    ms,
)

LORRY: dict[str, Any] = {"manifest": MANIFEST, "vehicle": VEHICLE}


def burnt(day: Telling, *load: str) -> Telling:
    day.goes_into_the_fire(*load)
    return day


def at_the_centre(*bags: str) -> Telling:
    day = Telling()
    day.clinic_seals(*bags)
    day.comes_to_centre(*bags)
    return day


@pytest.mark.parametrize("in_a_box", [False, True])
def test_the_centre_takes_over_again_from_somebody_else_what_it_holds(*, in_a_box: bool) -> None:
    """中转点手里的包，三小时后又从别人那里接回来：中间去过别处，没有记录。"""
    day = at_the_centre(BAG)
    load = BAG
    if in_a_box:
        day.centre_packs(BAG)
        load = BOX
    day.accept(load, OTHER_CLINIC, TRANSFER, at="02 19:30")
    end = burnt(day, load).ends()
    assert (end.classes, end.findings) == ({BAG: "disposed_not_provably"}, {"missing_link": TRANSFER})


def test_the_carrier_takes_it_again_from_a_clinic_that_needs_no_manifest() -> None:
    """车上的包，说又从免联单的卫生室接了一次，送厂就不带联单。"""
    day = at_the_centre(BAG)
    day.lorry_takes(BAG)
    day.accept(BAG, CLINIC, CARRIER, at="03 09:00", vehicle=VEHICLE)
    day.hop(BAG, CARRIER, PLANT, at="03 11:00", vehicle=VEHICLE)
    day.plant_burns(BAG)
    assert day.ends(at="03 20:00").classes == {BAG: "disposed_not_provably"}


def test_taken_again_from_the_same_one_it_is_a_second_scan() -> None:
    day = at_the_centre(BAG)
    day.accept(BAG, COLLECTOR, TRANSFER, at="02 19:30")
    end = burnt(day, BAG).ends()
    assert (end.classes, end.findings) == ({BAG: "safely_disposed"}, {})


def test_the_sites_in_one_box_had_it_from_different_givers() -> None:
    """一箱里两袋来路不同，整箱又从收运队接回：从卫生室直接来的那袋断链，另一袋是重复扫描。"""
    day = Telling()
    day.clinic_seals(BAG, BAG2)
    day.collector_takes(BAG)
    day.hop(BAG2, CLINIC, TRANSFER, at="02 15:00")
    day.collector_brings_to_centre(BAG)
    day.centre_packs(BAG, BAG2)
    day.accept(BOX, COLLECTOR, TRANSFER, at="02 19:30")
    assert burnt(day, BOX).ends().classes == {BAG: "safely_disposed", BAG2: "disposed_not_provably"}


MERGED = from_the_third(TRANSFER, closed_on=date(2026, 11, 2), successor=OTHER_CLINIC)
SECOND_MANIFEST = "20265001000002"


def to_a_merged_centre(day: Telling, **accepted: Any) -> Telling:
    day.accept(BAG, COLLECTOR, OTHER_CLINIC, at="03 10:00", **accepted)
    lorry = {"manifest": SECOND_MANIFEST, "vehicle": VEHICLE}
    day.hop(BAG, OTHER_CLINIC, CARRIER, at="04 08:00", **lorry)
    day.hop(BAG, CARRIER, PLANT, at="04 11:00", **lorry)
    day.plant_burns(BAG, at="04 15:00")
    day.tell(PLANT, "manifested", at="05 09:00", manifest=SECOND_MANIFEST, action="confirmed", opinion="accepted")
    return day


def collected_on_the_third() -> Telling:
    day = Telling()
    day.directory = MERGED
    day.clinic_seals(BAG, at="02 16:00")
    day.hop(BAG, CLINIC, COLLECTOR, at="03 08:00")
    return day


def test_paper_of_one_side_at_a_centre_that_was_merged() -> None:
    """交给已并入别家的中转点，继任单位用无编号的纸补录接收：照样看证据强度。"""
    day = collected_on_the_third()
    day.release(BAG, COLLECTOR, TRANSFER, at="03 09:00")
    paper = {"happened_at": "2026-11-03T09:05:00.000+08:00", "reason": "no_signal"}
    end = to_a_merged_centre(day, backfill=paper).ends(at="06 00:00")
    assert (end.classes, end.findings) == ({BAG: "disposed_not_provably"}, {"weak_evidence": COLLECTOR})


def test_the_merged_centres_device_signs_for_the_collector() -> None:
    """老设备凭卡替收运队交出，新单位接收：收运队自己有设备，没有出面。"""
    day = collected_on_the_third()
    said = {"codes": [BAG], "to_site": TRANSFER, "vouched_by": "u-collector", "vouch_method": "badge"}
    note = day.teller(TRANSFER).note("released", occurred_ms=ms("03 09:58"), site=COLLECTOR, **said)
    day.write(note, received_ms=ms("03 09:59"))
    assert to_a_merged_centre(day).ends(at="06 00:00").findings == {"own_device_unused": COLLECTOR}


def test_merged_between_release_and_acceptance_it_is_one_hand_over() -> None:
    day = collected_on_the_third()
    day.release(BAG, COLLECTOR, TRANSFER, at="03 09:55")
    end = to_a_merged_centre(day).ends(at="06 00:00")
    assert (end.classes, end.findings) == ({BAG: "safely_disposed"}, {})


@pytest.mark.parametrize("counted", [None, 2])
def test_taking_out_is_not_taken_back_once_the_box_has_left(counted: int | None) -> None:
    """从箱里取出一袋，箱走了（司机数了两袋），再“撤销取出”：那一袋不算在箱里烧了。"""
    day = at_the_centre(BAG, BAG2, BAG3)
    day.centre_packs(BAG, BAG2, BAG3)
    day.draft(MANIFEST, TRANSFER, at="03 07:30", vehicle=VEHICLE)
    taken_out = day.tell(TRANSFER, "unpacked", at="03 08:00", codes=[BAG], box=BOX, complete=False)
    day.release(BOX, TRANSFER, CARRIER, at="03 08:02", **LORRY)
    day.accept(BOX, TRANSFER, CARRIER, at="03 08:04", packages_count=counted, **LORRY)
    day.correct(BAG, taken_out, site=TRANSFER, at="03 08:07", reason="did_not_occur")
    day.lorry_brings_to_plant(BOX)
    day.plant_burns(BOX)
    day.plant_confirms()
    end = day.ends(at="04 12:00")
    assert end.classes == {BAG: "disputed", BAG2: "safely_disposed", BAG3: "safely_disposed"}
    assert end.findings == {"disputed": TRANSFER}


def test_two_parties_do_not_lower_what_the_authority_weighed() -> None:
    """主管部门更正为5公斤，卫生室和收运队再“更正”回1公斤：不算，等主管部门。"""
    day = Telling()
    day.issue(BAG)
    sealed = day.seal(BAG)
    day.collector_takes(BAG)
    wrong: dict[str, Any] = {"reason": "wrong_mass"}
    day.correct(BAG, sealed, site=OFFICE, at="02 15:00", mass_g=5000, **wrong)
    proposal = day.correct(BAG, sealed, site=CLINIC, at="02 15:30", mass_g=1000, **wrong)
    day.correct(BAG, sealed, site=COLLECTOR, at="02 15:40", mass_g=1000, agrees_with=proposal, **wrong)
    end = day.ends(at="02 16:00")
    assert (end.classes, end.answer.district.total.mass_g) == ({BAG: "disputed"}, 5000)


def test_two_parties_raise_the_mass_again_after_they_had_agreed() -> None:
    day = Telling()
    day.issue(BAG)
    sealed = day.seal(BAG)
    day.collector_takes(BAG)
    for at, mass_g in (("02 15", 1300), ("02 16", 1200)):
        said: dict[str, Any] = {"reason": "wrong_mass", "mass_g": mass_g}
        proposal = day.correct(BAG, sealed, site=CLINIC, at=f"{at}:30", **said)
        day.correct(BAG, sealed, site=COLLECTOR, at=f"{at}:40", agrees_with=proposal, **said)
    end = day.ends(at="02 18:00")
    assert (end.classes, end.answer.district.total.mass_g) == ({BAG: "on_its_way"}, 1200)


def test_the_holder_does_not_name_the_waste_back() -> None:
    """主管部门改过的类别，持有人自己改不回去；期初库存确认过的也一样。"""
    day = Telling()
    day.issue(BAG)
    sealed = day.seal(BAG)
    day.correct(BAG, sealed, site=OFFICE, at="02 09:00", reason="wrong_waste", waste_code="841-003-01")
    day.correct(BAG, sealed, site=CLINIC, at="02 10:00", reason="wrong_waste", waste_code="841-001-01")
    old = day.declare_stock(BAG2, waste_codes=["841-005-01"])
    day.confirm(old, BAG2)
    day.correct(BAG2, old, site=TRANSFER, at="02 10:00", reason="wrong_waste", waste_code="841-001-01")
    end = day.ends(at="02 16:00")
    assert end.classes == {BAG: "disputed", BAG2: "disputed"}
    assert {row.code: row.waste_code for row in end.answer.items} == {BAG: "841-003-01", BAG2: "841-005-01"}
