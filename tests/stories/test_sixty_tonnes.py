"""No package weighs sixty tonnes, by whatever word its mass came into the ledger; what was only a slip is mended by its correction."""

import pytest

from tests.stories.telling import Ending, Telling
from tests.stories_builder import BAG, CLINIC, COLLECTOR, OFFICE, TRANSFER

SIXTY_TONNES_G = 60_000_000


def burned(day: Telling) -> Ending:
    day.collector_brings_to_centre(BAG)
    day.goes_into_the_fire(BAG)
    return day.ends()


def collected(*, mass_g: int) -> tuple[Telling, str]:
    day = Telling()
    day.issue(BAG)
    sealed = day.seal(BAG, mass_g=mass_g)
    day.collector_takes(BAG)
    return day, sealed


@pytest.mark.parametrize("agreed_by", [CLINIC, OFFICE])
def test_two_parties_agree_on_sixty_tonnes(agreed_by: str) -> None:
    """卫生室和收运员商定：那一袋是六十吨。差异照样指出，也不进安全处置。"""
    day, sealed = collected(mass_g=1000)
    said = {"reason": "wrong_mass", "mass_g": SIXTY_TONNES_G}
    proposed = day.correct(BAG, sealed, site=COLLECTOR, at="02 15:00", **said)
    day.correct(BAG, sealed, site=agreed_by, at="02 15:30", reason="wrong_mass", agrees_with=proposed)
    end = burned(day)
    assert (end.classes, end.findings) == ({BAG: "disposed_not_provably"}, {"implausible_mass": CLINIC})


def test_the_authority_mends_a_slip_at_the_scale() -> None:
    """封装时多按了三个零，主管部门同意更正：不再追究。"""
    day, sealed = collected(mass_g=SIXTY_TONNES_G)
    proposed = day.correct(BAG, sealed, site=CLINIC, at="02 15:00", reason="wrong_mass", mass_g=6000)
    day.correct(BAG, sealed, site=OFFICE, at="02 15:30", reason="wrong_mass", agrees_with=proposed)
    end = burned(day)
    assert (end.classes, end.findings) == ({BAG: "safely_disposed"}, {})


@pytest.mark.parametrize(
    ("mass_g", "item_class"), [(1_900_000, "safely_disposed"), (2_100_000, "disposed_not_provably")]
)
def test_old_stock_of_sixty_tonnes_is_implausible_whoever_confirmed_it(mass_g: int, item_class: str) -> None:
    """期初库存不说是袋是桶：按最重的一种（吨桶）来看。"""
    day = Telling()
    day.issue(BAG, at="01 08:00", site=TRANSFER)
    declared = day.declare_stock(BAG, mass_g=mass_g)
    day.confirm(declared, BAG)
    day.goes_into_the_fire(BAG)
    end = day.ends()
    found = {} if item_class == "safely_disposed" else {"implausible_mass": TRANSFER}
    assert (end.classes, end.findings) == ({BAG: item_class}, found)
