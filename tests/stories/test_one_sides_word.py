"""One side of a hand-over speaks for both: by a badge, on paper, or from a desk. Honest ones beside them."""

from typing import Any

import pytest

from tests.domain.lie_stories import cabin_gives, company_burns
from tests.stories.in_both import ends_alike
from tests.stories.telling import UNDER_THE_MANIFEST, Telling
from tests.stories_builder import (
    BAG,
    BOX,
    CABIN,
    CABIN_KEY,
    CARRIER,
    CLINIC,
    COLLECTOR,
    COMPANY_LORRY,
    COMPANY_PLANT,
    COMPANY_VEHICLE,
    DRIVER_KEY,
    MANIFEST,
    NURSE,
    OFFICE,
    PLANT,
    TRANSFER,
    china,
    ms,
)

DAY_MS = 24 * 60 * 60 * 1000
DRIVERS_BADGE = {"vouched_by": "u-driver", "vouch_method": "badge"}
KEEPERS_BADGE = {"vouched_by": "u-keeper", "vouch_method": "badge"}


def sealed() -> Telling:
    day = Telling()
    day.clinic_seals(BAG)
    return day


def collected() -> Telling:
    day = sealed()
    day.collector_takes(BAG)
    return day


def on_the_road() -> Telling:
    day = collected()
    day.collector_brings_to_centre(BAG)
    day.lorry_takes(BAG)
    return day


def burned(day: Telling) -> Telling:
    day.plant_burns(BAG)
    day.plant_confirms()
    return day


def to_the_furnace(day: Telling) -> Telling:
    day.lorry_takes(BAG)
    day.lorry_brings_to_plant(BAG)
    return burned(day)


def paper(at: str, number: str = "纸0001") -> dict[str, Any]:
    """First written on paper, which bears a number."""
    return {"vouch_method": "paper", "backfill": {"happened_at": china(ms(at)), "reason": "no_signal", "paper": number}}


@pytest.mark.parametrize("note", [None, ".", "司机手机没电"])
def test_a_plant_makes_the_last_hop_alone_with_the_drivers_badge(note: str | None) -> None:
    """处置厂在自己的设备上刷司机的工牌，一家签了两头；备注是处置厂自己写的，说明不了什么：不能证明。"""
    day = on_the_road()
    given = {"by": PLANT, "codes": [BAG], "to_site": PLANT, "note": note}
    day.tell(CARRIER, "released", at="03 11:00", **given, **DRIVERS_BADGE, **UNDER_THE_MANIFEST)
    day.accept(BAG, CARRIER, PLANT, at="03 11:05", **UNDER_THE_MANIFEST)
    end = ends_alike(burned(day))
    assert end.classes == {BAG: "disposed_not_provably"}
    assert end.findings == {"own_device_unused": CARRIER, "weak_evidence": CARRIER}


@pytest.mark.parametrize("shown", ["PIN and a note", "PIN alone", "own answer", "late answer", "authority"])
def test_the_drivers_handheld_is_flat_at_the_gate(shown: str) -> None:
    """司机的手持机没电了：在处置厂的设备上用工牌加密码（并写明原因）；或者只刷了工牌，回去充上电再确认。"""
    day = on_the_road()
    given: dict[str, Any] = {"by": PLANT, "codes": [BAG], "to_site": PLANT} | UNDER_THE_MANIFEST
    if shown.startswith("PIN"):
        given |= {"vouched_by": "u-driver2", "vouch_method": "pin", "person": DRIVER_KEY}
    else:
        given |= DRIVERS_BADGE
    told = day.tell(CARRIER, "released", at="03 11:00", **given, note="没电" if shown == "PIN and a note" else None)
    day.accept(BAG, CARRIER, PLANT, at="03 11:05", **UNDER_THE_MANIFEST)
    burned(day)
    if shown in {"own answer", "late answer", "authority"}:
        by, at = OFFICE if shown == "authority" else CARRIER, "08 18:00" if shown == "late answer" else "03 18:00"
        day.tell(by, "vouched", at=at, codes=[BAG], target_event_id=told)
    end = ends_alike(day, at="09 00:00")
    # The authority knows why; it was not there when it was handed over. Who answers after days is no party to it either.
    is_proved = shown in {"PIN and a note", "PIN alone", "own answer"}
    assert end.classes == {BAG: "safely_disposed" if is_proved else "disposed_not_provably"}
    unused = {"own_device_unused"} if shown == "PIN alone" else set()
    assert set(end.findings) == unused | (set() if is_proved else {"weak_evidence"})


