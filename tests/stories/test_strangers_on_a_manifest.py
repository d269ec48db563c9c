"""A number stands on a paper that many eyes see: what a stranger tells under it is its own affair, and a party's slip is no other trip."""

from typing import Any

import pytest

from tests.stories.in_both import ends_alike
from tests.stories.telling import UNDER_THE_MANIFEST, Telling
from tests.stories_builder import (
    BAG,
    BAG2,
    BAG3,
    BOX,
    CARRIER,
    FOREIGN_VEHICLE,
    MANIFEST,
    OTHER_CLINIC,
    OTHER_PLANT,
    PLANT,
    STRANGER,
    TRANSFER,
    VEHICLE,
    china,
    ms,
)

HOUR_MS = 60 * 60 * 1000
DAY_MS = 24 * HOUR_MS
OTHER_MANIFEST = "20265001000002"


def at_the_centre(*bags: str) -> Telling:
    day = Telling()
    day.clinic_seals(*bags)
    day.comes_to_centre(*bags)
    return day


def to_the_furnace(day: Telling, *load: str) -> Telling:
    day.goes_into_the_fire(*load)
    return day


def _arrives_elsewhere(day: Telling) -> None:
    """无关的处置厂在装车以前就“接收”了同号的一包。"""
    day.tell(OTHER_PLANT, "accepted", at="02 20:00", codes=[BAG3], from_site=CARRIER, **UNDER_THE_MANIFEST)


def _refused_elsewhere(day: Telling) -> None:
    """无关的处置厂事后倒填“拒收”。"""
    said = {"codes": [BAG3], "from_site": CARRIER, "reason": "other", "manifest": MANIFEST}
    day.tell(OTHER_PLANT, "refused", at="02 20:00", delay_ms=5 * DAY_MS, **said)


def _claims_the_load(day: Telling) -> None:
    """无关的处置厂说这一车里的另一包早就到了它那里。"""
    day.tell(OTHER_PLANT, "accepted", at="03 07:00", codes=[BAG2], from_site=CARRIER, manifest=MANIFEST)


def _takes_first(day: Telling) -> None:
    """无关的车队说它先从移出人那里装了车，车牌也不同。"""
    said = {"codes": [BAG3], "from_site": TRANSFER, "manifest": MANIFEST, "vehicle": FOREIGN_VEHICLE}
    day.tell(STRANGER, "accepted", at="02 19:00", **said)


def _drafts_it_first(day: Telling) -> None:
    """无关单位先填报了同一个号。"""
    day.draft(MANIFEST, STRANGER, at="02 07:00", vehicle=VEHICLE, carriers=[CARRIER])


def _drafts_it_first_and_gives_under_it(day: Telling) -> None:
    """无关单位先填报了同一个号，还说用它交出了自己的一包。"""
    day.draft(MANIFEST, OTHER_CLINIC, at="02 07:00", vehicle=VEHICLE, carriers=[CARRIER])
    day.issue(BAG3, site=OTHER_CLINIC)
    day.seal(BAG3, site=OTHER_CLINIC, at="02 06:30")
    day.tell(OTHER_CLINIC, "released", at="02 08:30", codes=[BAG3], to_site=CARRIER, **UNDER_THE_MANIFEST)


def _gives_under_it(day: Telling) -> None:
    """无关的车队说它在同号下交给了承运人，车牌乱写——承运人没说过。"""
    said = {"codes": [BAG3], "to_site": CARRIER, "manifest": MANIFEST, "vehicle": FOREIGN_VEHICLE}
    day.tell(STRANGER, "released", at="02 19:00", **said)


def _returns_it(day: Telling) -> None:
    """无关的车队说它把货退回了移出人——移出人没说过。"""
    day.tell(STRANGER, "released", at="02 19:00", codes=[BAG3], to_site=TRANSFER, manifest=MANIFEST)


