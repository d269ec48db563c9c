"""Stories of people who say what is not so, and of honest ones who look alike. Each says what the ledger must make of it."""

from datetime import date

import pytest

from schemas.vouching import person_key
from tests.domain.lie_stories import cabin_gives, company_burns
from tests.stories.telling import Telling
from tests.stories_builder import (
    BAG,
    BAG2,
    BOX,
    CABIN,
    CABIN_KEY,
    CARRIER,
    CLINIC,
    COLLECTOR,
    COMPANY_LORRY,
    COMPANY_PLANT,
    COMPANY_VEHICLE,
    HOSPITAL,
    INFECTIOUS,
    MANIFEST,
    NURSE,
    OFFICE,
    OTHER_CLINIC,
    PHOTO,
    PLANT,
    TRANSFER,
    ms,
    register,
)
from wasteledger.domain.register import Directory, Register
from wasteledger.domain.register_history import RegisterVersion, directory_of

HOUR_MS = 60 * 60 * 1000


def whole_day(*bags: str) -> Telling:
    """An honest day, from the clinic to the furnace."""
    day = Telling()
    day.clinic_seals(*bags)
    day.comes_to_centre(*bags)
    day.goes_into_the_fire(*bags)
    return day


def test_one_handheld_signs_in_everybodys_name() -> None:
    """村卫生室的手持机替所有人签了字，袋子扔进了山沟：在它手里，超期。"""
    day = Telling()
    day.clinic_seals(BAG)
    day.release(BAG, CLINIC, COLLECTOR, at="02 14:00")
    day.draft(MANIFEST, TRANSFER, at="03 08:00", by=CLINIC)
    hops = ((CLINIC, COLLECTOR), (COLLECTOR, TRANSFER), (TRANSFER, CARRIER), (CARRIER, PLANT))
    for hour, (giver, taker) in enumerate(hops, start=14):
        day.tell(taker, "accepted", by=CLINIC, at=f"02 {hour}:05", codes=[BAG], from_site=giver, manifest=MANIFEST)
        if taker != PLANT:
            day.tell(taker, "released", by=CLINIC, at=f"02 {hour}:50", codes=[BAG], to_site=PLANT, manifest=MANIFEST)
    day.tell(PLANT, "disposed", by=CLINIC, at="02 20:00", codes=[BAG], batch="炉1", method="incineration")
    end = day.ends(at="06 00:00")
    assert end.classes == {BAG: "overdue"}
    assert end.findings["not_entitled"] == CLINIC
    assert end.findings["in_limbo"] == COLLECTOR
    assert end.proved_share == 0


def test_a_neighbour_can_do_nothing_to_it() -> None:
    """别家卫生室作废、更正、申报丢失都不起作用：各管各的。"""
    day = whole_day(BAG)
    sealed = next(fact for fact in day.history().by_code[BAG] if fact.kind == "sealed").event_id
    day.tell(OTHER_CLINIC, "voided", at="03 16:00", codes=[BAG], reason="never_was")
    day.correct(BAG, sealed, site=OTHER_CLINIC, at="03 16:10", reason="did_not_occur")
    day.tell(OTHER_CLINIC, "incident", at="03 16:20", codes=[BAG], incident="loss")
    end = day.ends()
    assert end.classes == {BAG: "safely_disposed"}
    assert end.findings == {"not_entitled": OTHER_CLINIC, "void_after_end": OTHER_CLINIC}


def test_a_neighbours_word_does_not_dispute_what_is_on_its_way() -> None:
    """在途的包装，陌生单位的一句话不使它有争议、不作废、不算丢失。"""
    day = Telling()
    day.issue(BAG)
    sealed = day.seal(BAG)
    day.correct(BAG, sealed, site=OTHER_CLINIC, at="02 09:00", reason="wrong_mass", mass_g=1)
    day.tell(OTHER_CLINIC, "voided", at="02 09:10", codes=[BAG], reason="never_was")
    day.tell(OTHER_CLINIC, "incident", at="02 09:20", codes=[BAG], incident="theft")
    day.tell(OTHER_CLINIC, "incident", at="02 09:30", codes=[BAG], incident="spill")
    end = day.ends(at="02 20:00")
    assert (end.classes, end.findings) == ({BAG: "on_its_way"}, {"not_entitled": OTHER_CLINIC})


