"""Reconciliation: the disposal rate from the items' own chains, and every missing link by name.

1. Walk every item's chain.
2. Hold each weighed or counted box against the items inside it.
3. Give every item of the cohort exactly one class; the classes add up to the cohort.
4. Proved rate = safely disposed ÷ cohort. Due rate = the same without items still inside their time limits.
5. Gather doubts into findings, add what the devices' own chains show.

A cohort is every item sealed at sites of a region in a period, and every package seen moving there that nobody sealed. A code used on two
packages counts as two.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_DOWN, Decimal
from functools import partial
from typing import NamedTuple

from schemas.custody import Phase
from schemas.reasons import CLASSES
from wasteledger.domain.booking import COPY_MARK, BookedDoubt, BookedItem, book_doubts, book_item, classify, is_ghost
from wasteledger.domain.capacity import capacity_findings
from wasteledger.domain.chain import Chain
from wasteledger.domain.devices import device_findings
from wasteledger.domain.facts import Fact
from wasteledger.domain.findings import Finding, by_precedence, gather
from wasteledger.domain.history import History
from wasteledger.domain.judge import judge
from wasteledger.domain.label_stock import is_of_roll, roll_findings
from wasteledger.domain.legal_days import legal_day
from wasteledger.domain.other_doubts import manifest_doubts, washing_doubts
from wasteledger.domain.producers import EVIDENCE_MAX, Sealings, first_day, producer_findings
from wasteledger.domain.register import Directory
from wasteledger.domain.timeline import is_box
from wasteledger.domain.voids import Withdrawn, evidence_of, sum_up, void_findings, withdrawn_of

_PLACES = Decimal("0.000001")


class Amount(NamedTuple):
    """Packages and their mass."""

    count: int = 0  # type: ignore[assignment]  # nobody asks this tuple for `count()`
    mass_g: int = 0

    def plus(self, other: "Amount") -> "Amount":
        """The sum."""
        return Amount(self.count + other.count, self.mass_g + other.mass_g)


def share(part: int, whole: int) -> float | None:
    """A ratio for display, rounded down so that 1.0 means all of it; None when there is nothing to divide."""
    return float((Decimal(part) / Decimal(whole)).quantize(_PLACES, rounding=ROUND_DOWN)) if whole else None


@dataclass
class Tally:
    """Amounts by class for one group of items."""

    classes: dict[str, Amount] = field(default_factory=lambda: dict.fromkeys(CLASSES, Amount()))
    inferred: Amount = Amount()
    disposed: Amount = Amount()

    def add(self, row: "ItemRow") -> None:
        """Counts one item."""
        self.add_amount(row.item_class, row.amount, disposed=row.phase is Phase.DISPOSED, inferred=row.inferred)

    def add_amount(self, item_class: str, amount: Amount, *, disposed: bool, inferred: bool) -> None:
        """Counts packages of one class."""
        self.classes[item_class] = self.classes[item_class].plus(amount)
        if item_class == "safely_disposed" and inferred:
            self.inferred = self.inferred.plus(amount)
        if disposed:
            self.disposed = self.disposed.plus(amount)

    @property
    def total(self) -> Amount:
        """The cohort: all classes together."""
        return Amount(
            sum(amount.count for amount in self.classes.values()),
            sum(amount.mass_g for amount in self.classes.values()),
        )

    @property
    def due(self) -> Amount:
        """The cohort without what is still inside its time limits."""
        on_its_way, total = self.classes["on_its_way"], self.total
        return Amount(total.count - on_its_way.count, total.mass_g - on_its_way.mass_g)

    def rates(self) -> dict[str, float | None]:
        """Proved and due rate by mass and by count; the official figures, which never mix wastes, stand in `official.py`."""
        safe, total, due = self.classes["safely_disposed"], self.total, self.due
        return {
            "rate_proved_mass": share(safe.mass_g, total.mass_g),
            "rate_proved_count": share(safe.count, total.count),
            "rate_due_mass": share(safe.mass_g, due.mass_g),
            "rate_due_count": share(safe.count, due.count),
            "share_inferred_mass": share(self.inferred.mass_g, safe.mass_g),
        }


class Unsealed(NamedTuple):
    """Packages of one site that nobody sealed.

    Attributes:
        amount: all of them, and the mass that is known.
        mass_unknown_count: of how many nobody knows the mass.
    """

    amount: Amount = Amount()
    mass_unknown_count: int = 0


class ItemRow(NamedTuple):
    """One item of the cohort with its class.

    Attributes:
        amount: without a mass where nobody sealed it and nobody declared one.
        is_late: its sealing was handed in after the period that was asked for: a late addition to a closed period.
    """

    code: str
    site: str
    waste_code: str
    sealed_ms: int
    amount: Amount
    item_class: str
    phase: Phase
    holder: str | None
    inferred: bool
    reasons: tuple[str, ...]
    is_late: bool = False
    method: str = ""


@dataclass
class Reconciliation:
    """The answer for one region and period at one moment and one size of the log.

    `withdrawn`: what was sealed and what was taken back, by site and waste code.
    """

    region: str
    from_day: str
    to_day: str
    as_of_ms: int
    tree_size: int
    district: Tally
    divisions: dict[str, Tally]
    categories: dict[str, Tally]
    items: list[ItemRow]
    voided: Amount
    findings: list[Finding]
    withdrawn: dict[tuple[str, str], Withdrawn] = field(default_factory=lambda: defaultdict(Withdrawn))

    def unsealed(self) -> list[tuple[str, Unsealed]]:
        """What nobody sealed, by the site of its first sight, the most packages first."""
        sums: dict[str, Unsealed] = {}
        for row in self.items:
            if row.item_class == "unsealed":
                amount, unknown = sums.get(row.site, Unsealed())
                sums[row.site] = Unsealed(amount.plus(row.amount), unknown + (not row.amount.mass_g))
        return sorted(sums.items(), key=lambda pair: (-pair[1].amount.count, pair[0]))

    @property
    def mass_unknown_count(self) -> int:
        """Packages of the cohort whose mass nobody knows: in every count, and in no mass."""
        return sum(row.mass_unknown_count for _, row in self.unsealed())

    def taken_back(self) -> list[tuple[str, Withdrawn]]:
        """What each site voided or corrected down, the greatest share of its packages first; only sites that did."""
        sums: dict[str, Withdrawn] = {}
        for (site, _), row in self.withdrawn.items():
            sums[site] = sums.get(site, Withdrawn()).plus(row)
        found = [(site, row) for site, row in sums.items() if row.packages]
        return sorted(found, key=lambda pair: (-(share(pair[1].packages, pair[1].sealed_count) or 0), pair[0]))

    @property
    def opening_waiting(self) -> Amount:
        """Opening stock that was declared and waits for the authority."""
        waiting = [row.amount for row in self.items if "opening_stock_unconfirmed" in row.reasons]
        return Amount(len(waiting), sum(amount.mass_g for amount in waiting))

    @property
    def late_additions(self) -> Amount:
        """What was handed in after the period: sealed in it, and not known when it closed."""
        late = [row.amount for row in self.items if row.is_late]
        return Amount(sum(amount.count for amount in late), sum(amount.mass_g for amount in late))

    def finding_counts(self) -> dict[str, int]:
        """How many findings of each code, gravest first."""
        return dict(Counter(finding.code for finding in self.findings))


class Question(NamedTuple):
    """What is asked.

    Attributes:
        region: a division code, six or nine digits.
        from_day, to_day: first and last day of sealing, China's calendar, as `2026-11-02`.
        as_of_ms: the moment of the question; time alone makes things overdue.
    """

    region: str
    from_day: str
    to_day: str
    as_of_ms: int


def tally_up(  # noqa: PLR0913 - the rows of the books, and what they are asked and judged by
    asked: Question,
    items: Iterable[BookedItem],
    doubts: Iterable[BookedDoubt],
    others: Iterable[Finding],
    *,
    directory: Directory,
    tree_size: int,
) -> Reconciliation:
    """The answer from the books' rows: the items of the cohort, their doubts and what is waited for, and findings of other kinds."""
    answer = Reconciliation(
        *asked, tree_size, Tally(), defaultdict(Tally), defaultdict(Tally), [], Amount(), []
    )  # fmt: skip
    raised = [doubt for doubt in doubts if not doubt.rule or asked.as_of_ms > doubt.at_ms]
    late: dict[str, list[str]] = defaultdict(list)
    for doubt in raised:
        if doubt.rule:
            late[doubt.subject].append(doubt.reason)
    for item in sorted(items):
        if item.sealed_ms is None:
            continue
        answer.withdrawn[item.site, item.waste_code] = answer.withdrawn[item.site, item.waste_code].plus(
            withdrawn_of(item)
        )
        if item.item_class is None:
            answer.voided = answer.voided.plus(Amount(item.packages, item.mass_g))
            continue
        row = _row(item, late.get(item.code, ()), asked.to_day)
        answer.items.append(row)
        for tally in (answer.district, answer.divisions[row.site[1:10]], answer.categories[row.waste_code]):
            tally.add(row)
    answer.findings = by_precedence([*gather(raised, directory), *others])
    return answer