@pytest.mark.parametrize(
    "strangers_word",
    [
        _arrives_elsewhere, _refused_elsewhere, _claims_the_load, _takes_first, _drafts_it_first,
        _drafts_it_first_and_gives_under_it, _gives_under_it, _returns_it,
    ],
    ids=lambda told: told.__name__,
)  # fmt: skip
def test_a_stranger_under_somebodys_number_spoils_no_trip(strangers_word: Any) -> None:
    """陌生单位在别人的联单号下乱说：这一车照样算数，异常记在说的人名下。"""
    day = at_the_centre(BAG, BAG2)
    day.draft(MANIFEST, TRANSFER, at="02 18:00", carriers=[CARRIER], vehicle=VEHICLE)
    strangers_word(day)
    end = ends_alike(to_the_furnace(day, BAG, BAG2), at="09 00:00")
    assert end.classes[BAG] == "safely_disposed"
    assert [finding for finding in end.answer.findings if BAG in finding.items] == []
    manifest = {finding.site for finding in end.answer.findings if finding.code == "manifest_mismatch"}
    assert manifest <= {OTHER_PLANT, STRANGER, OTHER_CLINIC}, "a finding is that of who told it"


def test_a_slip_of_the_plant_about_another_bag_ends_no_trip() -> None:
    """处置厂早上把别的一包误扫到这个联单号下：那一包的事，不算这一车已经到过厂。"""
    day = at_the_centre(BAG)
    day.draft(MANIFEST, TRANSFER, at="02 18:00", carriers=[CARRIER], vehicle=VEHICLE)
    day.tell(PLANT, "accepted", at="02 19:00", codes=[BAG3], from_site=CARRIER, **UNDER_THE_MANIFEST)
    end = ends_alike(to_the_furnace(day, BAG))
    assert end.classes[BAG] == "safely_disposed"
    assert "manifest_not_valid" not in end.findings


def test_no_stranger_brings_a_load_home_that_never_arrived() -> None:
    """一车没到厂：无关单位在同号下说一句“接收”，超期照样是承运人的。"""
    day = at_the_centre(BAG)
    day.lorry_takes(BAG)
    day.tell(OTHER_PLANT, "accepted", at="03 11:00", codes=[BAG3], from_site=CARRIER, **UNDER_THE_MANIFEST)
    end = ends_alike(day, at="09 00:00")
    assert end.findings["manifest_overdue"] == CARRIER
    assert "manifest_not_confirmed" not in end.findings


@pytest.mark.parametrize("on_paper", [("released",), ("accepted",)])
def test_a_second_trip_hides_behind_the_paper_of_one_side(on_paper: tuple[str, ...]) -> None:
    """一单两趟：第二趟的一方说当时是纸面，倒填在到厂以前：一方的纸不证明装车在前。"""
    day = at_the_centre(BAG, BAG2)
    day.lorry_takes(BAG)
    day.lorry_brings_to_plant(BAG)
    loads_late(day, on_paper)
    day.lorry_brings_to_plant(BAG2, at="03 16:00")
    day.dispose([BAG, BAG2], at="03 18:00")
    day.plant_confirms()
    end = ends_alike(day)
    assert end.classes == {BAG: "safely_disposed", BAG2: "disposed_not_provably"}
    assert end.findings["manifest_not_valid"] == TRANSFER


def test_both_sides_wrote_the_loading_on_paper() -> None:
    """装车时断网断电，双方都按期补录了同一张纸：算一趟。"""
    day = at_the_centre(BAG, BAG2)
    day.lorry_takes(BAG)
    day.lorry_brings_to_plant(BAG)
    loads_late(day, ("released", "accepted"))
    day.lorry_brings_to_plant(BAG2, at="03 16:00")
    day.dispose([BAG, BAG2], at="03 18:00")
    day.plant_confirms()
    assert "manifest_not_valid" not in ends_alike(day).findings


def test_a_box_that_is_emptied_on_the_way_ends_its_trip_all_the_same() -> None:
    """一单两趟：承运人路上“倒空”了箱子，到厂接收的是空箱：这一趟照样到过厂，第二趟不算。"""
    day = at_the_centre(BAG, BAG2)
    day.centre_packs(BAG)
    day.lorry_takes(BOX)
    day.tell(CARRIER, "unpacked", at="03 09:00", codes=[BAG], box=BOX, complete=True)
    day.lorry_brings_to_plant(BOX)
    loads_late(day, ())
    day.lorry_brings_to_plant(BAG2, at="03 16:00")
    day.dispose([BAG2], at="03 18:00")
    end = ends_alike(day)
    assert end.classes[BAG2] == "disposed_not_provably"
    assert "manifest_not_valid" in end.findings


