"""One word alone, and one button pressed against a neighbour: neither moves the rate. Honest ones who look alike stand beside them."""

from collections.abc import Callable

import pytest

from schemas.canonical import encode_base64
from schemas.codes import box_code
from tests.domain.lie_stories import cabin_gives, company_burns
from tests.stories.telling import Telling
from tests.stories_builder import (
    BAG,
    BAG2,
    BOX,
    CABIN,
    CARRIER,
    CLINIC,
    COLLECTOR,
    COMPANY_LORRY,
    COMPANY_PLANT,
    COMPANY_VEHICLE,
    INFECTIOUS,
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

DAY_MS = 24 * 60 * 60 * 1000
SEALED = {"waste_code": INFECTIOUS, "package": "bag", "mass_g": 1000, "mass_source": "scale"}


def at_the_centre(*bags: str) -> Telling:
    day = Telling()
    day.clinic_seals(*bags)
    day.comes_to_centre(*bags)
    return day


def to_the_furnace(day: Telling, *codes: str) -> Telling:
    day.goes_into_the_fire(*codes)
    return day


def no_paper(at: str) -> dict[str, str]:
    """An act that is said to have been written on paper, which has no number."""
    return {"happened_at": china(ms(at)), "reason": "no_signal"}


def relabelled_after_the_fire() -> Telling:
    """倒掉一包，烧了一包没有来历的；事后说后者就是前者换了标签。"""
    day = Telling()
    day.clinic_seals(BAG)
    day.issue(BAG2)
    day.collector_takes(BAG)
    day.collector_brings_to_centre(BAG2)
    to_the_furnace(day, BAG2)
    day.tell(COLLECTOR, "relabelled", at="10 15:00", codes=[BAG], new_code=BAG2, reason="damaged")
    return day


def admitted_after_the_forgery() -> Telling:
    """处置公司的手持机冒充诊所封装移交；事后才被登记到诊所名下。"""
    day = Telling()
    day.issue(BAG)
    day.tell(CLINIC, "sealed", by=COMPANY_LORRY, at="02 08:00", codes=[BAG], **SEALED)
    day.tell(CLINIC, "released", by=COMPANY_LORRY, at="02 14:00", codes=[BAG], to_site=COMPANY_LORRY)
    lorry = COMPANY_LORRY + " 2"
    day.tell(COMPANY_LORRY, "accepted", by=lorry, at="02 14:05", codes=[BAG], from_site=CLINIC, vehicle=COMPANY_VEHICLE)
    day.hop(BAG, COMPANY_LORRY, COMPANY_PLANT, at="02 18:00", vehicle=COMPANY_VEHICLE)
    day.dispose(BAG, at="03 10:00", site=COMPANY_PLANT)
    key = day.teller(COMPANY_LORRY).key
    enrolled = {
        "device": key.device_id,
        "public_key": encode_base64(key.public_key),
        "for_site": CLINIC,
        "role": "device",
    }
    day.tell(OFFICE, "enrolled", at="20 00:00", **enrolled)
    return day


def packed_late_and_counted_by_itself() -> Telling:
    """箱已烧，才补说“装在里面”，又补说箱走以后自己还清点过。"""
    day = at_the_centre(BAG, BAG2)
    day.teller(TRANSFER + " 2")
    day.centre_packs(BAG)
    to_the_furnace(day, BOX)
    late = {"by": TRANSFER + " 2", "delay_ms": 6 * DAY_MS, "codes": [BAG2]}
    day.tell(TRANSFER, "packed", at="02 17:10", box=BOX, **late)
    day.tell(TRANSFER, "counted", at="03 08:02", room="库1", complete=False, **late)
    return day


def packed_after_a_hello() -> Telling:
    """联网时说过“下一条是第 n 条”；后来的第 n 条却自称在那以前。"""
    day = at_the_centre(BAG, BAG2)
    day.centre_packs(BAG)
    papers = {"manifest": MANIFEST, "vehicle": VEHICLE}
    day.draft(MANIFEST, TRANSFER, at="03 08:00", carriers=[CARRIER], vehicle=VEHICLE)
    day.accept(BOX, TRANSFER, CARRIER, at="03 08:05", **papers)
    day.lorry_brings_to_plant(BOX)
    day.plant_burns(BOX)
    day.plant_confirms()
    day.device_says_hello(TRANSFER, at="04 12:00")
    day.tell(TRANSFER, "packed", at="03 07:50", delay_ms=2 * DAY_MS, codes=[BAG2], box=BOX)
    day.tell(TRANSFER, "released", at="03 08:00", delay_ms=2 * DAY_MS, codes=[BOX], to_site=CARRIER, **papers)
    return day


def taken_by_the_company_alone() -> Telling:
    """收运人员的包，由处置公司在自己的设备上凭工牌替他交出。"""
    day = Telling()
    day.clinic_seals(BAG)
    day.collector_takes(BAG)
    badge = {"vouched_by": "u-collector", "vouch_method": "badge"}
    papers = {"manifest": MANIFEST, "vehicle": COMPANY_VEHICLE}
    day.draft(
        MANIFEST, COLLECTOR, at="02 15:00", carriers=[COMPANY_LORRY], consignee=COMPANY_PLANT, vehicle=COMPANY_VEHICLE
    )
    given = {"by": COMPANY_LORRY, "codes": [BAG], "to_site": COMPANY_LORRY}
    day.tell(COLLECTOR, "released", at="02 16:00", **given, **badge, **papers)
    day.accept(BAG, COLLECTOR, COMPANY_LORRY, at="02 16:05", **papers)
    company_burns(day, BAG)
    return day


def paper_without_paper() -> Telling:
    """说“纸面交接”，却没有单号，也没有另一方的记录。"""
    day = at_the_centre(BAG)
    day.lorry_takes(BAG)
    paper = {"vouched_by": "u-driver", "vouch_method": "paper", "manifest": MANIFEST, "vehicle": VEHICLE}
    day.tell(CARRIER, "released", by=PLANT, at="03 14:00", codes=[BAG], to_site=PLANT, **paper)
    day.accept(BAG, CARRIER, PLANT, at="03 14:05", manifest=MANIFEST, vehicle=VEHICLE)
    day.plant_burns(BAG)
    day.plant_confirms()
    return day


def answered_on_paper_long_after() -> Telling:
    """产废单位二十多天后才补一句“当时就认可”，没有纸。"""
    day = Telling()
    cabin_gives(day, BAG, COMPANY_LORRY, at="03 08:00")
    company_burns(day, BAG)
    (given,) = [fact for fact in day.history().by_code[BAG] if fact.kind == "released" and fact.event.site == CABIN]
    answer = {"target_event_id": given.event_id, "backfill": no_paper("04 08:00")}
    day.tell(CABIN, "vouched", at="25 08:00", codes=[BAG], **answer)
    return day


def carried_by_a_stranger() -> Telling:
    """没有许可的车把豁免诊所的包直接送到处置厂，车牌不写。"""
    day = Telling()
    day.clinic_seals(BAG)
    day.hop(BAG, CLINIC, STRANGER, at="02 14:00")
    day.hop(BAG, STRANGER, PLANT, at="02 18:00")
    day.dispose(BAG, at="03 10:00")
    return day


def stolen_and_copied() -> Telling:
    """少了七百克，重量写“抄录”。"""
    day = at_the_centre(BAG)
    day.lorry_takes(BAG)
    day.lorry_brings_to_plant(BAG, masses_g=[300], mass_source="copied")
    day.plant_burns(BAG)
    day.plant_confirms()
    return day


@pytest.mark.parametrize(
    ("lie", "bag", "shown"),
    [
        (relabelled_after_the_fire, BAG2, "never_sealed"),
        (admitted_after_the_forgery, BAG, "not_entitled"),
        (packed_late_and_counted_by_itself, BAG2, "late_packing"),
        (packed_after_a_hello, BAG2, "time_outside_bracket"),
        (taken_by_the_company_alone, BAG, "weak_evidence"),
        (paper_without_paper, BAG, "weak_evidence"),
        (answered_on_paper_long_after, BAG, "one_organisation"),
        (carried_by_a_stranger, BAG, "manifest_missing"),
        (stolen_and_copied, BAG, "weight_difference"),
    ],
    ids=lambda given: given.__name__ if callable(given) else "",
)
def test_one_party_alone_proves_nothing(lie: Callable[[], Telling], bag: str, shown: str) -> None:
    end = lie().ends(at="26 00:00")
    assert end.classes[bag] != "safely_disposed"
    assert shown in end.findings


def test_a_running_clock_that_runs_backwards_takes_nothing_back() -> None:
    """离线五天，用倒走的计时把四天前的封装“当场”撤销：分母不变。"""
    day = Telling()
    day.issue(BAG, BAG2)
    sealed = day.tell(
        CLINIC, "sealed", at="02 08:00", delay_ms=5 * DAY_MS, codes=[BAG], monotonic_ms=1_000_000, **SEALED
    )
    later = 1_000_000 + 4 * DAY_MS
    day.tell(CLINIC, "sealed", at="06 08:00", delay_ms=DAY_MS, codes=[BAG2], monotonic_ms=later, **SEALED)
    undo = {"target_event_id": sealed, "reason": "did_not_occur", "monotonic_ms": 1_300_000}
    day.tell(CLINIC, "corrected", at="02 08:05", delay_ms=5 * DAY_MS, codes=[BAG], **undo)
    assert day.ends(at="08 00:00").classes[BAG] == "disputed"


@pytest.mark.parametrize(
    ("waste_code", "expected"), [("900-214-08", (INFECTIOUS, "disputed")), ("841-002-01", ("841-002-01", "overdue"))]
)
def test_another_name_does_not_end_a_limit_that_has_passed(waste_code: str, expected: tuple[str, str]) -> None:
    """超期六天的包改个废物类别：超期还在，医疗废物的分母也不变。"""
    day = Telling()
    day.issue(BAG)
    sealed = day.seal(BAG)
    day.correct(BAG, sealed, site=CLINIC, at="10 09:00", reason="wrong_waste", waste_code=waste_code)
    rows = day.reconcile(as_of="11 00:00").items
    assert [(row.waste_code, row.item_class) for row in rows] == [expected]
    assert "overdue_pickup" in day.ends(at="11 00:00").findings


def test_two_who_did_not_seal_it_do_not_say_what_it_weighed() -> None:
    """收运和中转站互相同意把诊所的一公斤改成四十公斤，没问诊所。"""
    day = at_the_centre(BAG)
    (sealed,) = [fact.event_id for fact in day.history().by_code[BAG] if fact.kind == "sealed"]
    raised = {"reason": "wrong_mass", "mass_g": 40_000}
    proposed = day.correct(BAG, sealed, site=COLLECTOR, at="02 18:00", **raised)
    day.correct(BAG, sealed, site=TRANSFER, at="02 18:10", reason="wrong_mass", agrees_with=proposed)
    assert [row.amount.mass_g for row in day.reconcile(as_of="02 20:00").items] == [1000]
    day.correct(BAG, sealed, site=CLINIC, at="02 18:20", reason="wrong_mass", agrees_with=proposed)
    assert [row.amount.mass_g for row in day.reconcile(as_of="02 20:00").items] == [40_000]


@pytest.mark.parametrize(
    ("sealed_g", "arrived_g", "source", "proved"),
    [
        (100, 1, "scale", False),
        (100, 60, "scale", True),
        (1000, 300, "estimated", False),
        (1000, 600, "estimated", True),
        (1000, 1400, "estimated", True),
        (1000, 1000, "estimated", True),
    ],
)
def test_a_loss_hides_neither_behind_the_floor_nor_behind_an_estimate(
    sealed_g: int, arrived_g: int, source: str, *, proved: bool
) -> None:
    """一百克只剩一克，说是秤差；一公斤只剩三百克，说是估重：都要列出。估得差一些，是估计。"""
    day = Telling()
    day.clinic_seals(BAG, mass_g=sealed_g)
    day.comes_to_centre(BAG)
    day.lorry_takes(BAG)
    day.lorry_brings_to_plant(BAG, masses_g=[arrived_g], mass_source=source)
    day.plant_burns(BAG)
    day.plant_confirms()
    end = day.ends()
    assert (end.classes[BAG] == "safely_disposed") is proved
    assert end.findings == ({} if proved else {"weight_difference": PLANT})


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("washed", {"codes": [BOX]}),
        ("unpacked", {"codes": [BAG2], "box": BOX, "complete": True}),
        ("counted", {"codes": [], "box": BOX, "complete": True}),
    ],
)
def test_a_neighbour_does_not_empty_anothers_box(kind: str, fields: dict[str, object]) -> None:
    """邻近诊所说“箱子空了”：中转站的箱和里面的包不受影响。"""
    day = at_the_centre(BAG)
    day.centre_packs(BAG)
    day.issue(BAG2, site=OTHER_CLINIC)
    day.seal(BAG2, site=OTHER_CLINIC)
    day.tell(OTHER_CLINIC, kind, at="02 18:00", **fields)
    to_the_furnace(day, BOX)
    end = day.ends()
    assert end.classes[BAG] == "safely_disposed"
    assert not {finding.code for finding in end.answer.findings if BAG in finding.items}


