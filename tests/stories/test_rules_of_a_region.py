"""Figures of the judgement are rules of a region: another value, another answer; and what a void of a box leaves alone."""

from typing import Any

import pytest

from tests.domain.lie_stories import cabin_gives
from tests.stories.in_both import ends_alike
from tests.stories.telling import PHOTO, UNDER_THE_MANIFEST, Telling
from tests.stories_builder import (
    BAG,
    BAG2,
    BOX,
    CARRIER,
    CLINIC,
    COLLECTOR,
    COMPANY_LORRY,
    COMPANY_PLANT,
    COMPANY_VEHICLE,
    MANIFEST,
    OFFICE,
    PLANT,
    TRANSFER,
    VEHICLE,
    china,
    ms,
    register,
)
from wasteledger.domain.register import Register


def ruled(**values: int) -> Register:
    """The district of the stories, with these rules."""
    rules = [{"key": key, "value": value, "basis": "本区规定"} for key, value in values.items()]
    return Register.model_validate(register().model_dump(mode="json") | {"rules": rules})


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ({}, "safely_disposed"),
        ({"strength_producer_leg": 3}, "safely_disposed"),
        ({"strength_producer_leg": 4}, "disposed_not_provably"),
        ({"strength_transfer_leg": 5}, "safely_disposed"),
    ],
)
def test_how_strong_a_leg_has_to_be_is_a_rule(rules: dict[str, int], expected: str) -> None:
    """只有工牌的卫生室：本区要求产生环节更强的凭证，就不能证明。"""
    day = Telling()
    cabin_gives(day, BAG, COLLECTOR, at="02 13:00")
    day.collector_brings_to_centre(BAG)
    day.goes_into_the_fire(BAG)
    end = ends_alike(day, known=ruled(**rules))
    assert end.classes == {BAG: expected}
    assert ("weak_evidence" in end.findings) == (expected != "safely_disposed")


@pytest.mark.parametrize(
    ("package", "mass_g", "rules", "found"),
    [
        ("sharps_box", 20_000, {}, False),
        ("sharps_box", 20_001, {}, True),
        ("sharps_box", 20_001, {"sharps_box_mass_kg_max": 21}, False),
        ("drum", 2_000_000, {}, False),
        ("drum", 2_000_001, {}, True),
        ("bag", 20_000, {"bag_mass_kg_max": 19}, True),
    ],
)
def test_how_heavy_a_package_can_be_is_a_rule_for_its_kind(
    package: str, mass_g: int, rules: dict[str, int], *, found: bool
) -> None:
    """利器盒、桶、袋各有上限，本区可另定。"""
    day = Telling()
    day.issue(BAG)
    day.seal(BAG, mass_g=mass_g, package=package)
    end = ends_alike(day, at="02 20:00", known=ruled(**rules))
    assert ("implausible_mass" in end.findings) is found


@pytest.mark.parametrize(("minutes", "expected"), [(10, {BAG: "disputed"}), (30, {})])
def test_how_long_an_act_can_be_undone_is_a_rule(minutes: int, expected: dict[str, str]) -> None:
    """二十分钟后撤销：本区允许三十分钟，就算撤销。"""
    day = Telling()
    day.issue(BAG)
    undo: dict[str, Any] = {"codes": [BAG], "target_event_id": day.seal(BAG), "reason": "did_not_occur"}
    day.tell(CLINIC, "corrected", at="02 08:20", **undo)
    assert ends_alike(day, at="02 20:00", known=ruled(undo_min=minutes)).classes == expected


@pytest.mark.parametrize(("by_party", "expected"), [(0, {BAG: "disputed"}), (1, {})])
def test_who_confirms_a_void_is_a_rule(by_party: int, expected: dict[str, str]) -> None:
    """作废由谁确认：默认只有主管部门；本区允许交接另一方，则收运人确认即可。"""
    day = Telling()
    day.clinic_seals(BAG)
    day.comes_to_centre(BAG)
    day.tell(OFFICE, "evidenced", at="02 17:00", attachments=[PHOTO], size_bytes=1000, media="image/jpeg")
    void = day.tell(TRANSFER, "voided", at="02 17:30", codes=[BAG], reason="spoiled", attachments=[PHOTO])
    day.tell(COLLECTOR, "vouched", at="02 18:00", codes=[BAG], target_event_id=void)
    assert ends_alike(day, at="02 20:00", known=ruled(void_confirm_site=by_party)).classes == expected


