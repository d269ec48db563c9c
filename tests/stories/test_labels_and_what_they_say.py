"""What a label says of its package, who may put on another one, and what becomes of the torn one.

Each story is told to the fold and to the books.
"""

from datetime import date

import pytest

from schemas.codes import identification_code
from tests.stories.in_both import ends_alike
from tests.stories.telling import UNDER_THE_MANIFEST, Telling
from tests.stories_builder import (
    BAG,
    BAG2,
    BAG3,
    BOX,
    CARRIER,
    CLINIC,
    HOSPITAL,
    MANIFEST,
    PLANT,
    STRANGER,
    VEHICLE,
    register,
)
from wasteledger.domain.register import Register

#: The hospital's credit code, and another one's.
USCC, ANOTHER = "91500000MA5U00000W", "91500000MA5U11111M"
OIL, OTHER_OIL = "900-214-08", "900-249-08"


def relabels(day: Telling, old: str, new: str, *, at: str, site: str = CLINIC) -> None:
    day.tell(site, "relabelled", at=at, codes=[old], new_code=new, reason="damaged")


def boxed() -> Telling:
    day = Telling()
    day.clinic_seals(BAG, BAG3)
    day.comes_to_centre(BAG, BAG3)
    day.centre_packs(BAG, BAG3)
    return day


def test_who_opens_a_box_may_renew_a_label_in_it() -> None:
    """处置厂开箱，标签撕坏了，用自己的标签换上：没人先扫过里面的袋子。"""
    day = boxed()
    day.issue(BAG2, site=PLANT)
    day.lorry_takes(BOX)
    day.lorry_brings_to_plant(BOX)
    relabels(day, BAG, BAG2, at="03 12:00", site=PLANT)
    day.tell(PLANT, "unpacked", at="03 12:30", codes=[BAG2, BAG3], box=BOX, complete=True)
    day.tell(PLANT, "washed", at="03 13:30", codes=[BOX])
    day.plant_burns(BAG2, BAG3)
    day.plant_confirms()
    end = ends_alike(day, at="12 00:00")
    assert (end.classes, end.findings) == ({BAG: "safely_disposed", BAG3: "safely_disposed"}, {})


def test_the_driver_renews_a_label_in_his_box() -> None:
    day = boxed()
    day.issue(BAG2, site=CARRIER)
    day.lorry_takes(BOX)
    relabels(day, BAG, BAG2, at="03 09:00", site=CARRIER)
    day.tell(CARRIER, "packed", at="03 09:05", codes=[BAG2], box=BOX)
    day.lorry_brings_to_plant(BOX)
    day.plant_burns(BOX)
    day.plant_confirms()
    end = ends_alike(day, at="12 00:00")
    assert (end.classes, end.findings) == ({BAG: "safely_disposed", BAG3: "safely_disposed"}, {})


def test_who_never_had_the_box_renews_no_label_in_it() -> None:
    day = boxed()
    day.issue(BAG2, site=STRANGER)
    day.lorry_takes(BOX)
    relabels(day, BAG, BAG2, at="03 09:00", site=STRANGER)
    day.lorry_brings_to_plant(BOX)
    day.plant_burns(BOX)
    day.plant_confirms()
    end = ends_alike(day, at="12 00:00")
    assert set(end.classes.values()) == {"safely_disposed"}
    assert "not_entitled" in end.findings


def with_credit_code() -> Register:
    rows = register().model_dump()
    for site in rows["sites"]:
        if site["code"] == HOSPITAL:
            site["uscc"] = USCC
    return Register.model_validate(rows)


def label(waste_code: str, *, uscc: str = USCC, number: int = 1) -> str:
    return identification_code(uscc, waste_code, date(2026, 11, 2), number)


def drum(day: Telling, code: str, *, waste_code: str = OIL) -> str:
    return day.seal(code, site=HOSPITAL, waste_code=waste_code, package="drum", mass_g=20_000)


def burnt(day: Telling, code: str, *, last: str = "") -> Telling:
    """`last`: the label that the plant puts on before the fire."""
    day.draft(MANIFEST, HOSPITAL, at="03 08:00", waste_codes=[OIL, OTHER_OIL], vehicle=VEHICLE)
    day.hop(code, HOSPITAL, CARRIER, at="03 08:00", **UNDER_THE_MANIFEST)
    day.hop(code, CARRIER, PLANT, at="03 11:00", **UNDER_THE_MANIFEST)
    if last:
        relabels(day, code, last, at="03 12:00", site=PLANT)
    day.plant_burns(last or code)
    day.plant_confirms()
    return day


