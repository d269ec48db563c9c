"""Batch codes of the management ledgers (批次编码), HJ 1259-2022 tables B.1 to B.5: letters, day, number.

    HWCS20261102001    the first package that a producer made on 2 November 2026

The tables are informative, and the code may be (可采用) of this shape. A number has three digits; a place with more than 999
packages a day goes on with four and more.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from schemas.errors import ContractError

#: Beyond a million packages of one site in a day something else is wrong.
BATCH_NUMBER_MAX = 999_999


class BatchKind(StrEnum):
    """What a batch code counts, by its letters."""

    PRODUCED = "HWCS"  # 产生
    STORED = "HWRK"  # 入库
    TAKEN_OUT = "HWCK"  # 出库
    SELF_RECOVERED = "HWZXLY"  # 自行利用
    SELF_DISPOSED = "HWZXCZ"  # 自行处置
    ENTRUSTED_RECOVERY = "HWWWLY"  # 委外利用
    ENTRUSTED_DISPOSAL = "HWWWCZ"  # 委外处置
    EXPORTED_RECOVERY = "HWCKLY"  # 出口利用
    EXPORTED_DISPOSAL = "HWCKCZ"  # 出口处置


class Batch(NamedTuple):
    """One batch code."""

    kind: BatchKind
    day: date
    number: int

    @property
    def text(self) -> str:
        """As it stands in the tables."""
        return f"{self.kind}{self.day:%Y%m%d}{self.number:03d}"


#: HWCK (taken out) begins HWCKLY and HWCKCZ (exported) too: the longest letters are tried first.
_LETTERS = "|".join(sorted(BatchKind, key=len, reverse=True))
_BATCH = re.compile(rf"({_LETTERS})([0-9]{{4}})([0-9]{{2}})([0-9]{{2}})([0-9]{{3}}|[1-9][0-9]{{3,5}})")


def parse_batch(text: str) -> Batch:
    """Reads a batch code.

    Raises:
        ContractError: unknown letters, a day that no calendar has, or a number that is none.
    """
    found = _BATCH.fullmatch(text)
    if found is None:
        message = f"batch {text[:40]!r}: write it as HWCS20261102001, letters {', '.join(BatchKind)}"
        raise ContractError(message)
    try:
        day = date(int(found[2]), int(found[3]), int(found[4]))
    except ValueError:
        message = f"batch {text}: no calendar has the day {found[2]}-{found[3]}-{found[4]}"
        raise ContractError(message) from None
    return check_batch(Batch(BatchKind(found[1]), day, int(found[5])))


def check_batch(batch: Batch) -> Batch:
    """Returns a batch whose number can be written.

    Raises:
        ContractError: a number below 1 or beyond `BATCH_NUMBER_MAX`.
    """
    if not 1 <= batch.number <= BATCH_NUMBER_MAX:
        message = f"batch {batch.text}: numbers run from 1 to {BATCH_NUMBER_MAX}"
        raise ContractError(message)
    return batch


class Numbered(NamedTuple):
    """What is to be numbered: at which site and day, and in which order within them.

    Attributes:
        at_ms, code: the order within site and day.
        turn: of the same package at the same site, from 0.
    """

    site: str
    day: date
    at_ms: int
    code: str
    turn: int


def number_all(wanted: Iterable[Numbered]) -> Mapping[tuple[str, str, int], int]:
    """Numbers within site and day by time and code, from 1: by (site, code, turn).

    The same facts give the same numbers. A record that reaches the ledger later, of a device without signal, takes its place by the
    time at which it happened and moves those behind it; so a report says up to which entry of the ledger it was made.
    """
    days: dict[tuple[str, date], list[Numbered]] = defaultdict(list)
    for row in wanted:
        days[row.site, row.day].append(row)
    numbers = {}
    for rows in days.values():
        for number, row in enumerate(sorted(rows, key=lambda row: (row.at_ms, row.code, row.turn)), start=1):
            numbers[row.site, row.code, row.turn] = number
    return numbers