def test_a_void_of_a_box_leaves_its_packages_alone() -> None:
    """作废周转箱的标签，有照片、经主管部门确认：箱内各袋不受影响。"""
    day = Telling()
    day.clinic_seals(BAG, BAG2)
    day.comes_to_centre(BAG, BAG2)
    day.centre_packs(BAG, BAG2)
    day.tell(OFFICE, "evidenced", at="02 17:30", attachments=[PHOTO], size_bytes=1000, media="image/jpeg")
    void = day.tell(TRANSFER, "voided", at="02 18:00", codes=[BOX], reason="spoiled", attachments=[PHOTO])
    day.confirm(void, BOX, at="02 18:30")
    day.goes_into_the_fire(BOX)
    assert ends_alike(day).classes == {BAG: "safely_disposed", BAG2: "safely_disposed"}


@pytest.mark.parametrize("is_known", [True, False])
def test_a_plants_own_fly_ash_is_a_producers_where_the_register_knows_it(*, is_known: bool) -> None:
    """处置厂自产飞灰：登记在册、交别家处置，就是产废单位；未登记的，来源不明。"""
    ash = {"waste_code": "772-003-18", "package": "drum", "mass_g": 100_000}
    stream = {
        "site": PLANT, "waste_code": "772-003-18", "waste_name": "焚烧飞灰", "form": "固态", "hazards": ["T"],
        "main_components": "飞灰", "harmful_components": "重金属", "cautions": "防扬散",
    }  # fmt: skip
    licence = {"waste": ["HW18"], "valid_from": "2026-01-01", "valid_to": "2026-12-31"}
    licences = [
        licence | {"holder": COMPANY_LORRY, "number": "运8", "activity": "carry"},
        licence | {"holder": COMPANY_PLANT, "number": "处8", "activity": "dispose"},
    ]
    plain = register().model_dump(mode="json")
    known = Register.model_validate(
        plain | {"licences": [*plain["licences"], *licences], "streams": [stream] if is_known else []}
    )
    day = Telling()
    papers = {"manifest": MANIFEST, "vehicle": COMPANY_VEHICLE}
    day.issue(BAG, site=PLANT)
    day.draft(
        MANIFEST, PLANT, at="02 07:00", carriers=[COMPANY_LORRY], consignee=COMPANY_PLANT, waste_codes=["772-003-18"]
    )
    day.seal(BAG, site=PLANT, **ash)
    day.hop(BAG, PLANT, COMPANY_LORRY, at="02 09:00", **papers)
    day.hop(BAG, COMPANY_LORRY, COMPANY_PLANT, at="02 11:00", **papers)
    day.dispose(BAG, at="02 15:00", site=COMPANY_PLANT)
    day.tell(COMPANY_PLANT, "manifested", at="02 16:00", manifest=MANIFEST, action="confirmed", opinion="accepted")
    assert ends_alike(day, known=known).classes == {BAG: "safely_disposed" if is_known else "unsealed"}


@pytest.mark.parametrize(
    ("asked", "photographed", "stored", "expected"),
    [
        (0, False, False, "safely_disposed"),
        (1, False, False, "disposed_not_provably"),
        (1, True, False, "disposed_not_provably"),
        (1, True, True, "safely_disposed"),
    ],
)
def test_whether_paper_needs_its_photograph_is_a_rule(
    *, asked: int, photographed: bool, stored: bool, expected: str
) -> None:
    """纸质补录：本区要求照片的，照片须已存；只报哈希不算。"""
    day = Telling()
    day.clinic_seals(BAG)
    day.comes_to_centre(BAG)
    day.draft(MANIFEST, TRANSFER, at="03 08:00", form="paper", vehicle=VEHICLE)
    paper = {"happened_at": china(ms("03 08:00")), "reason": "device_broken", "paper": MANIFEST}
    shown: dict[str, Any] = {"attachments": [PHOTO]} if photographed else {}
    entered = UNDER_THE_MANIFEST | {"backfill": paper, "vouch_method": "paper"} | shown
    day.release(BAG, TRANSFER, CARRIER, at="10 09:00", **entered)
    if stored:
        day.tell(OFFICE, "evidenced", at="10 10:00", attachments=[PHOTO], size_bytes=1000, media="image/jpeg")
    day.accept(BAG, TRANSFER, CARRIER, at="03 08:05", **UNDER_THE_MANIFEST)
    day.lorry_brings_to_plant(BAG)
    day.plant_burns(BAG)
    day.plant_confirms()
    assert ends_alike(day, at="30 00:00", known=ruled(paper_photo=asked)).classes == {BAG: expected}
