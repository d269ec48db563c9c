"""A package that was voided while it lay in a box: the box goes on without it, and nobody is held to it.

Each story is told to the fold and to the books.
"""

import pytest

from tests.stories.in_both import ends_alike
from tests.stories.telling import PHOTO, Telling
from tests.stories_builder import BAG, BAG2, BAG3, BOX, OFFICE, PLANT, TRANSFER


def voided_in_its_box(*, confirmed: bool = True) -> Telling:
    """袋子在箱里作废：有照片，监管部门确认。"""
    day = Telling()
    day.clinic_seals(BAG, BAG2, BAG3)
    day.comes_to_centre(BAG, BAG2, BAG3)
    day.centre_packs(BAG, BAG2, BAG3)
    day.tell(OFFICE, "evidenced", at="02 17:10", attachments=[PHOTO], size_bytes=100, media="image/jpeg")
    void = day.tell(TRANSFER, "voided", at="02 17:30", codes=[BAG], reason="never_was", attachments=[PHOTO])
    if confirmed:
        day.confirm(void, BAG, at="02 18:00")
    return day


def burnt(day: Telling, packages_count: int) -> Telling:
    day.lorry_takes(BOX, packages_count=packages_count)
    day.lorry_brings_to_plant(BOX)
    day.plant_burns(BOX)
    day.plant_confirms()
    return day


def test_the_box_goes_on_without_it() -> None:
    end = ends_alike(burnt(voided_in_its_box(), 2), at="12 00:00")
    assert (end.classes, end.findings) == ({BAG2: "safely_disposed", BAG3: "safely_disposed"}, {})


@pytest.mark.parametrize(("confirmed", "packages_count"), [(True, 3), (False, 2)])
def test_a_count_that_does_not_fit_shows(*, confirmed: bool, packages_count: int) -> None:
    """作废了，司机还是点到三袋；没人确认的作废，袋子还该在箱里。"""
    end = ends_alike(burnt(voided_in_its_box(confirmed=confirmed), packages_count), at="12 00:00")
    assert "count_difference" in end.findings


def test_seen_itself_it_is_seen_after_its_end() -> None:
    day = voided_in_its_box()
    day.lorry_takes(BOX)
    day.lorry_brings_to_plant(BOX)
    day.tell(PLANT, "unpacked", at="03 12:00", codes=[BAG, BAG2, BAG3], box=BOX, complete=True)
    assert "seen_after_end" in ends_alike(day, at="03 13:00").findings
