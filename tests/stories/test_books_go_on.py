"""What stopped the books, or made them say something else than the whole history; told in parts, to one process after another.

Books that stop are books that answer nothing: one authentic event from one handheld must never be enough.
"""

from typing import Any

from schemas.canonical import encode_base64
from schemas.codes import box_code
from tests.store.agreement import told_in_parts
from tests.stories.telling import Telling
from tests.stories_builder import (
    BAG,
    BAG2,
    BAG3,
    BOX,
    CLINIC,
    INFECTIOUS,
    OFFICE,
    STRANGER,
    TRANSFER,
    as_received,
    ms,
)
from wasteledger.domain.reconcile import Reconciliation

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
BOX2 = box_code("500114", 2)


def told(day: Telling, *cuts: int) -> Reconciliation:
    """The log in parts that end after so many entries."""
    entries, ends = as_received(day.entries), [*cuts, len(day.entries)]
    return told_in_parts(*(entries[begin:end] for begin, end in zip([0, *cuts], ends, strict=True)))


def at_the_centre(*bags: str, mass_g: int = 1000) -> Telling:
    day = Telling()
    day.clinic_seals(*bags, mass_g=mass_g)
    day.comes_to_centre(*bags)
    return day


def packs(day: Telling, *bags: str, at: str, box: str = BOX, by: str = "", **how: Any) -> None:
    day.tell(TRANSFER, "packed", by=by, at=at, codes=list(bags), box=box, **how)


def copied(day: Telling, site: str, kind: str, *, at: str, **fields: Any) -> None:
    """A copy of a site's handheld says something under the number that the site's own next word will have."""
    teller = day.teller(site)
    number, previous = teller.number, teller.previous
    note = teller.note(kind, occurred_ms=ms(at), actor="u-copy", **fields)
    teller.number, teller.previous = number, previous
    day.write(note, received_ms=ms(at) + HOUR_MS, entry_class="fork")


def findings(found: Reconciliation) -> dict[str, tuple[str, ...]]:
    """The packages that each finding names."""
    return {finding.code: finding.items for finding in found.findings}


def test_a_copied_handheld_packs_what_nothing_else_names() -> None:
    """复制的手持机装箱了一个谁也没见过的标签：账簿照常记下去，设备分叉照样查出。"""
    day = Telling()
    day.clinic_seals(BAG)
    cut = len(day.entries)
    day.tell(CLINIC, "stored", at="02 09:00", codes=[BAG], room="库1")
    day.teller(CLINIC).number -= 1
    copied(day, CLINIC, "packed", at="02 09:10", codes=[BAG3], box=BOX)
    day.teller(CLINIC).number += 1
    found = told(day, cut)
    assert [row.code for row in found.items] == [BAG]
    assert findings(found)["device_fork"] == (BAG3,)


def test_a_fork_counts_from_its_receipt_whatever_a_later_hello_says_of_its_clock() -> None:
    """分叉事件不可信，其时间也不可信：按收到时刻计，开机对时、重启都不改变。"""
    day = Telling()
    day.clinic_seals(BAG)
    day.tell(CLINIC, "stored", at="02 09:00", codes=[BAG], room="库1")
    day.teller(CLINIC).number -= 1
    copied(day, CLINIC, "stored", at="02 09:00", codes=[BAG], room="库2")
    day.teller(CLINIC).number += 1
    cut = len(day.entries)
    day.device_says_hello(CLINIC, at="02 11:00", boot_began="02 01:00")
    second = len(day.entries)
    day.tell(TRANSFER, "stored", at="02 12:00", codes=[BAG], room="库1")
    found = told(day, cut, second)
    assert [finding.at_ms for finding in found.findings if finding.code == "device_fork"] == [ms("02 10:00")]


def test_a_stranger_washes_a_box_that_lies_full_in_the_store() -> None:
    """无关人员用自己的手持机“清洗”装着东西的箱子：箱子没有空，整箱称重仍按两袋算。"""
    day = at_the_centre(BAG, BAG2)
    packs(day, BAG, at="02 17:00")
    day.tell(TRANSFER, "washed", by=STRANGER, at="02 17:30", codes=[BOX])
    packs(day, BAG2, at="02 18:00")
    day.lorry_takes(BOX, masses_g=[2000], mass_source="scale")
    cut = len(day.entries)
    day.tell(OFFICE, "printed", at="03 09:00", codes=[BAG2], job="j", copy_no=1)
    assert "box_difference" not in findings(told(day, cut))


def test_a_bag_taken_out_early_is_told_late_and_the_box_weighed_without_it() -> None:
    """早就取出的一袋，晚上才说：剩下那袋的整箱称重要重新判。"""
    day = at_the_centre(BAG, BAG2)
    packs(day, BAG, at="02 17:00")
    packs(day, BAG2, at="02 18:00")
    day.lorry_takes(BOX, masses_g=[1000], mass_source="scale")
    cut = len(day.entries)
    day.teller(TRANSFER + " 2")
    day.tell(
        TRANSFER,
        "unpacked",
        by=TRANSFER + " 2",
        at="02 17:30",
        delay_ms=24 * HOUR_MS,
        codes=[BAG],
        box=BOX,
        complete=False,
    )
    assert "box_difference" not in findings(told(day, cut))