#: What is found where nobody stood for the clinic.
ALONE = {"sealing_unconfirmed": CABIN, "one_sided_hop": CABIN, "not_entitled": COMPANY_LORRY}


@pytest.mark.parametrize(
    ("how", "findings"),
    [
        ({}, {"one_organisation": COMPANY_PLANT}),
        ({"vouched_by": "u-cabin2", "vouch_method": "pin", "person": CABIN_KEY}, {}),
        ({"vouched_by": "u-cabin2", "vouch_method": "pin", "person": person_key(bytes(16), "0000")}, ALONE),
        ({"vouched_by": "u-left"}, ALONE),
        ({"vouched_by": NURSE}, ALONE),
        ({"vouched_by": "u-nobody"}, ALONE),
    ],
    ids=["badge", "badge and PIN", "wrong PIN", "left the clinic", "of another clinic", "unknown"],
)
def test_who_stands_for_a_clinic_without_a_device(how: dict[str, object], findings: dict[str, str]) -> None:
    """没有手持机的卫生室，车和炉同属一家公司：只刷工牌不够，工牌加密码才算产生单位参与。"""
    day = Telling()
    carried = {"carriers": [COMPANY_LORRY], "consignee": COMPANY_PLANT, "vehicle": COMPANY_VEHICLE}
    day.draft(MANIFEST, CABIN, at="01 08:30", by=OFFICE, **carried)
    cabin_gives(day, BAG, COMPANY_LORRY, at="03 08:00", **how)
    company_burns(day, BAG)
    end = day.ends(at="04 00:00")
    assert end.classes == {BAG: "disposed_not_provably" if findings else "safely_disposed"}
    assert end.findings == findings


def test_a_company_with_its_own_lorries() -> None:
    """处置公司自己的车队收运：卫生室用自己的手持机，车和炉两台设备两个人，能证明。"""
    day = Telling()
    day.clinic_seals(BAG)
    day.hop(BAG, CLINIC, COMPANY_LORRY, at="02 14:00", vehicle=COMPANY_VEHICLE)
    papers = {"vehicle": COMPANY_VEHICLE}
    day.hop(BAG, COMPANY_LORRY, COMPANY_PLANT, at="02 18:00", **papers)
    day.dispose(BAG, at="03 10:00", site=COMPANY_PLANT)
    end = day.ends(at="04 00:00")
    assert (end.classes, end.findings) == ({BAG: "safely_disposed"}, {})


def test_the_company_uses_one_device_for_both_ends() -> None:
    """同一家公司的车和炉只用一台设备（或一个人）：不算交接。"""
    for actor, by in (("u-operator2", COMPANY_LORRY), (f"u-{COMPANY_LORRY.lower()}", COMPANY_PLANT)):
        day = Telling()
        day.clinic_seals(BAG)
        day.tell(OFFICE, "enrolled", at="02 13:00", **_admits(day, COMPANY_LORRY, COMPANY_PLANT))
        day.hop(BAG, CLINIC, COMPANY_LORRY, at="02 14:00", vehicle=COMPANY_VEHICLE)
        day.release(BAG, COMPANY_LORRY, COMPANY_PLANT, at="02 18:00", vehicle=COMPANY_VEHICLE)
        day.tell(COMPANY_PLANT, "accepted", by=by, at="02 18:05", codes=[BAG], from_site=COMPANY_LORRY, actor=actor)
        day.dispose(BAG, at="03 10:00", site=COMPANY_PLANT)
        end = day.ends(at="04 00:00")
        assert end.findings["one_party_hop"] == COMPANY_PLANT
        assert end.classes == {BAG: "disposed_not_provably"}


