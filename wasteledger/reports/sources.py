"""Where the chains of reports come from: found in the books by site and time, then walked from the log."""

from collections.abc import Iterable
from typing import NamedTuple

import orjson

from wasteledger.domain.booking import COPY_MARK, BookedItem
from wasteledger.domain.chain import Chain
from wasteledger.domain.facts import Fact, StockTake
from wasteledger.domain.judge import judge
from wasteledger.domain.register import Directory
from wasteledger.domain.timeline import is_box
from wasteledger.domain.told import act_names, acts_name, china_days
from wasteledger.domain.walk import walk
from wasteledger.flows.book_source import BookSource
from wasteledger.flows.moments import Look
from wasteledger.reports.lives import Flow, Life, life_of
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


class Sources(NamedTuple):
    """What a ledger is made from.

    Attributes:
        chains: of every package that the site had or should have had, and of those that its acts of the period name.
        acts: by which its batch numbers, and those of the packages' producers, are drawn (`batches.Numbers`).
    """

    chains: list[Chain]
    acts: list[Fact]


def chains_for(look: Look, site: str | None, from_ms: int, to_ms: int) -> list[Chain]:
    """The chains that the books of a site in a period are made from, sorted by code; all of the district for no site.

    They are those of every package that the site had, or should have had, between the two moments. Steps that are overdue are
    not among their doubts.

    1. The books name the packages that may have touched the site in the period.
    2. These are walked; what they really touched decides.
    """
    directory = look.directory
    with look.books.opened() as (rows, source):
        lives = _walked(_near(rows, site, from_ms=from_ms, to_ms=to_ms), source, directory)
        source.forget()
    return _concerned(lives.values(), site, from_ms=from_ms, to_ms=to_ms)


def ledger_sources(look: Look, site: str, from_ms: int, to_ms: int) -> Sources:
    """What the ledger of a site in a period is made from.

    1. The chains that touch the site (`chains_for`).
    2. The acts told of the site on the days of the period, and on every day under which its rows were first told; of the producers of
       its packages those of the day of sealing; of the manifests under which packages left it their drafts.
    3. The chains of packages that these acts of the site name and that touch it no longer: struck out, they are shown.
    """
    directory = look.directory
    with look.books.opened() as (rows, source):
        lives = _walked(_near(rows, site, from_ms=from_ms, to_ms=to_ms), source, directory)
        chains = _concerned(lives.values(), site, from_ms=from_ms, to_ms=to_ms)
        own = {acts_name(site, day) for day in range(china_days(from_ms), china_days(to_ms))}
        names = own | {name for chain in chains for name in _told_of(lives[chain.code], site)}
        source.prefetch(sorted(names))
        acts = {fact.index: fact for name in sorted(names) for fact in source.facts_of(name)}
        manifests = {fact.event.manifest for fact in acts.values() if fact.event.manifest and _left(fact, site)}
        source.prefetch(sorted(manifests))
        acts |= {
            fact.index: fact
            for number in sorted(manifests)
            for fact in source.facts_of(number)
            if fact.kind == "manifested"
        }
        named = {
            code for name in own for fact in source.facts_of(name) for code in fact.event.codes if not is_box(code)
        }
        struck = _walked(named - {chain.code for chain in chains}, source, directory)
        source.forget()
    chains += [life.chain for life in struck.values()]
    return Sources(sorted(chains, key=lambda chain: chain.code), list(acts.values()))


def _told_of(life: Life, site: str) -> set[str]:
    """Under which names the acts are filed that make a package's rows at a site, and the row of its sealing."""
    facts = [move.fact for move in life.movements if move.site == site or move.flow is Flow.PRODUCED]
    facts += [holding.begin for holding in life.holdings if holding.site == site]
    return {name for fact in facts for name in act_names(fact)}


def _left(fact: Fact, site: str) -> bool:
    return fact.kind == "accepted" and fact.event.from_site == site


def concerned(chains: Iterable[Chain], site: str | None, *, from_ms: int, to_ms: int) -> list[Chain]:
    """Of these chains, those that touch the books of a site in a period, sorted by code; those of any site for no site."""
    return _concerned([life_of(chain) for chain in chains if chain.steps], site, from_ms=from_ms, to_ms=to_ms)


def _concerned(lives: Iterable[Life], site: str | None, *, from_ms: int, to_ms: int) -> list[Chain]:
    if site is None:
        found = [life for life in lives if any(from_ms <= at_ms < to_ms for _, at_ms in life.moments())]
    else:
        found = [life for life in lives if life.touches(site, from_ms=from_ms, to_ms=to_ms)]
    return sorted((life.chain for life in found), key=lambda chain: chain.code)


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


def stock_for(look: Look, site: str, from_ms: int, to_ms: int) -> tuple[list[BookedItem], list[TakeResult]]:
    """The packages that may have been at a site between two moments, as the books know them, and its stock-takes of that time."""
    directory = look.directory
    with look.books.opened() as (rows, source):
        items = _items_near(rows, site, from_ms=from_ms, to_ms=to_ms)
        takes = [take for take in source.counts_of(site, directory) if from_ms <= take.fact.occurred_ms < to_ms]
        results = []
        for take in takes:
            here = {item.code for item in items if _in_room(item, take)} | {c for c in take.codes if c[0] != "B"}
            codes = sorted({code.partition(COPY_MARK)[0] for code in here})
            results.append(take_result(take, (walk(code, source, directory) for code in codes)))
        source.forget()
    return items, results


def _in_room(item: BookedItem, take: StockTake) -> bool:
    return any(stay[:2] == [take.site, take.room] for stay in orjson.loads(item.stays))


def _site_values(site: str) -> tuple[str, str, str]:
    return site, site, f'%"{site}"%'


def _codes(items: Iterable[BookedItem]) -> set[str]:
    """Of several packages that bear one code the books have a row each; their chain is one."""
    return {item.code.partition(COPY_MARK)[0] for item in items}
