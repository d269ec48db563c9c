"""Batch codes: read, written, and the same number however the packages come in."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import ContractError
from wasteledger.reports.batches import BATCH_NUMBER_MAX, Batch, BatchKind, parse_batch

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
