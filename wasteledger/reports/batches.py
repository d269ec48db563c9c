"""Batch codes of the management ledgers (批次编码), HJ 1259-2022 tables B.1 to B.5: letters, day, number.

    HWCS20261102001    the first act of sealing that was told of a producer and of 2 November 2026

The tables are informative, and the code may be (可采用) of this shape. A number has three digits; a place with more than 999
acts of a kind in a day goes on with four and more, up to `BATCH_NUMBER_MAX`. A batch is an act: what was handed over together bears one
number, and its rows differ by the code of the package. See docs/decisions/0007-batch-numbers.md.
"""

import re
from collections import Counter as Tally
from collections.abc import Iterable
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple

from schemas.errors import ContractError
from wasteledger.domain.facts import Fact
from wasteledger.domain.told import told_day

#: Beyond a million acts of one site in a day something else is wrong.
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


class Counter(StrEnum):
    """What numbers are counted apart for: the same act may be an acceptance here and an entrusting there."""

    PRODUCED = "produced"
    STORED = "stored"
    TAKEN_OUT = "taken out"
    OWN = "own"
    ENTRUSTED = "entrusted"


class Slot(NamedTuple):
    """A number that was drawn, for good.

    Attributes:
        fact: the act that drew it; every row that this act makes bears the number.
    """

    counter: Counter
    site: str
    kind: BatchKind
    day: date
    number: int
    fact: Fact

    @property
    def text(self) -> str:
        """The batch code."""
        return Batch(self.kind, self.day, self.number).text


class Numbers:
    """The batch numbers of acts: bound once, whatever is corrected, struck out or told later.

    A number belongs to one act and to its site, and is the act's place in the log among the acts of its kind that were told of that
    site and day. Nothing that is appended later comes before it, so nothing later can change it.
    """

    def __init__(self, facts: Iterable[Fact]) -> None:
        """Draws the numbers.

        Args:
            facts: of each site and day that is asked about all the acts told of it (`told.act_names`), in any order; and of each
                manifest that they name its drafts. Others do no harm.

        Raises:
            ContractError: a site has more acts in a day than there are numbers.
        """
        ordered = sorted({fact.index: fact for fact in facts}.values(), key=lambda fact: fact.index)
        self._planned: dict[str, str] = {}
        self._slots: dict[tuple[Counter, str, str], Slot] = {}
        counted: Tally[tuple[Counter, str, int]] = Tally()
        for fact in ordered:
            if fact.kind == "manifested" and fact.event.action == "drafted" and fact.event.manifest:
                self._planned[fact.event.manifest] = fact.event.method
            for counter, site in _counters(fact):
                day = told_day(fact)
                counted[counter, site, day] += 1
                number = counted[counter, site, day]
                batch = check_batch(Batch(self._kind(counter, fact), _EPOCH + timedelta(days=day), number))
                self._slots[counter, site, fact.event_id] = Slot(counter, site, *batch, fact)

    def _kind(self, counter: Counter, fact: Fact) -> BatchKind:
        """The letters, by what is known as the act is told: recovery is what the act, or the manifest before it, says."""
        if counter is Counter.OWN:
            return BatchKind.SELF_RECOVERED if fact.event.method == "recovery" else BatchKind.SELF_DISPOSED
        if counter is Counter.ENTRUSTED:
            recovery = self._planned.get(fact.event.manifest or "") == "recovery"
            return BatchKind.ENTRUSTED_RECOVERY if recovery else BatchKind.ENTRUSTED_DISPOSAL
        return _PLAIN[counter]

    def text(self, counter: Counter, site: str, fact: Fact) -> str:
        """The batch code of an act; empty for one that makes no such row: what nobody recorded has no number."""
        slot = self._slots.get((counter, site, fact.event_id))
        return slot.text if slot else ""

    def slots(self, site: str) -> list[Slot]:
        """Every number drawn at a site, in order of counter, day and number."""
        return sorted(
            (slot for slot in self._slots.values() if slot.site == site),
            key=lambda slot: (list(Counter).index(slot.counter), slot.day, slot.number),
        )


_EPOCH = date(1970, 1, 1)
_PLAIN = {
    Counter.PRODUCED: BatchKind.PRODUCED,
    Counter.STORED: BatchKind.STORED,
    Counter.TAKEN_OUT: BatchKind.TAKEN_OUT,
}


def _counters(fact: Fact) -> list[tuple[Counter, str]]:
    """Which numbers an act draws, and for which site."""
    site = fact.event.site
    if fact.kind == "sealed":
        return [(Counter.PRODUCED, site), (Counter.STORED, site)]
    if fact.kind == "opening_stock":
        return [(Counter.STORED, site)]  # nobody produced it here, today
    if fact.kind == "accepted":
        giver = fact.event.from_site
        return [(Counter.STORED, site), (Counter.TAKEN_OUT, giver), (Counter.ENTRUSTED, giver)]
    return [(Counter.TAKEN_OUT, site), (Counter.OWN, site)] if fact.kind == "disposed" else []
