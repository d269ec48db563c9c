"""Answers from the books."""

from collections import defaultdict

from wasteledger.domain.booking import BookedItem
from wasteledger.domain.chain import Chain
from wasteledger.domain.findings import Finding
from wasteledger.domain.judge import judge
from wasteledger.domain.label_stock import roll_findings
from wasteledger.domain.producers import first_day, producer_findings
from wasteledger.domain.reconcile import Amount, Question, Reconciliation, Tally, raise_overdue, tally_up
from wasteledger.domain.register import Directory
from wasteledger.flows.books import Books


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
        days: dict[str, dict[str, int]] = defaultdict(dict)
        for site, day, mass_g in rows.sealed_by_day(first_day(asked.as_of_ms), (begin, end)):
            days[site][day] = mass_g
        others = [*producer_findings(days, directory, asked.as_of_ms), *_of_devices(books, asked.region)]
        for roll in sorted(source.rolls):
            found = roll_findings(roll, source.facts_of(f"roll {roll}"), dict(rows.of_roll(roll)))
            others += [finding for finding in found if finding.site[1:].startswith(asked.region)]
    return tally_up(asked, cohort, doubts, others, tree_size=size)


def _codes(items: list[BookedItem]) -> list[str]:
    return [item.code for item in items if item.reasons or item.due_ms is not None]


def _of_devices(books: Books, region: str) -> list[Finding]:
    return [
        finding
        for book in list(books.devices.values())
        if book.site[1:].startswith(region)
        for finding in book.findings()
    ]


def chain_of(books: Books, code: str, directory: Directory, *, as_of_ms: int) -> Chain:
    """The chain of one item with all its doubts."""
    with books.opened() as (_, source):
        chain = judge([code], source, directory)[code]
    raise_overdue(chain, as_of_ms)
    return chain
