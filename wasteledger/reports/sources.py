"""Where the chains of reports come from: found in the books by site and time, then walked from the log."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

import orjson

from wasteledger.domain.booking import COPY_MARK, BookedItem
from wasteledger.domain.chain import Chain
from wasteledger.domain.facts import StockTake
from wasteledger.domain.judge import judge
from wasteledger.domain.legal_days import china_day
from wasteledger.domain.register import Directory
from wasteledger.domain.walk import walk
from wasteledger.flows.book_source import BookSource
from wasteledger.flows.service import Service
from wasteledger.reports.ledgers import stored_ms
from wasteledger.reports.lives import Flow, Life, life_of
from wasteledger.reports.periods import day_ms
from wasteledger.reports.stock import TakeResult, take_result
from wasteledger.store.books import BookRows

#: A site had it, seals it, or ended it without ever having had it (then it is the last holder, and no stay says so).
_AT_SITE = "(site = ? OR holder = ? OR stays LIKE ?)"
#: Something may have happened to it between two moments. What is sealed later belongs to it only where an act came before the sealing,
#: which is always a doubt. A label that was only printed is in nobody's books.
_IN_TIME = (
    "phase NOT IN ('blank', 'unseen') AND (last_ms >= ? OR phase NOT IN ('disposed', 'voided')) "
    "AND (sealed_ms IS NULL OR sealed_ms < ? OR reasons <> '')"
)


def chains_for(service: Service, site: str | None, from_ms: int, to_ms: int) -> list[Chain]:
    """The chains that the books of a site in a period are made from, sorted by code; all of the district for no site.

    They are those of every package that the site had, or should have had, between the two moments; and of whatever shares a day with
    them where a batch number counts (see `concerned`). Steps that are overdue by now are not among their doubts.

    1. The books name the packages that may have touched the site in the period.
    2. These are walked; what they really touched says at which sites and on which days batch numbers count.
    3. The books name the packages that may share such a day, and these are walked too.

    Raises:
        NotFoundError: no district has been loaded.
    """
    directory = service.directory()
    with service.books().opened() as (rows, source):
        lives = _walked(_near(rows, site, from_ms=from_ms, to_ms=to_ms), source, directory)
        if site is not None:
            days = _days_of(_touching(lives.values(), site, from_ms=from_ms, to_ms=to_ms), site)
            sharing = _sharing(rows, site, days) - lives.keys()
            lives |= _walked(sharing, source, directory)
        source.forget()
    return _concerned(lives.values(), site, from_ms=from_ms, to_ms=to_ms)


def concerned(chains: Iterable[Chain], site: str | None, *, from_ms: int, to_ms: int) -> list[Chain]:
    """Of these chains, those that a report on a site and period needs, sorted by code.

    1. Each that touches the site's books in the period; those of any site for no site.
    2. Each that was sealed, put into storage or taken out at the same site and day as one of them: batch numbers count within site and
       day, so that a number is the same in every report only if all of the day are counted.
    """
    return _concerned([life_of(chain) for chain in chains if chain.steps], site, from_ms=from_ms, to_ms=to_ms)


def _concerned(lives: Iterable[Life], site: str | None, *, from_ms: int, to_ms: int) -> list[Chain]:
    if site is None:
        found = [life for life in lives if any(from_ms <= at_ms < to_ms for _, at_ms in life.moments())]
    else:
        days = _days_of(_touching(lives, site, from_ms=from_ms, to_ms=to_ms), site)
        found = [life for life in lives if not days.isdisjoint(_days(life, site))]
    return sorted((life.chain for life in found), key=lambda chain: chain.code)


def _touching(lives: Iterable[Life], site: str, *, from_ms: int, to_ms: int) -> list[Life]:
    return [life for life in lives if life.touches(site, from_ms=from_ms, to_ms=to_ms)]


def _walked(codes: Iterable[str], source: BookSource, directory: Directory) -> dict[str, Life]:
    """The lives of these packages by code, without those that were only judged beside them."""
    wanted = set(codes)
    source.prefetch(wanted)
    chains = judge(sorted(wanted), source, directory)
    return {code: life_of(chain) for code, chain in chains.items() if code in wanted and chain.steps}


def _near(rows: BookRows, site: str | None, *, from_ms: int, to_ms: int) -> set[str]:
    """The packages that may have touched a site's books between two moments, as the books know them."""
    if site is None:
        return _codes(rows.items(_IN_TIME, (from_ms, to_ms)))
    return _codes(_items_near(rows, site, from_ms=from_ms, to_ms=to_ms))


