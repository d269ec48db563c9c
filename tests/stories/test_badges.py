"""A badge is a picture that anybody can have taken: what it stands for on a stranger's device, and on that of the driver at the door."""

from typing import Any

import pytest

from tests.domain.lie_stories import cabin_gives
from tests.stories.in_both import ends_alike
from tests.stories.telling import PHOTO, Telling
from tests.stories_builder import (
    BAG,
    BAG2,
    BOX,
    CABIN,
    CABIN_KEY,
    CLINIC,
    COLLECTOR,
    HOSPITAL,
    INFECTIOUS,
    NURSE,
    OFFICE,
    OTHER_CLINIC,
    PLANT,
    STRANGER,
    TRANSFER,
)

DAY_MS = 24 * 60 * 60 * 1000
PACKAGE: dict[str, Any] = {"waste_code": INFECTIOUS, "package": "bag", "mass_g": 1000, "mass_source": "scale"}
A_PICTURE_OF_IT: dict[str, Any] = {"vouched_by": NURSE, "vouch_method": "badge", "note": "没电"}
CABINS_BADGE: dict[str, Any] = {"vouched_by": "u-cabin", "vouch_method": "badge"}
CABINS_PIN: dict[str, Any] = {"vouched_by": "u-cabin2", "vouch_method": "pin", "person": CABIN_KEY}


def to_the_furnace(day: Telling, *load: str) -> Telling:
    day.goes_into_the_fire(*load)
    return day


def burned(*bags: str) -> Telling:
    day = Telling()
    day.clinic_seals(*bags)
    day.comes_to_centre(*bags)
    return to_the_furnace(day, *bags)


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("incident", {"incident": "loss"}),
        ("incident", {"incident": "spill"}),
        ("voided", {"reason": "spoiled"}),
        ("voided", {"reason": "spoiled", "attachments": [PHOTO]}),
        ("stored", {"room": "库1"}),
        ("packed", {"box": BOX}),
        ("relabelled", {"new_code": BAG2, "reason": "damaged"}),
        ("counted", {"room": "库1", "complete": True}),
    ],
    ids=["loss", "spill", "void", "void with a photo", "storing", "packing", "another label", "count"],
)
def test_a_stranger_with_a_picture_of_the_badge_says_nothing_for_the_clinic(kind: str, fields: dict[str, Any]) -> None:
    """陌生人的手持机，凭一张工牌照片替卫生室申报丢失、泄漏、作废、入库、装箱、换标签：不起作用，记在那台手持机名下。"""
    day = Telling()
    day.issue(BAG2)
    day.clinic_seals(BAG)
    day.tell(CLINIC, kind, by=STRANGER, at="02 12:00", codes=[BAG], **fields, **A_PICTURE_OF_IT)
    end = ends_alike(day, at="02 20:00")
    assert (end.classes, end.findings) == ({BAG: "on_its_way"}, {"not_entitled": STRANGER})
    assert day.expects(BAG) == f"{CLINIC} overdue_pickup"


def test_a_lost_and_found_by_a_picture_stops_no_clock() -> None:
    """陌生人天天替卫生室“丢失、找回”：暂存时限照走。"""
    day = Telling()
    day.clinic_seals(BAG)
    for number in (3, 4):
        for minute, incident in enumerate(("loss", "found")):
            at = f"0{number} 07:0{minute}"
            day.tell(CLINIC, "incident", by=COLLECTOR, at=at, codes=[BAG], incident=incident, **A_PICTURE_OF_IT)
    end = ends_alike(day, at="04 20:00")
    assert end.classes == {BAG: "overdue"}
    assert end.findings == {"overdue_pickup": CLINIC, "not_entitled": COLLECTOR}


@pytest.mark.parametrize("reason", ["did_not_occur", "wrong_mass"])
def test_a_correction_by_a_picture_disputes_nothing(reason: str) -> None:
    """陌生人凭照片更正卫生室的封装：不成争议。"""
    day = Telling()
    day.issue(BAG)
    sealed = day.seal(BAG)
    fields = {"mass_g": 1} if reason == "wrong_mass" else {}
    said = {"codes": [BAG], "target_event_id": sealed, "reason": reason} | fields | A_PICTURE_OF_IT
    day.tell(CLINIC, "corrected", by=STRANGER, at="02 08:05", **said)
    day.to_transfer(BAG)
    end = ends_alike(to_the_furnace(day, BAG))
    assert (end.classes, end.findings) == ({BAG: "safely_disposed"}, {"not_entitled": STRANGER})


@pytest.mark.parametrize("by", [STRANGER, OTHER_CLINIC, PLANT])
def test_a_stranger_seals_in_the_clinics_name(by: str) -> None:
    """陌生人替卫生室“封装”半吨：计入分母，来源未确认，记在那台手持机名下；卫生室或主管部门认可的，才是卫生室的。"""
    day = burned(BAG)
    day.issue(BAG2)
    heavy = PACKAGE | {"mass_g": 500_000, "package": "drum"}
    sealed = day.tell(CLINIC, "sealed", by=by, at="02 12:00", codes=[BAG2], **heavy, **A_PICTURE_OF_IT)
    end = ends_alike(day, at="03 20:00")
    assert end.classes == {BAG: "safely_disposed", BAG2: "chain_broken"}
    assert (end.findings["sealing_unconfirmed"], end.findings["not_entitled"]) == (CLINIC, by)
    day.tell(CLINIC, "vouched", at="03 21:00", codes=[BAG2], target_event_id=sealed)
    assert "sealing_unconfirmed" not in ends_alike(day, at="04 00:00").findings


