"""Days as the law counts them: in China's time."""

from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache

#: Legal days are counted in China's time.
CHINA = timezone(timedelta(hours=8))
_DAY_MS = 24 * 60 * 60 * 1000
_CHINA_MS = 8 * 60 * 60 * 1000


def china_day(moment_ms: int) -> datetime:
    """The moment as China's wall clock."""
    return datetime.fromtimestamp(moment_ms / 1000, tz=UTC).astimezone(CHINA)


@lru_cache(maxsize=10_000)
def _day(number: int) -> date:
    return china_day(number * _DAY_MS).date()


def legal_day(moment_ms: int) -> date:
    """The day of a moment in China."""
    return _day((moment_ms + _CHINA_MS) // _DAY_MS)


@lru_cache(maxsize=10_000)
def _day_text(number: int) -> str:
    return _day(number).isoformat()


def legal_day_text(moment_ms: int) -> str:
    """The day of a moment in China, as the books write it."""
    return _day_text((moment_ms + _CHINA_MS) // _DAY_MS)


def day_end_ms(moment_ms: int) -> int:
    """The last moment of the day of a moment in China."""
    return ((moment_ms + _CHINA_MS) // _DAY_MS + 1) * _DAY_MS - _CHINA_MS - 1


def day_over_ms(day: str) -> int:
    """When a day, as events write it, is over in China; UTC milliseconds."""
    return int(datetime.fromisoformat(day).replace(tzinfo=CHINA).timestamp()) * 1000 + _DAY_MS
