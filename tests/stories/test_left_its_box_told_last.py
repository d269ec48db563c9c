"""A package that left its box by a word: each part of that word is told last in turn, and what lies beside it is judged again."""

import pytest

from tests.stories.in_both import ends_alike
from tests.stories.telling import PHOTO, Telling
from tests.stories_builder import BAG, BAG2, BAG3, BOX, OFFICE, TRANSFER


def packed() -> Telling:
    day = Telling()
    day.clinic_seals(BAG, BAG2, BAG3)
    day.comes_to_centre(BAG, BAG2, BAG3)
    day.centre_packs(BAG, BAG2, BAG3)
    return day


def carried_away(day: Telling) -> None:
    day.lorry_takes(BOX, packages_count=2)
    day.lorry_brings_to_plant(BOX)
    day.plant_burns(BOX)
    day.plant_confirms()


@pytest.mark.parametrize("part", [0, 1, 2])
def test_a_void_in_a_box(part: int) -> None:
    """箱里作废了一袋：作废、照片、主管部门的话，哪一条最后才到都一样。"""
    day = packed()
    void = day.tell(TRANSFER, "voided", at="02 18:00", codes=[BAG], reason="never_was", attachments=[PHOTO])
    word = day.entries[-1]
    day.tell(OFFICE, "evidenced", at="02 18:30", attachments=[PHOTO], size_bytes=9, media="image/jpeg")
    photo = day.entries[-1]
    day.confirm(void, BAG, at="02 19:00")
    told = (word, photo, day.entries[-1])[part]
    carried_away(day)
    day.entries.remove(told)
    assert day.ends().findings["count_difference"]
    day.entries.append(told)
    end = ends_alike(day)
    assert "count_difference" not in end.findings
    assert {end.classes[BAG2], end.classes[BAG3]} == {"safely_disposed"}


def test_a_loss_out_of_a_box() -> None:
    """箱里少了一袋，报遗失的那条最后才到。"""
    day = packed()
    day.tell(TRANSFER, "incident", at="02 18:00", codes=[BAG], incident="loss")
    told = day.entries[-1]
    carried_away(day)
    day.entries.remove(told)
    assert day.ends().findings["count_difference"]
    day.entries.append(told)
    assert "count_difference" not in ends_alike(day).findings
