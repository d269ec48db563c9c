"""A story told to the books as well: kept in portions, as it was received and in another order, they say what the whole history says."""

import random
import tempfile
from contextlib import ExitStack, closing

from tests.store.logs import fill, shuffled
from tests.stories.telling import Ending, Telling
from tests.stories_builder import as_received, ms, register
from wasteledger.domain.history import History
from wasteledger.domain.reconcile import Question, reconcile
from wasteledger.domain.register import Directory, register_digest
from wasteledger.flows.book_answers import answer
from wasteledger.flows.books import Books
from wasteledger.store.database import Database

_PERIOD = ("500114", "2026-11-01", "2026-11-30")


def ends_in_both(day: Telling, *, at: str = "10 00:00") -> Ending:
    """What the ledger says at the end, from the whole history and from the books alike."""
    for number, entries in enumerate((as_received(day.entries), shuffled(day.entries, random.Random(7)))):
        found, plain = _books_say(entries, at, portion=(3, 1)[number]), _history_says(entries, at)
        assert (found.answer.items, found.answer.findings) == (plain.answer.items, plain.answer.findings)
        assert (found.answer.district, found.answer.divisions) == (plain.answer.district, plain.answer.divisions)
    return day.ends(at=at)


def _books_say(entries: list[bytes], at: str, *, portion: int) -> Ending:
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        database = stack.enter_context(closing(Database(f"sqlite:///{folder}/wasteledger.db")))
        books = stack.enter_context(closing(Books(database)))
        directory = Directory(register())
        for begin in range(0, len(entries), 5):
            fill(database, entries[begin : begin + 5])
            books.keep(directory, register_digest(register()), portion=portion)
        return Ending(answer(books, Question(*_PERIOD, ms(at)), directory))


def _history_says(entries: list[bytes], at: str) -> Ending:
    history = History()
    for content in entries:
        history.add(content)
    region, from_day, to_day = _PERIOD
    directory = Directory(register())
    return Ending(reconcile(history, directory, region=region, from_day=from_day, to_day=to_day, as_of_ms=ms(at)))
