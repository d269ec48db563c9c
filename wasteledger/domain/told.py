"""Acts by site and by the day on which they were first told: what batch numbers are counted by, and nothing ever moves it.

The day is the one that the device said, or the paper, but never later than the moment of receipt; a device whose clock is more than
`CLAIM_DAYS_MAX` days behind that moment is held to it. A clock that is mended afterwards changes when the act happened, not the day
under which it was told.
"""

from schemas.acts import moment_ms
from wasteledger.domain.facts import Fact

#: A clock further behind than this is not believed: longer than a handheld lies in a drawer, shorter than a dead battery takes it back.
CLAIM_DAYS_MAX = 31
DAY_MS = 86_400_000
_CHINA_MS = 8 * 3_600_000
_CLAIM_MS_MAX = CLAIM_DAYS_MAX * DAY_MS
#: Acts that make a row of a ledger, for the site that makes them and for the one from which an acceptance takes.
ROW_KINDS = frozenset({"sealed", "opening_stock", "accepted", "disposed"})


def told_ms(fact: Fact) -> int:
    """When the act happened, as it was first told, UTC milliseconds."""
    received_ms = fact.received_ms
    if fact.event.backfill:
        return min(moment_ms(fact.event.backfill["happened_at"]), received_ms)
    claimed_ms = fact.wall_ms
    return claimed_ms if received_ms - _CLAIM_MS_MAX <= claimed_ms <= received_ms else received_ms


def told_day(fact: Fact) -> int:
    """Its day in China, counted from 1 January 1970."""
    return (told_ms(fact) + _CHINA_MS) // DAY_MS


def china_days(moment_ms: int) -> int:
    """The day of a moment in China, counted from 1 January 1970."""
    return (moment_ms + _CHINA_MS) // DAY_MS


def acts_name(site: str, day: int) -> str:
    """What the acts of a site and day are filed under."""
    return f"acts {site} {day}"


def act_names(fact: Fact) -> list[str]:
    """The names under which an act is filed; none for what makes no row."""
    if fact.kind not in ROW_KINDS:
        return []
    day, event = told_day(fact), fact.event
    names = [acts_name(event.site, day)]
    if fact.kind == "accepted" and event.from_site != event.site:
        names.append(acts_name(event.from_site, day))
    return names
