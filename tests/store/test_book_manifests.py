"""Manifests in the books: their law is kept beside them, in portions and out of order as in one piece, and its change touches all items."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.codes import box_code
from tests.manifest_stories import OTHER_NUMBER, confirm, draft, pooled
from tests.store.logs import fill, shuffled
from tests.stories_builder import (
    BAG,
    BAG2,
    BAG3,
    BOX,
    CARRIER,
    CLINIC,
    HOSPITAL,
    MANIFEST,
    OFFICE,
    PLANT,
    TRANSFER,
    VEHICLE,
    Story,
    ms,
    register,
)
from wasteledger.domain.booked_manifests import book_manifest
from wasteledger.domain.history import History
from wasteledger.domain.reconcile import Question, reconcile
from wasteledger.domain.register import Directory, register_digest
from wasteledger.flows.book_answers import answer
from wasteledger.flows.book_manifests import ManifestFolds
from wasteledger.flows.books import Books
from wasteledger.store.database import Database

DIRECTORY = Directory(register())
DIGEST = register_digest(register())
ASKED = Question("500114", "2026-11-01", "2026-11-30", ms("30 00:00"))
BOX2 = box_code("500114", 2)
PAPERS = {"manifest": MANIFEST, "vehicle": VEHICLE}
OTHER_PAPERS = {"manifest": OTHER_NUMBER, "vehicle": VEHICLE}


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(f"sqlite:///{tmp_path / 'wasteledger.db'}")
    yield opened
    opened.close()


def _told() -> Story:
    """Two boxes that share a bag, a stranger's load and draft, an impostor, an undone scan, two numbers, a second trip, a late word."""
    story = pooled(BAG, BAG2)
    draft(story, number=OTHER_NUMBER, at="03 07:10")
    story.tell(TRANSFER, "packed", at="02 18:00", codes=[BAG, BAG2], box=BOX)
    story.tell(TRANSFER, "packed", at="02 18:20", codes=[BAG], box=BOX2)
    story.tell(CLINIC, "manifested", at="03 06:00", manifest=MANIFEST, action="voided", reason="恶意")
    for site, at in ((TRANSFER, "03 06:30"), (PLANT, "03 06:40")):
        note = story.teller(CARRIER).note(
            "manifested", occurred_ms=ms(at), site=site, manifest=MANIFEST, action="voided", reason="冒名"
        )
        story.write(note, received_ms=ms(at))
    story.seal(BAG3, at="02 08:30", site=HOSPITAL)
    story.hop(BOX, TRANSFER, CARRIER, at="03 08:00", **PAPERS)
    story.hop(BAG3, HOSPITAL, CARRIER, at="03 08:20", **PAPERS)
    story.release(BOX2, TRANSFER, CARRIER, at="03 08:30", **PAPERS)
    wrong = story.accept(BOX2, TRANSFER, CARRIER, at="03 08:31", **PAPERS)
    story.correct(BOX2, wrong, site=CARRIER, at="03 08:32", reason="did_not_occur")
    story.accept(BAG, TRANSFER, CARRIER, at="03 08:35", **OTHER_PAPERS)
    story.hop([BOX, BAG3], CARRIER, PLANT, at="03 11:00", **PAPERS)
    story.hop(BAG, CARRIER, PLANT, at="03 11:10", **OTHER_PAPERS)
    story.hop(BOX2, TRANSFER, CARRIER, at="03 15:00", **OTHER_PAPERS)
    story.tell(PLANT, "disposed", at="03 18:00", codes=[BOX, BAG], batch="炉1", method="incineration")
    confirm(story, at="16 09:00")
    key = story.tellers[CARRIER].key
    story.tell(OFFICE, "revoked", at="03 08:33", device=key.device_id, reason="lost")
    story.tell(OFFICE, "trusted", at="04 09:00", device=key.device_id, last_seq=story.tellers[CARRIER].number)
    story.tell(TRANSFER, "manifested", at="05 11:00", manifest=OTHER_NUMBER, action="voided", reason="计划取消")
    return story