@pytest.mark.parametrize("new", [label(OTHER_OIL, number=2), label(OIL, uscc=ANOTHER, number=2)])
def test_a_new_label_names_the_same_waste_and_producer(new: str) -> None:
    """换上的标签写的是另一种废物、另一家单位。"""
    day = Telling()
    day.issue(label(OIL), new, site=HOSPITAL)
    drum(day, label(OIL))
    relabels(day, label(OIL), new, at="02 09:00", site=HOSPITAL)
    end = ends_alike(burnt(day, new), at="12 00:00", known=with_credit_code())
    assert end.findings == {"label_mismatch": HOSPITAL}


def test_a_slip_in_the_waste_is_put_right_on_the_label_too() -> None:
    """次日发现类别错了：更正，再换上写对的标签。"""
    day = Telling()
    wrong, right = label(OIL), label(OTHER_OIL, number=2)
    day.issue(wrong, right, site=HOSPITAL)
    sealed = drum(day, wrong)
    day.correct([wrong], sealed, site=HOSPITAL, at="02 09:00", reason="wrong_waste", waste_code=OTHER_OIL)
    relabels(day, wrong, right, at="02 09:10", site=HOSPITAL)
    end = ends_alike(burnt(day, right), at="12 00:00", known=with_credit_code())
    assert end.findings == {}


def test_old_stock_bears_its_producers_label_and_not_the_stores() -> None:
    """期初库存换签：新标签上仍是产生单位的代码，不是库房的。"""
    day = Telling()
    old, new = label(OIL, uscc=ANOTHER), label(OIL, uscc=ANOTHER, number=2)
    day.issue(new, site=HOSPITAL)
    declared = day.declare_stock(old, site=HOSPITAL, waste_codes=[OIL])
    day.confirm(declared, old)
    relabels(day, old, new, at="02 09:00", site=HOSPITAL)
    assert "label_mismatch" not in ends_alike(burnt(day, new), at="12 00:00", known=with_credit_code()).findings


def test_a_wrong_label_that_was_carried_is_not_hidden_by_a_right_one_at_the_plant() -> None:
    day = Telling()
    wrong, right = label(OTHER_OIL), label(OIL, number=2)
    day.issue(wrong, site=HOSPITAL)
    day.issue(right, site=PLANT)
    drum(day, wrong)
    end = ends_alike(burnt(day, wrong, last=right), at="12 00:00", known=with_credit_code())
    assert end.findings == {"label_mismatch": HOSPITAL}


def torn_and_spoiled(*, reason: str = "spoiled", at: str = "02 09:01", codes: tuple[str, ...] = (BAG,)) -> Telling:
    day = Telling()
    day.clinic_seals(BAG)
    day.issue(BAG2)
    by = CLINIC + " 2"  # whose clock is its own
    day.teller(by)
    relabels(day, BAG, BAG2, at="02 09:00")
    day.tell(CLINIC, "voided", at=at, by=by, codes=list(codes), reason=reason, delay_ms=60 * 60_000)
    day.comes_to_centre(BAG2)
    day.goes_into_the_fire(BAG2)
    return day


@pytest.mark.parametrize("at", ["02 08:58", "02 09:01", "02 18:00"])
def test_the_torn_label_is_declared_spoiled(at: str) -> None:
    """换签后把撕坏的旧标签作废：作废的是标签，不是那一袋。"""
    end = ends_alike(torn_and_spoiled(at=at), at="12 00:00")
    assert (end.classes, end.findings) == ({BAG: "safely_disposed"}, {})


@pytest.mark.parametrize(
    "said", [{"reason": "never_was"}, {"codes": (BAG2,)}, {"codes": (BAG, BAG2)}, {"at": "02 08:30"}]
)
def test_a_void_of_the_package_waits_as_any_other(said: dict[str, str]) -> None:
    end = ends_alike(torn_and_spoiled(**said), at="12 00:00")
    assert (end.classes, set(end.findings)) == ({BAG: "disputed"}, {"void_without_evidence"})
