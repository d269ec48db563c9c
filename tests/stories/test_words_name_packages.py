"""Who stands for an act stands for the packages that the word names, and for nothing beside."""

from typing import Any

from tests.stories.telling import PHOTO, Telling
from tests.stories.test_rules_of_a_region import ruled
from tests.stories_builder import (
    BAG,
    BAG2,
    BOX,
    CABIN,
    CLINIC,
    COLLECTOR,
    COMPANY_LORRY,
    COMPANY_PLANT,
    COMPANY_VEHICLE,
    INFECTIOUS,
    OFFICE,
    ms,
)
from wasteledger.domain.register import Directory


def burnt(day: Telling, *load: str) -> dict[str, str]:
    day.goes_into_the_fire(*load)
    return day.ends(at="06 00:00").classes


def at_the_centre(day: Telling) -> None:
    day.clinic_seals(BAG, BAG2)
    day.comes_to_centre(BAG, BAG2)


def evidenced(day: Telling, *, at: str) -> None:
    day.tell(OFFICE, "evidenced", at=at, attachments=[PHOTO], size_bytes=1000, media="image/jpeg")


def test_the_authority_confirms_the_void_of_one_of_two() -> None:
    """一次作废两袋，主管部门只认一袋：另一袋仍在分母里。"""
    day = Telling()
    day.clinic_seals(BAG, BAG2)
    void = day.tell(CLINIC, "voided", at="02 09:00", codes=[BAG, BAG2], reason="never_was", attachments=[PHOTO])
    evidenced(day, at="02 09:30")
    day.confirm(void, BAG, at="02 10:00")
    end = day.ends(at="02 12:00")
    assert (end.classes, end.findings) == ({BAG2: "disputed"}, {"void_unconfirmed": CLINIC})


def test_an_objection_to_two_is_answered_for_one() -> None:
    day = Telling()
    at_the_centre(day)
    objection = day.tell(OFFICE, "inspected", at="02 18:00", codes=[BAG, BAG2], result="objection")
    day.confirm(objection, BAG, at="02 19:00")
    assert burnt(day, BAG, BAG2) == {BAG: "safely_disposed", BAG2: "disputed"}


def test_an_objection_to_a_box_is_answered_for_one_bag_or_for_the_box() -> None:
    """检查的是一箱：答复只说一袋，另一袋仍有异议；说的是箱，两袋都算。"""
    for answered, expected in ((BAG, "disputed"), (BOX, "safely_disposed")):
        day = Telling()
        at_the_centre(day)
        day.centre_packs(BAG, BAG2)
        objection = day.tell(OFFICE, "inspected", at="02 18:00", codes=[BOX], result="objection")
        day.confirm(objection, answered, at="02 19:00")
        assert burnt(day, BOX) == {BAG: "safely_disposed", BAG2: expected}


def test_a_keeper_stands_for_one_of_two_that_nobody_attended() -> None:
    day = Telling()
    day.clinic_seals(BAG, BAG2)
    given = day.release([BAG, BAG2], CLINIC, COLLECTOR, at="02 14:00", vouch_method="none")
    day.accept([BAG, BAG2], CLINIC, COLLECTOR, at="02 14:05")
    day.tell(CLINIC, "vouched", at="02 15:00", codes=[BAG], target_event_id=given)
    day.collector_brings_to_centre(BAG, BAG2)
    assert burnt(day, BAG, BAG2) == {BAG: "safely_disposed", BAG2: "disposed_not_provably"}


def test_a_clinic_stands_for_one_of_two_that_the_company_took_by_its_badge() -> None:
    """处置公司凭卡收了两袋，卫生室只认一袋：另一袋全程只有公司一家的话。"""
    day = Telling()
    day.issue(BAG, BAG2, site=CABIN)

    def by_badge(kind: str, at: str, **fields: Any) -> str:
        said = {"site": CABIN, "vouched_by": "u-cabin", "vouch_method": "badge"} | fields
        note = day.teller(COMPANY_LORRY).note(kind, occurred_ms=ms(at), **said)
        return day.write(note, received_ms=ms(at) + 60_000)

    sealed = {"waste_code": INFECTIOUS, "package": "bag", "mass_g": 1000, "mass_source": "scale"}
    for bag in (BAG, BAG2):
        by_badge("sealed", "02 14:00", codes=[bag], **sealed)
    lorry = {"vehicle": COMPANY_VEHICLE}
    given = by_badge("released", "02 14:10", codes=[BAG, BAG2], to_site=COMPANY_LORRY, **lorry)
    day.accept([BAG, BAG2], CABIN, COMPANY_LORRY, at="02 14:12", **lorry)
    day.tell(CABIN, "vouched", at="02 18:00", codes=[BAG], target_event_id=given)
    day.hop([BAG, BAG2], COMPANY_LORRY, COMPANY_PLANT, at="02 19:00", **lorry)
    day.dispose([BAG, BAG2], at="03 08:00", site=COMPANY_PLANT)
    end = day.ends()
    assert end.classes == {BAG: "safely_disposed", BAG2: "disposed_not_provably"}
    assert end.findings == {"one_organisation": COMPANY_PLANT}


def test_lorry_and_plant_of_one_company_are_not_two_parties_to_a_void() -> None:
    """本区允许交接另一方确认作废：同一家公司的车队不算另一方。"""
    day = Telling()
    day.directory = Directory(ruled(void_confirm_site=1))
    day.clinic_seals(BAG)
    day.hop(BAG, CLINIC, COMPANY_LORRY, at="02 14:00", vehicle=COMPANY_VEHICLE)
    day.hop(BAG, COMPANY_LORRY, COMPANY_PLANT, at="02 16:00", vehicle=COMPANY_VEHICLE)
    evidenced(day, at="02 17:00")
    void = day.tell(COMPANY_PLANT, "voided", at="02 17:30", codes=[BAG], reason="never_was", attachments=[PHOTO])
    day.tell(COMPANY_LORRY, "vouched", at="02 18:00", codes=[BAG], target_event_id=void)
    assert day.ends(at="02 20:00").classes == {BAG: "disputed"}
    day.tell(CLINIC, "vouched", at="02 19:00", codes=[BAG], target_event_id=void)
    assert day.ends(at="02 20:00").classes == {}