def _admits(day: Telling, site: str, further: str) -> dict[str, object]:
    """The office admits a device of one site for another one too."""
    key = day.teller(site).key
    from schemas.canonical import encode_base64  # noqa: PLC0415 - beside its only use

    return {"device": key.device_id, "public_key": encode_base64(key.public_key), "for_site": further, "role": "device"}


def test_the_producers_own_answer_in_time() -> None:
    """只刷了工牌，但卫生室第二天用自己的设备确认：算参与；三天以后才确认：不算。"""
    for answered, item_class in (("04 08:00", "safely_disposed"), ("07 08:00", "disposed_not_provably")):
        day = Telling()
        cabin_gives(day, BAG, COMPANY_LORRY, at="03 08:00")
        company_burns(day, BAG)
        released = next(fact for fact in day.history().by_code[BAG] if fact.kind == "released").event_id
        day.tell(CABIN, "vouched", at=answered, codes=[BAG], target_event_id=released)
        assert day.ends(at="08 00:00").classes == {BAG: item_class}


def test_a_stolen_handheld_proves_nothing_until_the_office_trusts_it() -> None:
    """停用之后才交来的记录不证明什么；主管部门查看后说信到第几号，就算到第几号。"""
    day = Telling()
    day.clinic_seals(BAG)
    day.collector_takes(BAG)
    thief = day.teller(COLLECTOR)
    day.tell(OFFICE, "revoked", at="02 15:00", device=thief.key.device_id, reason="stolen")
    day.collector_brings_to_centre(BAG)
    doubted = day.ends(at="03 00:00")
    assert doubted.classes == {BAG: "chain_broken"}
    assert doubted.findings == {"one_sided_hop": COLLECTOR, "revoked_device": COLLECTOR}
    day.tell(OFFICE, "trusted", at="03 08:00", device=thief.key.device_id, last_seq=thief.number - 1)
    trusted = day.ends(at="03 09:00")
    assert trusted.classes == {BAG: "on_its_way"}
    assert trusted.findings == {"revoked_device": COLLECTOR}


def test_only_the_office_says_whom_to_trust() -> None:
    """被停用的设备请别家替它担保：不算。"""
    day = Telling()
    day.clinic_seals(BAG)
    thief = day.teller(COLLECTOR)
    day.tell(OFFICE, "revoked", at="02 10:00", device=thief.key.device_id, reason="stolen")
    day.collector_takes(BAG)
    day.tell(TRANSFER, "trusted", at="02 18:00", device=thief.key.device_id, last_seq=99)
    assert day.ends(at="02 20:00").findings.keys() >= {"revoked_device"}
    assert day.ends(at="04 00:00").classes == {BAG: "overdue"}


def test_release_and_refuse_every_day_does_not_stop_the_clock() -> None:
    """天天交出、天天拒收，暂存时限照走。"""
    day = Telling()
    day.clinic_seals(BAG)
    for number in (2, 3, 4):
        day.release(BAG, CLINIC, COLLECTOR, at=f"0{number} 14:00")
        day.tell(COLLECTOR, "refused", at=f"0{number} 14:05", codes=[BAG], from_site=CLINIC, reason="other")
    end = day.ends(at="04 15:00")
    assert end.findings["overdue_pickup"] == CLINIC
    assert end.classes == {BAG: "overdue"}


def test_undo_is_at_once_by_the_devices_own_clock() -> None:
    """五天后说“当时就撤销了”：设备自己的时钟和接收时间不支持，不算。"""
    day = Telling()
    day.issue(BAG)
    sealed = day.seal(BAG)
    day.tell(
        CLINIC,
        "corrected",
        at="02 08:05",
        delay_ms=5 * 24 * HOUR_MS,
        codes=[BAG],
        target_event_id=sealed,
        reason="did_not_occur",
    )
    end = day.ends(at="08 00:00")
    assert end.classes == {BAG: "disputed"}

    honest = Telling()
    honest.issue(BAG)
    sealed = honest.seal(BAG, delay_ms=72 * HOUR_MS)
    honest.tell(
        CLINIC, "corrected", at="02 08:05", delay_ms=72 * HOUR_MS - 240_000, codes=[BAG], target_event_id=sealed, reason="did_not_occur",
    )  # fmt: skip
    assert honest.ends(at="08 00:00").classes == {}, "three days offline, both handed in at one contact"


