"""Days and hours that are claimed: paper of the future, a release dated into next week, a printer whose clock is ahead."""

from typing import Any

import pytest

from tests.stories.telling import UNDER_THE_MANIFEST, Telling
from tests.stories_builder import (
    BAG,
    CABIN_KEY,
    CARRIER,
    CLINIC,
    COLLECTOR,
    DRIVER_KEY,
    INFECTIOUS,
    MANIFEST,
    OFFICE,
    TRANSFER,
    VEHICLE,
    china,
    ms,
)

WEEK_MS = 7 * 24 * 60 * 60 * 1000


def on_paper(moment: str, **more: str) -> dict[str, Any]:
    return {"vouch_method": "paper", "backfill": {"happened_at": china(ms(moment)), "reason": "device_broken"} | more}


def test_a_paper_of_the_future_counts_from_the_day_it_was_handed_in() -> None:
    """补录的纸上写着两周以后：以收到之日为准，到期照样算。"""
    day = Telling()
    day.clinic_seals(BAG)
    day.tell(CLINIC, "released", at="03 09:00", codes=[BAG], to_site=COLLECTOR, **on_paper("20 08:00", paper="纸0001"))
    released = next(fact for fact in day.history().by_code[BAG] if fact.kind == "released")
    assert released.occurred_ms == released.received_ms == ms("03 09:01")
    end = day.ends(at="06 00:00")
    assert (end.classes, end.findings["overdue_pickup"]) == ({BAG: "overdue"}, CLINIC)


@pytest.mark.parametrize(("number", "expected"), [("纸0009", "safely_disposed"), (None, "disposed_not_provably")])
def test_a_handheld_broke_and_its_bags_were_entered_from_the_notebook(number: str | None, expected: str) -> None:
    """手持机坏了，封装和交出都记在本子上，第二天用新机补录：有编号就算数，没有就不能证明。"""
    day = Telling()
    new, paper = f"{CLINIC} 2", {"paper": number} if number else {}
    day.issue(BAG)
    day.teller(new)
    day.accept(BAG, CLINIC, COLLECTOR, at="02 14:05")
    day.collector_brings_to_centre(BAG)
    sealed = {"waste_code": INFECTIOUS, "package": "bag", "mass_g": 1000, "mass_source": "typed"}
    day.tell(CLINIC, "sealed", by=new, at="03 07:00", codes=[BAG], **sealed, **on_paper("02 08:00", **paper))
    given = on_paper("02 14:00", paper="纸0010")
    day.tell(CLINIC, "released", by=new, at="03 07:05", codes=[BAG], to_site=COLLECTOR, **given)
    day.goes_into_the_fire(BAG)
    end = day.ends()
    assert end.classes == {BAG: expected}
    assert end.findings == ({} if number else {"weak_evidence": CLINIC})


def test_a_release_dated_into_next_week_silences_no_deadline() -> None:
    """卫生室把交出写到下周，好让催办停下：以收到之时为准，该催的照催。"""
    day = Telling()
    day.clinic_seals(BAG)
    day.tell(CLINIC, "released", at="10 09:00", delay_ms=-WEEK_MS, codes=[BAG], to_site=COLLECTOR)
    assert day.expects(BAG) == f"{COLLECTOR} in_limbo"
    end = day.ends(at="05 00:00")
    assert end.classes == {BAG: "overdue"}
    assert end.findings == {"overdue_pickup": CLINIC, "in_limbo": COLLECTOR, "clock_skew": CLINIC}


def test_a_printer_and_an_issuing_office_whose_clocks_are_a_little_ahead() -> None:
    """打印机和发码的钟快了几分钟：先发、先印、后封，不算乱。"""
    day = Telling()
    day.tell(OFFICE, "printed", at="02 08:04", codes=[BAG], job="第一卷", copy_no=1)
    day.issue(BAG, at="02 08:02")
    day.seal(BAG, at="02 08:00")
    end = day.ends(at="02 20:00")
    assert (end.classes, end.findings) == ({BAG: "on_its_way"}, {})


def test_a_label_printed_hours_after_it_was_used() -> None:
    """封装三小时后才发的码：差得太多，是没发过的码。"""
    day = Telling()
    day.seal(BAG, at="02 08:00")
    day.issue(BAG, at="02 11:00")
    assert day.ends(at="02 20:00").findings != {}


BADGE = {"vouched_by": "u-driver2", "vouch_method": "badge"}
PIN = {"vouched_by": "u-driver2", "vouch_method": "pin"}


@pytest.mark.parametrize(
    ("how", "is_heard"),
    [(BADGE, False), (PIN, False), (PIN | {"person": CABIN_KEY}, False), (PIN | {"person": DRIVER_KEY}, True)],
    ids=["a badge", "a PIN that nobody can check", "a wrong PIN", "badge and PIN"],
)
def test_the_centre_enters_what_the_driver_took_over_on_paper(how: dict[str, Any], *, is_heard: bool) -> None:
    """中转点在自己的手持机上替司机补录纸上的接收：要司机的工牌加密码，光有工牌或只写“密码”都不算。"""
    day = Telling()
    day.clinic_seals(BAG)
    day.comes_to_centre(BAG)
    day.draft(MANIFEST, TRANSFER, at="03 08:00", form="paper", vehicle=VEHICLE)
    day.release(BAG, TRANSFER, CARRIER, at="03 08:00", **UNDER_THE_MANIFEST)
    fields = {"codes": [BAG], "from_site": TRANSFER} | UNDER_THE_MANIFEST | on_paper("03 08:05", paper="纸0011") | how
    day.tell(CARRIER, "accepted", by=TRANSFER, at="03 08:30", **fields)
    end = day.ends(at="03 10:00")
    assert end.findings == ({"own_device_unused": CARRIER} if is_heard else {"not_entitled": TRANSFER})
    assert day.expects(BAG).split()[1] == ("overdue_delivery" if is_heard else "in_limbo")
