"""What is declared lost, or found, by itself is not in its box: a box that burns does not burn it, until it is packed again."""

from datetime import date

import pytest

from tests.stories.in_both import ends_alike
from tests.stories.telling import UNDER_THE_MANIFEST, Telling
from tests.stories.test_sites_that_change import from_the_third
from tests.stories_builder import BAG, BAG2, BOX, CARRIER, HOSPITAL, STRANGER, TRANSFER


def packed() -> Telling:
    day = Telling()
    day.clinic_seals(BAG, BAG2)
    day.comes_to_centre(BAG, BAG2)
    day.centre_packs(BAG, BAG2)
    return day


def burnt(day: Telling, **how: int) -> Telling:
    day.lorry_takes(BOX, **how)
    day.lorry_brings_to_plant(BOX)
    day.plant_burns(BOX)
    day.plant_confirms()
    return day


def says(day: Telling, incident: str, *, at: str, site: str = TRANSFER) -> None:
    day.tell(site, "incident", at=at, codes=[BAG], incident=incident)


@pytest.mark.parametrize("lost", ["loss", "theft"])
def test_lost_and_found_beside_its_box_it_is_not_burnt_with_it(lost: str) -> None:
    """装箱后报失，两小时后在地上找到，没有再装箱：箱子烧了，它没有。"""
    day = packed()
    says(day, lost, at="02 17:30")
    says(day, "found", at="02 19:30")
    assert ends_alike(burnt(day), at="12 00:00").classes == {BAG: "overdue", BAG2: "safely_disposed"}


def test_lost_and_seen_again_by_itself_it_is_not_burnt_with_its_box() -> None:
    day = packed()
    says(day, "loss", at="02 17:30")
    day.tell(TRANSFER, "stored", at="02 19:30", codes=[BAG], room="暂存间")
    assert ends_alike(burnt(day, packages_count=1), at="12 00:00").classes == {BAG: "overdue", BAG2: "safely_disposed"}


def test_found_and_packed_again_it_is_burnt_with_its_box() -> None:
    day = packed()
    says(day, "loss", at="02 17:30")
    says(day, "found", at="02 19:30")
    day.centre_packs(BAG, at="02 19:35")
    assert ends_alike(burnt(day, packages_count=2), at="12 00:00").findings == {}


def test_a_strangers_word_takes_nothing_out_of_a_box() -> None:
    day = packed()
    says(day, "loss", at="02 17:30", site=STRANGER)
    assert ends_alike(burnt(day, packages_count=2), at="12 00:00").classes == {
        BAG: "safely_disposed",
        BAG2: "safely_disposed",
    }


def test_what_a_stranger_finds_lies_in_the_box_and_its_holder_explains() -> None:
    """别家说捡到了箱里的一袋：箱子烧了它也烧了，怎么到过别家由中转站说明。"""
    day = packed()
    says(day, "found", at="02 17:30", site=STRANGER)
    end = ends_alike(burnt(day, packages_count=2), at="12 00:00")
    assert (end.classes, end.findings) == (
        {BAG: "disposed_not_provably", BAG2: "safely_disposed"},
        {"missing_link": TRANSFER},
    )


def taken_without(*, packed_again: bool = False) -> Telling:
    """The carrier misses a bag in the box that it is about to take over, finds it, and takes the box."""
    day = packed()
    day.release(BOX, TRANSFER, CARRIER, at="03 08:00", **UNDER_THE_MANIFEST)
    says(day, "loss", at="03 08:02", site=CARRIER)
    says(day, "found", at="03 08:03", site=CARRIER)
    taken = [BOX, BAG] if packed_again else [BOX]
    day.accept(taken, TRANSFER, CARRIER, at="03 08:05", **UNDER_THE_MANIFEST, packages_count=len(taken))
    if packed_again:
        day.tell(CARRIER, "packed", at="03 08:10", codes=[BAG], box=BOX)
    day.lorry_brings_to_plant(BOX)
    day.plant_burns(BOX)
    day.plant_confirms()
    return day


def test_its_taker_misses_it_in_the_box_and_finds_it_beside() -> None:
    """接箱时少一袋，在车边找到了，没有再装箱：他可以这样说；箱子烧了，它没有。"""
    end = ends_alike(taken_without(), at="12 00:00")
    assert end.classes == {BAG: "overdue", BAG2: "safely_disposed"}
    assert "not_entitled" not in end.findings
    assert "count_difference" not in end.findings


def test_its_taker_packs_it_again() -> None:
    end = ends_alike(taken_without(packed_again=True), at="12 00:00")
    assert end.classes == {BAG: "safely_disposed", BAG2: "safely_disposed"}, end.findings


def test_who_refused_the_box_misses_nothing_in_it_any_more() -> None:
    day = packed()
    day.release(BOX, TRANSFER, CARRIER, at="02 19:00", **UNDER_THE_MANIFEST)
    day.tell(CARRIER, "refused", at="02 19:05", codes=[BOX], from_site=TRANSFER, reason="damaged")
    says(day, "loss", at="02 19:10", site=CARRIER)
    end = ends_alike(burnt(day, packages_count=2), at="12 00:00")
    assert end.classes == {BAG: "safely_disposed", BAG2: "safely_disposed"}
    assert end.findings == {"not_entitled": CARRIER}


def test_the_successor_of_who_has_the_box_misses_it_there() -> None:
    """中转站并入医院后，医院在箱里少了一袋：司机数到一袋是对的。"""
    day = packed()
    day.directory = from_the_third(TRANSFER, closed_on=date(2026, 11, 2), successor=HOSPITAL)
    says(day, "loss", at="03 07:00", site=HOSPITAL)
    day.hop(BOX, HOSPITAL, CARRIER, at="03 08:00", **UNDER_THE_MANIFEST, packages_count=1)
    day.lorry_brings_to_plant(BOX)
    day.plant_burns(BOX)
    day.plant_confirms()
    end = day.ends(at="12 00:00")
    assert (end.classes, end.findings) == ({BAG: "declared_lost", BAG2: "safely_disposed"}, {"declared_lost": HOSPITAL})
