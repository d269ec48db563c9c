"""Stories of a district, for people who know waste. Each says what happened, and what the ledger must make of it."""

from tests.stories.telling import PHOTO, UNDER_THE_MANIFEST, Telling
from tests.stories_builder import (
    BAG,
    BAG2,
    BAG3,
    BOX,
    CARRIER,
    CLINIC,
    COLLECTOR,
    MANIFEST,
    OFFICE,
    OTHER_CLINIC,
    PLANT,
    STRANGER,
    TRANSFER,
    VEHICLE,
    china,
    ms,
)
from wasteledger.domain.manifest import Phase, fold_manifest

CLINIC_NURSE = "u-nurse"


def test_an_ordinary_round() -> None:
    """普通一趟：封装、收运、中转、装箱、运输、处置，样样齐全。"""
    day = Telling()
    day.clinic_seals(BAG, BAG2)
    assert day.expects(BAG) == f"{CLINIC} overdue_pickup"
    day.collector_takes(BAG, BAG2)
    assert day.expects(BAG) == f"{COLLECTOR} overdue_delivery"
    day.collector_brings_to_centre(BAG, BAG2, masses_g=[1010, 990])
    assert day.expects(BAG) == f"{TRANSFER} overdue_storage"
    day.centre_packs(BAG, BAG2)
    day.lorry_takes(BOX)
    day.lorry_brings_to_plant(BOX, masses_g=[2000])
    assert day.expects(BAG) == f"{PLANT} arrived_not_disposed"
    day.plant_burns(BOX)
    assert day.expects(BAG) == "nothing"
    day.plant_confirms()
    end = day.ends()
    assert end.classes == {BAG: "safely_disposed", BAG2: "safely_disposed"}
    assert end.findings == {}
    assert end.proved_share == 1.0


def test_a_clinic_without_a_device() -> None:
    """没有手持机的卫生室：护士在收运员的手持机上刷工牌，双方各有其人。"""
    day = Telling(without=(CLINIC,))
    by_badge = {"vouched_by": CLINIC_NURSE, "vouch_method": "badge"}
    day.issue(BAG)
    day.on_the_collectors_handheld(
        "sealed", at="02 13:50", codes=[BAG], waste_code="841-001-01", package="bag", mass_g=1000, mass_source="scale",
        **by_badge,
    )  # fmt: skip
    day.on_the_collectors_handheld("released", at="02 14:00", codes=[BAG], to_site=COLLECTOR, **by_badge)
    day.accept(BAG, CLINIC, COLLECTOR, at="02 14:01")
    day.collector_brings_to_centre(BAG)
    end = day.ends(at="03 00:00")
    assert end.classes == {BAG: "on_its_way"}
    assert end.findings == {}


def test_nobody_of_the_clinic_vouches() -> None:
    """同样没有手持机，但没有人刷卡：收运员的设备无权替卫生室交出，只剩单方交接。"""
    day = Telling()
    day.clinic_seals(BAG)
    day.on_the_collectors_handheld("released", at="02 14:00", codes=[BAG], to_site=COLLECTOR)
    day.accept(BAG, CLINIC, COLLECTOR, at="02 14:01")
    end = day.ends(at="03 00:00")
    assert end.findings == {"one_sided_hop": CLINIC, "not_entitled": COLLECTOR}
    assert end.classes == {BAG: "chain_broken"}


def test_small_boxes_into_a_big_box_and_opened() -> None:
    """小箱进大箱：到厂开箱清点，每一袋都在，证据由推定变为核实。"""
    day = Telling()
    day.clinic_seals(BAG, BAG2)
    day.comes_to_centre(BAG, BAG2)
    day.centre_packs(BAG, BAG2)
    day.lorry_takes(BOX)
    day.lorry_brings_to_plant(BOX)
    day.tell(PLANT, "unpacked", at="03 12:00", codes=[BAG, BAG2], box=BOX, complete=True)
    day.plant_burns(BAG, BAG2)
    day.plant_confirms()
    end = day.ends()
    assert end.findings == {}
    assert end.classes == {BAG: "safely_disposed", BAG2: "safely_disposed"}


