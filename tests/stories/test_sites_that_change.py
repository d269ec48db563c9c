"""A site sleeps, closes or is merged into another one while waste still stands there: it still has to go, and somebody has to act."""

from datetime import date
from typing import Any

import pytest

from tests.stories.telling import Telling
from tests.stories_builder import BAG, BAG2, CLINIC, COLLECTOR, OTHER_CLINIC, TRANSFER, ms, register
from wasteledger.domain.register import Directory, Register
from wasteledger.domain.register_history import RegisterVersion, directory_of


def said_of(site: str, **fields: Any) -> Register:
    """The district, with something else said of one site."""
    rows = register().model_dump()
    rows["sites"] = [row | (fields if row["code"] == site else {}) for row in rows["sites"]]
    return Register.model_validate(rows)


def from_the_third(site: str, **fields: Any) -> Directory:
    """The district, and what has been said of a site since 3 November."""
    versions = [RegisterVersion(1, "first"), RegisterVersion(2, "second", date(2026, 11, 3), 0, ms("02 18:00"))]
    return directory_of(versions, [register(), said_of(site, **fields)])


DORMANT, CLOSED = {"dormant": True}, {"closed_on": date(2026, 11, 2)}
MERGED = CLOSED | {"successor": OTHER_CLINIC}


def stands_there(**fields: Any) -> Telling:
    day = Telling()
    day.directory = from_the_third(CLINIC, **fields)
    day.clinic_seals(BAG, at="02 15:00")
    return day


@pytest.mark.parametrize(("fields", "who"), [(DORMANT, CLINIC), (CLOSED, CLINIC), (MERGED, OTHER_CLINIC)])
def test_what_stands_at_a_site_that_is_no_longer_there_is_not_forgotten(fields: dict[str, Any], who: str) -> None:
    """停业、关闭、并入别家：没收走的照样超期，由它自己或继任单位办理。"""
    day = stands_there(**fields)
    assert day.expects(BAG) == f"{who} overdue_pickup"
    end = day.ends(at="04 16:00")
    assert (end.classes, end.findings) == ({BAG: "overdue"}, {"overdue_pickup": who})


@pytest.mark.parametrize(("fields", "giver"), [(DORMANT, CLINIC), (MERGED, OTHER_CLINIC)])
def test_it_is_collected_all_the_same(fields: dict[str, Any], giver: str) -> None:
    """停业的自己交出，并入的由继任单位交出：链条不断，一直到烧。"""
    day = stands_there(**fields)
    day.hop(BAG, giver, COLLECTOR, at="03 09:00")
    day.collector_brings_to_centre(BAG, at="03 10:00")
    day.lorry_takes(BAG, at="03 12:00")
    day.lorry_brings_to_plant(BAG, at="03 14:00")
    day.plant_burns(BAG, at="03 16:00")
    day.plant_confirms()
    end = day.ends()
    assert (end.classes, end.findings) == ({BAG: "safely_disposed"}, {})


def test_a_closed_site_seals_nothing_more() -> None:
    """关闭以后还在封装：登记簿里已经没有这家。"""
    day = stands_there(**CLOSED)
    day.clinic_seals(BAG2, at="04 08:00")
    end = day.ends(at="04 09:00")
    assert end.findings["unknown_site"] == CLINIC
    assert set(end.classes) == {BAG, BAG2}, "both stay in the cohort"


def test_a_centre_that_is_merged_passes_on_its_room() -> None:
    """中转点并入另一处，屋里的包由新的中转点负责。"""
    day = Telling()
    day.directory = from_the_third(TRANSFER, closed_on=date(2026, 11, 2), successor=OTHER_CLINIC)
    day.clinic_seals(BAG)
    day.comes_to_centre(BAG)
    assert day.expects(BAG) == f"{OTHER_CLINIC} overdue_storage"
    assert day.ends(at="05 00:00").findings == {"overdue_storage": OTHER_CLINIC}