def _items_near(rows: BookRows, site: str, *, from_ms: int, to_ms: int) -> list[BookedItem]:
    return rows.items(f"{_AT_SITE} AND {_IN_TIME}", (*_site_values(site), from_ms, to_ms))


def stock_for(service: Service, site: str, from_ms: int, to_ms: int) -> tuple[list[BookedItem], list[TakeResult]]:
    """The packages that may have been at a site between two moments, as the books know them, and its stock-takes of that time.

    Raises:
        NotFoundError: no district has been loaded.
    """
    directory = service.directory()
    with service.books().opened() as (rows, source):
        items = _items_near(rows, site, from_ms=from_ms, to_ms=to_ms)
        takes = [take for take in source.counts_of(site) if from_ms <= take.fact.occurred_ms < to_ms]
        results = []
        for take in takes:
            here = {item.code for item in items if _in_room(item, take)} | {c for c in take.codes if c[0] != "B"}
            codes = sorted({code.partition(COPY_MARK)[0] for code in here})
            results.append(take_result(take, (walk(code, source, directory) for code in codes)))
        source.forget()
    return items, results


def _in_room(item: BookedItem, take: StockTake) -> bool:
    return any(stay[:2] == [take.site, take.room] for stay in orjson.loads(item.stays))


def _sharing(rows: BookRows, site: str, days: set[tuple[str, str, date]]) -> set[str]:
    """The packages that may have been sealed, stored or moved where and when batch numbers count."""
    sealed = {(at, day.isoformat()) for what, at, day in days if what == "produced"}
    here = sorted({day for what, _, day in days if what != "produced"})
    found: set[str] = set()
    if sealed:
        sealed_days = [day for _, day in sealed]
        same = rows.items("sealed_day BETWEEN ? AND ?", (min(sealed_days), max(sealed_days)))
        found |= _codes(item for item in same if (item.site, item.sealed_day) in sealed)
    if here:
        window = (day_ms(here[0]), day_ms(here[-1] + timedelta(days=1)))
        there = rows.items(f"{_AT_SITE} AND {_IN_TIME}", (*_site_values(site), *window))
        # Where the books have a doubt, its stays need not say all that its scans say.
        found |= _codes(item for item in there if item.reasons or _was_there(item, site, here))
    return found


def _was_there(item: BookedItem, site: str, days: Sequence[date]) -> bool:
    """Whether a package was at a site on one of these days, which are in order."""
    for at, _, begin_ms, end_ms in orjson.loads(item.stays):
        if at == site:
            first = bisect_left(days, _day(begin_ms))
            if first < len(days) and (end_ms is None or days[first] <= _day(end_ms)):
                return True
    return False


def _site_values(site: str) -> tuple[str, str, str]:
    return site, site, f'%"{site}"%'


def _codes(items: Iterable[BookedItem]) -> set[str]:
    """Of several packages that bear one code the books have a row each; their chain is one."""
    return {item.code.partition(COPY_MARK)[0] for item in items}


def _days_of(lives: Iterable[Life], site: str) -> set[tuple[str, str, date]]:
    return {day for life in lives for day in _days(life, site)}


def _days(life: Life, site: str) -> set[tuple[str, str, date]]:
    """The counters of batch numbers that a package takes part in, as far as the books of a site name them."""
    days = {("produced", move.site, _day(move.at_ms)) for move in life.movements if move.flow is Flow.PRODUCED}
    days |= {("moved", site, _day(at_ms)) for at_site, at_ms in life.moments() if at_site == site}
    days |= {("stored", site, _day(stored_ms(holding))) for holding in life.holdings if holding.site == site}
    return days


def _day(moment_ms: int) -> date:
    return china_day(moment_ms).date()
