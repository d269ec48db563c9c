"""A plant that disposes of more in a year than its licences allow (危险废物经营许可证: 核准经营规模)."""

from collections.abc import Callable, Iterator, Mapping

from wasteledger.domain.findings import Finding, make_finding
from wasteledger.domain.legal_days import china_day
from wasteledger.domain.register import Directory

_G_PER_T = 1_000_000
#: The event ids of a site's newest disposals in a year, a few of them.
Disposals = Callable[[str, int], tuple[str, ...]]


def capacities(directory: Directory, year: int) -> dict[str, int]:
    """Grams that each plant may dispose of in a year, by its licences of that year; a plant without a figure is not here."""
    found: dict[str, int] = {}
    for licence in directory.register.licences:
        in_force = licence.valid_from.year <= year <= licence.valid_to.year
        if licence.activity == "dispose" and licence.capacity_t and in_force:
            found[licence.holder] = found.get(licence.holder, 0) + licence.capacity_t * _G_PER_T
    return found


def capacity_findings(
    disposed_g: Mapping[str, int], directory: Directory, as_of_ms: int, disposals: Disposals
) -> Iterator[Finding]:
    """One finding for each plant that has passed its capacity in the year of the question.

    Args:
        disposed_g: grams by plant since the year began.
        directory: licences with their capacities.
        as_of_ms: the moment of the question.
        disposals: finds the evidence.
    """
    year = china_day(as_of_ms).year
    for site, limit_g in sorted(capacities(directory, year).items()):
        mass_g = disposed_g.get(site, 0)
        if mass_g > limit_g:
            detail = f"{site} {year} 年已处置 {mass_g // 1000} kg，核准规模 {limit_g // 1000} kg"
            yield make_finding(
                "capacity_exceeded", items=(), evidence=disposals(site, year), site=site, at_ms=year_begin_ms(as_of_ms),
                detail=detail, identity=f"{site} {year}",
            )  # fmt: skip


def year_begin_ms(as_of_ms: int) -> int:
    """When the year of a moment began in China, UTC milliseconds."""
    moment = china_day(as_of_ms)
    return int(moment.replace(month=1, day=1, hour=0, minute=0, second=0, microsecond=0).timestamp()) * 1000
