"""The period of a report: a month, a quarter or a year of China's calendar."""

import re
from datetime import date, datetime, timedelta
from typing import NamedTuple

from wasteledger.domain.legal_days import CHINA, china_day
from wasteledger.errors import QueryError

#: Months of a quarter and of a year.
QUARTER_MONTHS = 3
YEAR_MONTHS = 12
_MONTH = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])")
_QUARTER = re.compile(r"(20[0-9]{2})-[Qq]([1-4])")
_YEAR = re.compile(r"20[0-9]{2}")


class Period(NamedTuple):
    """Some months in a row; its last moment is not part of it.

    Attributes:
        text: as it is written: `2026-11`, `2026-Q4` or `2026`.
        first, after: its first day, and the first day that no longer belongs to it.
        from_ms, to_ms: the beginnings of these days in China, UTC milliseconds.
    """

    text: str
    first: date
    after: date

    @property
    def from_ms(self) -> int:
        """Its first moment."""
        return day_ms(self.first)

    @property
    def to_ms(self) -> int:
        """The first moment after it."""
        return day_ms(self.after)

    @property
    def last(self) -> date:
        """Its last day."""
        return self.after - timedelta(days=1)

    @property
    def year(self) -> int:
        """The year it lies in."""
        return self.first.year

    @property
    def kind(self) -> str:
        """`month`, `quarter` or `year`."""
        return {YEAR_MONTHS: "year", QUARTER_MONTHS: "quarter"}.get(_months_between(self.first, self.after), "month")

    @property
    def zh(self) -> str:
        """As a title says it: `2026年11月`, `2026年第4季度`, `2026年`."""
        if self.kind == "month":
            return f"{self.year}年{self.first.month}月"
        return f"{self.year}年第{quarter_of(self.first)}季度" if self.kind == "quarter" else f"{self.year}年"

    def holds(self, moment_ms: int) -> bool:
        """Whether a moment lies in it."""
        return self.from_ms <= moment_ms < self.to_ms

    def next(self) -> "Period":
        """The period of the same length after it."""
        return _period(self.after, _months_between(self.first, self.after))


def day_ms(day: date) -> int:
    """The beginning of a day in China, UTC milliseconds."""
    return int(datetime(day.year, day.month, day.day, tzinfo=CHINA).timestamp()) * 1000


def quarter_of(day: date) -> int:
    """1 to 4."""
    return (day.month - 1) // QUARTER_MONTHS + 1


def month_period(year: int, month: int) -> Period:
    """A calendar month."""
    return _period(date(year, month, 1), 1)


def quarter_period(year: int, quarter: int) -> Period:
    """A quarter, 1 to 4."""
    return _period(date(year, (quarter - 1) * QUARTER_MONTHS + 1, 1), QUARTER_MONTHS)


def year_period(year: int) -> Period:
    """A calendar year."""
    return _period(date(year, 1, 1), YEAR_MONTHS)


def parse_period(text: str, *, now_ms: int) -> Period:
    """A period as people write it: `2026-11`, `2026-Q4`, `2026`.

    Raises:
        QueryError: none of these, or one that has not begun.
    """
    if found := _MONTH.fullmatch(text):
        period = month_period(int(found[1]), int(found[2]))
    elif found := _QUARTER.fullmatch(text):
        period = quarter_period(int(found[1]), int(found[2]))
    elif _YEAR.fullmatch(text):
        period = year_period(int(text))
    else:
        message = f"month {text[:20]!r}: write it as 2026-11; a quarter as 2026-Q4, a year as 2026"
        raise QueryError(message)
    if period.from_ms > now_ms:
        message = f"month {text}: it has not begun (today is {china_day(now_ms).date()}); ask for an earlier one"
        raise QueryError(message)
    return period


def _period(first: date, months: int) -> Period:
    years, month = divmod(first.month - 1 + months, YEAR_MONTHS)
    after = date(first.year + years, month + 1, 1)
    text = {
        YEAR_MONTHS: f"{first.year}",
        QUARTER_MONTHS: f"{first.year}-Q{quarter_of(first)}",
    }.get(months, f"{first:%Y-%m}")
    return Period(text, first, after)


def _months_between(first: date, after: date) -> int:
    return (after.year - first.year) * YEAR_MONTHS + after.month - first.month
