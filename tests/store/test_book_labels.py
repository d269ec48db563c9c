"""Labels and boxes of which anybody tells anything: one answer, every sealed package once, and the books say what the fold says."""

import random
from collections import Counter
from pathlib import Path
from tempfile import mkdtemp

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.codes import box_code, stock_code
from tests.store.logs import kept_in_portions, shuffled
from tests.store.test_books import ASKED, DIGEST, DIRECTORY, _plain, _same
from tests.stories_builder import (
    CARRIER,
    CLINIC,
    COLLECTOR,
    OFFICE,
    OTHER_CLINIC,
    PLANT,
    STRANGER,
    TRANSFER,
    Story,
)
from wasteledger.domain.booking import COPY_MARK
from wasteledger.domain.chain import Chain
from wasteledger.domain.judge import judge
from wasteledger.domain.walk import walk
from wasteledger.flows.book_answers import answer
from wasteledger.store.database import Database

CODES = [stock_code("500114", number) for number in range(1, 6)]
BOXES = [box_code("500114", number) for number in (1, 2)]
SITES = [CLINIC, OTHER_CLINIC, COLLECTOR, TRANSFER, CARRIER, PLANT, STRANGER]
MINUTE_MS = 60_000


def _tell_something(story: Story, chance: random.Random, told: list[str | tuple[str, str]]) -> None:
    """One word of one site about one or two codes; one in five in another one's name, one in three handed in late."""
    site, (code, other) = chance.choice(SITES), chance.sample(CODES, 2)
    box = chance.choice(BOXES)
    how = {
        "at": f"0{chance.randrange(2, 5)} {chance.randrange(8, 20):02d}:{chance.randrange(60):02d}",
        "by": chance.choice([*[""] * 6, site + " 2", STRANGER]),
        "delay_ms": chance.choice([MINUTE_MS, MINUTE_MS, 30 * 60 * MINUTE_MS]),
    }
    load = [chance.choice([code, box])]
    taker = chance.choice([party for party in SITES if party != site])
    kind = chance.choice(
        ["relabelled"] * 5 + ["released", "accepted", "packed", "packed", "emptied", "disposed", "sealed", "corrected"]
    )
    if kind == "relabelled":
        signer = chance.choice([*[site] * 8, OFFICE])
        how |= {} if signer == site else {"by": ""}
        told.append(story.tell(signer, kind, codes=[code], new_code=other, reason="damaged", **how))
    elif kind == "released":
        story.tell(site, kind, codes=load, to_site=taker, **how)
    elif kind == "accepted":
        story.tell(site, kind, codes=load, from_site=taker, **how)
    elif kind == "packed":
        story.tell(site, kind, codes=[code], box=box, **how)
    elif kind == "emptied":
        story.tell(site, "washed", codes=[box], **how)
    elif kind == "disposed":
        story.tell(site, kind, codes=load, batch="炉1", method="incineration", **how)
    elif kind == "sealed" and (site, code) not in told:
        told.append((site, code))  # one site seals a package once
        story.seal(code, site=site, mass_g=chance.choice([1, 1000, 50_000]), at=how["at"], delay_ms=how["delay_ms"])
    elif words := [word for word in told if isinstance(word, str)]:
        signer = chance.choice([site, OFFICE])
        story.correct(CODES, chance.choice(words), site=signer, at=how["at"], reason="did_not_occur")


def _told(chance: random.Random) -> Story:
    story, told = Story(), list[str | tuple[str, str]]()
    story.issue(*CODES, site=chance.choice([CLINIC, TRANSFER]))
    for code in chance.sample(CODES, chance.randrange(1, 4)):
        told.append((CLINIC, code))
        story.seal(code, at=f"02 07:{chance.randrange(60):02d}")
    if chance.random() < 0.5:
        code = chance.choice(CODES)
        declared = story.declare_stock(code, mass_g=50_000)
        if chance.random() < 0.5:
            story.confirm(declared, code)
    for _ in range(chance.randrange(3, 14)):
        _tell_something(story, chance, told)
    return story


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_any_words_about_labels_have_one_answer(seed: int) -> None:
    """Every package that was sealed stays in the denominator; neither the order of delivery nor what is asked first changes anything."""
    chance = random.Random(seed)
    story = _told(chance)
    found, history = story.reconcile(as_of="12 00:00"), story.history()
    rows = Counter(row.code.partition(COPY_MARK)[0] for row in found.items)
    sealed = {code for code in CODES if any(fact.kind == "sealed" for fact in history.facts_of(code))}
    chains = {code: walk(code, history, DIRECTORY) for code in sealed}
    # What was declared under a code and is another package than the sealed one has a row of its own.
    lives = {code: len(chain.seals) + bool(chain.seals and chain.declared) for code, chain in chains.items()}
    assert {code: rows[code] for code in sealed} == lives
    assert 0 not in {rows[code] for code in sealed}
    entries = sorted(
        chance.sample(story.entries, len(story.entries)), key=lambda entry: b'"kind":"enrolled"' not in entry
    )
    again = _plain(entries)
    first = story.reconcile(as_of="05 00:00")
    assert (again.items, again.findings) == (first.items, first.findings)
    for codes in (CODES, CODES[::-1]):
        together = judge(codes, history, DIRECTORY)
        assert [_said(together[code]) for code in CODES] == [_said(walk(code, history, DIRECTORY)) for code in CODES]


def _said(chain: Chain) -> tuple[object, ...]:
    """What a walk comes to; of weighed boxes nothing is told here."""
    doubts = sorted(
        (doubt.reason, doubt.site, doubt.at_ms) for doubt in chain.doubts if doubt.reason != "box_difference"
    )
    return chain.state, chain.relabelled_from, chain.replaced, chain.mass_g, doubts


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32), portion=st.integers(1, 9))
def test_books_of_labels_agree_with_the_whole_history(seed: int, portion: int) -> None:
    chance = random.Random(seed)
    entries = shuffled(_told(chance).entries, chance)
    database = Database(f"sqlite:///{Path(mkdtemp()) / 'wasteledger.db'}")
    for books, at in kept_in_portions(database, entries, DIRECTORY, DIGEST, chance, step_max=6, portion=portion):
        _same(answer(books, ASKED, DIRECTORY), _plain(entries[:at]))
    books.close()
    database.close()
