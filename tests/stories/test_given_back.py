"""A package that is given back and comes again the next day, by people who tap twice."""

from tests.stories.telling import Telling
from tests.stories_builder import BAG, CLINIC, COLLECTOR, TRANSFER


def test_a_second_tap_is_no_other_hand_over_the_day_after() -> None:
    """收运队接收时点了两下，当天退回诊所，第二天同一时刻再交：三次交接，没有颠倒。"""
    day = Telling()
    day.clinic_seals(BAG)
    day.release(BAG, CLINIC, COLLECTOR, at="02 10:23")
    day.accept(BAG, CLINIC, COLLECTOR, at="02 10:25")
    day.accept(BAG, CLINIC, COLLECTOR, at="02 10:25", after_ms=20_000)
    day.accept(BAG, COLLECTOR, CLINIC, at="02 17:30")
    day.release(BAG, COLLECTOR, CLINIC, at="02 17:31")
    day.release(BAG, CLINIC, COLLECTOR, at="03 10:24")
    day.accept(BAG, CLINIC, COLLECTOR, at="03 10:26")
    day.hop([BAG], COLLECTOR, TRANSFER, at="03 10:38")
    end = day.ends(at="03 12:00")
    assert end.findings == {}
    assert end.classes == {BAG: "on_its_way"}
