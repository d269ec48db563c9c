"""The books say what the whole history says, however they were kept: in portions, from the middle, out of order, on either engine."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.codes import box_code, stock_code
from tests.domain.lie_stories import STORIES
from tests.domain.test_reconcile import _boxed_life, _district_of_stories
from tests.store.logs import fill, kept_in_portions
from tests.stories_builder import (
    BAG,
    BAG2,
    BAG3,
    BOX,
    CARRIER,
    CLINIC,
    COLLECTOR,
    MANIFEST,
    OFFICE,
    TRANSFER,
    VEHICLE,
    Story,
    as_received,
    ms,
    register,
)
from wasteledger.domain.history import History
from wasteledger.domain.reconcile import Question, Reconciliation, reconcile
from wasteledger.domain.register import Directory, register_digest
from wasteledger.flows.book_answers import answer
from wasteledger.flows.books import Books
from wasteledger.store.database import Database

DIRECTORY = Directory(register())
DIGEST = register_digest(register())
DAY_MS = 24 * 60 * 60 * 1000
#: Entries by which the devices of a story are admitted, the office's own among them.
SITES = 10
ASKED = Question("500114", "2026-11-01", "2026-11-30", ms("05 00:00"))


def _plain(entries: list[bytes]) -> Reconciliation:
    history = History()
    for content in entries:
        history.add(content)
    region, from_day, to_day, as_of_ms = ASKED
    return reconcile(history, DIRECTORY, region=region, from_day=from_day, to_day=to_day, as_of_ms=as_of_ms)


def _same(found: Reconciliation, plain: Reconciliation) -> None:
    assert found.items == plain.items
    assert found.findings == plain.findings
    assert (found.district, found.divisions, found.categories) == (plain.district, plain.divisions, plain.categories)
    assert (found.voided, found.tree_size) == (plain.voided, plain.tree_size)
    assert found.withdrawn == plain.withdrawn


def _busy() -> list[bytes]:
    """A district in which boxes, counts, corrections and refusals touch each other's items."""
    story = _district_of_stories()
    story.seal(BAG2, at="02 17:59", site=TRANSFER)
    story.tell(TRANSFER, "stored", at="02 18:00", codes=[BAG3], room="库1")
    story.tell(TRANSFER, "counted", at="02 20:00", codes=[], room="库1", complete=True)
    story.tell(TRANSFER, "packed", at="02 21:00", codes=[BAG3], box=BOX)
    story.tell(TRANSFER, "unpacked", at="02 22:00", codes=[BAG3, BAG], box=BOX, complete=True)
    story.tell(COLLECTOR, "stored", at="02 15:00", codes=[BAG2], room="车", vouch_method="none")
    return story.entries


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(f"sqlite:///{tmp_path / 'wasteledger.db'}")
    yield opened
    opened.close()


@pytest.mark.parametrize("code", STORIES)
def test_every_story_reads_the_same_from_the_books(code: str, database: Database) -> None:
    story = Story()
    STORIES[code][0](story)
    fill(database, story.entries)
    books = Books(database)
    books.keep(DIRECTORY, DIGEST, portion=3)
    _same(answer(books, ASKED, DIRECTORY), _plain(story.entries))
    books.close()


@settings(max_examples=25)
@given(seed=st.integers(0, 2**32), portion=st.integers(1, 9))
def test_books_kept_in_portions_and_out_of_order_agree_with_the_whole_history(
    tmp_path_factory: pytest.TempPathFactory, seed: int, portion: int
) -> None:
    chance = random.Random(seed)
    enrolled, entries = _busy()[:SITES], _busy()[SITES:]  # nobody acts before he is admitted
    chance.shuffle(entries)
    entries = as_received(enrolled + entries)
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('books') / 'wasteledger.db'}")
    *_, (books, _at) = kept_in_portions(database, entries, DIRECTORY, DIGEST, chance, step_max=12, portion=portion)
    _same(answer(books, ASKED, DIRECTORY), _plain(entries))
    books.close()
    database.close()


def test_unusual_voids_are_found_by_the_books_with_the_same_evidence(database: Database) -> None:
    story = Story()
    for number in range(1, 8):
        code = stock_code("500114", number)
        sealing = story.seal(code, at=f"02 08:{number:02d}")
        if number != 3:
            story.correct(code, sealing, site=CLINIC, at=f"02 08:{number:02d}", after_ms=30_000, reason="did_not_occur")
    fill(database, story.entries)
    books = Books(database)
    books.keep(DIRECTORY, DIGEST)
    found = answer(books, ASKED, DIRECTORY)
    assert "unusual_voids" in found.finding_counts()
    _same(found, _plain(story.entries))
    books.close()


