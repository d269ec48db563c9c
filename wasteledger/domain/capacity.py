"""A plant that disposes of more in a year than its licences allow (危险废物经营许可证: 核准经营规模, tonnes a year)."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from itertools import pairwise

from wasteledger.domain.findings import Finding, make_finding
from wasteledger.domain.legal_days import day_over_ms, legal_day
from wasteledger.domain.register import CHINA_MS, DAY_MS, Directory, day_number

_G_PER_T = 1_000_000
#: For so many days of a year licences hold side by side before they add up: a shorter overlap is the seam of a renewal.
_SIDE_BY_SIDE_DAYS = 31
#: The event ids of a site's newest disposals in a year, a few of them.
Disposals = Callable[[str, int], tuple[str, ...]]


def capacities(directory: Directory, year: int) -> dict[str, int]:
    """Grams that each plant may dispose of in a year; a plant with a licence that names no figure is not here.

    The figure of a licence is one of a whole year (年经营规模), so the days on which it holds do not divide it: a renewal in November
    neither adds to it nor cuts it, and a plant that grew in July may have burned little before. So what counts is the most that
    licences of different numbers allow side by side, each day by the register that holds on it.
    """
    versions, holding = _versions(directory), directory.history.versions if directory.history else ()
    licences = [
        licence for version in versions for licence in version.register.licences if licence.activity == "dispose"
    ]
    year_days = range(day_number(date(year, 1, 1)), day_number(date(year + 1, 1, 1)))
    changes = {day_number(licence.valid_from) for licence in licences}
    changes |= {day_number(licence.valid_to) + 1 for licence in licences} | {version.first_day for version in holding}
    begins = sorted({year_days.start, *changes} & set(year_days))
    days: dict[str, Counter[int | None]] = defaultdict(Counter)
    for begin, end in pairwise((*begins, year_days.stop)):
        for holder, capacity_g in _in_force(directory.at(begin * DAY_MS - CHINA_MS), begin).items():
            days[holder][capacity_g] += end - begin
    found = {holder: _most(counted) for holder, counted in days.items()}
    return {holder: capacity_g for holder, capacity_g in found.items() if capacity_g is not None}


def has_figures(directory: Directory) -> bool:
    """Whether any version of the register names a capacity: without one there is nothing to add up."""
    return any(licence.capacity_t for version in _versions(directory) for licence in version.register.licences)


def _versions(directory: Directory) -> tuple[Directory, ...]:
    return directory.history.directories if directory.history else (directory,)


def _in_force(version: Directory, day: int) -> dict[str, int | None]:
    """What the licences of one day allow their holders together; rows of one number are one licence."""
    sizes: dict[str, dict[str, int | None]] = defaultdict(dict)
    for licence in version.register.licences:
        if licence.activity == "dispose" and day_number(licence.valid_from) <= day <= day_number(licence.valid_to):
            size_g = licence.capacity_t * _G_PER_T if licence.capacity_t else None
            before_g = sizes[licence.holder].get(licence.number, 0)
            sizes[licence.holder][licence.number] = (
                None if None in {size_g, before_g} else max(size_g or 0, before_g or 0)
            )
    return {
        holder: None if None in by_number.values() else sum(size_g or 0 for size_g in by_number.values())
        for holder, by_number in sizes.items()
    }


def _most(days: Counter[int | None]) -> int | None:
    """The most that held for long enough; None where that has no figure."""
    left = min(_SIDE_BY_SIDE_DAYS, days.total())
    for capacity_g in sorted(days, key=lambda size_g: (size_g is not None, -(size_g or 0))):
        left -= days[capacity_g]
        if left <= 0:
            return capacity_g
    return None


def capacity_findings(
    disposed_g: Mapping[tuple[str, int], int], directory: Directory, as_of_ms: int, disposals: Disposals
) -> Iterator[Finding]:
    """One finding for each plant and year in which it has passed its capacity; the year of the question is the last.

    Args:
        disposed_g: grams by plant and year.
        directory: licences with their capacities.
        as_of_ms: the moment of the question.
        disposals: finds the evidence.
    """
    last = legal_day(as_of_ms).year
    allowed = {year: capacities(directory, year) for year in {year for _, year in disposed_g} if year <= last}
    for (site, year), mass_g in sorted(disposed_g.items()):
        limit_g = allowed.get(year, {}).get(site)
        if limit_g is not None and mass_g > limit_g:
            detail = f"{site} {year} 年已处置 {mass_g // 1000} kg，核准规模 {limit_g // 1000} kg"
            yield make_finding(
                "capacity_exceeded", items=(), evidence=disposals(site, year), site=site, at_ms=year_begin_ms(year),
                detail=detail, identity=f"{site} {year}",
            )  # fmt: skip


def year_begin_ms(year: int) -> int:
    """When a year began in China, UTC milliseconds."""
    return day_over_ms(f"{year - 1}-12-31")
