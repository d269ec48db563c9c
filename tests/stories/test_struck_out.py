"""What is taken back, and by whom: two sites of one company are one party, and doubt is struck out by the authority alone."""

import pytest

from tests.stories.in_both import ends_alike
from tests.stories.telling import Telling
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
    OTHER_CLINIC,
    PLANT,
    TRANSFER,
    ms,
)


def company_burns(*, arrived_g: int | None) -> tuple[Telling, str]:
    """A clinic's ten kilos, driven and burnt by one company; the acceptance at its plant."""
    day = Telling()
    day.clinic_seals(BAG, mass_g=10_000)
    day.hop(BAG, CLINIC, COMPANY_LORRY, at="02 14:00", vehicle=COMPANY_VEHICLE)
    day.release(BAG, COMPANY_LORRY, COMPANY_PLANT, at="02 16:00", vehicle=COMPANY_VEHICLE)
    weighed = {} if arrived_g is None else {"masses_g": [arrived_g], "mass_source": "scale"}
    taken = day.accept(BAG, COMPANY_LORRY, COMPANY_PLANT, at="02 16:05", vehicle=COMPANY_VEHICLE, **weighed)
    return day, taken


@pytest.mark.parametrize("correction", [{"reason": "wrong_mass", "mass_g": 10_000}, {"reason": "did_not_occur"}])
def test_two_sites_of_one_company_do_not_agree_a_loss_away(correction: dict[str, object]) -> None:
    """公司的厂称出五公斤，与自家车队“同意”改成十公斤，或者撤销这次接收：一家公司不是两方，要主管部门。"""
    day, taken = company_burns(arrived_g=5000)
    day.accept(BAG, COMPANY_LORRY, COMPANY_PLANT, at="02 16:50", vehicle=COMPANY_VEHICLE)
    day.dispose(BAG, at="03 10:00", site=COMPANY_PLANT)
    for maker, other in ((COMPANY_PLANT, COMPANY_LORRY), (COMPANY_LORRY, COMPANY_PLANT)):
        proposed = day.correct(BAG, taken, site=maker, at="04 10:00", **correction)
        day.correct(BAG, taken, site=other, at="04 11:00", agrees_with=proposed, **correction)
    end = ends_alike(day, at="05 00:00")
    assert (end.classes, end.findings["weight_difference"]) == ({BAG: "disputed"}, COMPANY_PLANT)
    day.correct(BAG, taken, site=OFFICE, at="05 09:00", **correction)
    assert "weight_difference" not in ends_alike(day, at="05 10:00").findings


def test_a_slip_between_two_companies_is_put_right_by_both() -> None:
    """处置厂录错重量，运输公司同意更正；哪一方先提都行。"""
    for maker, other in ((PLANT, CARRIER), (CARRIER, PLANT)):
        day = Telling()
        day.clinic_seals(BAG, mass_g=10_000)
        day.comes_to_centre(BAG)
        day.lorry_takes(BAG)
        day.release(BAG, CARRIER, PLANT, at="03 11:00", manifest=MANIFEST)
        taken = day.accept(BAG, CARRIER, PLANT, at="03 11:05", manifest=MANIFEST, masses_g=[1000], mass_source="typed")
        proposed = day.correct(BAG, taken, site=maker, at="03 12:00", reason="wrong_mass", mass_g=10_000)
        day.correct(BAG, taken, site=other, at="03 12:30", reason="wrong_mass", agrees_with=proposed)
        day.plant_burns(BAG)
        day.plant_confirms()
        end = ends_alike(day, at="05 00:00")
        assert (end.classes, end.findings) == ({BAG: "safely_disposed"}, {})


@pytest.mark.parametrize("other", [CARRIER, PLANT])
def test_who_weighed_it_is_asked(other: str) -> None:
    """厂里称出五公斤，诊所和运输公司商量着改回十公斤，没问厂里：不算；诊所和厂里商量，没问运输公司，也不算。"""
    day = Telling()
    day.clinic_seals(BAG, mass_g=10_000)
    day.hop(BAG, CLINIC, CARRIER, at="02 14:00")
    day.release(BAG, CARRIER, PLANT, at="02 16:00")
    taken = day.accept(BAG, CARRIER, PLANT, at="02 16:05", masses_g=[5000], mass_source="scale")
    day.dispose(BAG, at="03 10:00")
    right = {"reason": "wrong_mass", "mass_g": 10_000}
    proposed = day.correct(BAG, taken, site=CLINIC, at="03 11:00", **right)
    day.correct(BAG, taken, site=other, at="03 11:10", agrees_with=proposed, **right)
    end = ends_alike(day, at="05 00:00")
    assert (end.classes, end.findings["weight_difference"]) == ({BAG: "disputed"}, PLANT)


def burnt() -> Telling:
    day = Telling()
    day.whole_life(BAG)
    day.plant_confirms()
    return day


@pytest.mark.parametrize("kind", ["stored", "accepted"])
def test_a_sighting_after_the_end_is_struck_out_by_the_authority_alone(kind: str) -> None:
    """烧了两天以后又在中转点扫到：中转点和处置厂互相同意撤销，不算；主管部门查清才行。"""
    day = burnt()
    seen = {"room": "库1"} if kind == "stored" else {"from_site": PLANT}
    sighting = day.tell(TRANSFER, kind, at="05 08:00", codes=[BAG], **seen)
    proposed = day.correct(BAG, sighting, site=TRANSFER, at="05 09:00", reason="did_not_occur")
    day.correct(BAG, sighting, site=PLANT, at="05 10:00", reason="did_not_occur", agrees_with=proposed)
    end = ends_alike(day, at="06 00:00")
    assert end.classes == {BAG: "disputed"}
    assert end.findings["seen_after_end"] == TRANSFER
    day.correct(BAG, sighting, site=OFFICE, at="06 09:00", reason="did_not_occur", agrees_with=proposed)
    end = ends_alike(day, at="06 10:00")
    assert (end.classes, end.findings) == ({BAG: "safely_disposed"}, {})


