"""Two trips on one manifest, the second one loaded by devices that date it back; and honest trips that look alike."""

from typing import Any

import pytest

from tests.stories.telling import UNDER_THE_MANIFEST, Telling
from tests.stories_builder import BAG, BAG2, CARRIER, COLLECTOR, FOREIGN_VEHICLE, MANIFEST, PLANT, TRANSFER

HOUR_MS = 60 * 60 * 1000
PROVED = {BAG: "safely_disposed", BAG2: "safely_disposed"}


def at_the_centre() -> Telling:
    day = Telling()
    day.clinic_seals(BAG, BAG2)
    day.comes_to_centre(BAG, BAG2)
    return day


def loaded(day: Telling, bag: str, *, by: str = "", late_h: tuple[int, int] = (0, 0)) -> None:
    """Centre and lorry scan one bag, with their devices or with further ones, and hand it in so many hours later."""
    how: dict[str, Any] = {"codes": [bag]} | UNDER_THE_MANIFEST
    given, taken = (60_000 + hours * HOUR_MS for hours in late_h)
    day.tell(TRANSFER, "released", by=TRANSFER + by, at="03 08:20", to_site=CARRIER, delay_ms=given, **how)
    day.tell(CARRIER, "accepted", by=CARRIER + by, at="03 08:25", from_site=TRANSFER, delay_ms=taken, **how)


@pytest.mark.parametrize("by", [" 2", ""])
def test_a_second_trip_is_loaded_back_dated_by_second_devices(by: str) -> None:
    """一份联单跑两趟：第二趟用备用手持机倒填装车时间，晚了五小时才交来；第一趟到厂在前。"""
    day = at_the_centre()
    for site in (TRANSFER, CARRIER):
        day.teller(site + by)
    day.lorry_takes(BAG)
    day.lorry_brings_to_plant(BAG)
    loaded(day, BAG2, by=by, late_h=(5, 5))
    day.lorry_brings_to_plant(BAG2, at="03 13:40")
    day.plant_burns(BAG, BAG2)
    day.plant_confirms()
    end = day.ends()
    assert end.classes == PROVED | {BAG2: "disposed_not_provably"}
    assert end.findings["manifest_not_valid"] == TRANSFER


@pytest.mark.parametrize("late_h", [(30, 30), (0, 30), (30, 0)])
def test_a_lorry_without_a_network_all_day_is_one_trip(late_h: tuple[int, int]) -> None:
    """整天没有信号，到厂以后才联网：同一台设备的序号证明装车在前；任一方当场联网也行。"""
    day = at_the_centre()
    day.draft(MANIFEST, TRANSFER, at="03 08:00", carriers=[CARRIER], vehicle=UNDER_THE_MANIFEST["vehicle"])
    for bag in (BAG, BAG2):
        loaded(day, bag, late_h=late_h)
    how: dict[str, Any] = {"codes": [BAG, BAG2]} | UNDER_THE_MANIFEST
    day.tell(CARRIER, "released", at="03 11:00", to_site=PLANT, delay_ms=31 * HOUR_MS, **how)
    day.accept([BAG, BAG2], CARRIER, PLANT, at="03 11:05", **UNDER_THE_MANIFEST)
    day.plant_burns(BAG, BAG2)
    day.plant_confirms()
    end = day.ends()
    assert (end.classes, set(end.findings)) == (PROVED, set())


def test_a_relay_without_a_network_is_one_trip() -> None:
    """联运：前一程的车和中转点都没有信号，后一程的车到厂后才联网。"""
    day = at_the_centre()
    late = 30 * HOUR_MS
    day.draft(MANIFEST, TRANSFER, at="03 08:00", carriers=[CARRIER, COLLECTOR])
    how: dict[str, Any] = {"codes": [BAG, BAG2], "manifest": MANIFEST, "delay_ms": late}
    day.tell(TRANSFER, "released", at="03 08:20", to_site=CARRIER, **how)
    day.tell(CARRIER, "accepted", at="03 08:25", from_site=TRANSFER, vehicle=UNDER_THE_MANIFEST["vehicle"], **how)
    relay = how | {"vehicle": FOREIGN_VEHICLE}
    day.tell(CARRIER, "released", at="03 09:20", to_site=COLLECTOR, **relay)
    day.tell(COLLECTOR, "accepted", at="03 09:25", from_site=CARRIER, **relay)
    day.tell(COLLECTOR, "released", at="03 11:00", to_site=PLANT, **relay)
    day.accept([BAG, BAG2], COLLECTOR, PLANT, at="03 11:05", manifest=MANIFEST, vehicle=FOREIGN_VEHICLE)
    day.plant_burns(BAG, BAG2)
    assert "manifest_not_valid" not in day.ends().findings