def test_a_find_is_the_last_holders_alone() -> None:
    """丢失以后，别人“找到了”是断链；箱子里说有它，也不算找到。"""
    day = Telling()
    day.clinic_seals(BAG, BAG2)
    day.comes_to_centre(BAG, BAG2)
    day.centre_packs(BAG)
    day.tell(TRANSFER, "incident", at="02 18:00", codes=[BAG, BAG2], incident="loss")
    day.lorry_takes(BOX)
    day.lorry_brings_to_plant(BOX)
    day.plant_burns(BOX)
    day.tell(OTHER_CLINIC, "incident", at="03 16:00", codes=[BAG2], incident="found")
    end = day.ends(at="04 00:00")
    assert end.classes == {BAG: "declared_lost", BAG2: "declared_lost"}
    assert end.findings["missing_link"] == TRANSFER, "nobody but the last holder has it"


def test_a_bag_handed_back_singly_no_longer_follows_its_box() -> None:
    """一袋从箱里单独退回，箱子烧了不等于它烧了。"""
    day = Telling()
    day.clinic_seals(BAG, BAG2)
    day.comes_to_centre(BAG, BAG2)
    day.centre_packs(BAG, BAG2)
    day.lorry_takes(BOX)
    day.hop(BAG2, CARRIER, TRANSFER, at="03 09:00", manifest=MANIFEST)
    day.lorry_brings_to_plant(BOX)
    day.plant_burns(BOX)
    day.plant_confirms()
    end = day.ends(at="04 09:30")
    assert end.classes[BAG] == "safely_disposed"
    assert end.classes[BAG2] == "on_its_way"
    assert day.expects(BAG2) == f"{TRANSFER} overdue_storage"


def test_honest_people_tap_twice_and_clocks_differ_by_three_minutes() -> None:
    """手快点了两下，两台设备差三分钟：是同一件事，没有异常。"""
    day = Telling()
    day.issue(BAG, at="02 08:02")
    day.seal(BAG, at="02 08:00")
    day.seal(BAG, at="02 08:01")
    for kind, at, who in (
        ("released", "02 14:00", {"to_site": COLLECTOR}),
        ("released", "02 14:03", {"to_site": COLLECTOR}),
    ):
        day.tell(CLINIC, kind, at=at, codes=[BAG], **who)
        day.accept(BAG, CLINIC, COLLECTOR, at="02 14:01") if at == "02 14:00" else None
    day.accept(BAG, CLINIC, COLLECTOR, at="02 14:02")
    day.release(BAG, COLLECTOR, TRANSFER, at="02 16:00")
    day.tell(TRANSFER, "stored", by=f"{TRANSFER} 2", at="02 16:01", codes=[BAG], room="库1")
    day.accept(BAG, COLLECTOR, TRANSFER, at="02 16:04")
    end = day.ends(at="03 00:00")
    assert (end.classes, end.findings) == ({BAG: "on_its_way"}, {})


def test_the_counter_counts_what_is_in_the_box() -> None:
    """按箱扫码、按袋清点：数的是箱里的袋。"""
    day = Telling()
    day.clinic_seals(BAG, BAG2)
    day.comes_to_centre(BAG, BAG2)
    day.centre_packs(BAG, BAG2)
    day.lorry_takes(BOX)
    day.lorry_brings_to_plant(BOX, packages_count=2)
    day.plant_burns(BOX)
    day.plant_confirms()
    assert day.ends().findings == {}


def test_losses_each_inside_the_tolerance_but_not_together() -> None:
    """每次少一点，都在允差内；合起来不在。"""
    day = Telling()
    day.issue(BAG)
    day.seal(BAG, mass_g=10_000)
    day.collector_takes(BAG)
    day.collector_brings_to_centre(BAG, masses_g=[9_600])
    end = day.ends(at="03 00:00")
    assert end.findings == {}
    day.lorry_takes(BAG)
    day.lorry_brings_to_plant(BAG, masses_g=[9_250])
    day.plant_burns(BAG)
    assert day.ends(at="04 00:00").findings == {"weight_difference": PLANT}