def test_a_disposal_handed_in_late_does_not_make_a_sighting_an_earlier_one() -> None:
    """处置厂等撤销谈妥了才补交焚烧记录：照样是焚烧以后的扫描。"""
    day = Telling()
    day.issue(BAG)
    day.seal(BAG)
    day.to_transfer(BAG)
    day.to_plant(BAG)
    teller = day.teller(PLANT + " 2")
    burning = teller.note("disposed", occurred_ms=ms("03 15:00"), codes=[BAG], batch="炉1", method="incineration")
    sighting = day.tell(TRANSFER, "accepted", at="04 08:00", codes=[BAG], from_site=PLANT)
    proposed = day.correct(BAG, sighting, site=TRANSFER, at="04 09:00", reason="did_not_occur")
    day.correct(BAG, sighting, site=PLANT, at="04 10:00", reason="did_not_occur", agrees_with=proposed)
    day.write(burning, received_ms=ms("04 11:00"))
    end = ends_alike(day, at="05 00:00")
    assert (end.classes, end.findings["seen_after_end"]) == ({BAG: "disputed"}, TRANSFER)


def test_a_slip_after_the_end_is_undone_at_once() -> None:
    """扫错了标签，当场撤销：没有差错。"""
    day = burnt()
    sighting = day.tell(TRANSFER, "stored", at="05 08:00", codes=[BAG], room="库1")
    day.correct(BAG, sighting, site=TRANSFER, at="05 08:02", reason="did_not_occur")
    end = ends_alike(day, at="06 00:00")
    assert (end.classes, end.findings) == ({BAG: "safely_disposed"}, {})


def test_what_a_look_into_a_box_or_a_furnace_showed_is_not_agreed_away() -> None:
    """开箱少一袋，中转点和厂里商量撤销这次开箱：不算。"""
    day = Telling()
    day.clinic_seals(BAG, BAG2)
    day.comes_to_centre(BAG, BAG2)
    day.centre_packs(BAG, BAG2)
    day.lorry_takes(BOX)
    day.lorry_brings_to_plant(BOX)
    opened = day.tell(PLANT, "unpacked", at="03 12:00", codes=[BAG2], box=BOX, complete=True)
    day.dispose(BOX, at="03 15:00")
    for code in (BAG, BOX):
        proposed = day.correct(code, opened, site=PLANT, at="03 13:00", reason="did_not_occur")
        day.correct(code, opened, site=CARRIER, at="03 14:00", reason="did_not_occur", agrees_with=proposed)
    day.plant_confirms()
    end = ends_alike(day, at="05 00:00")
    assert end.classes[BAG] != "safely_disposed"
    assert "box_difference" in end.findings


def test_a_hand_over_that_both_sides_say_never_was_is_taken_back() -> None:
    """接收时扫错了标签：另一家诊所和这家诊所都说没有这回事，不必惊动主管部门。"""
    day = burnt()
    wrong = day.accept(BAG, CLINIC, OTHER_CLINIC, at="02 17:00")
    proposed = day.correct(BAG, wrong, site=OTHER_CLINIC, at="03 09:00", reason="did_not_occur")
    day.correct(BAG, wrong, site=CLINIC, at="03 10:00", reason="did_not_occur", agrees_with=proposed)
    end = ends_alike(day, at="05 00:00")
    assert end.classes == {BAG: "safely_disposed"}


def test_another_waste_agreed_before_the_fire_stays_agreed_after_it() -> None:
    """出门前发现类别写错，收运员同意了；后来烧掉，更正照样有效。"""
    day = Telling()
    day.issue(BAG)
    sealed = day.seal(BAG)
    day.collector_takes(BAG)
    other = {"reason": "wrong_waste", "waste_code": "841-002-01"}
    proposed = day.correct(BAG, sealed, site=CLINIC, at="02 15:00", **other)
    day.correct(BAG, sealed, site=COLLECTOR, at="02 15:30", agrees_with=proposed, **other)
    day.collector_brings_to_centre(BAG)
    day.goes_into_the_fire(BAG)
    end = ends_alike(day, at="05 00:00")
    assert (end.classes, [row.waste_code for row in end.answer.items]) == ({BAG: "safely_disposed"}, ["841-002-01"])


def test_old_stock_that_was_taken_back_and_confirmed_is_there() -> None:
    """期初库存申报后当场撤销，主管部门中午到库里看过并确认：在库，计入。先确认后撤销的，有争议，等主管部门。"""
    for undone, confirmed, item_class in (("01 09:01", "01 12:00", "on_its_way"), ("01 09:05", "01 09:02", "disputed")):
        day = Telling()
        day.issue(BAG, site=TRANSFER)
        declared = day.declare_stock(BAG, mass_g=50_000)
        if undone < confirmed:
            day.correct(BAG, declared, site=TRANSFER, at=undone, reason="did_not_occur")
        day.confirm(declared, BAG, at=confirmed)
        if undone > confirmed:
            day.correct(BAG, declared, site=TRANSFER, at=undone, reason="did_not_occur")
        end = ends_alike(day, at="02 00:00")
        assert end.classes == {BAG: item_class}
        assert end.answer.district.total.mass_g == 50_000
        day.refuse(declared, BAG, at="02 09:00")
        assert ends_alike(day, at="02 10:00").answer.district.total.mass_g == 0, "the authority strikes it out"
