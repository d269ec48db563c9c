"""Producers that fell silent, or record far less than they used to: measured against their own past, nothing else.

Silent: between two of its sealing days, or since the last one, lie more days than `silent_factor` times the median interval
between its sealing days of the 90 days before, and more than `silent_days_min`. It takes five sealing days to know an interval. A
silence that is over stays a finding for 90 days: what was produced meanwhile is still to be explained.

Under-reporting: what was sealed in the last 28 days weighs less than `under_reporting_percent` of the mean 28 days of the 84 days before,
all of which must lie behind the producer's first sealing. Beds stand beside the numbers; they decide nothing. A site that the register
says is dormant or closed is asked for neither.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from itertools import pairwise
from statistics import median_low

from wasteledger.domain.findings import Finding, make_finding
from wasteledger.domain.legal_days import china_day
from wasteledger.domain.register import Directory

HISTORY_DAYS = 90
SEALING_DAYS_MIN = 5
RECENT_DAYS = 28
BEFORE_DAYS = 84
#: Sealings shown beside a finding.
EVIDENCE_MAX = 10
_PRODUCERS = frozenset("CHG")


def first_day(as_of_ms: int) -> str:
    """The first day that a question of this moment looks at, as ISO."""
    return (china_day(as_of_ms).date() - timedelta(days=HISTORY_DAYS + RECENT_DAYS + BEFORE_DAYS)).isoformat()


#: The event ids of a site's newest sealings between two days, both included, newest first and no more than `EVIDENCE_MAX`.
Sealings = Callable[[str, date, date], tuple[str, ...]]


def producer_findings(
    days: Mapping[str, Mapping[str, int]], directory: Directory, as_of_ms: int, sealings: Sealings
) -> Iterator[Finding]:
    """Findings about producers, shown by their own sealings: the last before a silence, the newest of a thin time.

    Args:
        days: grams sealed by site and day of sealing (ISO, China), of the last `HISTORY_DAYS` + `BEFORE_DAYS` days at least.
        directory: rules and beds.
        as_of_ms: the moment of the question.
        sealings: finds the evidence.
    """
    today = china_day(as_of_ms).date()
    for site, by_day in sorted(days.items()):
        if site[0] not in _PRODUCERS:
            continue
        sealed = {date.fromisoformat(day): mass_g for day, mass_g in by_day.items() if date.fromisoformat(day) <= today}
        if sealed:
            yield from _silences(site, sealed, directory, today, sealings)
            yield from _under_reporting(site, sealed, directory, today, sealings)


def _silences(
    site: str, sealed: Mapping[date, int], directory: Directory, today: date, sealings: Sealings
) -> Iterator[Finding]:
    ordered = sorted(sealed)
    for last, following in zip(ordered, [*ordered[1:], today], strict=True):
        quiet = (following - last).days
        if quiet <= directory.limit("silent_days_min", site) or (today - following).days > HISTORY_DAYS:
            continue
        known = [day for day in ordered if timedelta(0) <= last - day <= timedelta(days=HISTORY_DAYS)]
        if len(known) < SEALING_DAYS_MIN:
            continue
        usual = median_low([(later - earlier).days for earlier, later in pairwise(known)])
        limit = max(directory.limit("silent_days_min", site), directory.limit("silent_factor", site) * usual)
        if quiet > limit and not _rested(site, last, following, directory):
            until = "至今" if following == today and today not in sealed else f"至 {following}"
            habit = f"平时间隔 {usual} 天（中位数，{len(known)} 个封装日），界限 {limit} 天"
            yield _finding(
                "silent_producer",
                site,
                last + timedelta(days=limit + 1),
                f"{site} {last} {until}，{quiet} 天无封装；{habit}",
                sealings(site, last, last)[:1],
            )


def _under_reporting(
    site: str, sealed: Mapping[date, int], directory: Directory, today: date, sealings: Sealings
) -> Iterator[Finding]:
    recent_from = today - timedelta(days=RECENT_DAYS)
    before_from = recent_from - timedelta(days=BEFORE_DAYS)
    if min(sealed) > before_from or _rested(site, recent_from, today, directory):
        return
    recent_g = sum(mass_g for day, mass_g in sealed.items() if recent_from < day <= today)
    before_g = sum(mass_g for day, mass_g in sealed.items() if before_from < day <= recent_from)
    usual_g = before_g * RECENT_DAYS // BEFORE_DAYS
    if recent_g * 100 < usual_g * directory.limit("under_reporting_percent", site):
        beds = (directory.sites[site].beds or 0) if site in directory.sites else 0
        per_bed = f"，床位 {beds} 张，每床每日 {recent_g // (beds * RECENT_DAYS)} g" if beds else ""
        detail = f"{site} 近 {RECENT_DAYS} 天 {recent_g} g，此前 {BEFORE_DAYS} 天平均每 {RECENT_DAYS} 天 {usual_g} g{per_bed}"
        evidence = sealings(site, recent_from + timedelta(days=1), today)
        yield _finding("under_reporting", site, today, detail, evidence)


def _rested(site: str, first: date, last: date, directory: Directory) -> bool:
    """Whether the register said of some day behind the first, up to the last, that nothing was to arise: dormant or closed."""
    return any(directory.is_idle(site, first + timedelta(days=day)) for day in range(1, (last - first).days + 1))


def _finding(reason: str, site: str, day: date, detail: str, evidence: tuple[str, ...]) -> Finding:
    identity = f"{site} {day:%G-W%V}"
    at_ms = int((day - date(1970, 1, 1)).days) * 24 * 60 * 60 * 1000 - 8 * 60 * 60 * 1000
    return make_finding(reason, items=(), evidence=evidence, site=site, at_ms=at_ms, detail=detail, identity=identity)
