"""Clocks that are set, and hellos that say what is not so: no month, no day and no limit moves. Honest clocks beside them."""

import pytest

from tests.stories.telling import Telling
from tests.stories_builder import BAG, BAG2, CLINIC, COLLECTOR, INFECTIOUS, china, ms
from wasteledger.domain.hello import Hello, sign_hello
from wasteledger.domain.legal_days import legal_day_text
from wasteledger.domain.times import CRYSTAL_PARTS

HOUR_MS = 60 * 60 * 1000
DAY_MS = 24 * HOUR_MS
SEALED = {"waste_code": INFECTIOUS, "package": "bag", "mass_g": 1000, "mass_source": "scale"}
OTHER_BOOT = "fedcba9876543210"


def hello(day: Telling, *, at: str, running_ms: int, boot_id: str = "0123456789abcdef") -> None:
    """The clinic's device says since when it runs."""
    teller = day.teller(CLINIC)
    said = Hello(teller.key.device_id, teller.number, bytes(32), ms(at), running_ms, boot_id)
    day.write_raw(sign_hello(teller.key, said, origin=teller.origin), received_ms=ms(at))


def sealed_ms(day: Telling, bag: str) -> int:
    (fact,) = [fact for fact in day.history().by_code[bag] if fact.kind == "sealed"]
    return fact.occurred_ms


def test_a_wall_clock_set_back_while_the_device_runs() -> None:
    """六日封装，把时钟拨回二日：运行时钟走了四天，自称的时间不算，按收到的时间计。"""
    day = Telling()
    day.issue(BAG, BAG2)
    day.tell(CLINIC, "sealed", at="02 08:00", codes=[BAG], monotonic_ms=HOUR_MS, **SEALED)
    back = {"delay_ms": 4 * DAY_MS, "monotonic_ms": HOUR_MS + 4 * DAY_MS}
    day.tell(CLINIC, "sealed", at="02 08:10", codes=[BAG2], **back, **SEALED)
    end = day.ends(at="06 09:00")
    assert end.findings["time_outside_bracket"] == CLINIC
    assert (sealed_ms(day, BAG), sealed_ms(day, BAG2)) == (ms("02 08:00"), ms("06 08:10"))


def test_a_clock_that_is_set_back_in_small_steps() -> None:
    """每次拨回一分多钟，拨两百次：与本次开机最早的时间比，照样看得出来。"""
    day = Telling()
    day.issue(BAG)
    for number in range(200):
        day.tell(
            CLINIC, "stored", at="02 08:00", after_ms=number, delay_ms=6 * HOUR_MS, codes=[BAG], room="库",
            monotonic_ms=HOUR_MS + number * 100_000,
        )  # fmt: skip
    assert "time_outside_bracket" in day.ends(at="03 00:00").findings


@pytest.mark.parametrize("says_hello", [False, True])
def test_an_honest_clock_that_was_ahead_is_mended_by_a_hello(*, says_hello: bool) -> None:
    """时钟快三小时，中途校准：联网报时后各归其位，不算越界。"""
    day = Telling()
    day.issue(BAG, BAG2)
    for bag, at, ahead_ms in ((BAG, "02 08:00", 3 * HOUR_MS), (BAG2, "02 13:00", 0)):
        told = {"after_ms": ahead_ms, "delay_ms": ms("02 18:00") - ms(at) - ahead_ms, "codes": [bag]}
        day.tell(CLINIC, "sealed", at=at, monotonic_ms=ms(at) - ms("02 07:00"), **told, **SEALED)
    if says_hello:
        hello(day, at="02 18:00", running_ms=11 * HOUR_MS)
    outside = "time_outside_bracket" in day.ends(at="03 00:00").findings
    assert outside is not says_hello
    assert not says_hello or (sealed_ms(day, BAG), sealed_ms(day, BAG2)) == (ms("02 08:00"), ms("02 13:00"))