@pytest.mark.parametrize("mass_g", [0, 60_000_000])
def test_a_weight_that_is_none_never_proves(mass_g: int) -> None:
    """零重量、六十吨：都不是复称。"""
    day = Telling()
    day.issue(BAG)
    day.seal(BAG, mass_g=90)
    day.collector_takes(BAG)
    day.collector_brings_to_centre(BAG, masses_g=[mass_g])
    day.lorry_takes(BAG)
    day.lorry_brings_to_plant(BAG)
    day.plant_burns(BAG)
    assert day.ends(at="04 00:00").classes == {BAG: "disposed_not_provably"}


def test_beds_unknown_is_not_zero() -> None:
    """床位不明的卫生室不享受19张床位以下的豁免。"""
    changed = register().model_dump()
    changed["sites"] = [site | {"beds": None} if site["code"] == CLINIC else site for site in changed["sites"]]
    day = whole_day(BAG)
    answer = day.reconcile(as_of="05 00:00", directory=Directory(Register.model_validate(changed)))
    assert "manifest_missing" in {finding.code for finding in answer.findings}


def test_a_producer_with_a_licence_of_its_own() -> None:
    """持证自行处置：单列，不进证明率的分子。"""
    changed = register().model_dump()
    own = {"holder": HOSPITAL, "number": "自1", "activity": "dispose", "waste": ("HW01",), "methods": ("steam",)}
    changed["licences"] = [*changed["licences"], own | {"valid_from": "2026-01-01", "valid_to": "2026-12-31"}]
    day = Telling()
    day.issue(BAG, site=HOSPITAL)
    day.seal(BAG, site=HOSPITAL)
    day.tell(HOSPITAL, "disposed", at="02 12:00", codes=[BAG], batch="自1", method="steam")
    answer = day.reconcile(as_of="03 00:00", directory=Directory(Register.model_validate(changed)))
    assert [row.item_class for row in answer.items] == ["self_disposed"]
    assert answer.district.rates()["rate_proved_count"] == 0


def test_a_wrong_waste_is_renamed_by_the_holder_before_it_leaves() -> None:
    """护士第二天发现类别写错：出门前自己改；出门后要收运员同意；烧了以后只有主管部门。"""
    for at, agreed, expected in (
        ("02 10:00", "", "841-002-01"),
        ("02 15:00", "", INFECTIOUS),
        ("02 15:00", COLLECTOR, "841-002-01"),
    ):
        day = Telling()
        day.issue(BAG)
        sealed = day.seal(BAG)
        if at > "02 14:00":
            day.collector_takes(BAG)
        proposed = day.correct(BAG, sealed, site=CLINIC, at=at, reason="wrong_waste", waste_code="841-002-01")
        if agreed:
            day.correct(BAG, sealed, site=agreed, at="02 15:30", reason="wrong_waste", agrees_with=proposed)
        assert [row.waste_code for row in day.reconcile(as_of="02 20:00").items] == [expected]


def test_a_clock_years_off_is_held_to_the_receipt() -> None:
    """手持机时钟停在2000年，又从不联网报时：按收到的时间算，不会落到没人查的年份。"""
    day = Telling()
    day.issue(BAG)
    note = day.teller(CLINIC).note(
        "sealed", occurred_ms=ms("02 08:00") - 26 * 365 * 24 * HOUR_MS, codes=[BAG], waste_code=INFECTIOUS, package="bag",
        mass_g=1000, mass_source="scale", monotonic_ms=1000,
    )  # fmt: skip
    day.write(note, received_ms=ms("02 09:00"))
    rows = day.reconcile(as_of="02 20:00").items
    assert [row.sealed_ms for row in rows] == [ms("02 09:00")]


