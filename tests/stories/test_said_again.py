"""What was refused is not brought about by saying it again; and what is undone at once undoes nothing that has gone on since."""

import pytest

from schemas.codes import box_code, stock_code
from tests.stories.telling import Telling
from tests.stories_builder import BAG, BAG2, BAG3, BOX, CLINIC, COLLECTOR, MANIFEST, OFFICE, TRANSFER, VEHICLE

OTHER_BOX = box_code("500114", 2)
NEW_LABEL = stock_code("500114", 4)


def packed() -> Telling:
    day = Telling()
    day.clinic_seals(BAG, BAG2, BAG3)
    day.comes_to_centre(BAG, BAG2, BAG3)
    day.centre_packs(BAG, BAG2, BAG3)
    day.draft(MANIFEST, TRANSFER, at="03 07:30", vehicle=VEHICLE)
    return day


def burnt(day: Telling) -> None:
    day.lorry_brings_to_plant(BOX)
    day.plant_burns(BOX)
    day.plant_confirms()


@pytest.mark.parametrize("how", ["lost", "packed elsewhere", "relabelled"])
def test_nobody_puts_a_package_back_into_a_box_that_has_left(how: str) -> None:
    """一袋报了遗失（或装进别的箱，或换了标签），箱子走了，再撤销：那一袋不能随箱算作焚烧。"""
    day = packed()
    if how == "lost":
        told = day.tell(TRANSFER, "incident", at="03 07:58", codes=[BAG], incident="loss")
    elif how == "packed elsewhere":
        told = day.tell(TRANSFER, "packed", at="03 07:58", codes=[BAG], box=OTHER_BOX)
    else:
        day.issue(NEW_LABEL, at="01 07:00")
        told = day.tell(TRANSFER, "relabelled", at="03 07:57", codes=[BAG], new_code=NEW_LABEL, reason="unreadable")
        day.tell(TRANSFER, "unpacked", at="03 07:58", codes=[NEW_LABEL], box=BOX, complete=False)
    day.lorry_takes(BOX)
    day.correct(BAG, told, site=TRANSFER, at="03 08:05", reason="did_not_occur")
    burnt(day)
    assert day.ends().classes[BAG] != "safely_disposed"


def test_a_slip_while_the_box_stands_there_is_undone() -> None:
    """箱子还没动，点错了马上撤销：照算。"""
    day = packed()
    told = day.tell(TRANSFER, "packed", at="03 07:40", codes=[BAG], box=OTHER_BOX)
    day.correct(BAG, told, site=TRANSFER, at="03 07:42", reason="did_not_occur")
    day.lorry_takes(BOX)
    burnt(day)
    assert set(day.ends().classes.values()) == {"safely_disposed"}


def test_a_waste_that_the_authority_refused_is_not_named_again() -> None:
    """诊所改废物代码，主管部门不同意，诊所再改一次：不算，等主管部门。"""
    day = Telling()
    day.clinic_seals(BAG)
    sealed = next(fact for fact in day.history().by_code[BAG] if fact.kind == "sealed").event_id
    fields = {"site": CLINIC, "reason": "wrong_waste", "waste_code": "841-003-01"}
    first = day.correct(BAG, sealed, at="02 09:00", **fields)
    day.correct(BAG, sealed, site=OFFICE, at="02 10:00", refuses=first, reason="wrong_waste", waste_code="841-003-01")
    day.correct(BAG, sealed, at="02 11:00", **fields)
    end = day.ends(at="02 12:00")
    assert end.classes == {BAG: "disputed"}
    assert [row.waste_code for row in end.answer.items] == ["841-001-01"]


def test_a_mass_that_the_authority_refused_two_parties_do_not_agree_on() -> None:
    """诊所提出五公斤，主管部门不同意；诊所和收运队再约定五公斤：仍等主管部门。"""
    day = Telling()
    day.clinic_seals(BAG)
    day.collector_takes(BAG)
    sealed = next(fact for fact in day.history().by_code[BAG] if fact.kind == "sealed").event_id
    first = day.correct(BAG, sealed, site=CLINIC, at="02 15:00", reason="wrong_mass", mass_g=5000)
    day.correct(BAG, sealed, site=OFFICE, at="02 16:00", refuses=first, reason="wrong_mass", mass_g=5000)
    again = day.correct(BAG, sealed, site=CLINIC, at="02 17:00", reason="wrong_mass", mass_g=5000)
    day.correct(BAG, sealed, site=COLLECTOR, at="02 17:10", agrees_with=again, reason="wrong_mass", mass_g=5000)
    end = day.ends(at="02 18:00")
    assert end.classes == {BAG: "disputed"}
    assert [row.amount.mass_g for row in end.answer.items] == [1000]


def test_a_new_label_that_was_handed_over_stays() -> None:
    """换了标签、按新标签交出去了，再撤销换标签：还是那一袋，等主管部门。"""
    day = Telling()
    day.clinic_seals(BAG)
    day.issue(NEW_LABEL, at="01 07:00")
    told = day.tell(CLINIC, "relabelled", at="02 13:58", codes=[BAG], new_code=NEW_LABEL, reason="unreadable")
    day.collector_takes(NEW_LABEL)
    day.correct(BAG, told, site=CLINIC, at="02 14:06", reason="did_not_occur")
    assert day.ends(at="02 20:00").classes == {BAG: "disputed"}
