"""One vehicle, one normal form; what is lawful is never refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import CodeError
from schemas.plates import check_plate, normal_plate

ONE = ["渝H·12345", "渝H12345", "渝h 12345", "渝H・12345", "渝H-12345", " 渝Ｈ１２３４５ ", "渝H•12345", "渝 H.12345"]


def test_one_vehicle_has_one_normal_form() -> None:
    assert {normal_plate(text) for text in ONE} == {"渝H12345"}
    assert {check_plate(text) for text in ONE} == {"渝H12345"}


@pytest.mark.parametrize(
    ("text", "plate"),
    [
        ("渝HD12345", "渝HD12345"),  # new energy, small
        ("渝H·12345D", "渝H12345D"),  # new energy, large
        ("渝H1234挂", "渝H1234挂"),
        ("渝h·1234 挂", "渝H1234挂"),
        ("渝H1234学", "渝H1234学"),
        ("WJ渝1234X", "WJ渝1234X"),
        ("渝01-12345", "渝0112345"),  # a tractor's
        ("渝H·临12345", "渝H临12345"),
    ],
)
def test_lawful_plates(text: str, plate: str) -> None:
    assert check_plate(text) == plate


NO_PLATES = [
    "     ", "\u3000" * 5, "·····", "12345", "渝ABCDE", "渝H1", "渝H12345\0", "渝H123/45", "渝H1234567890",
]  # fmt: skip


@pytest.mark.parametrize("text", NO_PLATES)
def test_what_is_no_plate(text: str) -> None:
    with pytest.raises(CodeError, match="plate"):
        check_plate(text)


@given(st.text(alphabet="渝H挂hＨ１2.·- \u3000é¯", max_size=12))
def test_a_normal_form_is_its_own_normal_form(text: str) -> None:
    assert normal_plate(normal_plate(text)) == normal_plate(text)
