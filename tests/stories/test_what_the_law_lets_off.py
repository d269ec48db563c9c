"""What the law lets off, and only that: small institutions' manifests, and the hours of storage at a plant."""

from typing import Any

import pytest

from tests.stories.telling import UNDER_THE_MANIFEST, Telling
from tests.stories_builder import BAG, CARRIER, CLINIC, COLLECTOR, HOSPITAL, PLANT, VEHICLE, register
from wasteledger.domain.register import Directory, Register

OIL = "900-217-08"
CHEMICAL, PHARMACEUTICAL = "841-004-01", "841-005-01"


def district(**vehicle: Any) -> Directory:
    """The district, with something else said of the carrier's lorry."""
    rows = register().model_dump()
    rows["vehicles"] = [row | (vehicle if row["plate"] == VEHICLE else {}) for row in rows["vehicles"]]
    return Directory(Register.model_validate(rows))


def given(site: str = CLINIC, **sealed: Any) -> Telling:
    day = Telling()
    day.issue(BAG, site=site)
    day.seal(BAG, site=site, **sealed)
    return day


@pytest.mark.parametrize(("waste", "findings"), [("841-001-01", set()), (OIL, {"manifest_missing"})])
def test_the_exemption_of_small_institutions_is_for_medical_waste(waste: str, findings: set[str]) -> None:
    """19张床位以下免联单，只免医疗废物；废机油照样要联单。"""
    day = given(waste_code=waste)
    day.hop(BAG, CLINIC, COLLECTOR, at="02 14:00")
    assert set(day.ends(at="02 20:00").findings) - {"unlicensed_carrier", "unlicensed_vehicle"} == findings


@pytest.mark.parametrize(
    ("medical", "vehicle", "is_exempt"),
    [
        (None, VEHICLE, True),
        (True, VEHICLE, True),
        (False, VEHICLE, False),  # no vehicle for medical waste (GB 19217)
        (None, "渝H99999", False),  # of nobody who takes part
    ],
)
def test_the_exemption_of_small_institutions_rests_on_the_vehicle(
    medical: bool | None,
    vehicle: str,
    is_exempt: bool,
) -> None:
    """免联单的前提是医疗废物专用车：车辆不符合 GB 19217，就要联单。"""
    day = given()
    day.directory = district(medical=medical)
    day.hop(BAG, CLINIC, CARRIER, at="02 14:00", vehicle=vehicle)
    assert ("manifest_missing" not in day.ends(at="02 20:00").findings) is is_exempt


def at_the_plant(waste: str) -> Telling:
    day = given(HOSPITAL, waste_code=waste)
    papers = UNDER_THE_MANIFEST
    day.draft(papers["manifest"], HOSPITAL, at="02 13:00", waste_codes=[waste], vehicle=VEHICLE)
    day.hop(BAG, HOSPITAL, CARRIER, at="02 13:00", **papers)
    day.hop(BAG, CARRIER, PLANT, at="02 15:00", **papers)
    day.plant_confirms()
    return day


@pytest.mark.parametrize(
    ("waste", "item_class"), [("841-001-01", "overdue"), (CHEMICAL, "on_its_way"), (PHARMACEUTICAL, "on_its_way"), (OIL, "on_its_way")]
)  # fmt: skip
def test_chemical_and_pharmaceutical_waste_may_lie_at_the_plant(waste: str, item_class: str) -> None:
    """化学性、药物性废物在处置单位按 GB 18597 贮存，不受 24/72/168 小时限制；感染性的受。"""
    end = at_the_plant(waste).ends(at="12 00:00")  # nine days, which is more than 168 hours
    assert end.classes == {BAG: item_class}
    assert end.findings == ({"arrived_not_disposed": PLANT} if item_class == "overdue" else {})