def _same(books: Books, entries: list[bytes]) -> None:
    history = History()
    for content in entries:
        history.add(content)
    with books.opened() as (rows, source):
        found = {row.number: row for row in rows.manifests(limit=10)[0]}
        for number in history.by_manifest:
            law = history.manifest_law(number, DIRECTORY)
            assert found[number] == book_manifest(history.manifest(number, DIRECTORY), law)
            assert source.manifest_law(number, DIRECTORY) == law
        assert len(found) == len(history.by_manifest)
        # What the books have is what they would come to again.
        assert not ManifestFolds(source, DIRECTORY).take(history.by_manifest)
    region, from_day, to_day, as_of_ms = ASKED
    plain = reconcile(history, DIRECTORY, region=region, from_day=from_day, to_day=to_day, as_of_ms=as_of_ms)
    asked = answer(books, ASKED, DIRECTORY)
    assert asked.findings == plain.findings
    assert asked.items == plain.items


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32), portion=st.integers(1, 9))
def test_manifests_kept_in_portions_and_out_of_order_agree_with_the_plain_fold(
    tmp_path_factory: pytest.TempPathFactory, seed: int, portion: int
) -> None:
    chance = random.Random(seed)
    entries = shuffled(_told().entries, chance)
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('books') / 'wasteledger.db'}")
    books = Books(database)
    at = 0
    while at < len(entries):
        step = chance.randrange(1, 12)
        fill(database, entries[at : at + step])
        at += step
        books.keep(DIRECTORY, DIGEST, portion=portion)
        if chance.random() < 0.3:  # another process goes on where this one stopped
            books.close()
            books = Books(database)
            books.keep(DIRECTORY, DIGEST)
    _same(books, entries)
    books.close()
    database.close()


def test_every_package_of_a_manifest_is_touched_when_its_law_changes(database: Database) -> None:
    story = pooled(BAG, BAG2, BAG3)
    story.tell(TRANSFER, "packed", at="02 18:00", codes=[BAG, BAG2], box=BOX)
    story.hop([BOX, BAG3], TRANSFER, CARRIER, at="03 08:00", **PAPERS)
    fill(database, story.entries)
    books = Books(database)
    books.keep(DIRECTORY, DIGEST)
    kept = len(story.entries)
    void_at = "03 09:00"
    story.tell(TRANSFER, "manifested", at=void_at, manifest=MANIFEST, action="voided", reason="计划取消")
    fill(database, story.entries[kept:])
    history = story.history()
    with books.opened() as (_, source):
        before = source.manifest_law(MANIFEST, DIRECTORY)
        assert before is not None
        assert before.void_ms == -1
        fact = history.by_manifest[MANIFEST][-1]
        source.facts[fact.index] = fact
        source.file(fact)
        source.settle()
        assert ManifestFolds(source, DIRECTORY).take([MANIFEST]) == {BAG, BAG2, BAG3}
    books.close()
    again = Books(database)
    again.keep(DIRECTORY, DIGEST)
    with again.opened() as (_, source):
        after = source.manifest_law(MANIFEST, DIRECTORY)
        assert after == before._replace(void_ms=ms(void_at))
    again.close()


def test_a_doubt_about_a_manifest_that_names_no_package_stands_in_the_answer(database: Database) -> None:
    """A clinic drafts the centre's number: no package is concerned, the manifest is."""
    story = pooled(BAG)
    story.to_plant(BAG)
    draft(story, site=CLINIC, at="04 09:00")
    fill(database, story.entries)
    books = Books(database)
    books.keep(DIRECTORY, DIGEST, portion=3)
    found = [finding for finding in answer(books, ASKED, DIRECTORY).findings if finding.code == "manifest_mismatch"]
    assert [(finding.items, finding.site) for finding in found] == [((MANIFEST,), CLINIC)]
    books.close()