def test_a_neighbour_does_not_refuse_what_was_offered_to_another() -> None:
    """不相干的单位“拒收”：不给诊所添缺环。"""
    day = Telling()
    day.clinic_seals(BAG)
    day.release(BAG, CLINIC, COLLECTOR, at="02 14:00")
    day.tell(STRANGER, "refused", at="02 14:02", codes=[BAG], from_site=CLINIC, reason="other")
    day.accept(BAG, CLINIC, COLLECTOR, at="02 14:05")
    day.collector_brings_to_centre(BAG)
    to_the_furnace(day, BAG)
    end = day.ends()
    assert (end.classes, end.findings.keys()) == ({BAG: "safely_disposed"}, set())


def test_who_gave_it_on_does_not_lose_it() -> None:
    """交出之后，前手不能再宣布“丢了”。"""
    day = at_the_centre(BAG)
    day.tell(COLLECTOR, "incident", at="02 19:00", codes=[BAG], incident="loss")
    to_the_furnace(day, BAG)
    end = day.ends()
    assert (end.classes, set(end.findings)) == ({BAG: "safely_disposed"}, {"not_entitled"})


def test_one_person_on_both_sides_of_every_hop_is_one_party() -> None:
    """一路上每次交接都是同一个人签两头。"""
    day = Telling()
    day.clinic_seals(BAG)
    one = {"actor": "u-one"}
    day.release(BAG, CLINIC, COLLECTOR, at="02 14:00", **one)
    day.accept(BAG, CLINIC, COLLECTOR, at="02 14:05", **one)
    papers = {"manifest": MANIFEST, "vehicle": VEHICLE}
    for giver, taker, at in ((COLLECTOR, TRANSFER, "02 16"), (TRANSFER, CARRIER, "03 08"), (CARRIER, PLANT, "03 14")):
        how = papers if CARRIER in {giver, taker} else {}
        day.release(BAG, giver, taker, at=f"{at}:00", **one, **how)
        day.accept(BAG, giver, taker, at=f"{at}:05", **one, **how)
    day.plant_burns(BAG)
    day.plant_confirms()
    end = day.ends()
    assert end.classes == {BAG: "disposed_not_provably"}
    assert "one_organisation" in end.findings


