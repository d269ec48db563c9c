"""Working days in China: weekends, public holidays and make-up days (调休), as the State Council arranges them year by year."""

from datetime import date, datetime, timedelta, timezone
from functools import lru_cache

from chinese_calendar import is_workday as is_arranged_workday

_CHINA = timezone(timedelta(hours=8))
_SATURDAY = 5


def calendar_known(year: int) -> bool:
    """Whether the arrangement of a year is known; it is published in the autumn before, and comes with a release of the library."""
    try:
        is_arranged_workday(date(year, 1, 1))
    except NotImplementedError:
        return False
    return True


@lru_cache(maxsize=10_000)
def is_workday(day: date) -> bool:
    """Whether people work on a day; Monday to Friday in a year whose arrangement is not known yet."""
    try:
        return bool(is_arranged_workday(day))
    except NotImplementedError:
        return day.weekday() < _SATURDAY


def add_workdays(at_ms: int, days: int) -> int:
    """The end, 24:00 China time, of the Nth working day after the day of a moment; UTC milliseconds."""
    day = datetime.fromtimestamp(at_ms / 1000, tz=_CHINA).date()
    while days > 0:
        day += timedelta(days=1)
        days -= is_workday(day)
    end = datetime(day.year, day.month, day.day, tzinfo=_CHINA) + timedelta(days=1)
    return int(end.timestamp()) * 1000