def test_a_plant_takes_from_the_centre_by_the_keepers_badge() -> None:
    """处置厂绕过承运人，凭中转点管理员的工牌一家签两头：不能证明。"""
    day = collected()
    day.collector_brings_to_centre(BAG)
    given = {"by": PLANT, "codes": [BAG], "to_site": PLANT, "note": "没电"} | UNDER_THE_MANIFEST
    day.draft(MANIFEST, TRANSFER, at="03 08:00", carriers=[CARRIER], vehicle=UNDER_THE_MANIFEST["vehicle"])
    day.tell(TRANSFER, "released", at="03 08:00", **given, **KEEPERS_BADGE)
    day.accept(BAG, TRANSFER, PLANT, at="03 08:05", **UNDER_THE_MANIFEST)
    end = ends_alike(burned(day))
    assert end.classes == {BAG: "disposed_not_provably"}
    assert {"own_device_unused", "weak_evidence"} <= end.findings.keys()


@pytest.mark.parametrize("answered", [False, True])
def test_a_collector_signs_for_a_centre_that_has_a_device(*, answered: bool) -> None:
    """收运员在自己的手持机上刷中转点的工牌“入库”，中转点自己有设备；中转点事后用自己的设备确认的，不算。"""
    day = collected()
    day.release(BAG, COLLECTOR, TRANSFER, at="02 16:00")
    taken = day.tell(
        TRANSFER, "accepted", by=COLLECTOR, at="02 16:05", codes=[BAG], from_site=COLLECTOR, **KEEPERS_BADGE
    )
    if answered:
        day.tell(TRANSFER, "vouched", at="02 18:00", codes=[BAG], target_event_id=taken)
    end = to_the_furnace(day).ends()
    assert (end.classes, end.findings) == (
        {BAG: "safely_disposed"},
        {} if answered else {"own_device_unused": TRANSFER},
    )


def test_a_site_without_a_device_uses_anothers() -> None:
    """没有设备的中转点，凭工牌在收运员的手持机上入库：正常。"""
    day = Telling(without=(TRANSFER,))
    day.clinic_seals(BAG)
    day.collector_takes(BAG)
    day.release(BAG, COLLECTOR, TRANSFER, at="02 16:00")
    day.tell(TRANSFER, "accepted", by=COLLECTOR, at="02 16:05", codes=[BAG], from_site=COLLECTOR, **KEEPERS_BADGE)
    assert day.ends(at="02 20:00").findings == {}


