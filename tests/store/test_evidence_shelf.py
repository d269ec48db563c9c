"""What is stored stands in the log: the fold and the books agree on it, however the log was delivered and the books were kept."""

from pathlib import Path

import pytest

from schemas.canonical import encode_base64
from tests.store.logs import fill as _append
from tests.stories.telling import PHOTO
from tests.stories_builder import BAG, BAG2, CLINIC, OFFICE, Story, register
from wasteledger.domain.evidence import EvidenceShelf, may_need_evidence
from wasteledger.domain.facts import Clocks, Fact, read_entry
from wasteledger.domain.history import History
from wasteledger.domain.register import Directory, register_digest
from wasteledger.flows.books import Books
from wasteledger.store.database import Database

DIRECTORY = Directory(register())
DIGEST = register_digest(register())
FILE = {"attachments": [PHOTO], "size_bytes": 1200, "media": "image/jpeg"}


def told(*, photo_first: bool = False, by: str = OFFICE) -> Story:
    """A bag that never was, with a photo that comes before the void or a day later."""
    story = Story()
    story.issue(BAG)
    story.seal(BAG)
    if photo_first:
        story.tell(by, "evidenced", at="02 08:30", **FILE)
    story.tell(CLINIC, "voided", at="02 09:00", codes=[BAG], reason="never_was", attachments=[PHOTO])
    if not photo_first:
        story.tell(by, "evidenced", at="03 08:30", **FILE)
    return story


def fold(entries: list[bytes]) -> tuple[History, Fact]:
    history = History()
    for content in entries:
        history.add(content)
    (void,) = [fact for fact in history.facts_of(BAG) if fact.kind == "voided"]
    return history, void


@pytest.mark.parametrize("photo_first", [True, False])
@pytest.mark.parametrize("portion", [1, 3, 1_000])
def test_the_books_know_what_is_stored_and_remember_it(tmp_path: Path, portion: int, *, photo_first: bool) -> None:
    story = told(photo_first=photo_first)
    database = Database(f"sqlite:///{tmp_path / 'ledger.db'}")
    _append(database, story.entries)
    books = Books(database)
    books.keep(DIRECTORY, DIGEST, portion=portion)
    again = Books(database)  # another process, which has read nothing yet
    story.issue(BAG2)
    _append(database, story.entries[-1:])
    for kept in (books, again):
        kept.keep(DIRECTORY, DIGEST, portion=portion)
        with kept.opened() as (_, source):
            (void,) = [fact for fact in source.facts_of(BAG) if fact.kind == "voided"]
            assert source.evidence_missing(void) == []
            assert source.evidence_missing(void) == fold(story.entries)[0].evidence_missing(void)
        kept.close()
    database.close()


def test_before_the_office_says_so_nothing_is_stored() -> None:
    story = told()
    history, void = fold(story.entries[:-1])
    assert history.evidence_missing(void) == [PHOTO]
    history.add(story.entries[-1])
    assert history.evidence_missing(void) == []


def test_the_order_of_delivery_changes_nothing() -> None:
    entries = told().entries
    history, void = fold(entries[:1] + entries[:0:-1])
    assert history.evidence_missing(void) == []
    history, void = fold(entries[::-1])  # even the office's own enrolment comes last
    assert history.evidence_missing(void) == []


def test_a_device_does_not_store_by_saying_so() -> None:
    history, void = fold(told(by=CLINIC).entries)
    assert history.evidence_missing(void) == [PHOTO]


def test_a_photo_that_arrives_late_concerns_the_packages_of_the_act_that_named_it() -> None:
    story = told()
    facts = [read_entry(index, content).fact(Clocks()) for index, content in enumerate(story.entries)]
    shelf = EvidenceShelf()
    assert [fact.kind for fact in facts if shelf.add(fact)] == ["voided", "evidenced"]
    assert shelf.concerned(facts[-1]) == {BAG}
    assert [shelf.concerned(fact) for fact in facts[:-1]] == [set()] * (len(facts) - 1)


def test_a_picture_of_an_ordinary_act_waits_for_nobody_and_a_paper_does() -> None:
    story = Story()
    story.seal(BAG, attachments=[PHOTO])
    paper = {"happened_at": "2026-11-02T08:00:00.000+08:00", "reason": "no_signal", "paper": "7"}
    story.seal(BAG2, attachments=[PHOTO], backfill=paper)
    facts = [read_entry(index, content).fact(Clocks()) for index, content in enumerate(story.entries)]
    assert [may_need_evidence(fact.event) for fact in facts if fact.kind == "sealed"] == [False, True]


@pytest.mark.parametrize(
    ("named", "stored", "confirmed", "left"),
    [
        (False, False, True, False),
        (True, False, True, False),
        (True, True, False, False),
        (True, True, True, True),
    ],
)
def test_a_void_leaves_the_denominator_with_stored_evidence_and_a_second_party(
    *, named: bool, stored: bool, confirmed: bool, left: bool
) -> None:
    story = Story()
    story.issue(BAG)
    story.seal(BAG)
    fields = {"attachments": [PHOTO]} if named else {}
    void = story.tell(CLINIC, "voided", at="02 09:00", codes=[BAG], reason="never_was", **fields)
    if confirmed:
        story.tell(OFFICE, "vouched", at="02 12:00", codes=[BAG], target_event_id=void)
    if stored:  # the photo may come last
        story.tell(OFFICE, "evidenced", at="03 08:30", **FILE)
    answer = story.reconcile()
    assert (answer.district.total.count, answer.voided.count) == ((0, 1) if left else (1, 0))


def test_one_of_two_photos_is_not_enough() -> None:
    story = Story()
    story.issue(BAG)
    story.seal(BAG)
    other = encode_base64(bytes(32))
    void = story.tell(CLINIC, "voided", at="02 09:00", codes=[BAG], reason="never_was", attachments=[PHOTO, other])
    story.tell(OFFICE, "evidenced", at="02 10:00", **FILE)
    story.tell(OFFICE, "vouched", at="02 12:00", codes=[BAG], target_event_id=void)
    assert story.reconcile().voided.count == 0
    story.tell(OFFICE, "evidenced", at="02 13:00", **FILE | {"attachments": [other]})
    assert story.reconcile().voided.count == 1