def test_a_late_hello_does_not_clear_what_was_overdue() -> None:
    """事后才报时：时钟改正，但已经超期的，痕迹还在。"""
    day = Telling()
    day.clinic_seals(BAG)
    day.release(BAG, CLINIC, COLLECTOR, at="04 14:00")
    day.tell(COLLECTOR, "accepted", at="04 14:05", codes=[BAG], from_site=CLINIC, monotonic_ms=60 * HOUR_MS)
    assert "late_step" in day.ends(at="04 16:00").findings
    day.device_says_hello(COLLECTOR, at="06 00:00", boot_began="01 04:00", wall_ms=ms("06 00:00"))
    assert "late_step" in day.ends(at="06 01:00").findings


def test_a_torn_label_is_replaced_one_package_one_life() -> None:
    """标签撕坏，换一张空白标签：一袋一命，两个编码都找得到它。"""
    day = Telling()
    day.clinic_seals(BAG)
    day.issue(BAG2)
    day.collector_takes(BAG)
    day.tell(COLLECTOR, "relabelled", at="02 15:00", codes=[BAG], new_code=BAG2, reason="damaged", attachments=[PHOTO])
    day.collector_brings_to_centre(BAG2, masses_g=[1010])
    day.centre_packs(BAG2)
    day.lorry_takes(BOX)
    day.lorry_brings_to_plant(BOX, masses_g=[1005])
    day.plant_burns(BOX)
    day.plant_confirms()
    end = day.ends()
    assert (end.classes, end.findings) == ({BAG: "safely_disposed"}, {})
    assert end.answer.district.total == (1, 1000)


def test_a_stranger_can_not_relabel() -> None:
    """陌生单位换不了别人的标签：那张新标签自己没有封装。"""
    day = Telling()
    day.clinic_seals(BAG)
    day.issue(BAG2)
    day.tell(OTHER_CLINIC, "relabelled", at="02 15:00", codes=[BAG], new_code=BAG2, reason="damaged")
    day.hop(BAG2, OTHER_CLINIC, COLLECTOR, at="02 16:00")
    end = day.ends(at="02 20:00")
    assert end.classes == {BAG: "on_its_way", BAG2: "unsealed"}
    assert set(end.findings) == {"not_entitled", "never_sealed"}


def test_a_licence_entered_afterwards_shows_wherever_it_counts() -> None:
    """许可证当日有效、事后补登：由主管部门决定，能证明，但处处标明。"""
    before, after = register().model_dump(), register()
    before["licences"] = [row for row in before["licences"] if row["holder"] != PLANT]
    versions = [
        RegisterVersion(1, "first"),
        RegisterVersion(2, "second", date(2026, 11, 1), 0, ms("10 09:00"), "当日确有许可证，漏登"),
    ]
    known = directory_of(versions[:1], [Register.model_validate(before)])
    decided = directory_of(versions, [Register.model_validate(before), after])
    day = whole_day(BAG)
    answer = day.reconcile(as_of="05 00:00", directory=known)
    assert {finding.code for finding in answer.findings} == {"unlicensed_plant"}
    answer = day.reconcile(as_of="12 00:00", directory=decided)
    assert [row.item_class for row in answer.items] == ["safely_disposed"]
    assert {finding.code for finding in answer.findings} == {"retroactive_register"}


def test_a_merged_site_passes_on_what_it_held() -> None:
    """卫生室并入另一家：还没收走的包装由继任单位交出，链条不断。"""
    changed = register().model_dump()
    changed["sites"] = [
        site | {"closed_on": "2026-11-02", "successor": OTHER_CLINIC} if site["code"] == CLINIC else site
        for site in changed["sites"]
    ]
    directory = directory_of(
        [RegisterVersion(1, "first"), RegisterVersion(2, "second", date(2026, 11, 3), 0, ms("02 18:00"))],
        [register(), Register.model_validate(changed)],
    )
    day = Telling()
    day.clinic_seals(BAG, at="02 15:00")
    day.hop(BAG, OTHER_CLINIC, COLLECTOR, at="03 09:00")
    answer = day.reconcile(as_of="03 12:00", directory=directory)
    assert [row.item_class for row in answer.items] == ["on_its_way"]
    assert {finding.code for finding in answer.findings} == set()