@pytest.mark.parametrize("delay_min", [20, 3 * 24 * 60])
def test_a_packing_that_was_handed_in_late_is_proved_by_the_number_that_the_driver_counted(delay_min: int) -> None:
    """两台手持机：装箱的那台晚联网；司机接箱时数过件数，对得上。"""
    for counted, expected in ((2, "safely_disposed"), (None, "disposed_not_provably")):
        day = at_the_centre(BAG, BAG2)
        packed = {"by": TRANSFER + " 2", "delay_ms": delay_min * 60_000, "codes": [BAG, BAG2], "box": BOX}
        day.teller(TRANSFER + " 2")
        day.tell(TRANSFER, "packed", at="03 07:58", **packed)
        day.lorry_takes(BOX, packages_count=counted)
        day.lorry_brings_to_plant(BOX)
        day.plant_burns(BOX)
        day.plant_confirms()
        assert day.ends(at="10 00:00").classes == {BAG: expected, BAG2: expected}


def test_counted_boxes_do_not_prove_what_is_said_to_lie_in_one() -> None:
    """司机数的是箱（一件），不是包：事后“装进去”的那一包仍没有证明。"""
    day = at_the_centre(BAG, BAG2)
    day.centre_packs(BAG)
    day.lorry_takes(BOX, packages_count=1)
    day.lorry_brings_to_plant(BOX)
    day.plant_burns(BOX)
    day.plant_confirms()
    late = {"by": TRANSFER + " 2", "delay_ms": 6 * DAY_MS, "codes": [BAG2], "box": BOX}
    day.teller(TRANSFER + " 2")
    day.tell(TRANSFER, "packed", at="02 17:10", **late)
    assert day.ends(at="10 00:00").classes == {BAG: "safely_disposed", BAG2: "disposed_not_provably"}


