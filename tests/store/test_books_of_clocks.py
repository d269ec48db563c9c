"""Times that hang together: clocks set while a device runs, and hellos early and late, read the same from the books."""

import random
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from schemas.codes import stock_code
from tests.store.logs import kept_in_portions
from tests.stories_builder import CLINIC, INFECTIOUS, Story, as_received, ms, register
from wasteledger.domain.hello import Hello, sign_hello
from wasteledger.domain.history import History
from wasteledger.domain.reconcile import Question, reconcile
from wasteledger.domain.register import Directory, register_digest
from wasteledger.flows.book_answers import answer
from wasteledger.store.database import Database

DIRECTORY = Directory(register())
DIGEST = register_digest(register())
ASKED = Question("500114", "2026-10-01", "2026-11-30", ms("28 00:00"))
MINUTE_MS = 60_000
SEALED = {"waste_code": INFECTIOUS, "package": "bag", "mass_g": 1000, "mass_source": "scale"}

moves = st.one_of(
    # What happens, after how many minutes, how far the wall clock is off, and how long it takes to be handed in.
    st.tuples(
        st.just("sealed"),
        st.integers(0, 300),
        st.sampled_from([0, 0, 0, -1, 3, -200, 400]),
        st.sampled_from([1, 1, 900]),
    ),
    st.tuples(st.just("booted"), st.integers(0, 300)),
    st.tuples(st.just("hello"), st.integers(0, 300), st.sampled_from([0, 0, 0, 500, 40_000])),
)


def _told(chosen: list[tuple[object, ...]]) -> Story:
    story, now_ms, begun_ms, boots = Story(), ms("02 08:00"), ms("02 07:00"), 0
    teller = story.teller(CLINIC)
    for number, (what, after, *more) in enumerate(chosen, start=1):
        now_ms += int(str(after)) * MINUTE_MS
        boot = f"{boots:016x}"
        if what == "booted":
            boots, begun_ms = boots + 1, now_ms
        elif what == "hello":
            running_ms = now_ms - begun_ms + int(str(more[0])) * MINUTE_MS
            said = Hello(teller.key.device_id, teller.number, bytes(32), now_ms, running_ms, boot)
            story.write_raw(sign_hello(teller.key, said, origin=teller.origin), received_ms=now_ms)
        else:
            off, delay = (int(str(given)) * MINUTE_MS for given in more)
            clocks = {"monotonic_ms": now_ms - begun_ms, "boot_id": boot}
            note = teller.note(
                "sealed", occurred_ms=now_ms + off, codes=[stock_code("500114", number)], **clocks, **SEALED
            )
            story.write(note, received_ms=now_ms + delay)
    return story


@settings(max_examples=40, deadline=None)
@example(chosen=[("sealed", 0, 0, 900), ("hello", 0, 0), ("sealed", 0, 0, 1)], seed=3415171)
@given(chosen=st.lists(moves, min_size=2, max_size=14), seed=st.integers(0, 2**32))
def test_the_books_hold_clocks_as_the_fold_does(
    tmp_path_factory: pytest.TempPathFactory, chosen: list[tuple[object, ...]], seed: int
) -> None:
    story, chance = _told(chosen), random.Random(seed)
    enrolled, entries = story.entries[:10], story.entries[10:]
    if chance.random() < 0.5:
        chance.shuffle(entries)
    entries = as_received(enrolled + entries)
    database = Database(f"sqlite:///{Path(tmp_path_factory.mktemp('books')) / 'wasteledger.db'}")
    *_, (books, _at) = kept_in_portions(database, entries, DIRECTORY, DIGEST, chance, step_max=6)
    history = History()
    for content in entries:
        history.add(content)
    region, from_day, to_day, as_of_ms = ASKED
    plain = reconcile(history, DIRECTORY, region=region, from_day=from_day, to_day=to_day, as_of_ms=as_of_ms)
    found = answer(books, ASKED, DIRECTORY)
    assert (found.items, found.findings) == (plain.items, plain.findings)
    books.close()
    database.close()
