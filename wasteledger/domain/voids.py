"""What left the denominator, and what mass shrank: by site, with its share of what the site sealed.

A package that was voided with evidence is no longer counted, and one whose mass was corrected down weighs less than it did. Each may be
right; together they are how a rate is made to look better. So they stand on the first page, and a site that does it unusually often has
a finding: of the packages sealed in the last `HISTORY_DAYS` days, at least `PACKAGES_MIN` were voided or corrected down, and they are
more than `unusual_void_percent` of what the site sealed, by count or by mass.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import NamedTuple

from wasteledger.domain.booking import COPY_MARK, BookedItem
from wasteledger.domain.facts import Fact
from wasteledger.domain.findings import Finding, make_finding
from wasteledger.domain.legal_days import china_day
from wasteledger.domain.register import Directory

HISTORY_DAYS = 90
#: Fewer are not unusual: a bag tears now and then.
PACKAGES_MIN = 5
#: Events shown beside a finding.
EVIDENCE_MAX = 10
#: Who voids what was never sealed spoils a label; who voids a package takes it out of the cohort.
_WITHDRAWING = frozenset({"voided", "corrected"})


class Withdrawn(NamedTuple):
    """What a site sealed, and what of it was taken back; masses in grams.

    Attributes:
        sealed_count, sealed_g: as first sealed, whatever became of it.
        voided_count, voided_g: no longer in the cohort.
        lowered_count, lowered_g: packages whose mass was corrected down, and by how much.
    """

    sealed_count: int = 0
    sealed_g: int = 0
    voided_count: int = 0
    voided_g: int = 0
    lowered_count: int = 0
    lowered_g: int = 0

    def plus(self, other: "Withdrawn") -> "Withdrawn":
        """The sum."""
        return Withdrawn(*(mine + its for mine, its in zip(self, other, strict=True)))

    @property
    def packages(self) -> int:
        """Packages voided or corrected down."""
        return self.voided_count + self.lowered_count

    @property
    def mass_g(self) -> int:
        """Mass that is no longer counted."""
        return self.voided_g + self.lowered_g


def withdrawn_of(item: BookedItem) -> Withdrawn:
    """What one package that was sealed adds to its site's account."""
    sealed_g, lowered_g = item.mass_g + item.corrected_down_g, item.corrected_down_g
    if item.item_class is None:
        return Withdrawn(item.packages, sealed_g, item.packages, sealed_g)
    return Withdrawn(item.packages, sealed_g, 0, 0, item.packages if lowered_g else 0, lowered_g)


def first_day(as_of_ms: int) -> str:
    """The first day of sealing that a question of this moment looks at, as ISO."""
    return (china_day(as_of_ms).date() - timedelta(days=HISTORY_DAYS)).isoformat()


def sum_up(items: Iterable[BookedItem], as_of_ms: int) -> dict[str, Withdrawn]:
    """The account of each site over the packages sealed in the last `HISTORY_DAYS` days."""
    first, last = first_day(as_of_ms), china_day(as_of_ms).date().isoformat()
    sums: dict[str, Withdrawn] = {}
    for item in items:
        if item.sealed_day is not None and first <= item.sealed_day <= last:
            sums[item.site] = sums.get(item.site, Withdrawn()).plus(withdrawn_of(item))
    return sums


#: The events that took back packages of a site, those of the newest packages first, no more than `EVIDENCE_MAX`.
Shown = Callable[[str], tuple[str, ...]]


def void_findings(
    sums: Mapping[str, Withdrawn], directory: Directory, as_of_ms: int, shown: Shown
) -> Iterator[Finding]:
    """Sites that voided or corrected down an unusual share of their packages.

    Args:
        sums: by site, of the last `HISTORY_DAYS` days (`sum_up`).
        directory: the rule `unusual_void_percent`, which a site may have its own of.
        as_of_ms: the moment of the question.
        shown: finds the evidence.
    """
    today = china_day(as_of_ms).date()
    for site, row in sorted(sums.items()):
        limit = directory.limit("unusual_void_percent", site)
        often = row.packages * 100 > limit * row.sealed_count
        heavy = row.mass_g * 100 > limit * row.sealed_g
        if row.packages < PACKAGES_MIN or not (often or heavy):
            continue
        detail = (
            f"{site} 近 {HISTORY_DAYS} 天封装 {row.sealed_count} 件 {row.sealed_g} g：作废 {row.voided_count} 件 {row.voided_g} g，"
            f"核减 {row.lowered_count} 件 {row.lowered_g} g；界限 {limit} %"
        )
        yield make_finding(
            "unusual_voids",
            items=(),
            evidence=shown(site),
            site=site,
            at_ms=int((today - date(1970, 1, 1)).days) * 24 * 60 * 60 * 1000 - 8 * 60 * 60 * 1000,
            detail=detail,
            identity=f"{site} {today:%G-W%V}",
        )


def evidence_of(
    items: Iterable[BookedItem], facts_of: Callable[[str], Iterable[Fact]], *, site: str, as_of_ms: int
) -> tuple[str, ...]:
    """The first event that took back each of a site's packages, those of the newest packages first."""
    first, last = first_day(as_of_ms), china_day(as_of_ms).date().isoformat()
    taken_back = [
        item
        for item in items
        if item.site == site
        and item.sealed_day is not None
        and first <= item.sealed_day <= last
        and withdrawn_of(item).packages
    ]
    found: dict[str, None] = {}
    for item in sorted(taken_back, key=lambda item: (-(item.sealed_ms or 0), item.code)):
        facts = [
            fact
            for fact in facts_of(item.code.partition(COPY_MARK)[0])
            if fact.kind in _WITHDRAWING and not (fact.event.agrees_with or fact.event.refuses)
        ]
        if facts:
            found[min(facts, key=lambda fact: fact.order).event_id] = None
        if len(found) == EVIDENCE_MAX:
            break
    return tuple(found)
