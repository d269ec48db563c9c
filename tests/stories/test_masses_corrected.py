"""A mass that was agreed on, declared or estimated is held to the same limits as one from a scale."""

from typing import Any

import pytest

from tests.stories.telling import UNDER_THE_MANIFEST, Telling
from tests.stories_builder import BAG, BAG2, BOX, CARRIER, CLINIC, COLLECTOR, OFFICE, PLANT, TRANSFER

SIXTY_TONNES_G = 60_000_000
WRONG: dict[str, Any] = {"reason": "wrong_mass"}


def burnt(day: Telling, *load: str) -> Telling:
    day.goes_into_the_fire(*load)
    return day


def test_two_parties_agree_on_sixty_tonnes() -> None:
    """两家一起把一袋更正为六十吨：不算安全处置。"""
    day = Telling()
    day.issue(BAG)
    sealed = day.seal(BAG)
    day.comes_to_centre(BAG)
    proposal = day.correct(BAG, sealed, site=CLINIC, at="02 20:00", mass_g=SIXTY_TONNES_G, **WRONG)
    day.correct(BAG, sealed, site=COLLECTOR, at="02 21:00", mass_g=SIXTY_TONNES_G, agrees_with=proposal, **WRONG)
    end = burnt(day, BAG).ends()
    assert (end.classes, end.findings) == ({BAG: "disposed_not_provably"}, {"implausible_mass": CLINIC})


def test_sixty_tonnes_that_were_a_slip_are_put_right() -> None:
    day = Telling()
    day.issue(BAG)
    sealed = day.seal(BAG, mass_g=SIXTY_TONNES_G)
    day.correct(BAG, sealed, site=OFFICE, at="02 09:00", mass_g=6000, **WRONG)
    day.comes_to_centre(BAG)
    assert burnt(day, BAG).ends().classes == {BAG: "safely_disposed"}


def test_old_stock_of_sixty_tonnes_in_one_package() -> None:
    day = Telling()
    day.confirm(day.declare_stock(BAG, mass_g=SIXTY_TONNES_G), BAG)
    end = burnt(day, BAG).ends()
    assert (end.classes, end.findings["implausible_mass"]) == ({BAG: "disposed_not_provably"}, TRANSFER)


@pytest.mark.parametrize(("mass_g", "expected"), [(2500, "safely_disposed"), (200, "disposed_not_provably")])
def test_the_mass_of_a_box_is_estimated(mass_g: int, expected: str) -> None:
    """整箱估重：和单袋估重一样，差得不离谱不算差异，少一大半照样是差异。"""
    day = weighed_at_the_gate(mass_g, "estimated")
    assert burnt_there(day) == {BAG: expected, BAG2: expected}


def test_a_slip_at_the_scale_for_boxes_is_put_right_by_both() -> None:
    """整箱称重打错一位，双方更正：不再是差异。"""
    day = weighed_at_the_gate(200, "typed")
    proposal = day.correct(BOX, day.taken, site=PLANT, at="03 12:00", mass_g=2000, **WRONG)
    day.correct(BOX, day.taken, site=CARRIER, at="03 13:00", mass_g=2000, agrees_with=proposal, **WRONG)
    assert burnt_there(day) == {BAG: "safely_disposed", BAG2: "safely_disposed"}


class Gate(Telling):
    """A box that was weighed at the plant's gate. `taken`: the acceptance."""

    taken = ""


def weighed_at_the_gate(mass_g: int, mass_source: str) -> Gate:
    day = Gate()
    day.clinic_seals(BAG, BAG2)
    day.comes_to_centre(BAG, BAG2)
    day.centre_packs(BAG, BAG2)
    day.lorry_takes(BOX)
    day.release(BOX, CARRIER, PLANT, at="03 11:00", **UNDER_THE_MANIFEST)
    weighed: dict[str, Any] = {"masses_g": [mass_g], "mass_source": mass_source}
    day.taken = day.accept(BOX, CARRIER, PLANT, at="03 11:05", **UNDER_THE_MANIFEST, **weighed)
    return day


def burnt_there(day: Telling) -> dict[str, str]:
    day.plant_burns(BOX)
    day.plant_confirms()
    return day.ends().classes
