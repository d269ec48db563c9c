"""What a site that was merged into another one held is its successor's: to declare lost, to void, to label anew, to look into."""

from typing import Any

import pytest

from tests.stories.telling import PHOTO, Telling
from tests.stories.test_sites_that_change import CLOSED, from_the_third
from tests.stories_builder import BAG, BAG2, BAG3, BOX, CLINIC, COLLECTOR, OFFICE, OTHER_CLINIC, STRANGER, TRANSFER

MERGED = CLOSED | {"successor": OTHER_CLINIC}


def merged(site: str = CLINIC) -> Telling:
    """One site is merged into the other clinic on the 3rd; a bag stands there."""
    day = Telling()
    day.directory = from_the_third(site, **MERGED)
    day.clinic_seals(BAG, BAG2, at="02 08:00")
    if site == TRANSFER:
        day.comes_to_centre(BAG, BAG2)
    return day


def loses(day: Telling, at: str) -> None:
    day.tell(OTHER_CLINIC, "incident", at=at, codes=[BAG], incident="loss")


def voids(day: Telling, at: str) -> None:
    void = day.tell(OTHER_CLINIC, "voided", at=at, codes=[BAG], reason="never_was", attachments=[PHOTO])
    day.tell(OFFICE, "evidenced", at="03 11:00", attachments=[PHOTO], size_bytes=100, media="image/jpeg")
    day.confirm(void, BAG, at="03 11:30")


@pytest.mark.parametrize("site", [CLINIC, TRANSFER])
def test_the_successor_declares_what_it_cannot_find(site: str) -> None:
    """并入以后清点，少了一袋，继任单位报丢失：它说得上话。"""
    day = merged(site)
    loses(day, "03 09:00")
    end = day.ends(at="03 12:00")
    assert (end.classes[BAG], end.findings) == ("declared_lost", {"declared_lost": OTHER_CLINIC})


def test_the_successor_voids() -> None:
    """继任单位作废一袋从来没有的，主管部门确认：退出分母；没用完的标签也由它作废。"""
    day = merged()
    day.issue(BAG3, at="02 09:00")
    voids(day, "03 09:00")
    day.tell(OTHER_CLINIC, "voided", at="03 12:00", codes=[BAG3], reason="unused")
    end = day.ends(at="03 13:00")
    assert (set(end.classes), end.findings) == ({BAG2}, {})


@pytest.mark.parametrize("declares", [loses, voids])
def test_before_the_day_it_is_a_stranger(declares: Any) -> None:
    """还没并入，另一家说了不算。"""
    day = merged()
    declares(day, "02 18:00")
    end = day.ends(at="03 12:00")
    assert end.findings == {"not_entitled": OTHER_CLINIC}
    assert end.classes[BAG] == "on_its_way"


def test_a_stranger_stays_one() -> None:
    """并入别家，无关的人照样说不上话。"""
    day = merged()
    day.tell(STRANGER, "incident", at="03 09:00", codes=[BAG], incident="loss")
    assert day.ends(at="03 12:00").findings == {"not_entitled": STRANGER}


def test_the_successor_puts_a_new_label_on_a_torn_bag() -> None:
    """接手的一袋标签破了，继任单位换自己的标签：还是那一袋，一直到烧。"""
    day = Telling()
    day.directory = from_the_third(CLINIC, **MERGED)
    day.clinic_seals(BAG, at="02 15:00")
    day.issue(BAG2, site=OTHER_CLINIC)
    day.tell(OTHER_CLINIC, "relabelled", at="03 08:00", codes=[BAG], new_code=BAG2, reason="damaged")
    day.hop(BAG2, OTHER_CLINIC, COLLECTOR, at="03 09:00")
    day.collector_brings_to_centre(BAG2, at="03 10:00")
    day.lorry_takes(BAG2, at="03 12:00")
    day.lorry_brings_to_plant(BAG2, at="03 14:00")
    day.plant_burns(BAG2, at="03 16:00")
    day.plant_confirms()
    end = day.ends()
    assert (end.classes, end.findings) == ({BAG: "safely_disposed"}, {})


def test_the_successor_agrees_for_it() -> None:
    """收运员说重量写错了，原卫生室已并入别家，由继任单位同意；收运员自己的继任单位不能替对方同意。"""
    for site, holds in ((CLINIC, True), (COLLECTOR, False)):
        day = Telling()
        day.directory = from_the_third(site, **MERGED)
        day.issue(BAG)
        sealed = day.seal(BAG, at="02 15:00")
        day.collector_takes(BAG, at="02 16:00")
        said = {"reason": "wrong_mass", "mass_g": 1300}
        proposed = day.correct(BAG, sealed, site=COLLECTOR, at="02 17:00", **said)
        day.correct(BAG, sealed, site=OTHER_CLINIC, at="03 09:00", agrees_with=proposed, **said)
        end = day.ends(at="03 10:00")
        assert ("disputed" not in end.findings) == holds


@pytest.mark.parametrize("look", [{"kind": "counted", "codes": [BAG2]}, {"kind": "unpacked", "codes": [BAG2]}])
def test_the_successor_looks_into_a_box(look: dict[str, Any]) -> None:
    """继任单位打开接手的箱子，少一袋：查得出来。"""
    day = merged(TRANSFER)
    day.centre_packs(BAG, BAG2)
    day.tell(OTHER_CLINIC, at="03 08:00", box=BOX, complete=True, **look)
    end = day.ends(at="03 09:00")
    assert end.findings == {"box_difference": OTHER_CLINIC}


def test_a_clerk_of_the_authority_is_not_the_authority() -> None:
    """主管部门里的一台普通手持机“打开”了箱子：箱子不在它那里，不算看过。"""
    day = Telling()
    day.clinic_seals(BAG, BAG2)
    day.comes_to_centre(BAG, BAG2)
    day.centre_packs(BAG, BAG2)
    day.tell("A500114001002", "counted", at="02 18:00", codes=[BAG2], box=BOX, complete=True)
    day.goes_into_the_fire(BOX)
    end = day.ends()
    assert end.classes[BAG] == "safely_disposed"
    assert "box_difference" not in end.findings
