"""A second weighing within minutes of the acceptance: the same act scanned again, or another mass."""

import pytest

from tests.stories.in_both import ends_alike
from tests.stories.telling import UNDER_THE_MANIFEST, Telling
from tests.stories_builder import BAG, BAG2, CARRIER, CLINIC, COLLECTOR, PLANT


def at_the_gate(*bags: str, mass_g: int = 10_000) -> Telling:
    """The lorry hands over at the plant."""
    day = Telling()
    day.teller(PLANT + " 2")
    day.clinic_seals(*bags, mass_g=mass_g)
    day.comes_to_centre(*bags)
    day.lorry_takes(*bags)
    day.release(list(bags), CARRIER, PLANT, at="03 11:00", **UNDER_THE_MANIFEST)
    return day


def taken(
    day: Telling, at: str, *masses_g: int, by: str = PLANT, codes: tuple[str, ...] = (BAG,), source: str = "scale"
) -> str:
    """The plant scans it in, weighed or not."""
    weighed = {"masses_g": list(masses_g), "mass_source": source} if masses_g else {}
    return day.tell(
        PLANT, "accepted", by=by, at=at, codes=list(codes), from_site=CARRIER, **(UNDER_THE_MANIFEST | weighed)
    )


def burnt(day: Telling, *bags: str) -> Telling:
    day.plant_burns(*(bags or (BAG,)))
    day.plant_confirms()
    return day


@pytest.mark.parametrize("by", [PLANT, PLANT + " 2"])
@pytest.mark.parametrize("first", [(), (10_000,)])
def test_what_is_missing_shows_however_soon_it_is_weighed(first: tuple[int, ...], by: str) -> None:
    """十公斤的袋子，接收扫码十分钟后称出两公斤：不是重复扫码，是重量不符。"""
    day = at_the_gate(BAG)
    taken(day, "03 11:05", *first)
    taken(day, "03 11:15", 2000, by=by)
    end = ends_alike(burnt(day), at="05 00:00")
    assert (end.classes, end.findings) == ({BAG: "disposed_not_provably"}, {"weight_difference": PLANT})


def test_what_is_missing_is_not_typed_away_afterwards() -> None:
    """先称出两公斤，五分钟后改称“十公斤”：先称的照样算。"""
    day = at_the_gate(BAG)
    taken(day, "03 11:05", 2000)
    taken(day, "03 11:10", 10_000, source="typed")
    end = ends_alike(burnt(day), at="05 00:00")
    assert (end.classes, end.findings) == ({BAG: "disposed_not_provably"}, {"weight_difference": PLANT})


def test_a_slip_that_is_mended_is_one_difference_and_not_two() -> None:
    """手误录成一百公斤，马上重录十公斤：一处重量不符，双方更正后消除。"""
    day = at_the_gate(BAG)
    slip = taken(day, "03 11:05", 100_000, source="typed")
    taken(day, "03 11:07", 10_000, source="typed")
    assert ends_alike(day, at="03 11:15").answer.finding_counts() == {"weight_difference": 1, "implausible_mass": 1}
    right = {"reason": "wrong_mass", "mass_g": 10_000}
    proposed = day.correct(BAG, slip, site=PLANT, at="03 11:20", **right)
    day.correct(BAG, slip, site=CARRIER, at="03 11:30", agrees_with=proposed, **right)
    end = ends_alike(burnt(day), at="05 00:00")
    assert (end.classes, end.findings) == ({BAG: "safely_disposed"}, {})


def test_scanned_twice_it_is_one_act() -> None:
    """连点两下、两台设备各扫一次、先扫码后过秤：重量对得上，没有差错。"""
    for second in ((), (10_000,), (9_900,)):
        day = at_the_gate(BAG)
        taken(day, "03 11:05")
        taken(day, "03 11:05", *second, by=PLANT + " 2")
        taken(day, "03 11:09", *second)
        end = ends_alike(burnt(day), at="05 00:00")
        assert (end.classes, end.findings) == ({BAG: "safely_disposed"}, {})


def test_a_load_that_is_scanned_again_with_its_weights_is_the_same_load() -> None:
    """整批重复接收，重量一样；另一袋少了一半，只说那一袋。"""
    day = at_the_gate(BAG, BAG2)
    taken(day, "03 11:05", 10_050, 9_980, codes=(BAG, BAG2))
    taken(day, "03 11:12", 10_050, 5000, codes=(BAG, BAG2))
    end = ends_alike(burnt(day, BAG, BAG2), at="05 00:00")
    assert end.classes == {BAG: "safely_disposed", BAG2: "disposed_not_provably"}
    assert end.findings == {"weight_difference": PLANT}


def test_a_collector_weighs_after_scanning() -> None:
    """收运员先扫码、上车后过秤少一半。"""
    day = Telling()
    day.clinic_seals(BAG, mass_g=10_000)
    day.collector_takes(BAG)
    day.accept(BAG, CLINIC, COLLECTOR, at="02 14:12", masses_g=[5000], mass_source="scale")
    assert ends_alike(day, at="02 15:00").findings == {"weight_difference": COLLECTOR}
