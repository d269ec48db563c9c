"""The lists in the books say what the plain fold says, however the log came: manifests row by row, hand-overs fact by fact."""

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.canonical import decode_base64
from tests.conftest import DISTRICT
from tests.manifest_stories import BAGS, OTHER_NUMBER, confirm, draft, pooled
from tests.store.logs import fill, shuffled
from tests.stories_builder import (
    BAG2,
    BAG3,
    BOX,
    CARRIER,
    CLINIC,
    COLLECTOR,
    MANIFEST,
    PLANT,
    TRANSFER,
    Teller,
    ms,
    register,
)
from wasteledger.domain.booked_manifests import book_manifest
from wasteledger.domain.facts import Fact
from wasteledger.domain.history import History
from wasteledger.domain.other_doubts import fold_in
from wasteledger.domain.register import Directory, register_digest
from wasteledger.flows.book_lists import given_since, taken_since
from wasteledger.flows.books import Books
from wasteledger.flows.load_register import load_register
from wasteledger.flows.service import Service
from wasteledger.settings import Settings
from wasteledger.store.database import Database

CENTRE = "T500114105001"
DIRECTORY = Directory(register())
DIGEST = register_digest(register())
BEGIN_MS, END_MS = ms("01 00:00"), ms("30 00:00")
SITES = (CLINIC, COLLECTOR, TRANSFER, CARRIER, PLANT)


def _told() -> list[bytes]:
    """Two manifests: one carried in a box, part refused and confirmed, one drafted and voided."""
    story = pooled(*BAGS)
    story.tell(TRANSFER, "packed", at="03 08:00", codes=[BAG2, BAG3], box=BOX)
    load = [BAGS[0], BOX]
    story.tell(TRANSFER, "released", at="03 09:00", codes=load, to_site=CARRIER, manifest=MANIFEST)
    story.tell(CARRIER, "accepted", at="03 09:01", codes=load, from_site=TRANSFER, manifest=MANIFEST)
    story.tell(CARRIER, "released", at="03 12:00", codes=load, to_site=PLANT, manifest=MANIFEST)
    story.tell(PLANT, "accepted", at="03 12:01", codes=[BOX], from_site=CARRIER, manifest=MANIFEST)
    story.tell(PLANT, "refused", at="03 12:02", codes=[BAGS[0]], from_site=CARRIER, manifest=MANIFEST, reason="damaged")
    confirm(story, opinion="part_accepted")
    draft(story, number=OTHER_NUMBER, at="03 10:00")
    story.tell(TRANSFER, "manifested", at="03 11:00", manifest=OTHER_NUMBER, action="voided", reason="计划取消")
    return story.entries


def _fold(entries: list[bytes]) -> History:
    history = History()
    for content in entries:
        history.add(content)
    return history


def _moves(history: History) -> list[Fact]:
    facts = (fact for numbered in history.by_device.values() for fact in numbered.values())
    return [fact for fact in facts if fact.kind in {"released", "accepted"}]


def _same_as_folded(books: Books, history: History) -> None:
    with books.opened() as (rows, source):
        found, count = rows.manifests(limit=100)
        plain = [
            book_manifest(fold_in(history, DIRECTORY, number), history.manifest_law(number, DIRECTORY))
            for number in history.by_manifest
        ]
        assert found == sorted(plain, key=lambda row: row.number, reverse=True)
        assert count == len(plain)
        for site in SITES:
            given_plain = [
                f for f in _moves(history) if site == (f.event.site if f.kind == "released" else f.event.from_site)
            ]
            taken_plain = [
                f for f in _moves(history) if site == (f.event.to_site if f.kind == "released" else f.event.site)
            ]
            assert set(given_since(site, BEGIN_MS, END_MS, source, rows)) == set(given_plain)
            assert set(taken_since(site, BEGIN_MS, END_MS, source, rows)) == set(taken_plain)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32), portion=st.integers(1, 9))