@pytest.mark.parametrize(
    ("how", "item_class"),
    [
        ({"vouched_by": "u-cabin", "vouch_method": "badge"}, "disposed_not_provably"),
        ({"vouched_by": "u-cabin2", "vouch_method": "pin", "person": CABIN_KEY}, "safely_disposed"),
    ],
    ids=["badge", "badge and PIN"],
)
@pytest.mark.parametrize("own_sealing", [False, True])
def test_a_badge_alone_where_one_company_drives_and_burns(
    how: dict[str, Any], item_class: str, *, own_sealing: bool
) -> None:
    """车和炉同属一个公司：只刷工牌不够，即使封装用的是诊所自己的设备，中间又经过了别家的中转点。"""
    day = Telling()
    if own_sealing:
        day.issue(BAG, site=CABIN)
        day.seal(BAG, at="02 13:00", site=CABIN)
        given = {"by": COMPANY_LORRY, "codes": [BAG], "to_site": COMPANY_LORRY, "note": "没电"} | how
        day.tell(CABIN, "released", at="02 14:00", **given)
        day.accept(BAG, CABIN, COMPANY_LORRY, at="02 14:05")
    else:
        cabin_gives(day, BAG, COMPANY_LORRY, at="02 14:00", **how)
    day.hop(BAG, COMPANY_LORRY, TRANSFER, at="02 16:00")
    by_company = {"carriers": [COMPANY_LORRY], "consignee": COMPANY_PLANT, "vehicle": COMPANY_VEHICLE}
    day.draft(MANIFEST, TRANSFER, at="03 08:00", **by_company)
    day.hop(BAG, TRANSFER, COMPANY_LORRY, at="03 08:00", manifest=MANIFEST, vehicle=COMPANY_VEHICLE)
    company_burns(day, BAG)
    assert day.ends().classes == {BAG: item_class}


def test_a_clinics_badge_on_the_companys_lorry_alone() -> None:
    """诊所有设备，却只在公司的车上刷了工牌，直接进了公司的炉。"""
    day = sealed()
    given = {"by": COMPANY_LORRY, "codes": [BAG], "to_site": COMPANY_LORRY, "vehicle": COMPANY_VEHICLE}
    day.tell(CLINIC, "released", at="02 14:00", **given, vouched_by=NURSE, vouch_method="badge")
    day.accept(BAG, CLINIC, COMPANY_LORRY, at="02 14:05", vehicle=COMPANY_VEHICLE)
    day.hop(BAG, COMPANY_LORRY, COMPANY_PLANT, at="02 18:00", vehicle=COMPANY_VEHICLE)
    day.dispose(BAG, at="03 10:00", site=COMPANY_PLANT)
    end = day.ends(at="04 00:00")
    assert end.classes == {BAG: "disposed_not_provably"}
    assert {"one_organisation", "own_device_unused"} <= end.findings.keys()


@pytest.mark.parametrize("method", ["paper", "badge"])
@pytest.mark.parametrize("answered", [False, True])
def test_one_device_enters_the_paper_of_both_sides(method: str, *, answered: bool) -> None:
    """补录：接收方一台设备把双方的纸面都录了，移出方没有出声；移出方按期用自己的设备确认的，才算双方。"""
    day = on_the_road()
    given = {"by": PLANT, "codes": [BAG], "to_site": PLANT, "vouched_by": "u-driver", "note": "断电"}
    given |= paper("03 11:00") | {"vouch_method": method} | UNDER_THE_MANIFEST
    told = day.tell(CARRIER, "released", at="04 08:00", **given)
    day.tell(
        PLANT, "accepted", at="04 08:05", codes=[BAG], from_site=CARRIER, **paper("03 11:05"), **UNDER_THE_MANIFEST
    )
    if answered:
        day.tell(CARRIER, "vouched", at="05 08:00", codes=[BAG], target_event_id=told)
    day.plant_burns(BAG)
    day.plant_confirms()
    end = day.ends(at="06 00:00")
    assert end.classes == {BAG: "safely_disposed" if answered else "disposed_not_provably"}
    assert set(end.findings) == (set() if answered else {"weak_evidence", "own_device_unused"})


def test_both_sides_enter_their_own_paper() -> None:
    """双方各自按期补录同一张纸：算，凭证强度为纸质。"""
    day = on_the_road()
    given = {"codes": [BAG], **UNDER_THE_MANIFEST}
    day.tell(CARRIER, "released", at="04 08:00", to_site=PLANT, **given, **paper("03 11:00"))
    day.tell(PLANT, "accepted", at="04 09:00", from_site=CARRIER, **given, **paper("03 11:05"))
    end = burned(day).ends(at="06 00:00")
    assert (end.classes, end.findings) == ({BAG: "safely_disposed"}, {})


