"""A box on a scale: a slip that both sides put right, and a mass that was estimated, are what they are for a single package.

Each story is told to the fold and to the books.
"""

from typing import Any

import pytest

from tests.stories.in_both import ends_alike
from tests.stories.telling import UNDER_THE_MANIFEST, Telling
from tests.stories_builder import BAG, BAG2, BOX, CARRIER, OFFICE, PLANT


def brought(mass_g: int, **how: Any) -> tuple[Telling, str]:
    """Two bags of a kilogram in a box, which the plant puts on its scale."""
    day = Telling()
    day.clinic_seals(BAG, BAG2)
    day.comes_to_centre(BAG, BAG2)
    day.centre_packs(BAG, BAG2)
    day.lorry_takes(BOX)
    day.release(BOX, CARRIER, PLANT, at="03 11:00", **UNDER_THE_MANIFEST)
    weighed = {"masses_g": [mass_g], "mass_source": "typed"} | how
    return day, day.accept(BOX, CARRIER, PLANT, at="03 11:05", **UNDER_THE_MANIFEST, **weighed)


def corrects(day: Telling, taken: str, *, by: str, at: str, mass_g: int = 2000, named: str = BOX, **how: Any) -> str:
    return day.correct([named], taken, site=by, at=at, reason="wrong_mass", mass_g=mass_g, **how)


def findings(day: Telling) -> dict[str, str]:
    day.plant_burns(BOX)
    day.plant_confirms()
    return ends_alike(day, at="12 00:00").findings


def test_a_slip_at_the_scale_is_put_right_by_both() -> None:
    """输成二百克，两方当天更正为两千克。"""
    day, taken = brought(200)
    slip = corrects(day, taken, by=PLANT, at="03 12:00")
    corrects(day, taken, by=CARRIER, at="03 13:00", agrees_with=slip)
    assert findings(day) == {}


def test_the_authority_puts_it_right() -> None:
    day, taken = brought(200)
    corrects(day, taken, by=OFFICE, at="03 12:00")
    assert findings(day) == {}


def test_what_the_plant_says_alone_puts_nothing_right() -> None:
    day, taken = brought(200)
    corrects(day, taken, by=PLANT, at="03 12:00")
    assert findings(day) == {"box_difference": PLANT, "disputed": PLANT}


def test_a_mass_named_for_one_of_its_packages_is_not_the_boxs() -> None:
    day, taken = brought(200)
    corrects(day, taken, by=OFFICE, at="03 12:00", named=BAG)
    assert findings(day) == {"box_difference": PLANT}


def test_put_right_to_what_it_can_not_be() -> None:
    """原来称得对，改成两倍。"""
    day, taken = brought(2000)
    corrects(day, taken, by=OFFICE, at="03 12:00", mass_g=4000)
    assert findings(day) == {"box_difference": PLANT}


@pytest.mark.parametrize(
    ("mass_g", "source", "found"),
    [
        (2500, "estimated", {}),
        (2500, "scale", {"box_difference": PLANT}),
        (2500, "copied", {"box_difference": PLANT}),
        (9000, "estimated", {"box_difference": PLANT}),
        (200, "estimated", {"box_difference": PLANT}),
    ],
)
def test_an_estimate_of_a_box_is_not_a_scales_word(mass_g: int, source: str, found: dict[str, str]) -> None:
    """整箱估的重量：差四分之一不算差错，差几倍就是。"""
    day, _ = brought(mass_g, mass_source=source)
    assert findings(day) == found