def test_lists_kept_in_portions_and_out_of_order_agree_with_the_plain_fold(
    tmp_path_factory: pytest.TempPathFactory, seed: int, portion: int
) -> None:
    entries = _told()
    entries = shuffled(entries, random.Random(seed))
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('lists') / 'wasteledger.db'}")
    books = Books(database)
    half = len(entries) // 2
    for part in (entries[:half], entries[half:]):
        fill(database, part)
        books.keep(DIRECTORY, DIGEST, portion=portion)
    _same_as_folded(books, _fold(entries))
    books.close()
    database.close()


def test_lists_on_postgresql_are_asked_by_phase_site_month_and_lateness(postgres_url: str) -> None:
    _asked(Database(postgres_url))


def test_lists_are_asked_by_phase_site_month_and_lateness(tmp_path: Path) -> None:
    _asked(Database(f"sqlite:///{tmp_path / 'wasteledger.db'}"))


def _asked(database: Database) -> None:
    entries = _told()
    fill(database, entries)
    books = Books(database)
    books.keep(DIRECTORY, DIGEST, portion=5)
    _same_as_folded(books, _fold(entries))
    with books.opened() as (rows, _):

        def numbers(**asked: str) -> list[str]:
            return [row.number for row in rows.manifests(**asked, limit=10)[0]]  # type: ignore[arg-type]

        assert numbers() == [OTHER_NUMBER, MANIFEST]
        assert numbers(phase="voided") == [OTHER_NUMBER]
        assert numbers(phase="closed") == [MANIFEST]
        assert numbers(site=PLANT, month="2026-11") == [OTHER_NUMBER, MANIFEST]
        assert numbers(site=COLLECTOR) == numbers(month="2026-10") == []
        assert rows.manifests(limit=1, offset=1)[0][0].number == MANIFEST
        assert rows.manifests(limit=0, late_ms=END_MS) == ([], 0)
        assert (rows.manifest_months(), rows.manifests_by_phase()) == (["2026-11"], {"closed": 1, "voided": 1})
        assert rows.highest_drafted() == [OTHER_NUMBER]
    books.close()
    database.close()


def test_an_act_that_is_taken_back_later_is_out_of_the_row(tmp_path: Path) -> None:
    story = pooled(BAGS[0])
    story.tell(TRANSFER, "released", at="03 09:00", codes=[BAGS[0]], to_site=CARRIER, manifest=MANIFEST)
    wrong = story.tell(CARRIER, "accepted", at="03 09:01", codes=[BAGS[0]], from_site=TRANSFER, manifest=MANIFEST)
    database = Database(f"sqlite:///{tmp_path / 'wasteledger.db'}")
    fill(database, story.entries)
    books = Books(database)
    books.keep(DIRECTORY, DIGEST)
    with books.opened() as (rows, _):
        assert rows.manifests(limit=1)[0][0].phase == "in_transit"
    before = len(story.entries)
    story.correct(BAGS[0], wrong, site=CARRIER, at="03 09:03", reason="did_not_occur")
    fill(database, story.entries[before:])
    books.keep(DIRECTORY, DIGEST)
    with books.opened() as (rows, _):
        assert rows.manifests(limit=1)[0][0].phase == "released"
    _same_as_folded(books, _fold(story.entries))
    books.close()
    database.close()


def test_an_event_in_the_log_is_found_by_its_id(tmp_path: Path) -> None:
    service = Service(Settings(data_dir=tmp_path, database_url="", sign=False))
    load_register(service, DISTRICT)
    (verdict,) = service.office().enrol([(Teller(CENTRE).key, CENTRE)])
    with service.books().opened() as (_, source):
        found = source.event(decode_base64(verdict.event_id))
        assert found is not None
        assert (found.event_id, found.index, found.kind) == (verdict.event_id, verdict.index, "enrolled")
        assert source.event(bytes(32)) is None
    service.close()