def _told_later(database: Database, story: Story, entries: int) -> None:
    """The books are kept up to the last `entries` of a story, then to its end, and agree both times."""
    books = Books(database)
    for part in (story.entries[:-entries], story.entries[-entries:]):
        fill(database, part)
        books.keep(DIRECTORY, DIGEST)
    _same(answer(books, ASKED, DIRECTORY), _plain(story.entries))
    books.close()


def test_a_manifest_is_judged_again_when_its_box_turns_out_to_have_been_packed(database: Database) -> None:
    story = Story()
    story.issue(BAG)
    story.seal(BAG)
    story.to_transfer(BAG)
    story.hop(BOX, TRANSFER, CARRIER, at="03 08:00", manifest=MANIFEST, vehicle=VEHICLE)
    story.tell(TRANSFER, "packed", at="02 17:00", codes=[BAG], box=BOX)
    _told_later(database, story, 1)
    overdue = [finding for finding in _plain(story.entries).findings if finding.code == "manifest_overdue"]
    assert [finding.items for finding in overdue] == [(BAG,)]


def test_a_manifest_is_judged_again_when_what_its_box_held_turns_out_to_lie_in_another(database: Database) -> None:
    """The manifest of the first box is named by no step of the bag any more."""
    story, second = Story(), box_code("500114", 2)
    story.issue(BAG, BAG2)
    for bag in (BAG, BAG2):
        story.seal(bag)
    story.to_transfer([BAG, BAG2])
    story.tell(TRANSFER, "packed", at="02 17:00", codes=[BAG, BAG2], box=BOX)
    story.hop(BOX, TRANSFER, CARRIER, at="03 08:00", manifest=MANIFEST, vehicle=VEHICLE)
    story.teller(TRANSFER + " 2")
    story.tell(TRANSFER, "packed", by=TRANSFER + " 2", at="02 18:00", delay_ms=DAY_MS, codes=[BAG], box=second)
    _told_later(database, story, 1)
    overdue = [finding for finding in _plain(story.entries).findings if finding.code == "manifest_overdue"]
    assert [finding.items for finding in overdue] == [(BAG2,)]


def test_what_a_counted_room_did_not_show_is_judged_again(database: Database) -> None:
    story = Story()
    story.issue(BAG)
    story.seal(BAG)
    story.to_transfer(BAG)
    story.tell(TRANSFER, "stored", at="02 16:30", codes=[BAG], room="库1")
    story.tell(TRANSFER, "counted", at="03 07:00", codes=[], room="库1", complete=True)
    _told_later(database, story, 1)
    assert "stock_imbalance" in {finding.code for finding in _plain(story.entries).findings}


def test_books_of_another_log_or_register_are_thrown_away(database: Database, tmp_path: Path) -> None:
    story = Story()
    story.whole_life(BAG)
    fill(database, story.entries)
    books = Books(database)
    books.keep(DIRECTORY, DIGEST)
    assert answer(books, ASKED, DIRECTORY).district.total.count == 1
    changed = register().model_copy(update={"licences": ()})
    books.keep(Directory(changed), register_digest(changed))
    assert {finding.code for finding in answer(books, ASKED, Directory(changed)).findings} >= {"unlicensed_plant"}
    books.close()

    other = Story()
    other.issue(BAG2, site=OFFICE)
    other.seal(BAG2, site=CLINIC)
    again = Database(f"sqlite:///{tmp_path / 'other' / 'wasteledger.db'}")
    fill(again, other.entries)
    (tmp_path / "books.db").rename(tmp_path / "other" / "books.db")
    books = Books(again)
    books.keep(DIRECTORY, DIGEST)
    _same(answer(books, ASKED, DIRECTORY), _plain(other.entries))
    books.close()
    again.close()


def test_on_postgresql_too(postgres_url: str) -> None:
    database = Database(postgres_url)
    story = Story()
    _boxed_life(story, box_mass_g=3000)
    fill(database, story.entries)
    books = Books(database)
    books.keep(DIRECTORY, DIGEST, portion=4)
    _same(answer(books, ASKED, DIRECTORY), _plain(story.entries))
    books.close()
    database.close()


def test_a_sealing_that_arrives_behind_its_torn_label_reaches_the_new_label(database: Database) -> None:
    story = Story()
    story.issue(BAG, BAG2)
    story.tell(CLINIC, "relabelled", at="02 09:00", codes=[BAG], new_code=BAG2, reason="damaged")
    story.hop(BAG2, CLINIC, COLLECTOR, at="02 14:00")
    known = len(story.entries)
    story.seal(BAG)
    entries = as_received(story.entries)
    books = Books(database)
    for portion in (entries[:known], entries[known:]):
        fill(database, portion)
        books.keep(DIRECTORY, DIGEST)
    _same(answer(books, ASKED, DIRECTORY), _plain(entries))
    books.close()
