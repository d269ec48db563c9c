"""Reconciliation: the disposal rate from the items' own chains, and every missing link by name.

1. Walk every item's chain.
2. Hold each weighed or counted box against the items inside it.
3. Give every item of the cohort exactly one class; the classes add up to the cohort.
4. Proved rate = safely disposed ÷ cohort. Due rate = the same without items still inside their time limits.
5. Gather doubts into findings, add what the devices' own chains show.

A cohort is every item sealed at sites of a region in a period. A code used on two packages counts as two.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, Decimal
from typing import NamedTuple

from schemas.custody import Phase
from schemas.reasons import CLASSES, REASONS, Severity
from wasteledger.domain.chain import Chain, china_day
from wasteledger.domain.findings import Finding, by_precedence, device_findings, item_findings
from wasteledger.domain.history import History
from wasteledger.domain.judge import judge
from wasteledger.domain.register import Directory
from wasteledger.domain.timeline import is_box

#: Discrepancies that keep an item from being safely disposed: its weight or its number was not what it should be.
_UNPROVEN = frozenset({"weight_difference", "count_difference", "box_difference", "stock_imbalance"})
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
        self.classes[row.item_class] = self.classes[row.item_class].plus(row.amount)
        if row.item_class == "safely_disposed" and row.inferred:
            self.inferred = self.inferred.plus(row.amount)
        if row.phase is Phase.DISPOSED:
            self.disposed = self.disposed.plus(row.amount)

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
        """Proved, due and official rate by mass and by count."""
        safe, total, due = self.classes["safely_disposed"], self.total, self.due
        return {
            "rate_proved_mass": share(safe.mass_g, total.mass_g),
            "rate_proved_count": share(safe.count, total.count),
            "rate_due_mass": share(safe.mass_g, due.mass_g),
            "rate_due_count": share(safe.count, due.count),
            "rate_official_mass": share(self.disposed.mass_g, total.mass_g),
            "share_inferred_mass": share(self.inferred.mass_g, safe.mass_g),
        }


class ItemRow(NamedTuple):
    """One item of the cohort with its class."""

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


@dataclass
class Reconciliation:
    """The answer for one region and period at one moment and one size of the log."""

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

    def finding_counts(self) -> dict[str, int]:
        """How many findings of each code, gravest first."""
        return dict(Counter(finding.code for finding in self.findings))


def reconcile(  # noqa: PLR0913 - the question: what, where, when, at which moment
    history: History, directory: Directory, *, region: str, from_day: str, to_day: str, as_of_ms: int
) -> Reconciliation:
    """Reconciles the items sealed in `region` (a division code, six or nine digits) on the days from … to, both included."""
    chains = walk_all(history, directory, as_of_ms=as_of_ms)
    cohort = [chain for chain in chains if _in_cohort(chain, region, from_day, to_day)]
    answer = Reconciliation(
        region,
        from_day,
        to_day,
        as_of_ms,
        history.size,
        Tally(),
        defaultdict(Tally),
        defaultdict(Tally),
        [],
        Amount(),
        [],
    )
    for chain in cohort:
        row = _row(chain)
        if row is None:
            answer.voided = answer.voided.plus(_amount(chain))
            continue
        answer.items.append(row)
        for tally in (answer.district, answer.divisions[row.site[1:10]], answer.categories[row.waste_code]):
            tally.add(row)
    strays = [chain for chain in chains if not chain.seals and chain.doubts and _stray_in(chain, region)]
    answer.findings = by_precedence(
        [*item_findings([*cohort, *strays]), *device_findings(history, directory, region=region)]
    )
    return answer


def walk_all(history: History, directory: Directory, *, as_of_ms: int) -> list[Chain]:
    """Every item's chain with all its doubts, those that only the passing of time raises included."""
    codes = sorted(code for code in history.by_code if not is_box(code))
    chains = judge(codes, history, directory)
    for code in codes:
        raise_overdue(chains[code], as_of_ms)
    return [chains[code] for code in codes]


def raise_overdue(chain: Chain, as_of_ms: int) -> None:
    """Absence: an expected step is not there and its limit has passed."""
    for expected in chain.expectations:
        if as_of_ms > expected.due_ms and chain.seals and expected.after:
            chain.doubt(expected.reason, expected.after, site=expected.site, at_ms=expected.due_ms)


def _in_cohort(chain: Chain, region: str, from_day: str, to_day: str) -> bool:
    return any(
        fact.event.site[1:].startswith(region) and from_day <= f"{china_day(fact.occurred_ms):%Y-%m-%d}" <= to_day
        for fact in chain.seals
    )


def _stray_in(chain: Chain, region: str) -> bool:
    """An item that moved without ever having been sealed is in no cohort, but it is found."""
    return any(step.fact.event.site[1:].startswith(region) for step in chain.steps)


def _amount(chain: Chain) -> Amount:
    if len(chain.seals) == 1:
        return Amount(1, chain.mass_g)
    masses = [fact.event.mass_g for fact in chain.seals if fact.event.kind == "sealed"]
    return Amount(len(masses), sum(masses))


def _row(chain: Chain) -> ItemRow | None:
    item_class = classify(chain)
    if item_class is None:
        return None
    first = chain.seals[0]
    return ItemRow(
        code=chain.code,
        site=first.event.site,
        waste_code=chain.waste_code,
        sealed_ms=first.occurred_ms,
        amount=_amount(chain),
        item_class=item_class,
        phase=chain.state.phase,
        holder=chain.state.holder,
        inferred=chain.inferred,
        reasons=tuple(dict.fromkeys(doubt.reason for doubt in chain.doubts)),
    )


def classify(chain: Chain) -> str | None:
    """The one class of an item; None when it was voided with evidence and leaves the cohort."""
    severities = {REASONS[doubt.reason].severity for doubt in chain.doubts}
    reasons = {doubt.reason for doubt in chain.doubts}
    broken = Severity.BREAKS_CHAIN in severities
    if chain.state.phase is Phase.VOIDED and not broken:
        return None
    if len(chain.seals) > 1 or chain.state.phase is Phase.VOIDED:
        return "chain_broken"
    if chain.state.phase is Phase.LOST:
        return "declared_lost"
    if chain.disputed:
        return "disputed"
    if chain.state.phase is Phase.DISPOSED:
        return "disposed_not_provably" if broken or reasons & _UNPROVEN else "safely_disposed"
    if broken:
        return "chain_broken"
    return "overdue" if Severity.OVERDUE in severities else "on_its_way"
