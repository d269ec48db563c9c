"""A centre, a carrier or a plant that was closed: what stands there goes away, and nothing more comes in or is burnt."""

import pytest

from tests.stories.telling import Telling
from tests.stories.test_sites_that_change import CLOSED, from_the_third
from tests.stories_builder import BAG, CARRIER, CLINIC, COLLECTOR, PLANT, TRANSFER


def whole_way(day: Telling, *, collected: str = "02") -> Telling:
    day.clinic_seals(BAG)
    day.collector_takes(BAG, at=f"{collected} 14:00")
    day.collector_brings_to_centre(BAG, at=f"{collected} 16:00")
    day.lorry_takes(BAG, at="03 18:00")
    day.lorry_brings_to_plant(BAG, at="03 19:00")
    day.plant_burns(BAG, at="03 20:00")
    day.plant_confirms()
    return day


def closed(site: str) -> Telling:
    day = Telling()
    day.directory = from_the_third(site, **CLOSED)
    return day


@pytest.mark.parametrize(("site", "collected"), [(CARRIER, "02"), (PLANT, "02"), (COLLECTOR, "03"), (TRANSFER, "03")])
def test_a_closed_site_takes_nothing_more(site: str, collected: str) -> None:
    """登记簿里已经关闭的，还在接收：和登记簿外的单位一样，要查。"""
    end = whole_way(closed(site), collected=collected).ends()
    assert end.findings["unknown_site"] == site


@pytest.mark.parametrize("site", [TRANSFER, COLLECTOR, CLINIC])
def test_it_gives_away_what_stands_there(site: str) -> None:
    """关闭前收下的，关闭后交出：没有问题。"""
    end = whole_way(closed(site)).ends()
    assert (end.classes, end.findings) == ({BAG: "safely_disposed"}, {})


def test_a_closed_plant_burns_nothing() -> None:
    """处置厂关闭前收的，关闭后再烧：厂已不在登记簿，不算。"""
    day = closed(PLANT)
    day.clinic_seals(BAG)
    day.collector_takes(BAG, at="02 09:00")
    day.collector_brings_to_centre(BAG, at="02 10:00")
    day.lorry_takes(BAG, at="02 12:00")
    day.lorry_brings_to_plant(BAG, at="02 14:00")
    day.plant_burns(BAG, at="03 09:00")
    day.plant_confirms()
    end = day.ends()
    assert (end.classes[BAG], end.findings["unlicensed_plant"]) == ("disposed_not_provably", PLANT)
