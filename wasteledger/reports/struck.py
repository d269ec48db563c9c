"""Batch numbers of a sheet whose act no longer makes a row there: struck out or moved, shown and never used again.

A sheet that was filed and its reprint agree: what stood on it stands in its tables or here. The reasons:

作废：更正为未发生        the act was declared never to have occurred, and that was agreed
改记于 2026-11-01         the act belongs to another period by now: a clock was mended, or a package was scanned into its room later
无权记录                  the device that made it may not speak for the site
重复或未形成记录          scanned again, or by a site that did not have the package
"""

from collections.abc import Iterator
from typing import NamedTuple

from wasteledger.domain.legal_days import china_day
from wasteledger.domain.timeline import is_box
from wasteledger.domain.told import told_ms
from wasteledger.reports.batches import Counter, Slot
from wasteledger.reports.ledgers import Asked, Books, stored_ms
from wasteledger.reports.lives import Flow, Life

#: The tables in which the numbers of each counter stand.
TABLES = {
    Counter.PRODUCED: "B.1 产生",
    Counter.STORED: "B.2 入库",
    Counter.TAKEN_OUT: "B.3 出库",
    Counter.OWN: "B.4 自行利用处置",
    Counter.ENTRUSTED: "B.5 委外利用处置",
}
NEVER_WAS_ZH = "作废：更正为未发生"
NOT_ENTITLED_ZH = "作废：无权记录"
NO_ROW_ZH = "作废：重复或未形成记录"
_COUNTERS = {
    Flow.PRODUCED: (Counter.PRODUCED,),
    Flow.OPENING: (),
    Flow.ENTRUSTED: (Counter.TAKEN_OUT, Counter.ENTRUSTED),
    Flow.OWN: (Counter.TAKEN_OUT, Counter.OWN),
    Flow.RECEIVED: (),
}


class StruckRow(NamedTuple):
    """A batch number without a row in this sheet.

    Attributes:
        table: in which the row stood, or would stand.
        at_ms: of the act, as it was first told.
        index: of the act in the ledger.
    """

    batch: str
    table: str
    at_ms: int
    package_code: str
    why: str
    index: int  # type: ignore[assignment]  # nobody asks this tuple for `index()`


def struck_rows(books: Books, asked: Asked) -> list[StruckRow]:
    """The numbers of a site told of the days of a period that make no row in its sheet, in order of number."""
    placed: dict[tuple[Counter, str, str], int] = {}
    whole: dict[tuple[Counter, str], int] = {}
    for life in books.lives:
        for counter, event_id, moment_ms in _rows_of(life, asked.site):
            placed[counter, event_id, life.chain.code] = moment_ms
            whole[counter, event_id] = moment_ms
    lives = {life.chain.code: life for life in books.lives}
    rows = []
    for slot in books.numbers.slots(asked.site):
        if not asked.period.first <= slot.day < asked.period.after:
            continue
        for code in slot.fact.event.codes:
            key = slot.counter, slot.fact.event_id
            at_ms = whole.get(key) if is_box(code) else placed.get((*key, code))
            if at_ms is None:
                why = _why(slot, lives.get(code))
            elif asked.period.holds(at_ms):
                continue
            else:
                why = f"改记于 {china_day(at_ms).date()}"
            rows.append(StruckRow(slot.text, TABLES[slot.counter], told_ms(slot.fact), code, why, slot.fact.index))
    return rows


def _rows_of(life: Life, site: str) -> Iterator[tuple[Counter, str, int]]:
    """Counter, act and moment of every row that a package makes at a site."""
    for move in life.movements:
        if move.site == site:
            for counter in _COUNTERS[move.flow]:
                yield counter, move.fact.event_id, move.at_ms
    for holding in life.holdings:
        if holding.site == site:
            yield Counter.STORED, holding.begin.event_id, stored_ms(holding)


def _why(slot: Slot, life: Life | None) -> str:
    if life is None:
        return NO_ROW_ZH
    step = next((step for step in life.chain.steps if step.fact.event_id == slot.fact.event_id), None)
    if step is None or (step.correction is not None and step.correction.never_was):
        return NEVER_WAS_ZH
    return NO_ROW_ZH if getattr(step, "entitled", True) else NOT_ENTITLED_ZH
