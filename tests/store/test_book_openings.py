"""Opening stock in the books: whatever order words arrive in, and in whatever portions, they say what the whole history says."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.store.logs import fill, kept_in_portions, shuffled
from tests.store.test_books import ASKED, DIGEST, DIRECTORY, SITES, _plain, _same
from tests.stories_builder import BAG, BAG2, BAG3, BOX, CLINIC, COLLECTOR, OFFICE, PLANT, TRANSFER, Story, as_received
from wasteledger.flows.book_answers import answer
from wasteledger.flows.books import Books
from wasteledger.store.database import Database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(f"sqlite:///{tmp_path / 'wasteledger.db'}")
    yield opened
    opened.close()


def _contended() -> list[bytes]:
    """Two sites declare, once too often and the same code; the authority confirms and refuses; a device is stolen and cleared."""
    story = Story()
    story.issue(BAG, BAG2, BAG3, site=TRANSFER)
    first = story.declare_stock(BAG, BAG2, part_no=1, parts_count=2, since=["2026-10-20", None])
    second = story.declare_stock(BAG3, at="01 10:00", part_no=2, parts_count=2)
    again = story.declare_stock(BAG3, at="01 11:00")
    other = story.declare_stock(BAG2, at="01 11:30", site=PLANT)
    story.confirm(first, BAG)
    story.confirm(other, BAG2, at="01 13:00")
    story.confirm(again, BAG3, at="01 14:00")
    story.refuse(second, BAG3, at="01 15:00")
    story.refuse(first, BAG, BAG2, at="01 16:00")
    story.tell(TRANSFER, "packed", at="02 07:00", codes=[BAG, BAG3], box=BOX)
    story.to_plant(BOX)
    story.dispose(BOX)
    story.seal(BAG2, at="02 08:00")
    story.tell(CLINIC, "relabelled", at="02 09:00", codes=[BAG2], new_code=BAG3, reason="damaged")
    thief = story.teller(TRANSFER).key.device_id
    story.tell(OFFICE, "revoked", at="01 09:30", device=thief, reason="stolen")
    story.tell(OFFICE, "trusted", at="03 18:00", device=thief, last_seq=9)
    story.hop(BAG2, CLINIC, COLLECTOR, at="02 14:00")
    return story.entries


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32), portion=st.integers(1, 9))
def test_declarations_and_answers_in_any_order_and_any_portions(
    tmp_path_factory: pytest.TempPathFactory, seed: int, portion: int
) -> None:
    chance = random.Random(seed)
    told = _contended()
    enrolled, entries = told[:SITES], told[SITES:]
    chance.shuffle(entries)
    entries = as_received(enrolled + entries[: chance.randrange(3, len(entries) + 1)])
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('books') / 'wasteledger.db'}")
    for books, at in kept_in_portions(database, entries, DIRECTORY, DIGEST, chance, step_max=6, portion=portion):
        _same(answer(books, ASKED, DIRECTORY), _plain(entries[:at]))
    books.close()
    database.close()


@pytest.mark.parametrize("late", ["confirmed", "refused"])
def test_the_authoritys_word_in_a_later_portion_reaches_what_it_concerns(database: Database, late: str) -> None:
    story = Story()
    story.issue(BAG, BAG2, BAG3, site=TRANSFER)
    declared = story.declare_stock(BAG)
    story.confirm(story.declare_stock(BAG2, at="01 10:00"), BAG2)
    story.to_plant(BAG)
    story.dispose(BAG)
    fill(database, story.entries)
    books = Books(database)
    books.keep(DIRECTORY, DIGEST)
    before = len(story.entries)
    assert {row.item_class for row in answer(books, ASKED, DIRECTORY).items} == {"unsealed"}
    (story.confirm if late == "confirmed" else story.refuse)(declared, BAG, at="04 09:00")
    fill(database, story.entries[before:])
    books.keep(DIRECTORY, DIGEST)
    found = answer(books, ASKED, DIRECTORY)
    _same(found, _plain(story.entries))
    expected = {BAG: "safely_disposed"} if late == "confirmed" else {BAG: "unsealed", BAG2: "overdue"}
    assert {row.code: row.item_class for row in found.items} == expected
    books.close()


_SECOND = f"{TRANSFER} 2"
_ACTS = st.tuples(
    st.sampled_from(
        [
            "declared",
            "declared",
            "sealed",
            "stored",
            "counted",
            "released",
            "disposed",
            "voided",
            "confirmed",
            "refused",
            "issued",
        ]
    ),
    st.sampled_from([TRANSFER, _SECOND, PLANT, CLINIC]),
    st.sampled_from([BAG, BAG2]),
    st.integers(0, 90),
    st.sampled_from([1, 1, 60, 1500]),
)


def _told(acts: list[tuple[str, str, str, int, int]]) -> list[bytes]:
    """Declarations, and what else is told of their packages: hours after the first day began, handed in so many minutes later."""
    story = Story()
    story.teller(_SECOND)
    declared: list[str] = []
    for what, device, bag, hours, delay in acts:
        site, how = (
            device.split()[0],
            {"at": "01 06:00", "after_ms": hours * 3_600_000, "delay_ms": delay * 60_000, "codes": [bag]},
        )
        if what == "declared":
            said = {
                "as_of": "2026-11-01",
                "waste_codes": ["841-001-01"],
                "masses_g": [50_000],
                "part_no": 1 + hours % 2,
                "parts_count": 2,
            }
            declared.append(story.tell(site, "opening_stock", by=device, **how, **said))
        elif what in {"confirmed", "refused"}:
            if declared:
                about = {"target_event_id": declared[hours % len(declared)]}
                about |= {"reason": "did_not_occur"} if what == "refused" else {}
                story.tell(OFFICE, "corrected" if what == "refused" else "vouched", **how, **about)
        elif what == "issued":
            story.tell(OFFICE, "issued", **how, stock="roll 1", for_site=site)
        else:
            sealed = {"waste_code": "841-001-01", "package": "bag", "mass_source": "scale", "mass_g": 1 + hours}
            fields = {
                "sealed": sealed, "stored": {"room": "库1"}, "counted": {"room": "库1", "complete": True}, "voided": {"reason": "spoiled"},
                "released": {"to_site": COLLECTOR}, "disposed": {"batch": "炉1", "method": "incineration"},
            }[what]  # fmt: skip
            story.tell(site, what, by=device, **how, **fields)
    return story.entries


@settings(max_examples=40, deadline=None)
@given(acts=st.lists(_ACTS, min_size=3, max_size=14), seed=st.integers(0, 2**32), portion=st.integers(1, 9))
def test_what_was_declared_stays_whatever_is_told_and_in_whatever_order(
    tmp_path_factory: pytest.TempPathFactory, acts: list[tuple[str, str, str, int, int]], seed: int, portion: int
) -> None:
    chance, told = random.Random(seed), _told(acts)
    entries = shuffled(told, chance) if seed % 3 else as_received(told)
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('books') / 'wasteledger.db'}")
    *_, (books, _at) = kept_in_portions(database, entries, DIRECTORY, DIGEST, chance, step_max=6, portion=portion)
    _same(answer(books, ASKED, DIRECTORY), _plain(entries))
    books.close()
    database.close()
