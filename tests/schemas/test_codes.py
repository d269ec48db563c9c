"""Codes: what is read, what is refused, and what a check character finds."""

import string
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.codes import (
    CodeKind,
    SiteKind,
    box_code,
    check_character,
    check_uscc,
    identification_code,
    item_waste_code,
    manifest_number,
    parse_code,
    read_scan,
    read_typed,
    site_code,
    site_kind,
    stock_code,
)
from schemas.errors import CodeError
from tests.schemas.vectors import vectors

VECTORS = vectors("codes")
USCC = "91130200699229617X"
serials = st.integers(1, 99_999_999)


@pytest.mark.parametrize("case", VECTORS["iso7064_mod37_36"], ids=lambda case: case["body"])
def test_published_check_characters(case: dict[str, str]) -> None:
    assert check_character(case["body"]) == case["check"]


@pytest.mark.parametrize("case", VECTORS["uscc"], ids=lambda case: case["text"])
def test_published_credit_codes_pass(case: dict[str, str]) -> None:
    assert check_uscc(case["text"]) == case["text"]


@pytest.mark.parametrize("text", VECTORS["uscc_wrong"])
def test_wrong_credit_codes_fail(text: str) -> None:
    with pytest.raises(CodeError):
        check_uscc(text)


@pytest.mark.parametrize("case", VECTORS["read"], ids=lambda case: case["text"])
def test_codes_that_are_read(case: dict[str, object]) -> None:
    code = parse_code(str(case["text"]))
    assert code._asdict() == case


@pytest.mark.parametrize("case", VECTORS["wrong"], ids=lambda case: case["why"])
def test_codes_that_are_refused(case: dict[str, str]) -> None:
    with pytest.raises(CodeError):
        parse_code(case["text"])


@given(serial=serials, place=st.integers(1, 14), other=st.sampled_from(string.digits))
def test_any_single_wrong_digit_is_found(serial: int, place: int, other: str) -> None:
    code = stock_code("500114", serial)
    wrong = code[:place] + other + code[place + 1 :]
    if wrong != code:
        with pytest.raises(CodeError, match="fails its check"):
            parse_code(wrong)


@given(serial=serials)
def test_a_stock_code_and_a_box_code_are_read_back(serial: int) -> None:
    item, box = parse_code(stock_code("500114", serial)), parse_code(box_code("500114", serial))
    assert (item.kind, item.region, item.serial) == (CodeKind.ITEM, "500114", serial)
    assert (box.kind, box.region, box.serial) == (CodeKind.BOX, "500114", serial)


@given(day=st.dates(date(2000, 1, 1), date(2099, 12, 31)), serial=st.integers(1, 999))
def test_an_identification_code_is_read_back(day: date, serial: int) -> None:
    text = identification_code(USCC, "900-214-08", day, serial)
    assert len(text) == 37
    assert parse_code(text).serial == serial
    assert item_waste_code(text) == "900-214-08"
    assert text[26:34] == day.strftime("%Y%m%d")


def test_a_stock_code_names_no_waste() -> None:
    assert item_waste_code(stock_code("500114", 1)) is None


@pytest.mark.parametrize(
    ("region", "serial"), [("50011", 1), ("5001140", 1), ("50011x", 1), ("500114", 0), ("500114", 10**8)]
)
def test_no_code_outside_the_range(region: str, serial: int) -> None:
    with pytest.raises(CodeError):
        stock_code(region, serial)


@pytest.mark.parametrize(("waste", "serial"), [("900-214", 1), ("900-214-08", 0), ("900-214-08", 1000)])
def test_no_identification_code_outside_the_range(waste: str, serial: int) -> None:
    with pytest.raises(CodeError):
        identification_code(USCC, waste, date(2026, 11, 2), serial)


def test_site_and_manifest_numbers() -> None:
    assert site_code(SiteKind.CLINIC, "500114105", 1) == "C500114105001"
    assert site_kind("D500114004001") is SiteKind.PLANT
    assert manifest_number(2026, "5001", 1) == "20265001000001"
    with pytest.raises(CodeError):
        manifest_number(2026, "5001", 1_000_000)


def test_a_person_may_type_small_letters_and_gaps_but_not_another_code() -> None:
    code = stock_code("500114", 123)
    assert read_typed(f" {code[:7].lower()}-{code[7:11]} {code[11:]}\n").text == code
    with pytest.raises(CodeError, match="fails its check"):
        read_typed(code[:-2] + "9" + code[-1])


def test_a_scan_may_be_a_web_address_that_ends_in_a_code() -> None:
    code = stock_code("500114", 123)
    assert read_scan(f"HTTPS://LEDGER.EXAMPLE.ORG/I/{code}").text == code
    assert read_scan(code).text == code


def test_a_scan_of_a_whole_page_is_refused_in_a_short_sentence() -> None:
    with pytest.raises(CodeError) as caught:
        read_scan("https://example.org/" + "9" * 10_000)
    assert len(str(caught.value)) < 500