def test_taken_out_of_one_box_by_one_device_and_put_into_another_by_the_other() -> None:
    """两台手持机差三分钟：先“装入新箱”，后“从旧箱取出”；它在新箱里。"""
    day, new_box = at_the_centre(BAG), box_code("500114", 2)
    day.centre_packs(BAG)
    day.issue(new_box)
    day.teller(TRANSFER + " 2")
    day.tell(TRANSFER, "packed", by=TRANSFER + " 2", at="02 17:38", codes=[BAG], box=new_box)
    day.tell(TRANSFER, "unpacked", at="02 17:40", codes=[BAG], box=BOX, complete=False)
    to_the_furnace(day, new_box)
    assert day.ends().classes == {BAG: "safely_disposed"}


def test_the_furnace_a_little_ahead_of_the_gate() -> None:
    """同一厂两台设备差三分钟：焚烧早于开箱，不算“烧后又出现”。"""
    day = at_the_centre(BAG)
    day.centre_packs(BAG)
    day.lorry_takes(BOX)
    day.lorry_brings_to_plant(BOX)
    day.teller(PLANT + " 2")
    day.dispose(BAG, at="03 14:58", site=PLANT)
    day.tell(PLANT, "unpacked", by=PLANT + " 2", at="03 15:00", codes=[BAG], box=BOX, complete=True)
    day.plant_confirms()
    end = day.ends()
    assert (end.classes, set(end.findings)) == ({BAG: "safely_disposed"}, set())


