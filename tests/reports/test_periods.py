"""Months, quarters and years of China's calendar."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.stories_builder import ms
from wasteledger.errors import QueryError
from wasteledger.reports.periods import month_period, parse_period, quarter_period, year_period

NOW_MS = ms("24 12:00")


@pytest.mark.parametrize(
    ("text", "kind", "first", "last", "zh"),
    [
        ("2026-11", "month", date(2026, 11, 1), date(2026, 11, 30), "2026年11月"),
        ("2024-02", "month", date(2024, 2, 1), date(2024, 2, 29), "2024年2月"),
        ("2026-Q4", "quarter", date(2026, 10, 1), date(2026, 12, 31), "2026年第4季度"),
        ("2026-q1", "quarter", date(2026, 1, 1), date(2026, 3, 31), "2026年第1季度"),
        ("2026", "year", date(2026, 1, 1), date(2026, 12, 31), "2026年"),
    ],
)
def test_a_period_is_read_as_people_write_it(text: str, kind: str, first: date, last: date, zh: str) -> None:
    period = parse_period(text, now_ms=NOW_MS)
    assert (period.kind, period.first, period.last, period.zh) == (kind, first, last, zh)


@pytest.mark.parametrize(
    "text", ["", "2026-13", "2026-1", "26-11", "2026-Q5", "2026/11", "２026-11", "2026-11 ", "2026-12", "2027"]
)
def test_no_period_and_one_that_has_not_begun_are_refused_by_name(text: str) -> None:
    with pytest.raises(QueryError, match="month"):
        parse_period(text, now_ms=NOW_MS)


def test_a_month_begins_at_midnight_in_china() -> None:
    november = month_period(2026, 11)
    assert november.from_ms == ms("01 00:00")
    assert november.holds(ms("30 23:59"))
    assert not november.holds(november.to_ms)


@given(st.integers(2020, 2098), st.integers(1, 12))
def test_months_quarters_and_years_follow_each_other_without_a_gap(year: int, month: int) -> None:
    for period in (month_period(year, month), quarter_period(year, (month - 1) // 3 + 1), year_period(year)):
        assert period.next().from_ms == period.to_ms
        assert period.next().kind == period.kind
