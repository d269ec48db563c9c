"""The periodic report of a site: HJ 1259-2022 tables C.1 (month), C.2 (quarter), C.3 (year), and whether it closes.

For each waste: opening stock + produced + received − own − entrusted = closing stock. The left side is what was recorded; the closing
stock is counted for itself, from the packages that the site has in its hands at that moment. Where the two differ the difference is
shown, and every package behind it, with the reason and the record that shows it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from schemas.reasons import REASONS
from wasteledger.domain.reconcile import Amount
from wasteledger.reports.lives import GAP_TITLES, Flow, Gap, Life
from wasteledger.reports.periods import Period


class BalanceRow(NamedTuple):
    """One waste of a balance, in packages and grams.

    Attributes:
        opening: what was there at the beginning; and what the site declared as its opening stock (期初) since.
        expected: opening + produced + received − own − entrusted.
        closing: what is there at the end, counted from the packages themselves.
    """

    waste_code: str
    opening: Amount
    produced: Amount
    received: Amount
    own: Amount
    entrusted: Amount
    closing: Amount

    @property
    def expected(self) -> Amount:
        """What should be there at the end."""
        came = self.opening.plus(self.produced).plus(self.received)
        return came.plus(_negative(self.own)).plus(_negative(self.entrusted))

    @property
    def difference(self) -> Amount:
        """What is there beyond that; negative where less is there."""
        return self.closing.plus(_negative(self.expected))


class BalanceLine(NamedTuple):
    """A `BalanceRow` as it is printed."""

    waste_code: str
    waste_name: str
    opening_g: int
    opening_count: int
    produced_g: int
    produced_count: int
    received_g: int
    received_count: int
    own_g: int
    own_count: int
    entrusted_g: int
    entrusted_count: int
    expected_g: int
    expected_count: int
    closing_g: int
    closing_count: int
    difference_g: int
    difference_count: int


class GapLine(NamedTuple):
    """A `Gap` as it is printed."""

    at_ms: int
    code: str
    waste_code: str
    packages: int
    mass_g: int
    reason: str
    reason_code: str
    event_id: str


@dataclass
class Balance:
    """The periodic report of one site.

    Attributes:
        gaps: what explains the differences, in order of time.
        unexplained: differences that no gap explains, by waste; always empty, and shown if ever it is not.
    """

    site: str
    period: Period
    rows: list[BalanceRow]
    gaps: list[Gap]
    unexplained: dict[str, Amount] = field(default_factory=dict)

    @property
    def closes(self) -> bool:
        """Whether every waste's balance closes without a difference."""
        return all(row.difference == Amount() for row in self.rows)


def balance_of(lives: Iterable[Life], site: str, period: Period) -> Balance:
    """The balance of a site over a period, from the lives of all packages that touch it."""
    lives = list(lives)
    flows: dict[tuple[str, Flow], Amount] = defaultdict(Amount)
    gaps: list[Gap] = []
    for life in lives:
        for move in life.movements:
            if move.site == site and period.holds(move.at_ms):
                key = move.waste_code, move.flow
                flows[key] = flows[key].plus(Amount(1, move.mass_g))
        gaps += [gap for gap in life.gaps if gap.site == site and period.holds(gap.at_ms)]
    opening, closing = stock_of(lives, site, period.from_ms), stock_of(lives, site, period.to_ms)
    wastes = sorted({*opening, *closing, *(waste for waste, _ in flows), *(gap.waste_code for gap in gaps)})
    rows = [
        BalanceRow(
            waste,
            opening.get(waste, Amount()).plus(flows[waste, Flow.OPENING]),
            produced=flows[waste, Flow.PRODUCED],
            received=flows[waste, Flow.RECEIVED],
            own=flows[waste, Flow.OWN],
            entrusted=flows[waste, Flow.ENTRUSTED],
            closing=closing.get(waste, Amount()),
        )
        for waste in wastes
    ]
    gaps.sort(key=lambda gap: (gap.at_ms, gap.code))
    return Balance(site, period, rows, gaps, _unexplained(rows, gaps))


def stock_of(lives: Iterable[Life], site: str, moment_ms: int) -> Mapping[str, Amount]:
    """What a site has in its hands just before a moment, by waste."""
    stock: dict[str, Amount] = {}
    for life in lives:
        if any(holding.site == site and holding.at(moment_ms) for holding in life.holdings):
            waste = life.chain.waste_code
            stock[waste] = stock.get(waste, Amount()).plus(Amount(1, life.chain.mass_g))
    return stock


def _unexplained(rows: Iterable[BalanceRow], gaps: Iterable[Gap]) -> dict[str, Amount]:
    left = {row.waste_code: row.difference for row in rows}
    for gap in gaps:
        left[gap.waste_code] = left[gap.waste_code].plus(_negative(gap.amount))
    return {waste: amount for waste, amount in left.items() if amount != Amount()}


def _negative(amount: Amount) -> Amount:
    return Amount(-amount.count, -amount.mass_g)


def balance_line(row: BalanceRow, name: str) -> BalanceLine:
    """A row as it is printed, under the name of its waste."""
    amounts = (
        row.opening, row.produced, row.received, row.own, row.entrusted, row.expected, row.closing, row.difference,
    )  # fmt: skip
    numbers = [number for amount in amounts for number in (amount.mass_g, amount.count)]
    return BalanceLine(row.waste_code, name, *numbers)


def gap_line(gap: Gap) -> GapLine:
    """A gap as it is printed."""
    return GapLine(
        at_ms=gap.at_ms,
        code=gap.code,
        waste_code=gap.waste_code,
        packages=gap.amount.count,
        mass_g=gap.amount.mass_g,
        reason=REASONS[gap.reason].zh if gap.reason in REASONS else GAP_TITLES[gap.reason],
        reason_code=gap.reason,
        event_id=gap.fact.event_id,
    )