def loads_late(day: Telling, on_paper: tuple[str, ...]) -> None:
    """A second bag is loaded in the afternoon by further devices, and dated back to the morning; some of it as if from paper."""
    for kind, site, other in (("released", TRANSFER, "to_site"), ("accepted", CARRIER, "from_site")):
        by, said = f"{site} 2", {"codes": [BAG2], other: CARRIER if site == TRANSFER else TRANSFER}
        day.teller(by)
        if kind in on_paper:
            paper = {"happened_at": china(ms("03 08:20")), "reason": "no_signal", "paper": "纸0001"}
            said |= {"backfill": paper, "vouch_method": "paper"}
            day.tell(site, kind, by=by, at="03 13:30", **said, **UNDER_THE_MANIFEST)
        else:
            day.tell(site, kind, by=by, at="03 08:25", delay_ms=5 * HOUR_MS, **said, **UNDER_THE_MANIFEST)


def test_two_numbers_for_a_box_that_nothing_lies_in() -> None:
    """空箱（或已倒空的箱）交接，双方写了两个联单号：账本和全量核对的说法一样，两张联单都列出。"""
    day = at_the_centre(BAG)
    for number in (MANIFEST, OTHER_MANIFEST):
        day.draft(number, TRANSFER, at="03 08:00", carriers=[CARRIER], vehicle=VEHICLE)
    day.tell(TRANSFER, "packed", at="02 17:00", codes=[BAG], box=BOX)
    day.tell(TRANSFER, "unpacked", at="02 18:00", codes=[BAG], box=BOX, complete=True)
    day.release(BOX, TRANSFER, CARRIER, at="03 08:00", **UNDER_THE_MANIFEST)
    day.accept(BOX, TRANSFER, CARRIER, at="03 08:05", manifest=OTHER_MANIFEST, vehicle=VEHICLE)
    end = ends_alike(day, at="03 20:00")
    apart = [finding for finding in end.answer.findings if finding.code == "manifest_mismatch"]
    assert {finding.detail for finding in apart} == {MANIFEST, OTHER_MANIFEST}


@pytest.mark.parametrize("code", [BAG, BOX])
def test_the_other_number_was_a_slip_that_both_take_back(code: str) -> None:
    """一方写错联单号，更正后重扫：两张联单都不再列出；账本和全量核对说法一样。"""
    day = at_the_centre(BAG)
    for number in (MANIFEST, OTHER_MANIFEST):
        day.draft(number, TRANSFER, at="03 08:00", carriers=[CARRIER], vehicle=VEHICLE)
    wrong = day.release(code, TRANSFER, CARRIER, at="03 08:00", **UNDER_THE_MANIFEST)
    day.accept(code, TRANSFER, CARRIER, at="03 08:05", manifest=OTHER_MANIFEST, vehicle=VEHICLE)
    slip = day.correct([code], wrong, site=TRANSFER, at="03 09:00", reason="did_not_occur")
    ends_alike(day, at="03 20:00")
    day.correct([code], wrong, site=CARRIER, at="03 09:30", reason="did_not_occur", agrees_with=slip)
    assert "manifest_mismatch" not in ends_alike(day, at="03 20:00").findings


def test_a_confirmation_is_not_waited_for_where_nothing_of_the_load_was_taken() -> None:
    """到厂接收的全是别家塞在同号下的包：不向处置厂催要本单的确认；账本和全量核对说的一样。"""
    day = at_the_centre(BAG)
    day.draft(MANIFEST, TRANSFER, at="03 08:00", carriers=[CARRIER], vehicle=VEHICLE)
    day.issue(BAG2, site=OTHER_CLINIC)
    day.seal(BAG2, site=OTHER_CLINIC, at="02 08:00")
    day.hop(BAG2, OTHER_CLINIC, CARRIER, at="03 07:30", **UNDER_THE_MANIFEST)
    day.hop(BAG2, CARRIER, PLANT, at="03 11:00", **UNDER_THE_MANIFEST)
    end = ends_alike(day, at="20 00:00")
    assert end.findings["manifest_mixed"] == OTHER_CLINIC
    assert "manifest_not_confirmed" not in end.findings