def _row(item: BookedItem, late: Iterable[str], asked_to: str) -> ItemRow:
    """An item as of the question: what was on its way is overdue when a step is late."""
    item_class, late = item.item_class or "", tuple(late)
    return ItemRow(
        code=item.code.partition(COPY_MARK)[0],
        site=item.site,
        waste_code=item.waste_code,
        sealed_ms=item.sealed_ms or 0,
        amount=Amount(item.packages, item.mass_g),
        item_class="overdue" if late and item_class == "on_its_way" else item_class,
        phase=Phase(item.phase),
        holder=item.holder,
        inferred=bool(item.inferred),
        reasons=(*item.reasons.split(), *late),
        is_late=item.told_day > asked_to,
        method=item.method,
    )


def in_cohort(item: BookedItem, asked: Question) -> bool:
    """Whether it was sealed in the region in the period."""
    return item.sealed_day is not None and asked.from_day <= item.sealed_day <= asked.to_day and in_region(item, asked)


def in_region(item: BookedItem, asked: Question) -> bool:
    """Whether it belongs to the region: where it was sealed; where it was met, if it never was."""
    return item.site[1:].startswith(asked.region)


def reconcile(  # noqa: PLR0913 - the question: what, where, when, at which moment
    history: History, directory: Directory, *, region: str, from_day: str, to_day: str, as_of_ms: int
) -> Reconciliation:
    """Reconciles from the whole history at once: the plain way, which the books must agree with."""
    asked = Question(region, from_day, to_day, as_of_ms)
    codes = sorted(code for code in history.by_code if not is_box(code))
    chains = judge(codes, history, directory)
    rows = [row for chain in chains.values() for row in book_item(chain, directory.region)]
    cohort = [row for row in rows if in_cohort(row, asked)]
    strays = [row for row in rows if row.sealed_ms is None and in_region(row, asked)]
    named = {row.code.partition(COPY_MARK)[0] for row in (*cohort, *strays)}
    doubts = [doubt for code in named for doubt in book_doubts(chains[code])]
    others = device_findings(history, directory, region=region)
    others += [
        finding
        for finding in _other_findings(history, chains, directory, as_of_ms)
        if finding.site[1:].startswith(region)
    ]
    doubts += [doubt for doubt in _other_doubts(history, chains, directory) if doubt.site[1:].startswith(region)]
    return tally_up(asked, cohort, doubts, others, directory=directory, tree_size=history.size)


