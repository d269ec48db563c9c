"""A story told to the fold and to the books: in its own order, in another one and backwards, in one portion and entry by entry."""

import random
import tempfile

from tests.store.logs import fill, shuffled
from tests.stories.telling import Ending, Telling
from tests.stories_builder import as_received, ms, register
from wasteledger.domain.history import History
from wasteledger.domain.reconcile import Question, Reconciliation, reconcile
from wasteledger.domain.register import Directory, Register, register_digest
from wasteledger.flows.book_answers import answer
from wasteledger.flows.books import Books
from wasteledger.store.database import Database


def ends_alike(day: Telling, *, at: str = "05 00:00", known: Register | None = None) -> Ending:
    """What the ledger says at the end: the fold and the books the same, in whatever order and portions the log arrives."""
    known = known or register()
    directory, digest = Directory(known), register_digest(known)
    asked = Question("500114", "2026-11-01", "2026-11-30", ms(at))
    told = as_received(day.entries)
    admitted = [entry for entry in told if b'"kind":"enrolled"' in entry]
    backwards = as_received(admitted + [entry for entry in reversed(told) if entry not in admitted])
    orders = [told, shuffled(told, random.Random(7)), backwards]
    for entries in orders:
        plain = _fold(entries, asked, directory)
        for portion in (1, 5, 1000):
            found = _books(entries, asked, directory, digest, portion=portion)
            assert (found.items, found.findings) == (plain.items, plain.findings)
            assert (found.district, found.tree_size, found.withdrawn) == (
                plain.district,
                plain.tree_size,
                plain.withdrawn,
            )
    return Ending(_fold(told, asked, directory))


def _fold(entries: list[bytes], asked: Question, directory: Directory) -> Reconciliation:
    history = History()
    for content in entries:
        history.add(content)
    region, from_day, to_day, as_of_ms = asked
    return reconcile(history, directory, region=region, from_day=from_day, to_day=to_day, as_of_ms=as_of_ms)


def _books(entries: list[bytes], asked: Question, directory: Directory, digest: str, *, portion: int) -> Reconciliation:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/wasteledger.db")
        books = Books(database)
        try:
            fill(database, entries)
            books.keep(directory, digest, portion=portion)
            return answer(books, asked, directory)
        finally:
            books.close()
            database.close()