@pytest.mark.parametrize(("gained_ms", "outside"), [(0, False), (DAY_MS // CRYSTAL_PARTS, False), (DAY_MS, True)])
def test_a_quartz_gains_a_little_in_a_month(gained_ms: int, *, outside: bool) -> None:
    """开机一个月，运行时钟快了一分多：晶振本来如此。"""
    day = Telling()
    day.issue(BAG, BAG2)
    day.tell(CLINIC, "sealed", at="01 09:00", codes=[BAG], monotonic_ms=HOUR_MS, **SEALED)
    month = {"monotonic_ms": HOUR_MS + 27 * DAY_MS + 27 * gained_ms}
    day.tell(CLINIC, "sealed", at="28 09:00", codes=[BAG2], **month, **SEALED)
    assert ("time_outside_bracket" in day.ends(at="28 10:00").findings) is outside


def test_a_hello_with_a_huge_running_clock_moves_no_sealing_into_another_month() -> None:
    """事后报时，说机器早在十月就开着：二日的封装仍算十一月，并显示时钟偏差。"""
    day = Telling()
    day.issue(BAG)
    day.tell(CLINIC, "sealed", at="02 08:00", codes=[BAG], monotonic_ms=HOUR_MS, **SEALED)
    hello(day, at="03 12:00", running_ms=29 * HOUR_MS + 23 * DAY_MS)
    end = day.ends(at="03 13:00")
    assert (sealed_ms(day, BAG), end.findings["clock_skew"]) == (ms("02 08:00"), CLINIC)


@pytest.mark.parametrize("front", [False, True])
def test_a_hello_that_leads_outside_the_bracket_leaves_the_wall_clock(*, front: bool) -> None:
    """报时把封装推到前一条记录之前：不可能，按封装时自己的时钟计，并显示越界。"""
    day = Telling()
    day.issue(BAG, BAG2)
    day.seal(BAG2, at="02 07:50")
    lie = {"at": "05 08:00", "running_ms": 73 * HOUR_MS + 23 * DAY_MS, "boot_id": OTHER_BOOT}
    if front:
        hello(day, **lie)
    said = {"monotonic_ms": HOUR_MS, "boot_id": OTHER_BOOT, "delay_ms": 3 * DAY_MS}
    day.tell(CLINIC, "sealed", at="02 08:00", codes=[BAG], **said, **SEALED)
    if not front:
        hello(day, **lie)
    end = day.ends(at="05 09:00")
    assert end.findings["time_outside_bracket"] == CLINIC
    assert legal_day_text(sealed_ms(day, BAG)) == "2026-11-02"


def test_a_late_hello_moves_no_sealing_to_a_later_day() -> None:
    """收到时是二十八日的封装，两天后报时说是二十九日：仍在二十八日。"""
    day = Telling()
    day.issue(BAG)
    said = {"monotonic_ms": HOUR_MS, "delay_ms": 35 * HOUR_MS}
    day.tell(CLINIC, "sealed", at="28 23:00", codes=[BAG], **said, **SEALED)
    hello(day, at="30 20:00", running_ms=22 * HOUR_MS)
    day.ends(at="30 21:00")
    assert legal_day_text(sealed_ms(day, BAG)) == "2026-11-28"


def test_a_late_hello_still_mends_by_hours() -> None:
    """时钟快五小时，次日才报时：封装改回五小时以前，收运在后，链条完整。"""
    day = Telling()
    day.issue(BAG)
    day.tell(CLINIC, "sealed", at="02 13:00", delay_ms=2 * HOUR_MS, codes=[BAG], monotonic_ms=HOUR_MS, **SEALED)
    day.tell(
        CLINIC, "released", at="02 14:00", delay_ms=HOUR_MS, codes=[BAG], to_site=COLLECTOR, monotonic_ms=2 * HOUR_MS
    )
    day.accept(BAG, CLINIC, COLLECTOR, at="02 09:05")
    hello(day, at="03 08:00", running_ms=25 * HOUR_MS)
    assert sealed_ms(day, BAG) == ms("02 08:00")
    assert day.ends(at="03 09:00").findings == {"clock_skew": CLINIC}


def _clock_ahead_by_six_hours(day: Telling, *, other_boot: bool = False) -> None:
    """Sealed at eight by a clock that shows two in the afternoon, then set right; all of it handed in at one."""
    day.issue(BAG, BAG2)
    day.tell(
        CLINIC,
        "sealed",
        at="02 08:00",
        after_ms=6 * HOUR_MS,
        delay_ms=-HOUR_MS,
        codes=[BAG],
        monotonic_ms=HOUR_MS,
        **SEALED,
    )
    later = {"monotonic_ms": 2 * HOUR_MS} | ({"boot_id": OTHER_BOOT} if other_boot else {})
    day.tell(CLINIC, "sealed", at="02 09:00", delay_ms=4 * HOUR_MS, codes=[BAG2], **later, **SEALED)
    day.tell(
        CLINIC, "released", at="02 14:00", codes=[BAG, BAG2], to_site=COLLECTOR, **later | {"monotonic_ms": 7 * HOUR_MS}
    )
    day.accept([BAG, BAG2], CLINIC, COLLECTOR, at="02 14:05")


@pytest.mark.parametrize("other_boot", [False, True])
def test_a_clock_that_was_ahead_and_was_set_right_accuses_nobody_afterwards(*, other_boot: bool) -> None:
    """时钟快六小时，上传时按收到的时间计；没有报时就拨准了：之后照实记录，不算越界，次序不乱。"""
    day = Telling()
    _clock_ahead_by_six_hours(day, other_boot=other_boot)
    end = day.ends(at="02 18:00")
    assert (end.classes, end.findings) == ({BAG: "on_its_way", BAG2: "on_its_way"}, {"clock_skew": CLINIC})
    assert sealed_ms(day, BAG2) == sealed_ms(day, BAG) == ms("02 13:00"), (
        "by then it had happened, and the second one behind it"
    )


def test_a_clock_put_ahead_gains_no_earlier_day() -> None:
    """先把时钟拨快，再拨回四天前：封装仍在前一条之后，按收到的时间计。"""
    day = Telling()
    day.issue(BAG, BAG2)
    day.tell(
        CLINIC, "sealed", at="06 08:00", after_ms=DAY_MS, delay_ms=-DAY_MS, codes=[BAG], monotonic_ms=HOUR_MS, **SEALED
    )
    back = {"delay_ms": 4 * DAY_MS + HOUR_MS, "monotonic_ms": 2 * HOUR_MS, "boot_id": OTHER_BOOT}
    day.tell(CLINIC, "sealed", at="02 08:00", codes=[BAG2], **back, **SEALED)
    day.ends(at="06 10:00")
    assert sealed_ms(day, BAG2) == ms("06 08:00")


def test_old_paper_behind_a_hello_reads_the_same_everywhere() -> None:
    """四十天前的纸单，在报时之后录入：账册与全史一致。"""
    day = Telling()
    day.issue(BAG)
    hello(day, at="20 08:00", running_ms=HOUR_MS)
    paper = {"happened_at": china(ms("20 09:00") - 40 * DAY_MS), "reason": "no_signal", "paper": "纸1"}
    day.tell(CLINIC, "sealed", at="20 09:00", codes=[BAG], backfill=paper, monotonic_ms=2 * HOUR_MS, **SEALED)
    end = day.ends(at="28 00:00")
    assert end.findings["time_outside_bracket"] == CLINIC
