"""The catalogue, the medical categories, masses and their tolerance."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import ContractError
from schemas.quantities import MASS_G_MAX, Tolerance, format_kg, parse_kg
from schemas.waste import MEDICAL_CATEGORIES, catalogue, check_waste_code, is_medical, waste_kind, waste_name


def test_the_catalogue_of_2021_is_whole() -> None:
    rows = catalogue()
    assert len(rows) == 467
    assert len({row.category.split()[0] for row in rows.values()}) == 46
    assert all(check_waste_code(code) == code for code in rows)


def test_medical_categories() -> None:
    assert [waste_name(code) for code in MEDICAL_CATEGORIES] == [
        "感染性废物",
        "损伤性废物",
        "病理性废物",
        "化学性废物",
        "药物性废物",
    ]
    assert all(is_medical(code) for code in MEDICAL_CATEGORIES)
    assert not is_medical("900-214-08")


def test_a_code_of_a_later_edition_is_well_formed_but_not_listed() -> None:
    assert check_waste_code("999-999-49") == "999-999-49"
    assert waste_kind("999-999-49") is None
    assert waste_name("999-999-49") == "999-999-49"


@pytest.mark.parametrize("text", ["", "84100101", "841-01-01", "841-001-1", "841-001-01\n", "٨41-001-01"])
def test_malformed_waste_codes(text: str) -> None:
    with pytest.raises(ContractError):
        check_waste_code(text)


@given(mass_g=st.integers(0, MASS_G_MAX))
def test_a_mass_shown_is_the_mass_typed(mass_g: int) -> None:
    assert parse_kg(format_kg(mass_g)) == mass_g


@pytest.mark.parametrize(("text", "mass_g"), [("1.25", 1250), ("0.001", 1), (" 3 ", 3000), ("60000", MASS_G_MAX)])
def test_typed_kilograms(text: str, mass_g: int) -> None:
    assert parse_kg(text) == mass_g


@pytest.mark.parametrize(
    "text", ["", "1.2345", "01", "1,5", "-1", "1e3", "1_000", "٣", ".5", "60000.001", "nan", "99999"]
)
def test_what_is_no_mass(text: str) -> None:
    with pytest.raises(ContractError):
        parse_kg(text)


def test_tolerance_is_the_larger_of_a_share_and_a_floor() -> None:
    tolerance = Tolerance(permille=50, floor_g=100, floor_permille=500)
    assert tolerance.allows(before_g=1000, after_g=1100)
    assert not tolerance.allows(before_g=1000, after_g=1101)
    assert not tolerance.allows(before_g=1000, after_g=899)
    assert tolerance.allows(before_g=10_000, after_g=9500)
    assert not tolerance.allows(before_g=10_000, after_g=9499)


def test_no_loss_of_a_light_package_hides_behind_the_floor() -> None:
    tolerance = Tolerance(permille=50, floor_g=100, floor_permille=500)
    assert tolerance.allows(before_g=100, after_g=50)
    assert not tolerance.allows(before_g=100, after_g=49)
    assert tolerance.allows(before_g=100, after_g=200)
    assert tolerance.allows(before_g=200, after_g=100)
