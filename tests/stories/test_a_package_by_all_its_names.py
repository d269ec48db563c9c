"""A package is one by whichever of its labels, and in its box, it is named: corrections of it, counts of what lies beside it, its paper.

Each story is told to the fold and to the books (`Telling.ends`).
"""

import pytest

from tests.stories.in_both import ends_alike
from tests.stories.telling import UNDER_THE_MANIFEST, Telling
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
    PLANT,
    STRANGER,
    TRANSFER,
)
from wasteledger.domain.manifest_contents import inside_in, manifest_contents
from wasteledger.domain.walk import walk

TORN = {"reason": "damaged"}


def relabels(day: Telling, old: str, new: str, *, at: str, site: str = CLINIC) -> str:
    return day.tell(site, "relabelled", at=at, codes=[old], new_code=new, **TORN)


def collected(day: Telling, *bags: str) -> None:
    day.comes_to_centre(*bags)


def brought_to_plant(day: Telling, *load: str) -> None:
    day.lorry_takes(*load)
    day.lorry_brings_to_plant(*load)


def burnt(day: Telling, *load: str) -> Telling:
    brought_to_plant(day, *load)
    day.plant_burns(*load)
    day.plant_confirms()
    return day


def on_paper(day: Telling) -> list[tuple[int, int, int]]:
    """Of each row of the manifest: packages and grams that left, and packages that came."""
    history = day.history()
    rows = manifest_contents(
        history.manifest(MANIFEST, day.directory),
        lambda code: walk(code, history, day.directory),
        day.directory,
        inside_in(history, day.directory),
    )
    return [(row.packages_count, row.mass_g, row.accepted_count) for row in rows]


@pytest.mark.parametrize("named", [BAG, BAG2])
def test_the_authority_strikes_out_a_disposal_by_either_label(named: str) -> None:
    """换过签的一包：监管部门用新、旧标签中的任何一个更正都算数。"""
    day = Telling()
    day.clinic_seals(BAG)
    day.issue(BAG2)
    relabels(day, BAG, BAG2, at="02 09:00")
    collected(day, BAG2)
    brought_to_plant(day, BAG2)
    fire = day.dispose(BAG2)
    day.plant_confirms()
    day.correct([named], fire, site=OFFICE, at="05 10:00", reason="did_not_occur")
    assert day.ends(at="12 00:00").classes == {BAG: "overdue"}


def test_a_party_disputes_a_hand_over_by_the_new_label() -> None:
    day = Telling()
    day.clinic_seals(BAG)
    day.issue(BAG2)
    relabels(day, BAG, BAG2, at="02 09:00")
    collected(day, BAG2)
    day.lorry_takes(BAG2)
    taken = day.hop(BAG2, CARRIER, PLANT, at="03 11:00", **UNDER_THE_MANIFEST)
    day.correct([BAG2], taken, site=PLANT, at="03 11:30", reason="did_not_occur")
    assert day.ends(at="03 12:00").classes == {BAG: "disputed"}


@pytest.mark.parametrize("named", [BAG, BAG2])
def test_the_authority_corrects_a_mass_by_either_label(named: str) -> None:
    day = Telling()
    day.issue(BAG, BAG2)
    sealed = day.seal(BAG)
    relabels(day, BAG, BAG2, at="02 09:00")
    day.correct([named], sealed, site=OFFICE, at="02 10:00", reason="wrong_mass", mass_g=5000)
    collected(day, BAG2)
    assert burnt(day, BAG2).ends(at="12 00:00").answer.district.total == (1, 5000)


def packed_and_brought_to_plant(day: Telling | None = None) -> tuple[Telling, str]:
    day = day or Telling()
    day.clinic_seals(BAG, BAG2)
    collected(day, BAG, BAG2)
    day.centre_packs(BAG, BAG2)
    brought_to_plant(day, BOX)
    fire = day.dispose(BOX)
    day.tell(PLANT, "washed", at="03 16:00", codes=[BOX])
    day.plant_confirms()
    return day, fire


def test_the_authority_strikes_out_the_burning_of_a_box_for_one_of_its_packages() -> None:
    """一箱烧了，监管部门查明其中一袋没有烧：只涉及那一袋。"""
    day, fire = packed_and_brought_to_plant()
    day.correct([BAG], fire, site=OFFICE, at="05 10:00", reason="did_not_occur")
    assert day.ends(at="12 00:00").classes == {BAG: "overdue", BAG2: "safely_disposed"}


def test_who_sealed_a_package_disputes_the_burning_of_its_box() -> None:
    day, fire = packed_and_brought_to_plant()
    day.correct([BAG], fire, site=CLINIC, at="05 10:00", reason="did_not_occur")
    assert day.ends(at="12 00:00").classes == {BAG: "disputed", BAG2: "safely_disposed"}


