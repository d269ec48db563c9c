"""A package that is found where it can not be: somebody handed it over, or took it out of its box, and did not say so."""

import pytest

from tests.stories.telling import UNDER_THE_MANIFEST, Telling
from tests.stories_builder import BAG, BAG2, BOX, CARRIER, CLINIC, COLLECTOR, HOSPITAL, OFFICE, TRANSFER


def at_the_centre() -> Telling:
    day = Telling()
    day.clinic_seals(BAG, BAG2)
    day.comes_to_centre(BAG, BAG2)
    return day


def finds(day: Telling, site: str, *, at: str) -> str:
    return day.tell(site, "incident", at=at, codes=[BAG], incident="found")


def burnt(day: Telling, *load: str) -> Telling:
    day.lorry_brings_to_plant(*load)
    day.plant_burns(*load)
    day.plant_confirms()
    return day


def test_a_hospital_finds_what_the_carrier_has() -> None:
    """袋子在车上，医院却说捡到了它：承运人说明它怎么到过医院。"""
    day = at_the_centre()
    day.lorry_takes(BAG, BAG2)
    finds(day, HOSPITAL, at="03 09:00")
    end = burnt(day, BAG, BAG2).ends(at="12 00:00")
    assert (end.classes, end.findings) == (
        {BAG: "disposed_not_provably", BAG2: "safely_disposed"},
        {"missing_link": CARRIER},
    )


def test_the_centre_finds_in_its_room_what_left_in_a_box() -> None:
    """箱子已经走了，中转站在屋里找到了箱里的那一袋：箱子烧了，它没有凭据。"""
    day = at_the_centre()
    day.centre_packs(BAG, BAG2)
    day.lorry_takes(BOX)
    finds(day, TRANSFER, at="03 09:00")
    end = burnt(day, BOX).ends(at="12 00:00")
    assert (end.classes, end.findings) == (
        {BAG: "disposed_not_provably", BAG2: "safely_disposed"},
        {"missing_link": CARRIER},
    )


def test_the_authority_strikes_the_find() -> None:
    """查明是扫错了：主管部门撤去“捡到”，什么也没有断。"""
    day = at_the_centre()
    day.lorry_takes(BAG, BAG2)
    found = finds(day, HOSPITAL, at="03 09:00")
    day.correct(BAG, found, site=OFFICE, at="03 10:00", reason="did_not_occur")
    assert burnt(day, BAG, BAG2).ends(at="12 00:00").findings == {}


@pytest.mark.parametrize("times", [1, 2])
def test_who_has_it_finds_it(times: int) -> None:
    """袋子本来就在他手里，他又报了一次“找到”：没有什么要说明的。"""
    day = at_the_centre()
    for time in range(times):
        finds(day, TRANSFER, at=f"02 18:{time}0")
    day.lorry_takes(BAG, BAG2)
    assert burnt(day, BAG, BAG2).ends(at="12 00:00").findings == {}


def test_lost_and_found_twice_by_who_has_it() -> None:
    day = at_the_centre()
    day.tell(TRANSFER, "incident", at="02 17:30", codes=[BAG], incident="loss")
    finds(day, TRANSFER, at="02 18:00")
    finds(day, TRANSFER, at="02 18:20")
    day.lorry_takes(BAG, BAG2)
    assert burnt(day, BAG, BAG2).ends(at="12 00:00").findings == {}


def test_found_by_the_one_it_is_offered_to() -> None:
    day = at_the_centre()
    day.release([BAG, BAG2], TRANSFER, CARRIER, at="03 08:00", **UNDER_THE_MANIFEST)
    finds(day, CARRIER, at="03 08:02")
    day.accept([BAG, BAG2], TRANSFER, CARRIER, at="03 08:05", **UNDER_THE_MANIFEST)
    assert burnt(day, BAG, BAG2).ends(at="12 00:00").findings == {}


def test_found_again_by_who_gave_it_on() -> None:
    """诊所交出两小时后又在屋里“找到”它：收运人说明。"""
    day = Telling()
    day.clinic_seals(BAG)
    day.collector_takes(BAG)
    finds(day, CLINIC, at="02 15:00")
    end = day.ends(at="02 16:00")
    assert (end.classes, end.findings) == ({BAG: "chain_broken"}, {"missing_link": COLLECTOR})
