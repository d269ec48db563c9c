"""The stock of a site by room, class of waste and day, and what its stock-takes found (贮存库存日报、盘点).

Everything comes from where the packages' own chains say that they were: opening + came + moved in − went − moved out = closing, for
each room, waste and day; the closing of one day is the opening of the next. A package that was declared lost is in no room until it is
found. A code on several packages is counted once: `duplicate_code` names it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

import orjson

from wasteledger.domain.booking import COPY_MARK, BookedItem
from wasteledger.domain.chain import Chain, Stay
from wasteledger.domain.checks import boxes_at
from wasteledger.domain.facts import StockTake
from wasteledger.domain.legal_days import china_day
from wasteledger.domain.reconcile import Amount
from wasteledger.reports.periods import Period

#: Codes named in one cell; how many more there are is said behind them.
CODES_SHOWN = 50
#: Packages that nobody put into a room.
NO_ROOM_ZH = "（未入库）"


class Presence(NamedTuple):
    """A package's time in one room of the site.

    Attributes:
        room: empty until it is put into one.
        end_ms: None while it is there.
        moved_in, moved_out: it came from, or went to, another room of the same site.
    """

    waste_code: str
    mass_g: int
    room: str
    begin_ms: int
    end_ms: int | None
    moved_in: bool
    moved_out: bool


class StockDay(NamedTuple):
    """One waste in one room on one day, in packages and grams."""

    room: str
    waste_code: str
    day: date
    opening: Amount
    came: Amount
    moved_in: Amount
    went: Amount
    moved_out: Amount
    closing: Amount


class TakeResult(NamedTuple):
    """What a complete stock-take found, against what the chains say was there.

    Attributes:
        expected: packages that had been in the room since before it began; those in a box count as named with their box.
        missing: expected, not named. surplus: named, not expected.
    """

    take: StockTake
    expected: tuple[str, ...]
    missing: tuple[str, ...]
    surplus: tuple[str, ...]


def presences(items: Iterable[BookedItem], site: str) -> list[Presence]:
    """When packages were in which room of a site."""
    found = []
    for item in items:
        if COPY_MARK in item.code:
            continue
        stays = [Stay(*stay) for stay in orjson.loads(item.stays)]
        for place, stay in enumerate(stays):
            if stay.site != site:
                continue
            end_ms = None if stay.end_ms is None else max(stay.begin_ms, stay.end_ms)
            before = stays[place - 1] if place else None
            after = stays[place + 1] if place + 1 < len(stays) else None
            moved_in = before is not None and before.site == site and before.end_ms == stay.begin_ms
            moved_out = after is not None and after.site == site and after.begin_ms == stay.end_ms
            found.append(Presence(item.waste_code, item.mass_g, stay.room, stay.begin_ms, end_ms, moved_in, moved_out))
    return found


def stock_days(found: Iterable[Presence], period: Period, today: date) -> list[StockDay]:
    """The rows of each room, waste and day of the period up to today on which something was there or moved."""
    changes: dict[tuple[str, str], dict[date, list[Presence]]] = defaultdict(lambda: defaultdict(list))
    openings: dict[tuple[str, str], Amount] = defaultdict(Amount)
    for presence in found:
        if presence.begin_ms >= period.to_ms or (presence.end_ms is not None and presence.end_ms < period.from_ms):
            continue
        key, begun = (presence.room, presence.waste_code), presence.begin_ms >= period.from_ms
        if not begun:
            openings[key] = openings[key].plus(Amount(1, presence.mass_g))
        days = changes[key]
        moments = {presence.begin_ms if begun else None, presence.end_ms}
        for day in {china_day(moment_ms).date() for moment_ms in moments if moment_ms is not None}:
            days[day].append(presence)
    last = min(period.last, today)
    return [row for key in sorted(changes) for row in _days_of(key, openings[key], changes[key], period.first, last)]


def _days_of(
    key: tuple[str, str], opening: Amount, changes: Mapping[date, Sequence[Presence]], first: date, last: date
) -> list[StockDay]:
    rows = []
    day = first
    while day <= last:
        came, moved_in, went, moved_out = _flows(changes.get(day, ()), day)
        closing = _less(opening.plus(came).plus(moved_in), went.plus(moved_out))
        if any(amount != Amount() for amount in (opening, came, moved_in)):
            rows.append(StockDay(*key, day, opening, came, moved_in, went, moved_out, closing))
        opening, day = closing, day + timedelta(days=1)
    return rows


def _flows(found: Sequence[Presence], day: date) -> tuple[Amount, Amount, Amount, Amount]:
    """Came, moved in, went and moved out on a day."""
    amounts = [Amount()] * 4
    for presence in found:
        own = Amount(1, presence.mass_g)
        if china_day(presence.begin_ms).date() == day:
            amounts[presence.moved_in] = amounts[presence.moved_in].plus(own)
        if presence.end_ms is not None and china_day(presence.end_ms).date() == day:
            amounts[2 + presence.moved_out] = amounts[2 + presence.moved_out].plus(own)
    return amounts[0], amounts[1], amounts[2], amounts[3]


def _less(whole: Amount, part: Amount) -> Amount:
    return Amount(whole.count - part.count, whole.mass_g - part.mass_g)


def take_result(take: StockTake, chains: Iterable[Chain]) -> TakeResult:
    """What a stock-take found; `chains` are those of the packages that were ever in the room or are named by it."""
    expected, missing, known = [], [], set[str]()
    for chain in chains:
        if not any(_through(stay, take) for stay in chain.stays):
            continue
        expected.append(chain.code)
        known |= chain.labels
        if chain.labels.isdisjoint(take.codes) and not boxes_at(chain, take.fact.occurred_ms) & take.codes:
            missing.append(chain.code)
    surplus = {code for code in take.codes if code[0] != "B"} - known
    return TakeResult(take, tuple(sorted(expected)), tuple(sorted(missing)), tuple(sorted(surplus)))


def _through(stay: Stay, take: StockTake) -> bool:
    """Whether a package was in the counted room from before the count until after it."""
    over = stay.end_ms is not None and stay.end_ms <= take.fact.occurred_ms
    return (stay.site, stay.room) == (take.site, take.room) and stay.begin_ms < take.begin_ms and not over


class StockLine(NamedTuple):
    """A `StockDay` as it is printed."""

    day: date
    room: str
    waste_code: str
    waste_name: str
    opening_count: int
    opening_g: int
    came_count: int
    came_g: int
    moved_in_count: int
    moved_in_g: int
    went_count: int
    went_g: int
    moved_out_count: int
    moved_out_g: int
    closing_count: int
    closing_g: int


class TakeLine(NamedTuple):
    """A `TakeResult` as it is printed."""

    at_ms: int
    room: str
    expected_count: int
    missing_count: int
    missing: str
    surplus_count: int
    surplus: str
    event_id: str


def stock_line(row: StockDay, name: str) -> StockLine:
    """A row as it is printed, under the name of its waste."""
    amounts = (row.opening, row.came, row.moved_in, row.went, row.moved_out, row.closing)
    numbers = [number for amount in amounts for number in (amount.count, amount.mass_g)]
    return StockLine(row.day, row.room or NO_ROOM_ZH, row.waste_code, name, *numbers)


def take_line(result: TakeResult) -> TakeLine:
    """A stock-take as it is printed."""
    fact = result.take.fact
    return TakeLine(
        fact.occurred_ms, result.take.room, len(result.expected), len(result.missing), _shown(result.missing),
        len(result.surplus), _shown(result.surplus), fact.event_id,
    )  # fmt: skip


def _shown(codes: Sequence[str]) -> str:
    more = f" 等 {len(codes)} 件" if len(codes) > CODES_SHOWN else ""
    return " ".join(codes[:CODES_SHOWN]) + more
