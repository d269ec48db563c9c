"""Who has just made an act takes it back alone: before anything else happened to the package, and as long as his device ran on."""

from typing import Any

import pytest

from tests.stories.telling import Telling
from tests.stories_builder import BAG, CLINIC, COLLECTOR

OTHER_BOOT = "fedcba9876543210"


def undoes(day: Telling, sealed: str, *, at: str = "02 08:05", **how: Any) -> dict[str, str]:
    day.tell(CLINIC, "corrected", at=at, codes=[BAG], target_event_id=sealed, reason="did_not_occur", **how)
    return day.ends(at="02 20:00").classes


def test_a_slip_is_taken_back_within_minutes() -> None:
    """贴错了，五分钟内撤销，其间没动过：没有这个包装。"""
    day = Telling()
    day.issue(BAG)
    assert undoes(day, day.seal(BAG)) == {}


@pytest.mark.parametrize("by", [CLINIC, f"{CLINIC} 2"], ids=["the same device", "another device"])
def test_it_was_put_into_the_room_meanwhile(by: str) -> None:
    """封装后已经入库，不能再说没有这回事：有争议，仍在分母里。"""
    day = Telling()
    day.teller(by)
    day.issue(BAG)
    sealed = day.seal(BAG)
    day.tell(CLINIC, "stored", by=by, at="02 08:03", codes=[BAG], room="暂存间")
    assert undoes(day, sealed) == {BAG: "disputed"}


def test_the_collector_has_it_already() -> None:
    """三分钟后收运人已经接走，卫生室才撤销封装：有争议。"""
    day = Telling()
    day.issue(BAG)
    sealed = day.seal(BAG)
    day.accept(BAG, CLINIC, COLLECTOR, at="02 08:03")
    assert undoes(day, sealed) == {BAG: "disputed"}


def test_a_word_about_the_label_is_nothing_that_happened_to_it() -> None:
    """其间补打过一张标签，不算动过：撤销有效。"""
    day = Telling()
    day.issue(BAG)
    sealed = day.seal(BAG)
    day.tell(CLINIC, "printed", at="02 08:03", codes=[BAG], job="补打", copy_no=2, reason="damaged")
    assert undoes(day, sealed) == {}


def test_the_device_was_switched_off_and_on_meanwhile() -> None:
    """手持机重启过，它自己的钟证明不了只过了五分钟：有争议。"""
    day = Telling()
    day.issue(BAG)
    assert undoes(day, day.seal(BAG), boot_id=OTHER_BOOT) == {BAG: "disputed"}
