"""Batch codes: read, written, and the same number however the packages come in."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import ContractError
from wasteledger.reports.batches import BATCH_NUMBER_MAX, Batch, BatchKind, Numbered, number_all, parse_batch

DAY = date(2021, 10, 31)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("HWCS20211031001", BatchKind.PRODUCED),
        ("HWRK20211031001", BatchKind.STORED),
        ("HWCK20211031001", BatchKind.TAKEN_OUT),
        ("HWZXLY20211031001", BatchKind.SELF_RECOVERED),
        ("HWZXCZ20211031001", BatchKind.SELF_DISPOSED),
        ("HWWWLY20211031001", BatchKind.ENTRUSTED_RECOVERY),
        ("HWWWCZ20211031001", BatchKind.ENTRUSTED_DISPOSAL),
        ("HWCKLY20211031001", BatchKind.EXPORTED_RECOVERY),
        ("HWCKCZ20211031001", BatchKind.EXPORTED_DISPOSAL),
    ],
)
def test_the_codes_of_the_standard_are_read_and_written_again(text: str, kind: BatchKind) -> None:
    batch = parse_batch(text)
    assert batch == Batch(kind, DAY, 1)
    assert batch.text == text


@pytest.mark.parametrize(
    "text",
    [
        "", "HWCS", "HWCS2021103100", "HWCS20211031000", "HWCS202110310001", "HWCS20210231001", "hwcs20211031001", "HWCS20211031001 ",
        "HWXX20211031001", "HWCK LY20211031001", "HWCS２0211031001", "HWCS20211031١٢٣", "HWCS202110311234567", "HWCS20211031001\n",
    ],
)  # fmt: skip
def test_what_is_no_batch_code_is_refused_with_the_way_out(text: str) -> None:
    with pytest.raises(ContractError, match="batch"):
        parse_batch(text)


@given(st.sampled_from(BatchKind), st.dates(date(2020, 1, 1), date(2099, 12, 31)), st.integers(1, BATCH_NUMBER_MAX))
def test_every_batch_is_read_back_as_it_was_written(kind: BatchKind, day: date, number: int) -> None:
    assert parse_batch(Batch(kind, day, number).text) == Batch(kind, day, number)


@given(st.permutations(range(8)))
def test_numbers_are_the_same_in_whatever_order_packages_are_named(order: list[int]) -> None:
    rows = [Numbered("C1", DAY, at_ms // 2, f"M{at_ms}", 0) for at_ms in range(6)]
    rows += [Numbered("C2", DAY, 5, "M0", 0), Numbered("C1", date(2021, 11, 1), 99, "M0", 1)]
    numbers = number_all(rows[place] for place in order)
    assert [numbers["C1", f"M{place}", 0] for place in range(6)] == [1, 2, 3, 4, 5, 6]
    assert (numbers["C2", "M0", 0], numbers["C1", "M0", 1]) == (1, 1)


def test_the_thousandth_package_of_a_day_has_four_digits() -> None:
    rows = [Numbered("D1", DAY, at_ms, f"M{at_ms}", 0) for at_ms in range(1000)]
    number = number_all(rows)["D1", "M999", 0]
    assert Batch(BatchKind.STORED, DAY, number).text == "HWRK202110311000"
    assert parse_batch("HWRK202110311000").number == 1000