def test_the_opened_box_lacks_a_bag() -> None:
    """开箱少一袋：那一袋不能证明，直到有人见到它本身。"""
    day = Telling()
    day.clinic_seals(BAG, BAG2)
    day.comes_to_centre(BAG, BAG2)
    day.centre_packs(BAG, BAG2)
    day.lorry_takes(BOX)
    day.lorry_brings_to_plant(BOX)
    day.tell(PLANT, "unpacked", at="03 12:00", codes=[BAG], box=BOX, complete=True)
    day.plant_burns(BAG)
    day.plant_confirms()
    lacking = day.ends(at="04 10:00")
    assert lacking.findings == {"box_difference": PLANT}
    assert lacking.classes[BAG] == "safely_disposed"
    day.plant_burns(BAG2, at="04 10:30")
    assert day.ends(at="04 10:40").classes[BAG2] == "disposed_not_provably", "a line in a list shows nobody the bag"

    day = Telling()
    day.clinic_seals(BAG, BAG2)
    day.comes_to_centre(BAG, BAG2)
    day.centre_packs(BAG, BAG2)
    day.lorry_takes(BOX)
    day.lorry_brings_to_plant(BOX)
    day.tell(PLANT, "unpacked", at="03 12:00", codes=[BAG], box=BOX, complete=True)
    day.plant_burns(BAG)
    day.plant_confirms()
    day.tell(PLANT, "stored", at="04 10:50", codes=[BAG2], room="过磅间")  # it had been put aside in the weighing room
    day.plant_burns(BAG2, at="04 11:00")
    found = day.ends()
    assert found.findings == {}
    assert found.classes[BAG2] == "safely_disposed"


def test_a_refused_load_goes_back_and_comes_again() -> None:
    """部分拒收：一袋破损，退回中转点，重新送来。"""
    day = Telling()
    day.clinic_seals(BAG, BAG2)
    day.comes_to_centre(BAG, BAG2)
    day.lorry_takes(BAG, BAG2)
    day.release([BAG, BAG2], CARRIER, PLANT, at="03 11:00", **UNDER_THE_MANIFEST)
    day.accept([BAG], CARRIER, PLANT, at="03 11:05", **UNDER_THE_MANIFEST)
    refusal = {"reason": "damaged", "onward": "return", "manifest": MANIFEST}
    day.tell(PLANT, "refused", at="03 11:06", codes=[BAG2], from_site=CARRIER, **refusal)
    assert day.expects(BAG2) == f"{CARRIER} refused_not_rerouted"
    assert day.ends(at="04 11:07").findings["refused_not_rerouted"] == CARRIER
    day.hop(BAG2, CARRIER, TRANSFER, at="03 15:00", **UNDER_THE_MANIFEST)
    second = {"manifest": "20265001000002", "vehicle": VEHICLE}
    day.plant_burns(BAG, at="03 15:00")
    day.lorry_takes(BAG2, at="04 08:00", **second)
    day.lorry_brings_to_plant(BAG2, at="04 11:00", **second)
    day.plant_burns(BAG2, at="04 15:00")
    end = day.ends()
    assert end.classes == {BAG: "safely_disposed", BAG2: "safely_disposed"}
    assert end.findings == {}


def test_two_carriers_in_turn() -> None:
    """联运：前后两个承运人，一张联单，一个接一个。"""
    day = Telling()
    day.clinic_seals(BAG)
    day.comes_to_centre(BAG)
    day.draft(MANIFEST, TRANSFER, at="03 08:00", carriers=[CARRIER, STRANGER])
    day.lorry_takes(BAG)
    day.hop(BAG, CARRIER, STRANGER, at="03 10:00", manifest=MANIFEST)
    day.hop(BAG, STRANGER, PLANT, at="03 12:00", manifest=MANIFEST)
    day.plant_burns(BAG)
    history = day.history()
    manifest = fold_manifest(MANIFEST, history.by_manifest[MANIFEST])
    assert (manifest.phase, manifest.carriers) == (Phase.ACCEPTED, (CARRIER, STRANGER))
    day.plant_confirms()
    end = day.ends()
    assert end.classes == {BAG: "safely_disposed"}
    # The second carrier of this district has neither a licence nor a registered vehicle, which is what remains to be said.
    assert end.findings == {"unlicensed_carrier": STRANGER, "unlicensed_vehicle": STRANGER}


