"""Working days against the State Council's published arrangements (国办发明电), and what is said of years that have none yet."""

from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wasteledger.domain.workdays import add_workdays, calendar_known, is_workday

CHINA = timezone(timedelta(hours=8))


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=CHINA).timestamp()) * 1000


@pytest.mark.parametrize("day", ["2025-01-26", "2025-02-08", "2025-04-27", "2025-09-28", "2025-10-11"])
def test_the_make_up_days_of_2025_are_worked_although_they_are_weekends(day: str) -> None:
    assert date.fromisoformat(day).weekday() >= 5
    assert is_workday(date.fromisoformat(day))


@pytest.mark.parametrize(
    "day", ["2025-01-28", "2025-02-04", "2025-04-04", "2025-05-01", "2025-06-02", "2025-10-01", "2025-10-08"]
)
def test_public_holidays_of_2025_on_weekdays_are_not_worked(day: str) -> None:
    assert date.fromisoformat(day).weekday() < 5
    assert not is_workday(date.fromisoformat(day))


def test_ordinary_days_are_worked_from_monday_to_friday() -> None:
    week = [date(2026, 11, 2) + timedelta(days=number) for number in range(7)]
    assert [is_workday(day) for day in week] == [True] * 5 + [False] * 2


def test_a_limit_ends_at_midnight_in_china_after_the_last_working_day() -> None:
    # Accepted on Monday the 2nd, whatever the hour: five working days end with Monday the 9th.
    assert add_workdays(ms("2026-11-02T00:00"), 5) == ms("2026-11-10T00:00")
    assert add_workdays(ms("2026-11-02T23:59"), 5) == ms("2026-11-10T00:00")


def test_a_limit_over_national_day_skips_the_holidays_and_counts_the_make_up_saturday() -> None:
    # 30 September 2025 is followed by eight free days; the 9th and 10th and Saturday the 11th are worked.
    assert add_workdays(ms("2025-09-30T09:00"), 3) == ms("2025-10-12T00:00")


def test_no_working_days_end_with_the_day_itself() -> None:
    assert add_workdays(ms("2026-11-07T12:00"), 0) == ms("2026-11-08T00:00")


def test_a_year_far_ahead_is_reckoned_from_monday_to_friday_and_said_to_be_unknown() -> None:
    assert calendar_known(2026)
    assert not calendar_known(2090)
    assert not is_workday(date(2090, 10, 7))  # a Saturday
    assert is_workday(date(2090, 10, 2))  # National Day week, but nobody knows its arrangement yet
    assert add_workdays(ms("2090-10-06T12:00"), 1) == ms("2090-10-10T00:00")


@given(
    at_ms=st.integers(ms("2004-01-01T00:00"), ms("2040-01-01T00:00")),
    later_ms=st.integers(0, 40 * 24 * 3_600_000),
    days=st.integers(0, 30),
    more=st.integers(1, 10),
)
def test_a_later_moment_never_ends_earlier_and_more_days_always_end_later(
    at_ms: int, later_ms: int, days: int, more: int
) -> None:
    end_ms = add_workdays(at_ms, days)
    assert end_ms > at_ms
    assert add_workdays(at_ms + later_ms, days) >= end_ms
    assert add_workdays(at_ms, days + more) > end_ms


@given(at_ms=st.integers(ms("2004-01-01T00:00"), ms("2030-01-01T00:00")), days=st.integers(1, 20))
def test_the_last_day_of_a_limit_is_worked_and_holds_the_right_number_of_working_days(at_ms: int, days: int) -> None:
    first = datetime.fromtimestamp(at_ms // 1000, tz=CHINA).date()
    last = datetime.fromtimestamp(add_workdays(at_ms, days) // 1000, tz=CHINA).date() - timedelta(days=1)
    between = [first + timedelta(days=number) for number in range(1, (last - first).days + 1)]
    assert is_workday(last)
    assert sum(is_workday(day) for day in between) == days
