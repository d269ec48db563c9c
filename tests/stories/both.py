"""A story told to the fold and to the books, whose answers must be one."""

import random
import tempfile
from pathlib import Path

from tests.store.logs import fill, shuffled
from tests.stories.telling import Ending, Telling
from tests.stories_builder import ms, register
from wasteledger.domain.history import History
from wasteledger.domain.reconcile import Question
from wasteledger.domain.register import Directory, Register, register_digest
from wasteledger.flows.book_answers import answer
from wasteledger.flows.books import Books
from wasteledger.store.database import Database


def ends(day: Telling, *, at: str, told: Register | None = None) -> Ending:
    """What the ledger says, by the fold and by the books kept in portions: as it was received, and in another order."""
    said = told or register()
    directory, digest = Directory(said), register_digest(said)
    for entries in (day.entries, shuffled(day.entries, random.Random(7))):
        history = History()
        for content in entries:
            history.add(content)
        folded = day.reconcile(as_of=at, history=history, directory=directory)
        with tempfile.TemporaryDirectory(prefix="wasteledger-story-") as folder:
            database = Database(f"sqlite:///{Path(folder) / 'wasteledger.db'}")
            books = Books(database)
            for begin in range(0, len(entries), 5):
                fill(database, entries[begin : begin + 5])
                books.keep(directory, digest)
            found = answer(books, Question("500114", "2026-11-01", "2026-11-30", ms(at)), directory)
            books.close()
        assert (found.items, found.findings) == (folded.items, folded.findings), "the books say something else"
        assert found.withdrawn == folded.withdrawn
    return Ending(day.reconcile(as_of=at, directory=directory)) if told else day.ends(at=at)