def _on_paper(day: Telling, *, entered: str) -> None:
    """The centre's handheld is broken; the hand-over to the lorry is written on a paper manifest and entered later."""
    day.clinic_seals(BAG)
    day.comes_to_centre(BAG)
    day.draft(MANIFEST, TRANSFER, at="03 08:00", form="paper", vehicle=VEHICLE)
    paper = {"happened_at": china(ms("03 08:00")), "reason": "device_broken", "paper": MANIFEST}
    day.release(BAG, TRANSFER, CARRIER, at=entered, backfill=paper, vouch_method="paper", **UNDER_THE_MANIFEST)
    day.accept(BAG, TRANSFER, CARRIER, at="03 08:05", **UNDER_THE_MANIFEST)
    day.lorry_brings_to_plant(BAG)
    day.plant_burns(BAG)
    day.plant_confirms()


def test_paper_entered_in_time() -> None:
    """纸质联单，十个工作日内补录：没有异常。"""
    day = Telling()
    _on_paper(day, entered="16 09:00")
    end = day.ends(at="30 00:00")
    assert (end.classes, end.findings) == ({BAG: "safely_disposed"}, {})


def test_paper_entered_late() -> None:
    """纸质联单，三周后才补录：逾期的纸不作数，这一手等于没有凭证。"""
    day = Telling()
    _on_paper(day, entered="24 09:00")
    end = day.ends(at="30 00:00")
    assert end.classes == {BAG: "disposed_not_provably"}
    assert end.findings == {"late_backfill": TRANSFER, "weak_evidence": TRANSFER}


def test_a_cloned_label() -> None:
    """一码两袋：谁也不能说是哪一袋被烧了，两袋都算断链。"""
    day = Telling()
    day.whole_life(BAG)
    day.seal(BAG, at="02 09:00", site=OTHER_CLINIC, mass_g=700)
    day.plant_confirms()
    end = day.ends()
    assert end.findings == {"duplicate_code": OTHER_CLINIC}
    assert end.answer.district.classes["chain_broken"] == (2, 1700)


def test_a_wrong_clock_is_mended_when_the_device_is_connected() -> None:
    """手持机时钟慢了五个小时：联网时报告两个时钟，时间改正，只剩一条时钟偏差。"""
    day = Telling()
    day.clinic_seals(BAG)
    wrong_ms = 5 * 60 * 60 * 1000
    booted = "02 06:00"
    for at, kind, party in (
        ("02 14:05", "accepted", {"from_site": CLINIC}),
        ("02 16:00", "released", {"to_site": TRANSFER}),
    ):
        if kind == "accepted":
            day.release(BAG, CLINIC, COLLECTOR, at="02 14:00")
        day.tell(
            COLLECTOR, kind, at=at, after_ms=-wrong_ms, delay_ms=wrong_ms + 60_000, codes=[BAG],
            monotonic_ms=ms(at) - ms(booted), **party,
        )  # fmt: skip
    day.accept(BAG, COLLECTOR, TRANSFER, at="02 16:05")
    before = day.ends(at="03 00:00")
    assert "impossible_time" in before.findings or "one_sided_hop" in before.findings
    day.device_says_hello(COLLECTOR, at="02 18:00", boot_began=booted, wall_ms=ms("02 13:00"))
    after = day.ends(at="03 00:00")
    assert after.findings == {"clock_skew": COLLECTOR}
    assert after.classes == {BAG: "on_its_way"}


def test_a_correction_is_agreed() -> None:
    """秤错了：卫生室更正，收运员同意还不够，重量不能由双方自行减下去；生态环境局同意后才改。"""
    day = Telling()
    day.issue(BAG)
    sealed = day.seal(BAG, mass_g=10_000)
    day.collector_takes(BAG)
    proposed = day.correct(BAG, sealed, site=CLINIC, at="02 15:00", reason="wrong_mass", mass_g=1000)
    assert day.ends(at="02 15:30").classes == {BAG: "disputed"}
    day.correct(BAG, sealed, site=COLLECTOR, at="02 15:40", reason="wrong_mass", agrees_with=proposed)
    between = day.ends(at="02 15:45")
    assert (between.classes, between.answer.district.total.mass_g) == ({BAG: "disputed"}, 10_000)
    day.correct(BAG, sealed, site=OFFICE, at="02 15:50", reason="wrong_mass", agrees_with=proposed)
    end = day.ends(at="02 16:00")
    assert (end.classes, end.findings) == ({BAG: "on_its_way"}, {})
    assert end.answer.district.total.mass_g == 1000


