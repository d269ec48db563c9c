"""A consignor, a carrier or a plant is merged while its manifest is under way: the successor goes on under the same number."""

from typing import Any

import pytest

from tests.stories.telling import UNDER_THE_MANIFEST, Telling
from tests.stories.test_sites_that_change import CLOSED, from_the_third
from tests.stories_builder import (
    BAG,
    CARRIER,
    COMPANY_LORRY,
    COMPANY_PLANT,
    HOSPITAL,
    MANIFEST,
    OTHER_CLINIC,
    PLANT,
    STRANGER,
    TRANSFER,
    VEHICLE,
)


def merged(site: str, successor: str) -> Telling:
    day = Telling()
    day.directory = from_the_third(site, **CLOSED, successor=successor)
    day.clinic_seals(BAG)
    day.comes_to_centre(BAG)
    return day


def ends_well(day: Telling) -> None:
    end = day.ends()
    assert (end.classes, end.findings) == ({BAG: "safely_disposed"}, {})


@pytest.mark.parametrize("successor", [OTHER_CLINIC, HOSPITAL])
def test_the_successor_hands_over_under_the_manifest_of_the_centre(successor: str) -> None:
    """中转点填了联单后并入别处，继任单位按这张联单交出：有效，一张联单一个移出人。"""
    day = merged(TRANSFER, successor)
    day.draft(MANIFEST, TRANSFER, at="02 20:00", vehicle=VEHICLE)
    day.hop(BAG, successor, CARRIER, at="03 08:00", **UNDER_THE_MANIFEST)
    day.lorry_brings_to_plant(BAG)
    day.plant_burns(BAG)
    day.plant_confirms()
    ends_well(day)


@pytest.mark.parametrize("successor", [OTHER_CLINIC, HOSPITAL])
def test_the_centre_had_handed_over_before(successor: str) -> None:
    """并入以前已经交出，路上才并入：同样有效。"""
    day = merged(TRANSFER, successor)
    day.lorry_takes(BAG, at="02 20:00")
    day.lorry_brings_to_plant(BAG)
    day.plant_burns(BAG)
    day.plant_confirms()
    ends_well(day)


def test_another_consignor_does_not_use_it() -> None:
    """不是继任单位，别人的联单还是别人的。"""
    day = merged(OTHER_CLINIC, HOSPITAL)
    day.draft(MANIFEST, HOSPITAL, at="02 20:00", vehicle=VEHICLE)
    day.hop(BAG, TRANSFER, CARRIER, at="03 08:00", **UNDER_THE_MANIFEST)
    day.lorry_brings_to_plant(BAG)
    day.plant_burns(BAG)
    day.plant_confirms()
    end = day.ends()
    assert end.findings["manifest_not_valid"]
    assert end.classes[BAG] != "safely_disposed"


def to_the_new_plant(day: Telling) -> None:
    day.lorry_takes(BAG, at="02 20:00")
    day.release(BAG, CARRIER, PLANT, at="03 11:00", **UNDER_THE_MANIFEST)
    day.accept(BAG, CARRIER, COMPANY_PLANT, at="03 11:05", **UNDER_THE_MANIFEST)
    day.dispose(BAG, site=COMPANY_PLANT)
    day.tell(COMPANY_PLANT, "manifested", at="04 09:00", manifest=MANIFEST, action="confirmed", opinion="accepted")


def on_the_new_lorry(day: Telling) -> None:
    day.lorry_takes(BAG, at="02 20:00")
    day.lorry_brings_to_plant(BAG, carrier=COMPANY_LORRY)
    day.plant_burns(BAG)
    day.plant_confirms()


@pytest.mark.parametrize(
    ("site", "successor", "goes"),
    [(PLANT, COMPANY_PLANT, to_the_new_plant), (CARRIER, COMPANY_LORRY, on_the_new_lorry)],
)
def test_the_load_is_on_the_road(site: str, successor: str, goes: Any) -> None:
    """路上处置厂、运输公司并入别家，由继任单位接着办：联单照样办结。"""
    day = merged(site, successor)
    goes(day)
    ends_well(day)


def test_a_carrier_that_nobody_drafted_is_none_of_its_successors() -> None:
    """联单上没有的承运人，照样查得出来。"""
    day = merged(CARRIER, COMPANY_LORRY)
    day.draft(MANIFEST, TRANSFER, at="02 20:00", vehicle=VEHICLE)
    day.hop(BAG, TRANSFER, STRANGER, at="03 08:00", **UNDER_THE_MANIFEST)
    assert "manifest_mismatch" in day.ends(at="03 10:00").findings