def test_a_stranger_disputes_no_box() -> None:
    day, fire = packed_and_brought_to_plant()
    day.correct([BAG, BOX], fire, site=STRANGER, at="05 10:00", reason="did_not_occur")
    assert set(day.ends(at="12 00:00").classes.values()) == {"safely_disposed"}


def test_who_carried_the_box_with_an_earlier_load_disputes_nothing_in_it() -> None:
    before = Telling()
    before.hop(BOX, STRANGER, TRANSFER, at="01 09:00")
    day, fire = packed_and_brought_to_plant(before)
    day.correct([BAG, BOX], fire, site=STRANGER, at="05 10:00", reason="did_not_occur")
    assert set(day.ends(at="12 00:00").classes.values()) == {"safely_disposed"}


def test_an_emptying_is_taken_back_by_naming_all_its_packages() -> None:
    """点错了“全部取出”，当场撤销，只选了袋子没有选箱子。"""
    day = Telling()
    day.clinic_seals(BAG, BAG2)
    collected(day, BAG, BAG2)
    day.centre_packs(BAG, BAG2)
    slip = day.tell(TRANSFER, "unpacked", at="02 17:30", codes=[BAG, BAG2], box=BOX, complete=True)
    day.correct([BAG, BAG2], slip, site=TRANSFER, at="02 17:32", reason="did_not_occur")
    day.goes_into_the_fire(BOX)
    end = day.ends(at="12 00:00")
    assert (end.classes, end.findings) == ({BAG: "safely_disposed", BAG2: "safely_disposed"}, {})


def test_an_emptying_that_named_one_package_is_taken_back_for_all_that_lay_in_the_box() -> None:
    day = Telling()
    day.clinic_seals(BAG, BAG2)
    collected(day, BAG, BAG2)
    day.centre_packs(BAG, BAG2)
    slip = day.tell(TRANSFER, "unpacked", at="02 17:30", codes=[BAG2], box=BOX, complete=True)
    day.correct([BAG2], slip, site=TRANSFER, at="02 17:32", reason="did_not_occur")
    end = burnt(day, BOX).ends(at="12 00:00")
    assert (end.classes, end.findings) == ({BAG: "safely_disposed", BAG2: "safely_disposed"}, {})


def test_a_package_that_was_packed_again_under_another_label_is_one() -> None:
    """箱里的一袋标签撕坏了，换签后又扫进同一箱：司机点的是两袋。"""
    day = Telling()
    day.clinic_seals(BAG, BAG3)
    day.issue(BAG2, site=TRANSFER)
    collected(day, BAG, BAG3)
    day.centre_packs(BAG, BAG3)
    relabels(day, BAG, BAG2, at="02 18:00", site=TRANSFER)
    day.centre_packs(BAG2, at="02 18:01")
    day.lorry_takes(BOX, packages_count=2)
    day.lorry_brings_to_plant(BOX)
    day.plant_burns(BOX)
    day.plant_confirms()
    end = ends_alike(day, at="12 00:00")
    assert (end.classes, end.findings) == ({BAG: "safely_disposed", BAG3: "safely_disposed"}, {})
    assert on_paper(day) == [(2, 2000, 2)]


def packed_by_slip() -> Telling:
    """第三袋误扫进箱，当场撤销。"""
    day = Telling()
    day.clinic_seals(BAG, BAG2, BAG3)
    collected(day, BAG, BAG2, BAG3)
    day.centre_packs(BAG, BAG2)
    slip = day.tell(TRANSFER, "packed", at="02 17:05", codes=[BAG3], box=BOX)
    day.correct([BAG3], slip, site=TRANSFER, at="02 17:07", reason="did_not_occur")
    return day


def test_a_packing_that_was_taken_back_is_not_counted() -> None:
    day = packed_by_slip()
    load = [BOX, BAG3]
    day.lorry_takes(*load, packages_count=3)
    day.lorry_brings_to_plant(*load)
    day.plant_burns(*load)
    day.plant_confirms()
    end = ends_alike(day, at="12 00:00")
    assert (set(end.classes.values()), end.findings) == ({"safely_disposed"}, {})


def test_what_was_packed_by_slip_stays_where_it_is() -> None:
    day = packed_by_slip()
    day.lorry_takes(BOX, packages_count=2)
    day.lorry_brings_to_plant(BOX)
    day.plant_burns(BOX)
    day.plant_confirms()
    end = ends_alike(day, at="12 00:00")
    assert end.classes == {BAG: "safely_disposed", BAG2: "safely_disposed", BAG3: "overdue"}
    assert "count_difference" not in end.findings
    assert on_paper(day) == [(2, 2000, 2)]