def test_a_clinic_without_a_device_has_an_ordinary_day() -> None:
    """没有手持机的卫生室：收运员的手持机封装、交出，护士刷工牌；称错了当场撤销重来；一路到焚烧，没有异常。"""
    day = Telling()
    day.issue(BAG2, site=CABIN)
    wrong = day.tell(CABIN, "sealed", by=COLLECTOR, at="02 13:50", codes=[BAG2], **PACKAGE, **CABINS_BADGE)
    undo = {"codes": [BAG2], "target_event_id": wrong, "reason": "did_not_occur"} | CABINS_BADGE
    day.tell(CABIN, "corrected", by=COLLECTOR, at="02 13:52", **undo)
    cabin_gives(day, BAG, COLLECTOR, at="02 14:00")
    day.collector_brings_to_centre(BAG)
    end = ends_alike(to_the_furnace(day, BAG))
    assert (end.classes, end.findings) == ({BAG: "safely_disposed"}, {})


def test_nobody_else_takes_back_what_the_driver_sealed() -> None:
    """别的手持机凭工牌照片“撤销”收运员刚封装的：不算。"""
    day = Telling()
    day.issue(BAG, site=CABIN)
    sealed = day.tell(CABIN, "sealed", by=COLLECTOR, at="02 13:50", codes=[BAG], **PACKAGE, **CABINS_BADGE)
    undo = {"codes": [BAG], "target_event_id": sealed, "reason": "did_not_occur"} | CABINS_BADGE
    day.tell(CABIN, "corrected", by=STRANGER, at="02 13:52", **undo)
    day.tell(CABIN, "released", by=COLLECTOR, at="02 13:55", codes=[BAG], to_site=COLLECTOR, **CABINS_BADGE)
    day.accept(BAG, CABIN, COLLECTOR, at="02 13:56")
    end = ends_alike(day, at="02 20:00")
    assert (end.classes, end.findings) == ({BAG: "on_its_way"}, {"not_entitled": STRANGER})


def test_a_badge_does_not_take_back_what_a_pin_said() -> None:
    """护士用工牌加密码封装的，收运员凭工牌照片“当场撤销”：不算，包装还在分母里。"""
    day = Telling()
    day.issue(BAG, site=CABIN)
    sealed = day.tell(CABIN, "sealed", by=COLLECTOR, at="02 13:50", codes=[BAG], **PACKAGE, **CABINS_PIN)
    undo = {"codes": [BAG], "target_event_id": sealed, "reason": "did_not_occur"} | CABINS_BADGE
    day.tell(CABIN, "corrected", by=COLLECTOR, at="02 13:52", **undo)
    end = ends_alike(day, at="02 20:00")
    assert (end.classes, end.findings) == ({BAG: "on_its_way"}, {"not_entitled": COLLECTOR})


@pytest.mark.parametrize("how", [CABINS_BADGE, CABINS_PIN], ids=["badge", "badge and PIN"])
def test_staff_carry_it_to_the_centre(how: dict[str, Any]) -> None:
    """护士把包送到镇中转点：中转点的手持机封装、收下，刷护士的工牌。"""
    day = Telling()
    cabin_gives(day, BAG, TRANSFER, at="02 14:00", **how)
    end = ends_alike(to_the_furnace(day, BAG))
    assert (end.classes, end.findings) == ({BAG: "safely_disposed"}, {})


def test_a_second_van_takes_what_the_first_one_had_no_room_for() -> None:
    """收运队的一台手持机封装，装不下；第二天同队另一台来收走：是同一个收运队。"""
    day = Telling()
    day.issue(BAG, site=CABIN)
    day.tell(CABIN, "sealed", by=COLLECTOR, at="02 14:00", codes=[BAG], **PACKAGE, **CABINS_BADGE)
    second = f"{COLLECTOR} 2"
    day.tell(CABIN, "released", by=second, at="03 09:00", codes=[BAG], to_site=COLLECTOR, **CABINS_BADGE)
    day.tell(COLLECTOR, "accepted", by=second, at="03 09:01", codes=[BAG], from_site=CABIN)
    end = ends_alike(day, at="03 10:00")
    assert (end.classes, end.findings) == ({BAG: "on_its_way"}, {})


def test_a_nurse_with_a_pin_declares_on_the_drivers_handheld() -> None:
    """没有手持机的卫生室，护士在司机的手持机上用工牌加密码申报破损作废：可复核，算卫生室说的。"""
    day = Telling()
    day.issue(BAG, site=CABIN)
    day.tell(CABIN, "sealed", by=COLLECTOR, at="02 14:00", codes=[BAG], **PACKAGE, **CABINS_PIN)
    void = day.tell(
        CABIN, "voided", by=COLLECTOR, at="02 14:30", codes=[BAG], reason="spoiled", attachments=[PHOTO], **CABINS_PIN
    )
    day.tell(OFFICE, "evidenced", at="02 15:00", attachments=[PHOTO], size_bytes=9, media="image/jpeg")
    day.tell(OFFICE, "vouched", at="02 16:00", codes=[BAG], target_event_id=void)
    assert ends_alike(day, at="02 20:00").classes == {}


def test_a_neighbour_clinic_does_not_seal_for_another_one_and_keep_it() -> None:
    """邻近卫生室凭照片替别家封装又不收下：不算；另一个医院的也一样。"""
    for by in (OTHER_CLINIC, HOSPITAL):
        day = Telling()
        day.issue(BAG, site=CABIN)
        day.tell(CABIN, "sealed", by=by, at="02 14:00", codes=[BAG], **PACKAGE, **CABINS_BADGE)
        end = ends_alike(day, at="02 20:00")
        assert (end.classes, end.findings["not_entitled"]) == ({BAG: "chain_broken"}, by)
