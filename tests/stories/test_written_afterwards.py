"""What is written on a paper after the fact does not change what the paper was to be."""

import pytest

from tests.stories.telling import UNDER_THE_MANIFEST, Telling
from tests.stories_builder import (
    BAG,
    CARRIER,
    COMPANY_LORRY,
    COMPANY_PLANT,
    FOREIGN_VEHICLE,
    INFECTIOUS,
    MANIFEST,
    OFFICE,
    PLANT,
    TRANSFER,
    VEHICLE,
)

SHARPS = "841-002-01"
DAY_MS = 24 * 60 * 60 * 1000
DRAFTED_OTHERWISE: dict[str, dict[str, object]] = {
    "vehicle": {"vehicle": FOREIGN_VEHICLE},
    "carrier": {"vehicle": VEHICLE, "carriers": [COMPANY_LORRY]},
    "waste": {"vehicle": VEHICLE, "waste_codes": [SHARPS]},
    "consignee": {"vehicle": VEHICLE, "consignee": COMPANY_PLANT},
}


def at_the_centre() -> Telling:
    day = Telling()
    day.clinic_seals(BAG)
    day.comes_to_centre(BAG)
    return day


def burned(day: Telling) -> Telling:
    day.goes_into_the_fire(BAG)
    return day


def drafted_again(day: Telling, *, at: str, by: str = TRANSFER, **fields: object) -> None:
    """The manifest is drawn up with all that came about; `at` is the moment itself."""
    said = {"carriers": [CARRIER], "consignee": PLANT, "waste_codes": [INFECTIOUS], "vehicle": VEHICLE} | fields
    day.tell(by, "manifested", at=at, manifest=MANIFEST, action="drafted", **({"form": "electronic"} | said))


@pytest.mark.parametrize("other", DRAFTED_OTHERWISE)
@pytest.mark.parametrize("at", ["03 09:30", "03 14:00"])
def test_drafting_again_behind_the_load_takes_no_mismatch_away(other: str, at: str) -> None:
    """车已经走了，移出人才把联单改成实际的车、承运人、去向、废物：不一致照旧。"""
    day = at_the_centre()
    day.draft(MANIFEST, TRANSFER, at="03 08:00", **DRAFTED_OTHERWISE[other])
    before = set(burned(day).ends().findings)
    assert "manifest_mismatch" in before
    day = at_the_centre()
    day.draft(MANIFEST, TRANSFER, at="03 08:00", **DRAFTED_OTHERWISE[other])
    day.lorry_takes(BAG)
    drafted_again(day, at=at)
    day.lorry_brings_to_plant(BAG)
    day.plant_burns(BAG)
    day.plant_confirms()
    assert set(day.ends().findings) == before


def test_it_was_drafted_again_before_the_load_left() -> None:
    """出门之前改过的联单算数。"""
    day = at_the_centre()
    day.draft(MANIFEST, TRANSFER, at="03 08:00", vehicle=FOREIGN_VEHICLE, consignee=COMPANY_PLANT)
    drafted_again(day, at="03 07:50")
    end = burned(day).ends()
    assert (end.findings, end.classes[BAG]) == ({}, "safely_disposed")


def test_the_lorry_was_sent_away_at_the_gate_and_another_one_drafted() -> None:
    """第一辆车在门口被拒，换车后重新填报：第二份算数。"""
    day = at_the_centre()
    day.draft(MANIFEST, TRANSFER, at="03 07:00", vehicle=FOREIGN_VEHICLE)
    day.release(BAG, TRANSFER, CARRIER, at="03 07:00", manifest=MANIFEST)
    day.tell(CARRIER, "refused", at="03 07:05", codes=[BAG], from_site=TRANSFER, manifest=MANIFEST, reason="other")
    drafted_again(day, at="03 07:40")
    end = burned(day).ends()
    assert (end.findings, end.classes[BAG]) == ({}, "safely_disposed")


def test_the_office_sends_the_load_elsewhere_on_the_way() -> None:
    """途中由主管部门改派：它说的算。"""
    day = at_the_centre()
    day.draft(MANIFEST, TRANSFER, at="03 08:00", vehicle=VEHICLE)
    day.lorry_takes(BAG)
    drafted_again(day, at="03 09:00", by=OFFICE, consignee=COMPANY_PLANT)
    day.hop(BAG, CARRIER, COMPANY_PLANT, at="03 11:00", **UNDER_THE_MANIFEST)
    day.dispose(BAG, site=COMPANY_PLANT)
    day.tell(COMPANY_PLANT, "manifested", at="04 09:00", manifest=MANIFEST, action="confirmed", opinion="accepted")
    end = day.ends()
    assert (end.findings, end.classes[BAG]) == ({}, "safely_disposed")


def carried_to_the_plant() -> Telling:
    day = at_the_centre()
    day.lorry_takes(BAG)
    day.lorry_brings_to_plant(BAG)
    day.plant_burns(BAG)
    return day


def test_a_load_is_not_confirmed_before_it_has_come() -> None:
    """车还在路上，处置厂已经“确认”：不算确认，五个工作日后照样是未确认。"""
    day = at_the_centre()
    day.lorry_takes(BAG)
    day.plant_confirms(at="03 09:00")
    day.lorry_brings_to_plant(BAG)
    day.plant_burns(BAG)
    assert day.ends(at="20 00:00").findings == {"manifest_not_confirmed": PLANT}
    day.plant_confirms(at="04 09:00")
    assert day.ends(at="20 00:00").findings == {}


def test_the_desk_confirms_while_the_gate_still_scans() -> None:
    """办公室的钟比门口的慢几分钟：确认算数。"""
    day = carried_to_the_plant()
    said = {"manifest": MANIFEST, "action": "confirmed", "opinion": "accepted"}
    day.tell(PLANT, "manifested", at="03 10:55", by=f"{PLANT} 2", delay_ms=15 * 60_000, **said)
    assert day.ends(at="20 00:00").findings == {}


def test_a_confirmation_that_is_dated_back_is_as_late_as_it_was_told() -> None:
    """二十天后才交上来的确认，写着第二天的日期：逾期确认留下痕迹。"""
    day = carried_to_the_plant()
    said = {"manifest": MANIFEST, "action": "confirmed", "opinion": "accepted"}
    day.tell(PLANT, "manifested", at="04 09:00", by=f"{PLANT} 2", delay_ms=20 * DAY_MS, **said)
    assert set(day.ends(at="28 00:00").findings) == {"back_dated", "late_confirmation"}


def test_three_days_without_a_network_make_no_confirmation_late() -> None:
    """三天没有网络，期限内确认、期限后交上来：不算逾期。"""
    day = carried_to_the_plant()
    said = {"manifest": MANIFEST, "action": "confirmed", "opinion": "accepted"}
    day.tell(PLANT, "manifested", at="09 09:00", by=f"{PLANT} 2", delay_ms=3 * DAY_MS - 60_000, **said)
    assert day.ends(at="28 00:00").findings == {}