def test_a_code_that_stood_on_two_packages_stands_on_one_again() -> None:
    """同一编码先有期初申报又有封装，是两件；申报不予确认以后只剩一件，账簿里多出的那一行要删去。"""
    day = Telling()
    declared = day.declare_stock(BAG)
    day.confirm(declared, BAG)
    day.seal(BAG)
    cut = len(day.entries)
    day.refuse(declared, BAG, at="02 12:00")
    found = told(day, cut)
    assert [(row.code, row.site) for row in found.items] == [(BAG, CLINIC)]


def test_a_box_is_packed_and_leaves_in_the_same_millisecond() -> None:
    """装箱和出站记在同一毫秒，装箱后到：这一袋也在联单上。"""
    day = at_the_centre(BAG)
    day.lorry_takes(BOX)
    cut = len(day.entries)
    packs(day, BAG, at="03 08:00", by=TRANSFER + " 2")
    told(day, cut, cut + 1)


def test_a_thousand_corrections_of_corrections() -> None:
    """更正的更正的更正……一千层，账簿不停、不慢。"""
    day = Telling()
    target = day.seal(BAG)
    cut = len(day.entries)
    for number in range(1100):
        target = day.correct(BAG, target, site=CLINIC, at="02 09:00", after_ms=number, reason="did_not_occur")
    assert [row.item_class for row in told(day, cut).items] == ["overdue"]


def test_how_many_packages_there_were_concerns_the_one_beside_the_box() -> None:
    """同车一箱一袋，数出三件；箱里第二袋的装箱记录晚到，袋子的“件数不符”随之消除。"""
    day = at_the_centre(BAG, BAG2, BAG3)
    packs(day, BAG, at="02 17:00")
    day.lorry_takes(BOX, BAG3, packages_count=3)
    day.lorry_brings_to_plant(BOX, BAG3)
    cut = len(day.entries)
    day.teller(TRANSFER + " 2")
    packs(day, BAG2, at="02 17:30", by=TRANSFER + " 2", delay_ms=24 * HOUR_MS)
    assert "count_difference" not in findings(told(day, cut))


def test_a_manifest_learns_what_was_sealed_only_after_it_had_left() -> None:
    """先出站、后封装，封的又是别的废物：联单要重新判。"""
    day = Telling()
    day.issue(BAG)
    day.lorry_takes(BAG)
    cut = len(day.entries)
    day.seal(BAG, at="04 08:00", waste_code="831-002-01")
    assert BAG in findings(told(day, cut))["manifest_mismatch"]


def test_labels_issued_by_one_who_may_not_are_accounted_for_by_what_became_of_them() -> None:
    """无权发号的设备发了标签，又盘点卷号：已经用掉的标签不算缺失。"""
    day = Telling()
    day.tell(CLINIC, "issued", at="01 08:00", codes=[BAG, BAG2], stock="roll 1", for_site=CLINIC)
    day.seal(BAG)
    cut = len(day.entries)
    day.tell(CLINIC, "counted", at="03 08:00", codes=[], stock="roll 1", complete=True)
    assert findings(told(day, cut))["label_stock_unaccounted"] == (BAG2,)


def test_a_hello_that_moves_no_clock_moves_none_after_a_restart() -> None:
    """对时只差一分半钟，不改任何时间；重启以后也不改。"""
    day = Telling()
    day.issue(BAG)
    day.device_says_hello(CLINIC, at="02 18:00", boot_began="02 08:00", waiting_count=1)
    clinic = day.teller(CLINIC)
    sealed = {"codes": [BAG], "waste_code": INFECTIOUS, "package": "bag", "mass_g": 1000, "mass_source": "scale"}
    note = clinic.note("sealed", occurred_ms=ms("02 04:00"), monotonic_ms=9 * HOUR_MS, **sealed)
    day.write(note, received_ms=ms("02 18:01"))
    day.device_says_hello(CLINIC, at="02 18:02", boot_began="02 07:59")
    cut = len(day.entries)
    day.tell(CLINIC, "stored", at="02 19:00", codes=[BAG], room="库1")
    (row,) = told(day, cut).items
    assert row.sealed_ms == ms("02 17:00")


def test_a_word_of_trust_from_behind_a_broken_link_of_the_office() -> None:
    """主管部门设备自己的链断了：断点以后说“可信”不算。"""
    day = Telling()
    day.clinic_seals(BAG)
    day.tell(CLINIC, "stored", at="02 09:00", codes=[BAG], room="库1")
    day.teller(CLINIC).number -= 1
    copied(day, CLINIC, "stored", at="02 09:10", codes=[BAG], room="库2")
    day.teller(CLINIC).number += 1
    cut = len(day.entries)
    day.office.previous = encode_base64(bytes(32))
    day.tell(OFFICE, "trusted", at="03 09:00", device=day.teller(CLINIC).key.device_id, last_seq=99)
    assert "untrusted_device" in findings(told(day, cut))