def _other_findings(
    history: History, chains: dict[str, Chain], directory: Directory, as_of_ms: int
) -> Iterator[Finding]:
    """Of producers, what they took back, and rolls of labels."""
    days: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    booked = [row for chain in chains.values() for row in book_item(chain, directory.region)]
    for row in booked:
        if row.sealed_day and row.sealed_day >= first_day(as_of_ms) and not row.opening:
            days[row.site][row.sealed_day] += row.mass_g
    yield from producer_findings(days, directory, as_of_ms, sealings_in(chains))
    yield from _capacity_findings(chains, directory, as_of_ms)
    shown = partial(evidence_of, booked, history.facts_of, as_of_ms=as_of_ms)
    yield from void_findings(sum_up(booked, as_of_ms), directory, as_of_ms, lambda site: shown(site=site))
    rolls: dict[str, list[Fact]] = defaultdict(list)
    for facts in history.by_device.values():
        for fact in facts.values():
            if fact.event.stock and is_of_roll(fact, history, directory):
                rolls[fact.event.stock].append(fact)
    phases = {code: chain.state.phase.value for code, chain in chains.items()}
    for roll, named in sorted(rolls.items()):
        yield from roll_findings(roll, named, phases)


def _capacity_findings(chains: dict[str, Chain], directory: Directory, as_of_ms: int) -> Iterator[Finding]:
    disposed_g: dict[tuple[str, int], int] = defaultdict(int)
    newest: dict[tuple[str, int], list[tuple[int, str, str]]] = defaultdict(list)
    for chain in chains.values():
        if chain.state.phase is Phase.DISPOSED and chain.state.holder and chain.since:
            ended_ms = chain.since.occurred_ms
            year = chain.state.holder, legal_day(ended_ms).year
            rows = book_item(chain, directory.region)
            disposed_g[year] += sum(row.mass_g for row in rows if row.phase == Phase.DISPOSED.value)
            newest[year].append((-ended_ms, chain.code, chain.since.event_id))

    def disposals(site: str, year: int) -> tuple[str, ...]:
        return tuple(dict.fromkeys(event_id for _, _, event_id in sorted(newest[site, year])[:EVIDENCE_MAX]))

    yield from capacity_findings(disposed_g, directory, as_of_ms, disposals)