@pytest.mark.parametrize("complete", [True, False])
def test_an_unpacking_that_was_taken_back_leaves_the_package_in_the_box(*, complete: bool) -> None:
    day = Telling()
    day.clinic_seals(BAG, BAG2)
    collected(day, BAG, BAG2)
    day.centre_packs(BAG, BAG2)
    slip = day.tell(TRANSFER, "unpacked", at="02 17:30", codes=[BAG], box=BOX, complete=complete)
    day.correct([BAG], slip, site=TRANSFER, at="02 17:32", reason="did_not_occur")
    day.lorry_takes(BOX, packages_count=2)
    day.lorry_brings_to_plant(BOX)
    day.plant_burns(BOX)
    day.plant_confirms()
    end = ends_alike(day, at="12 00:00")
    assert (end.classes, end.findings) == ({BAG: "safely_disposed", BAG2: "safely_disposed"}, {})
    assert on_paper(day) == [(2, 2000, 2)]


def test_relabelled_on_the_lorry_it_is_what_was_loaded() -> None:
    """路上换了标签：装的和到的是同一袋。"""
    day = Telling()
    day.clinic_seals(BAG)
    day.issue(BAG2, site=CARRIER)
    collected(day, BAG)
    day.lorry_takes(BAG)
    relabels(day, BAG, BAG2, at="03 09:00", site=CARRIER)
    day.lorry_brings_to_plant(BAG2)
    day.plant_burns(BAG2)
    day.plant_confirms()
    end = ends_alike(day, at="12 00:00")
    assert (end.classes, end.findings) == ({BAG: "safely_disposed"}, {})
    assert on_paper(day) == [(1, 1000, 1)]


def test_another_package_is_not_what_was_loaded() -> None:
    day = Telling()
    day.clinic_seals(BAG, BAG2)
    collected(day, BAG, BAG2)
    day.lorry_takes(BAG)
    day.lorry_brings_to_plant(BAG2)
    end = ends_alike(day, at="12 00:00")
    assert "count_difference" in end.findings


def test_the_authority_strikes_out_a_packing_afterwards() -> None:
    """司机点到两袋，账上三袋；监管部门查明第三袋从未装箱。"""
    day = Telling()
    day.clinic_seals(BAG, BAG2, BAG3)
    collected(day, BAG, BAG2, BAG3)
    day.centre_packs(BAG, BAG2)
    slip = day.tell(TRANSFER, "packed", at="02 17:05", codes=[BAG3], box=BOX)
    day.lorry_takes(BOX, packages_count=2)
    day.lorry_brings_to_plant(BOX)
    day.plant_burns(BOX)
    day.plant_confirms()
    assert day.ends(at="05 00:00").findings == {"count_difference": CARRIER}
    day.correct([BAG3], slip, site=OFFICE, at="05 10:00", reason="did_not_occur")
    end = ends_alike(day, at="12 00:00")
    assert end.classes == {BAG: "safely_disposed", BAG2: "safely_disposed", BAG3: "overdue"}
    assert on_paper(day) == [(2, 2000, 2)]


def test_a_new_label_told_last_is_the_same_package_in_its_box() -> None:
    """换签的那条记录最后才报到：之前箱里像有三袋。"""
    day = Telling()
    day.clinic_seals(BAG, BAG3)
    day.issue(BAG2, site=TRANSFER)
    collected(day, BAG, BAG3)
    day.centre_packs(BAG, BAG3)
    relabels(day, BAG, BAG2, at="02 18:00", site=TRANSFER)
    word = day.entries[-1]
    day.centre_packs(BAG2, at="02 18:01")
    day.lorry_takes(BOX, packages_count=2)
    day.lorry_brings_to_plant(BOX)
    day.plant_burns(BOX)
    day.plant_confirms()
    day.entries.remove(word)
    day.entries.append(word)
    end = ends_alike(day, at="12 00:00")
    assert set(end.classes.values()) == {"safely_disposed"}
    assert "count_difference" not in end.findings


def test_a_new_label_told_last_changes_the_count_of_a_box_without_a_paper() -> None:
    day = Telling()
    day.clinic_seals(BAG, BAG3)
    day.issue(BAG2)
    day.tell(CLINIC, "packed", at="02 09:00", codes=[BAG, BAG3], box=BOX)
    relabels(day, BAG, BAG2, at="02 10:00")
    word = day.entries[-1]
    day.tell(CLINIC, "packed", at="02 10:01", codes=[BAG2], box=BOX)
    day.collector_takes(BOX, packages_count=2)
    day.entries.remove(word)
    assert day.ends(at="03 00:00").findings["count_difference"] == COLLECTOR
    day.entries.append(word)
    assert ends_alike(day, at="03 00:00").findings == {}


def test_a_new_label_told_a_little_later_than_it_was_scanned_is_on_the_paper() -> None:
    """新标签先在厂门口扫了，几分钟后司机才记换签。"""
    day = Telling()
    day.clinic_seals(BAG)
    day.issue(BAG2, site=CARRIER)
    collected(day, BAG)
    day.lorry_takes(BAG)
    day.lorry_brings_to_plant(BAG2)
    relabels(day, BAG, BAG2, at="03 11:12", site=CARRIER)
    assert "count_difference" not in ends_alike(day, at="03 12:00").findings
    assert on_paper(day) == [(1, 1000, 1)]
