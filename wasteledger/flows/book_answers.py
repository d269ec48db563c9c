"""Answers from the books."""

from collections import defaultdict
from datetime import date, timedelta
from functools import partial
from typing import NamedTuple

from wasteledger.domain import voids
from wasteledger.domain.booking import COPY_MARK, BookedItem, book_doubts
from wasteledger.domain.capacity import capacity_findings, has_figures, year_begin_ms
from wasteledger.domain.chain import Chain
from wasteledger.domain.findings import Finding, by_precedence, gather
from wasteledger.domain.judge import judge
from wasteledger.domain.label_stock import is_of_roll, roll_findings
from wasteledger.domain.legal_days import china_day
from wasteledger.domain.producers import EVIDENCE_MAX, first_day, producer_findings
from wasteledger.domain.reconcile import Amount, Question, Reconciliation, Tally, raise_overdue, sealings_in, tally_up
from wasteledger.domain.register import Directory
from wasteledger.flows.book_source import BookSource
from wasteledger.flows.books import Books
from wasteledger.store.books import BookRows


def rates(books: Books, asked: Question) -> Tally:
    """The rate alone, added up by the database: for periods whose items are too many to be named."""
    statement_values = (asked.as_of_ms, asked.from_day, asked.to_day, asked.region, f"{asked.region}:")
    tally = Tally()
    with books.opened() as (rows, _):
        for item_class, disposed, inferred, count, mass_g in rows.amounts(statement_values):
            tally.add_amount(item_class, Amount(count, mass_g), disposed=bool(disposed), inferred=bool(inferred))
    return tally


def answer(books: Books, asked: Question, directory: Directory) -> Reconciliation:
    """The rate, the class of every item of the cohort, and the findings of its region."""
    with books.opened() as (rows, source):
        size = rows.state().size
        begin, end = f"{asked.region}", f"{asked.region}:"
        cohort = rows.items(
            "sealed_day BETWEEN ? AND ? AND substr(site, 2) >= ? AND substr(site, 2) < ?",
            (asked.from_day, asked.to_day, begin, end),
        )
        strays = rows.items(
            "sealed_day IS NULL AND reasons <> '' AND substr(site, 2) >= ? AND substr(site, 2) < ?", (begin, end)
        )
        doubts = rows.doubts_of([*_codes(cohort), *_codes(strays)])
        doubts += rows.doubts("items <> '' AND substr(site, 2) >= ? AND substr(site, 2) < ?", (begin, end))
        others = [
            *producers_now(rows, source, directory, asked.region, asked.as_of_ms),
            *voids_now(rows, source, directory, asked.region, asked.as_of_ms),
            *capacity_now(rows, source, directory, asked.region, asked.as_of_ms),
            *devices_now(books, asked.region),
            *rolls_now(rows, source, directory, asked.region),
        ]
    return tally_up(asked, cohort, doubts, others, directory=directory, tree_size=size)


def producers_now(
    rows: BookRows, source: BookSource, directory: Directory, region: str, as_of_ms: int
) -> list[Finding]:
    """Findings about the producers of a region."""

    def sealings(site: str, first: date, last: date) -> tuple[str, ...]:
        condition = "site = ? AND sealed_day BETWEEN ? AND ? AND opening = 0 ORDER BY sealed_ms DESC, code"
        chains: dict[str, Chain] = {}
        shown: tuple[str, ...] = ()
        oldest_ms = 0
        for item in rows.items(condition, (site, first.isoformat(), last.isoformat())):
            if len(shown) == EVIDENCE_MAX and (item.sealed_ms or 0) < oldest_ms:
                break
            code, oldest_ms = item.code.partition(COPY_MARK)[0], item.sealed_ms or 0
            chains[code] = judge([code], source, directory)[code]
            shown = sealings_in(chains)(site, first, last)  # what nobody sealed has none
        return shown

    days: dict[str, dict[str, int]] = defaultdict(dict)
    for site, day, mass_g in rows.sealed_by_day(first_day(as_of_ms), (region, f"{region}:")):
        days[site][day] = mass_g
    return list(producer_findings(days, directory, as_of_ms, sealings))


def voids_now(rows: BookRows, source: BookSource, directory: Directory, region: str, as_of_ms: int) -> list[Finding]:
    """Findings about sites of a region that voided or corrected down an unusual share of their packages."""
    days = voids.first_day(as_of_ms), china_day(as_of_ms).date().isoformat()
    bounds = (region, f"{region}:")
    taken_back = rows.withdrawn(*days, bounds)
    sums = voids.sum_up(taken_back, as_of_ms)
    if all(row.packages < voids.PACKAGES_MIN for row in sums.values()):
        return []
    for site, count, mass_g in rows.sealed_amounts(*days, bounds):
        if site in sums:
            sums[site] = sums[site]._replace(sealed_count=count, sealed_g=mass_g)
    shown = partial(voids.evidence_of, taken_back, source.facts_of, as_of_ms=as_of_ms)
    return list(voids.void_findings(sums, directory, as_of_ms, lambda site: shown(site=site)))


