"""Answers from the books."""

from collections import defaultdict
from datetime import date

from wasteledger.domain.booking import COPY_MARK, BookedItem
from wasteledger.domain.capacity import capacities, capacity_findings, year_begin_ms
from wasteledger.domain.chain import Chain
from wasteledger.domain.findings import Finding
from wasteledger.domain.judge import judge
from wasteledger.domain.label_stock import roll_findings
from wasteledger.domain.legal_days import china_day
from wasteledger.domain.producers import EVIDENCE_MAX, first_day, producer_findings
from wasteledger.domain.reconcile import Amount, Question, Reconciliation, Tally, raise_overdue, tally_up
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
            *capacity_now(rows, source, directory, asked.region, asked.as_of_ms),
            *devices_now(books, asked.region),
            *rolls_now(rows, source, asked.region),
        ]
    return tally_up(asked, cohort, doubts, others, tree_size=size)


def producers_now(
    rows: BookRows, source: BookSource, directory: Directory, region: str, as_of_ms: int
) -> list[Finding]:
    """Findings about the producers of a region."""

    def sealings(site: str, first: date, last: date) -> tuple[str, ...]:
        condition = "site = ? AND sealed_day BETWEEN ? AND ? ORDER BY sealed_ms DESC, code LIMIT ?"
        items = rows.items(condition, (site, first.isoformat(), last.isoformat(), EVIDENCE_MAX))
        return tuple(_seal_of(item, source) for item in items)

    days: dict[str, dict[str, int]] = defaultdict(dict)
    for site, day, mass_g in rows.sealed_by_day(first_day(as_of_ms), (region, f"{region}:")):
        days[site][day] = mass_g
    return list(producer_findings(days, directory, as_of_ms, sealings))


def capacity_now(rows: BookRows, source: BookSource, directory: Directory, region: str, as_of_ms: int) -> list[Finding]:
    """Findings about plants of a region that have passed what their licences allow."""
    begin_ms = year_begin_ms(as_of_ms)
    disposed_g = {
        site: rows.disposed_g(site, begin_ms)
        for site in capacities(directory, china_day(as_of_ms).year)
        if site[1:].startswith(region)
    }

    def disposals(site: str, _year: int) -> tuple[str, ...]:
        condition = (
            "holder = ? AND phase = 'disposed' AND last_ms >= ? AND code NOT LIKE ? ORDER BY last_ms DESC, code LIMIT ?"
        )
        items = rows.items(condition, (site, begin_ms, f"%{COPY_MARK}%", EVIDENCE_MAX))
        chains = judge([item.code for item in items], source, directory)
        return tuple(
            dict.fromkeys(
                chain.since.event_id for chain in map(chains.get, (i.code for i in items)) if chain and chain.since
            )
        )

    return list(capacity_findings(disposed_g, directory, as_of_ms, disposals))


def _seal_of(item: BookedItem, source: BookSource) -> str:
    """The event by which a package was sealed."""
    code = item.code.partition(COPY_MARK)[0]
    return next(
        fact.event_id
        for fact in source.facts_of(code)
        if fact.kind == "sealed" and (fact.occurred_ms, fact.event.site) == (item.sealed_ms, item.site)
    )


def rolls_now(rows: BookRows, source: BookSource, region: str) -> list[Finding]:
    """Findings about rolls of blank labels at the sites of a region."""
    found: list[Finding] = []
    for roll in sorted(source.rolls):
        found += roll_findings(roll, source.facts_of(f"roll {roll}"), dict(rows.of_roll(roll)))
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


def chain_of(books: Books, code: str, directory: Directory, *, as_of_ms: int) -> Chain:
    """The chain of one item with all its doubts."""
    with books.opened() as (_, source):
        chains = judge([code], source, directory)
        chain = chains[code]
        while chain.relabelled_from:
            chain = chains[chain.relabelled_from]
    raise_overdue(chain, as_of_ms)
    return chain
