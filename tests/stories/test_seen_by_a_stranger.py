"""What somebody sees of another's package is doubt, whoever he is: after its end, and at a place where it can not have been."""

from typing import Any

import pytest

from tests.stories.telling import Telling
from tests.stories.test_lies import whole_day
from tests.stories_builder import BAG, CLINIC, OTHER_CLINIC, TRANSFER

HERE = {"latitude_udeg": 29_530_000, "longitude_udeg": 108_770_000, "accuracy_m": 20}
#: Some 300 km from there.
FAR = {"latitude_udeg": 29_560_000, "longitude_udeg": 106_550_000, "accuracy_m": 20}
NEAR = {"latitude_udeg": 29_531_000, "longitude_udeg": 108_771_000, "accuracy_m": 20}


@pytest.mark.parametrize(
    ("kind", "how"),
    [
        ("stored", {"room": "后院"}),
        ("counted", {"room": "后院", "complete": False}),
        ("accepted", {"from_site": CLINIC}),
    ],
)
def test_a_stranger_meets_what_was_burnt(kind: str, how: dict[str, Any]) -> None:
    """已焚烧的袋子，别家的手持机以中转点之名扫到了：无权说，但看见了就是疑点。"""
    day = whole_day(BAG)
    day.tell(TRANSFER, kind, by=OTHER_CLINIC, at="04 10:00", codes=[BAG], **how)
    end = day.ends()
    assert end.classes == {BAG: "disposed_not_provably"}
    assert end.findings == {"not_entitled": OTHER_CLINIC, "seen_after_end": OTHER_CLINIC}


def test_a_strangers_word_about_what_was_burnt_is_no_sighting() -> None:
    """别家以中转点之名作废已焚烧的袋子：没有看见什么，只是一句无权说的话。"""
    day = whole_day(BAG)
    day.tell(TRANSFER, "voided", by=OTHER_CLINIC, at="04 10:00", codes=[BAG], reason="never_was")
    end = day.ends()
    assert (end.classes, end.findings) == ({BAG: "safely_disposed"}, {"not_entitled": OTHER_CLINIC})


@pytest.mark.parametrize(("place", "found"), [(FAR, True), (NEAR, False)])
def test_a_stranger_meets_it_where_it_can_not_be(place: dict[str, int], *, found: bool) -> None:
    """卫生室封装十分钟后，别家以中转点之名在三百公里外扫到：无权说，位置仍是疑点；就在旁边扫到的，不是。"""
    day = Telling()
    day.issue(BAG)
    day.seal(BAG, position=HERE)
    day.tell(TRANSFER, "stored", by=OTHER_CLINIC, at="02 08:10", codes=[BAG], room="后院", position=place)
    end = day.ends(at="02 20:00")
    assert "not_entitled" in end.findings
    assert ("impossible_travel" in end.findings) is found
    assert end.classes == {BAG: "chain_broken" if found else "on_its_way"}