def capacity_now(rows: BookRows, source: BookSource, directory: Directory, region: str, as_of_ms: int) -> list[Finding]:
    """Findings about plants of a region that have passed what their licences allow."""
    if not has_figures(directory):
        return []
    disposed_g: dict[tuple[str, int], int] = defaultdict(int)
    for site, day, mass_g in rows.disposed_by_day((region, f"{region}:")):
        disposed_g[site, (date(1970, 1, 1) + timedelta(days=day)).year] += mass_g

    def disposals(site: str, year: int) -> tuple[str, ...]:
        condition = (
            "holder = ? AND phase = 'disposed' AND disposed_ms >= ? AND disposed_ms < ? AND code NOT LIKE ? "
            "ORDER BY disposed_ms DESC, code LIMIT ?"
        )
        span = year_begin_ms(year), year_begin_ms(year + 1)
        items = rows.items(condition, (site, *span, f"%{COPY_MARK}%", EVIDENCE_MAX))
        chains = judge([item.code for item in items], source, directory)
        return tuple(
            dict.fromkeys(
                chain.since.event_id for chain in map(chains.get, (i.code for i in items)) if chain and chain.since
            )
        )

    return list(capacity_findings(disposed_g, directory, as_of_ms, disposals))


def rolls_now(rows: BookRows, source: BookSource, directory: Directory, region: str) -> list[Finding]:
    """Findings about rolls of blank labels at the sites of a region."""
    found: list[Finding] = []
    for roll in sorted(source.rolls):
        facts = [fact for fact in source.facts_of(f"roll {roll}") if is_of_roll(fact, source, directory)]
        issued = {code for fact in facts if fact.kind == "issued" for code in fact.event.codes}
        found += roll_findings(roll, facts, rows.phases(issued))
    return [finding for finding in found if finding.site[1:].startswith(region)]


def _codes(items: list[BookedItem]) -> list[str]:
    return [item.code for item in items if item.reasons or item.due_ms is not None]


def devices_now(books: Books, region: str) -> list[Finding]:
    """Findings about the devices of a region."""
    return [
        finding
        for book in list(books.devices.values())
        if book.site[1:].startswith(region)
        for finding in book.findings()
    ]


class ItemAnswer(NamedTuple):
    """One item with everything that names it.

    Attributes:
        chain: with its own doubts.
        findings: every finding that names the item or rests on one of its scans, its own doubts included, gravest first.
    """

    chain: Chain
    findings: list[Finding]


def item_of(books: Books, code: str, directory: Directory, *, as_of_ms: int) -> ItemAnswer:
    """The chain of one item and every finding about it.

    1. Its own doubts.
    2. Those of the manifests under which it went: that name it, its box, or the whole load.
    3. Those of the devices that recorded its steps: that name it, or that rest on the scan of its box.
    4. That of the roll its label came from.
    """
    with books.opened() as (rows, source):
        chains = judge([code], source, directory)
        chain = chains[code]
        while chain.relabelled_from:
            chain = chains[chain.relabelled_from]
        raise_overdue(chain, as_of_ms)
        names = {code, chain.code}
        loaded = names.union(stay.box for stay in chain.boxes)
        facts = [step.fact for step in chain.steps] + [fact for name in sorted(names) for fact in source.forks_of(name)]
        manifests = {fact.event.manifest for fact in facts if fact.event.manifest}
        told = [
            doubt
            for doubt in rows.doubts_of(manifests)
            if (not doubt.items or not loaded.isdisjoint(doubt.concerned))
            and (not doubt.rule or as_of_ms > doubt.at_ms)
        ]
        rolls = rolls_now(rows, source, directory, chain.issued_for[1:7] or directory.region) if chain.roll else []
    own = [doubt for doubt in book_doubts(chain) if not doubt.rule]
    scans = {fact.event_id for fact in facts}
    devices = {fact.event.device_id for fact in facts}
    found = gather([*own, *told], directory)
    found += [
        finding
        for device in sorted(devices & books.devices.keys())
        for finding in books.devices[device].findings()
        if not names.isdisjoint(finding.items) or (finding.items and not scans.isdisjoint(finding.evidence))
    ]
    found += [finding for finding in rolls if not names.isdisjoint(finding.items)]
    return ItemAnswer(chain, by_precedence(found))