def test_a_slip_at_the_scale_is_put_right_by_both() -> None:
    """收运误录十公斤，双方同意改回一公斤：不必惊动主管部门。"""
    day = Telling()
    day.clinic_seals(BAG)
    day.release(BAG, CLINIC, COLLECTOR, at="02 14:00")
    taken = day.accept(BAG, CLINIC, COLLECTOR, at="02 14:05", masses_g=[10_000], mass_source="scale")
    proposed = day.correct(BAG, taken, site=COLLECTOR, at="02 14:30", reason="wrong_mass", mass_g=1000)
    day.correct(BAG, taken, site=CLINIC, at="02 14:40", reason="wrong_mass", agrees_with=proposed)
    day.collector_brings_to_centre(BAG)
    to_the_furnace(day, BAG)
    end = day.ends()
    assert (end.classes, set(end.findings)) == ({BAG: "safely_disposed"}, set())


def test_an_inspector_who_counts_takes_nothing_over() -> None:
    """检查人员用监管设备清点：不算接手，也不算缺环。"""
    day = at_the_centre(BAG)
    day.tell(OFFICE, "counted", at="02 18:00", codes=[BAG], room="库1", complete=False)
    to_the_furnace(day, BAG)
    end = day.ends()
    assert (end.classes, set(end.findings)) == ({BAG: "safely_disposed"}, set())


def test_what_was_handed_in_after_the_period_is_told_apart() -> None:
    """期满以后才报送的封装，计入本期，也单独列出。"""
    day = Telling()
    day.issue(BAG, BAG2)
    day.seal(BAG, at="02 08:00")
    day.seal(BAG2, at="02 09:00", delay_ms=3 * DAY_MS)
    for to_day, expected in (("2026-11-02", (1, 1000)), ("2026-11-30", (0, 0))):
        answer = day.reconcile(as_of="08 00:00", from_day="2026-11-01", to_day=to_day)
        assert (len(answer.items), tuple(answer.late_additions)) == (2, expected)
