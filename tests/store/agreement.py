"""The books against the whole history: row by row, and in what they answer."""

import shutil
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from random import Random

from tests.store.logs import fill, kept_in_portions
from tests.stories_builder import ms, register
from wasteledger.domain.booked_manifests import book_manifest
from wasteledger.domain.booking import BookedDoubt, BookedItem, book_doubts, book_item
from wasteledger.domain.chain import Chain
from wasteledger.domain.history import History
from wasteledger.domain.judge import judge
from wasteledger.domain.other_doubts import manifest_doubts, washing_doubts
from wasteledger.domain.reconcile import Question, Reconciliation, reconcile
from wasteledger.domain.register import Directory, Register, register_digest
from wasteledger.domain.timeline import is_box
from wasteledger.flows.book_answers import answer
from wasteledger.flows.books import Books
from wasteledger.store.database import Database

ASKED = Question("500114", "2026-09-01", "2026-12-31", ms("28 00:00"))


class District:
    """By which register a log is judged."""

    def __init__(self, made: Register) -> None:
        self.directory, self.digest = Directory(made), register_digest(made)


OF_THE_STORIES = District(register())


def same(books: Books, entries: Sequence[bytes], district: District = OF_THE_STORIES) -> Reconciliation:
    """The books have each row that the whole history comes to and no other, and give the same answer, which is returned."""
    directory, history = district.directory, History()
    for content in entries:
        history.add(content)
    chains = judge(sorted(code for code in history.by_code if not is_box(code)), history, directory)
    manifests = [history.manifest(number, directory) for number in history.by_manifest]
    laws = [history.manifest_law(manifest.number, directory) for manifest in manifests]
    with books.opened() as (rows, _):
        assert sorted(rows.items("1 = 1", ())) == sorted(_items(chains, directory))
        assert sorted(rows.doubts("1 = 1", ())) == sorted(_doubts(chains, history, directory))
        assert sorted(rows.manifests(limit=1000)[0]) == sorted(map(book_manifest, manifests, laws))
    found, plain = answer(books, ASKED, directory), reconcile(history, directory, **ASKED._asdict())
    assert found.findings == plain.findings
    assert found == plain
    return found


def _items(chains: dict[str, Chain], directory: Directory) -> list[BookedItem]:
    return [row for chain in chains.values() for row in book_item(chain, directory.region)]


def _doubts(chains: dict[str, Chain], history: History, directory: Directory) -> list[BookedDoubt]:
    def waste_code_of(code: str) -> str:
        return chains[code].waste_code if code in chains else ""

    doubts = [doubt for chain in chains.values() for doubt in book_doubts(chain)]
    for number in history.by_manifest:
        doubts += manifest_doubts(history.manifest(number, directory), history, directory, waste_code_of)
    for box, facts in history.by_code.items():
        emptied = [fact for fact in facts if is_box(box) and fact.kind == "disposed"]
        doubts += [doubt for fact in emptied for doubt in washing_doubts(box, fact, history, directory)]
    return doubts


@cache
def _empty_log() -> Path:
    """A log without entries, to be copied: making its tables takes longer than telling a story."""
    file = Path(tempfile.mkdtemp()) / "wasteledger.db"
    Database(f"sqlite:///{file}").close()
    return file


def _opened(folder: Path) -> Database:
    shutil.copy(_empty_log(), folder / "wasteledger.db")
    return Database(f"sqlite:///{folder / 'wasteledger.db'}")


def told_in_parts(*parts: Sequence[bytes]) -> Reconciliation:
    """Tells a log to its books part by part, each time to another process; they agree with the whole history after each."""
    known: list[bytes] = []
    with tempfile.TemporaryDirectory(prefix="wasteledger-books-") as folder:
        database = _opened(Path(folder))
        for part in parts:
            fill(database, part)
            known += part
            books = Books(database)
            books.keep(OF_THE_STORIES.directory, OF_THE_STORIES.digest)
            found = same(books, known)
            books.close()
        database.close()
    return found


def told_by_chance(entries: Sequence[bytes], chance: Random, district: District = OF_THE_STORIES) -> None:
    """Tells a log to its books in any portions, sometimes to another process that takes them over; in the end they agree."""
    portion, step_max = chance.choice([1, 4, 1000]), chance.choice([3, 8, 20, 500])
    with tempfile.TemporaryDirectory(prefix="wasteledger-books-") as folder:
        database = _opened(Path(folder))
        try:
            *_, (books, _) = kept_in_portions(
                database, entries, district.directory, district.digest, chance, step_max=step_max, portion=portion
            )
            same(books, entries, district)
            books.close()
        finally:
            database.close()
