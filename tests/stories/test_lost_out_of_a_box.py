"""What is declared lost, or found, by itself is not in its box: a box that burns does not burn it, until it is packed again."""

import pytest

from tests.stories.in_both import ends_alike
from tests.stories.telling import Telling
from tests.stories_builder import BAG, BAG2, BOX, STRANGER, TRANSFER


def packed() -> Telling:
    day = Telling()
    day.clinic_seals(BAG, BAG2)
    day.collector_takes(BAG, BAG2)
    day.collector_brings_to_centre(BAG, BAG2)
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
