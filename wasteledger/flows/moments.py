"""From when a question is asked: now; the end of a day that has passed; or a size that the log once had.

Asked of the past, a question is answered as it would have been answered then: from the entries that were there, by the versions of the
register that were loaded, with nothing overdue that was not yet. So a figure that was reported can be had again years later.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import NamedTuple

from wasteledger import clock
from wasteledger.domain.entry import decode_entry
from wasteledger.domain.legal_days import CHINA, china_day
from wasteledger.domain.register import Directory
from wasteledger.errors import QueryError
from wasteledger.flows.books import Books
from wasteledger.flows.service import Service
from wasteledger.store.ledger import Ledger


class Past(NamedTuple):
    """From when a question is asked, as it was asked: now, where neither is given."""

    as_of: str | None = None
    at_size: int | None = None


NOW = Past()


class Look(NamedTuple):
    """What a question is answered from.

    Attributes:
        moment_ms: the moment of the question; time alone makes things overdue.
    """

    books: Books
    directory: Directory
    moment_ms: int


def parse_day(text: str, *, name: str) -> date:
    """A calendar day from `2026-11-02`.

    Raises:
        QueryError: not a day; the message names the field.
    """
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            pass
    message = f"{name} {text!r} is no day: write it as 2026-11-02"
    raise QueryError(message)


def parse_size(text: str) -> int:
    """A size of the log from its digits.

    Raises:
        QueryError: not a number.
    """
    if re.fullmatch(r"[1-9][0-9]{0,15}", text):
        return int(text)
    message = f"at_size {text[:40]!r} is no size of a log: give how many entries it had, as an answer says in tree_size"
    raise QueryError(message)


@contextmanager
def looking(service: Service, *, as_of: str | None = None, at_size: int | None = None) -> Iterator[Look]:
    """The books and the register of a moment, as long as the block lasts: of now, where none is given.

    Raises:
        QueryError: a day that is none, has not begun or lies before the log; a size that the log never had.
    """
    if as_of is None and at_size is None:
        books = service.books()
        yield Look(books, service.directory(), clock.now_ms())
        return
    size, moment_ms = _cut(service, as_of, at_size)
    directory = service.directory_at_size(size)
    with service.cuts().opened(size, directory) as books:
        yield Look(books, directory, moment_ms)


def _cut(service: Service, as_of: str | None, at_size: int | None) -> tuple[int, int]:
    """How many entries are looked at, and the moment of the question."""
    now_ms = clock.now_ms()
    end_ms = _end_of_day(as_of, now_ms) if as_of else None
    with service.database.read() as connection:
        ledger = Ledger(connection)
        if at_size is not None and not 1 <= at_size <= ledger.size:
            message = f"at_size {at_size}: the log has {ledger.size} entries; give a size between 1 and that"
            raise QueryError(message)
        if at_size is None:
            size = _size_by(ledger, end_ms or 0)
            if size == 0:
                message = f"as_of {as_of} lies before the first entry of the log" + _first_day_of(ledger)
                raise QueryError(message)
            return size, end_ms or 0
        last_ms = _received_ms(ledger, at_size - 1)
    if end_ms is not None and end_ms < last_ms:
        message = f"as_of {as_of}: entry {at_size - 1} was received later, on {china_day(last_ms):%Y-%m-%d}; leave one of the two out"
        raise QueryError(message)
    return at_size, last_ms if end_ms is None else end_ms


def _end_of_day(as_of: str, now_ms: int) -> int:
    """The last millisecond of a day in China; of today, now."""
    day, today = parse_day(as_of, name="as_of"), china_day(now_ms).date()
    if day > today:
        message = f"as_of {day} lies in the future (today is {today}): nobody knows yet what will be known then"
        raise QueryError(message)
    end = datetime(day.year, day.month, day.day, tzinfo=CHINA) + timedelta(days=1)
    return min(int(end.timestamp()) * 1000 - 1, now_ms)


def _size_by(ledger: Ledger, moment_ms: int) -> int:
    """How many entries had been received up to a moment; receipt never runs backwards."""
    low, high = 0, ledger.size
    while low < high:
        middle = (low + high) // 2
        if _received_ms(ledger, middle) <= moment_ms:
            low = middle + 1
        else:
            high = middle
    return low


def _first_day_of(ledger: Ledger) -> str:
    return f", which was received on {china_day(_received_ms(ledger, 0)):%Y-%m-%d}" if ledger.size else ": it is empty"


def _received_ms(ledger: Ledger, index: int) -> int:
    content = ledger.entry(index)
    return decode_entry(content).received_ms if content is not None else 0