def test_a_clinic_that_never_had_the_bag_can_not_agree_to_its_correction() -> None:
    """别家卫生室点“同意”不算数：要交接的对方，或者生态环境局。"""
    day = Telling()
    day.issue(BAG)
    sealed = day.seal(BAG, mass_g=10_000)
    day.collector_takes(BAG)
    proposed = day.correct(BAG, sealed, site=CLINIC, at="02 15:00", reason="wrong_mass", mass_g=1000)
    day.correct(BAG, sealed, site=OTHER_CLINIC, at="02 15:40", reason="wrong_mass", agrees_with=proposed)
    end = day.ends(at="02 16:00")
    assert end.classes == {BAG: "disputed"}
    assert end.answer.district.total.mass_g == 10_000


def test_a_correction_is_refused_and_decided_by_the_authority() -> None:
    """卫生室说没交过，收运员不同意：有争议，由生态环境局裁定。"""
    day = Telling()
    day.clinic_seals(BAG)
    released = day.release(BAG, CLINIC, COLLECTOR, at="02 14:00")
    day.accept(BAG, CLINIC, COLLECTOR, at="02 14:05")
    proposed = day.correct(BAG, released, site=CLINIC, at="02 15:00", reason="did_not_occur")
    day.correct(BAG, released, site=COLLECTOR, at="02 15:30", reason="did_not_occur", refuses=proposed)
    refused = day.ends(at="02 16:00")
    assert (refused.classes, refused.findings) == ({BAG: "disputed"}, {"correction_refused": CLINIC})
    day.correct(BAG, released, site=OFFICE, at="03 09:00", reason="did_not_occur", refuses=proposed)
    decided = day.ends(at="03 10:00")
    assert (decided.classes, decided.findings) == ({BAG: "on_its_way"}, {})


def test_a_slip_is_undone_at_once() -> None:
    """点错了：十分钟内同一台手持机撤销，不必别人同意；过了十分钟就要。"""
    for undone, findings in (("02 14:09", {}), ("02 14:11", {"disputed": CLINIC})):
        day = Telling()
        day.clinic_seals(BAG)
        slip = day.release(BAG, CLINIC, TRANSFER, at="02 14:00")
        day.correct(BAG, slip, site=CLINIC, at=undone, reason="did_not_occur")
        assert day.ends(at="02 20:00").findings == findings


def test_a_lost_bag_is_found_after_nine_days() -> None:
    """丢失的一袋九天后在车座下找到：申报丢失期间不算安全，找到后走完全程。"""
    day = Telling()
    day.clinic_seals(BAG, BAG2, BAG3)
    day.collector_takes(BAG)
    day.tell(COLLECTOR, "incident", at="02 18:00", codes=[BAG], incident="loss")
    lost = day.ends(at="03 00:00")
    assert lost.classes[BAG] == "declared_lost"
    assert lost.findings == {"declared_lost": COLLECTOR}
    day.tell(COLLECTOR, "incident", at="11 09:00", codes=[BAG], incident="found", attachments=[PHOTO])
    day.collector_brings_to_centre(BAG, at="11 10:00")
    day.lorry_takes(BAG, at="11 14:00")
    day.lorry_brings_to_plant(BAG, at="11 16:00")
    day.plant_burns(BAG, at="11 18:00")
    end = day.ends(at="11 19:00")
    assert end.classes[BAG] == "safely_disposed"
    # The two other bags still wait at the clinic; and the time on the road ran on while the first lay under the seat.
    assert end.findings == {"overdue_pickup": CLINIC, "late_step": COLLECTOR}


def test_an_unattended_cabinet_is_vouched_for_later() -> None:
    """智能柜无人值守：先记无人签，看管人两天内补签；不补就逾期。"""
    day = Telling()
    day.clinic_seals(BAG, at="03 15:00")
    day.release(BAG, CLINIC, TRANSFER, at="03 16:00")
    taken = day.accept(BAG, CLINIC, TRANSFER, at="03 16:01", vouch_method="none")
    assert day.ends(at="05 16:02").findings == {"overdue_storage": TRANSFER, "not_vouched": TRANSFER}
    day.tell(TRANSFER, "vouched", at="04 08:00", codes=[BAG], target_event_id=taken)
    assert day.ends(at="05 10:00").findings == {}