def test_a_clinics_paper_gives_nobody_else_a_term() -> None:
    """诊所一家补录“已交收运”，收运员从未出声：包还在诊所，超期的是诊所，不是收运。"""
    day = sealed()
    day.tell(CLINIC, "released", at="06 08:00", codes=[BAG], to_site=COLLECTOR, **paper("02 14:00"))
    assert day.expects(BAG) == f"{CLINIC} overdue_pickup"
    end = day.ends(at="09 00:00")
    assert (end.classes, end.findings) == ({BAG: "overdue"}, {"overdue_pickup": CLINIC})


def test_a_clinic_enters_the_collectors_paper_too() -> None:
    """诊所一台设备把收运员的“接收”也补录了：无权，收运员不因此超期。"""
    day = sealed()
    day.tell(CLINIC, "released", at="06 08:00", codes=[BAG], to_site=COLLECTOR, **paper("02 14:00"))
    taken = {"by": CLINIC, "codes": [BAG], "from_site": CLINIC, "vouched_by": "u-collector"}
    day.tell(COLLECTOR, "accepted", at="06 08:05", **taken, **paper("02 14:05"))
    end = day.ends(at="09 00:00")
    assert (end.classes, end.findings) == (
        {BAG: "overdue"},
        {"overdue_pickup": CLINIC, "not_entitled": CLINIC},
    )


def test_a_collectors_paper_makes_no_clinic_late() -> None:
    """收运员一家补录“超期才收走”，诊所没有出声：不记诊所超期；只有一方的交接不能证明。"""
    day = sealed()
    day.tell(COLLECTOR, "accepted", at="09 08:00", codes=[BAG], from_site=CLINIC, **paper("07 14:00"))
    end = day.ends(at="09 09:00")
    assert "late_step" not in end.findings
    assert end.classes == {BAG: "chain_broken"}


def test_paper_for_boxes_that_burned_without_acceptance_is_late_too() -> None:
    """整箱未经接收就烧了；交出的纸面三周后才补录：逾期补录照样列出。"""
    day = collected()
    day.collector_brings_to_centre(BAG)
    day.centre_packs(BAG)
    day.draft(MANIFEST, TRANSFER, at="03 08:00", carriers=[CARRIER], form="paper")
    day.accept(BOX, TRANSFER, CARRIER, at="03 08:05", **UNDER_THE_MANIFEST)
    day.plant_burns(BOX)
    given = {"codes": [BOX], "to_site": PLANT, **UNDER_THE_MANIFEST}
    day.tell(CARRIER, "released", at="25 08:00", **given, **paper("03 11:00"))
    end = day.ends(at="26 00:00")
    assert end.findings["late_backfill"] == CARRIER
    assert end.classes == {BAG: "disposed_not_provably"}


@pytest.mark.parametrize("kind", ["inspected", "counted"])
def test_an_inspector_names_the_place_that_he_visits(kind: str) -> None:
    """检查人员用监管设备，记录的地点是被查的中转点：有权，也不因此接手。"""
    day = collected()
    day.collector_brings_to_centre(BAG)
    seen = {"inspected": {"result": "in_order"}, "counted": {"room": "库1", "complete": False}}[kind]
    day.tell(TRANSFER, kind, by=OFFICE, at="02 18:00", codes=[BAG], **seen)
    assert day.ends(at="02 20:00").findings == {}
    assert day.expects(BAG) == f"{TRANSFER} overdue_storage"
    end = to_the_furnace(day).ends()
    assert (end.classes, end.findings) == ({BAG: "safely_disposed"}, {})


def test_an_inspectors_objection_at_the_place_that_he_visits_stands() -> None:
    """在中转点当场提出的异议，算异议。"""
    day = collected()
    day.collector_brings_to_centre(BAG)
    day.tell(TRANSFER, "inspected", by=OFFICE, at="02 18:00", codes=[BAG], result="objection")
    end = day.ends(at="02 20:00")
    assert (end.classes, set(end.findings)) == ({BAG: "disputed"}, {"objection"})