def sealings_in(chains: dict[str, Chain]) -> Sealings:
    """Finds the newest sealings of a site between two days, among these packages."""

    def sealings(site: str, first: date, last: date) -> tuple[str, ...]:
        seals = [
            (-seal.occurred_ms, chain.code, seal.event_id)
            for chain in chains.values()
            for seal in chain.seals
            if seal.kind == seal.event.kind and seal.event.site == site and first <= legal_day(seal.occurred_ms) <= last
        ]
        return tuple(event_id for _, _, event_id in sorted(seals)[:EVIDENCE_MAX])

    return sealings


def _other_doubts(history: History, chains: dict[str, Chain], directory: Directory) -> list[BookedDoubt]:
    """Of manifests and emptied boxes."""
    doubts = []
    for number in history.by_manifest:
        manifest = history.manifest(number, directory)
        doubts += manifest_doubts(
            manifest, history, directory, lambda code: chains[code].waste_code if code in chains else ""
        )
    for box, facts in history.by_code.items():
        if is_box(box):
            for fact in facts:
                if fact.kind == "disposed":
                    doubts += washing_doubts(box, fact, history, directory)
    return doubts


def walk_all(history: History, directory: Directory, *, as_of_ms: int) -> list[Chain]:
    """Every item's chain with all its doubts, those that only the passing of time raises included."""
    chains = judge((code for code in history.by_code if not is_box(code)), history, directory)
    for chain in chains.values():
        raise_overdue(chain, as_of_ms)
    return [chain for _, chain in sorted(chains.items())]


def raise_overdue(chain: Chain, as_of_ms: int) -> None:
    """Absence: an expected step is not there and its limit has passed."""
    for expected in chain.expectations:
        if as_of_ms > expected.due_ms and chain.seals and expected.after:
            chain.doubt(expected.reason, expected.after, site=expected.site, at_ms=expected.due_ms)


def class_of(chain: Chain, as_of_ms: int) -> str | None:
    """The class of one item at a moment; None where it was never sealed or has left the cohort."""
    if not chain.seals and not is_ghost(chain):
        return None
    late = any(as_of_ms > expected.due_ms for expected in chain.expectations)
    item_class = classify(chain)
    return "overdue" if late and item_class == "on_its_way" else item_class
