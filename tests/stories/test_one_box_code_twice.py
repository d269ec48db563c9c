"""Two boxes of one code: a neighbour writes down that he packed into mine, or his bears a copy of my box's label.

What became of a box is told of the packages of whoever packed into it, and of whoever took it over from him. Each story is told to the
fold and to the books.
"""

import random
from pathlib import Path

import pytest

from schemas.codes import stock_code
from tests.store.logs import kept_in_portions
from tests.store.test_books import DIGEST, DIRECTORY, _same
from tests.stories.telling import Ending, Telling
from tests.stories_builder import (
    BAG,
    BAG2,
    BAG3,
    BOX,
    CARRIER,
    CLINIC,
    COLLECTOR,
    OTHER_CLINIC,
    PLANT,
    STRANGER,
    TRANSFER,
    ms,
    register,
)
from wasteledger.domain.judge import judge
from wasteledger.domain.reconcile import Question
from wasteledger.domain.register import Directory
from wasteledger.domain.walk import walk
from wasteledger.flows.book_answers import answer
from wasteledger.store.database import Database

#: Another bag of the neighbour's.
HIS = stock_code("500114", 9)


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(f"sqlite:///{tmp_path / 'wasteledger.db'}")


def in_both(day: Telling, database: Database, *, at: str = "12 00:00") -> Ending:
    """What the fold says in any order, the books in small portions, and a walk of each package alone."""
    end = day.ends(at=at)
    *_, (books, _) = kept_in_portions(database, day.entries, DIRECTORY, DIGEST, random.Random(1), step_max=4)
    _same(answer(books, Question("500114", "2026-11-01", "2026-11-30", ms(at)), DIRECTORY), end.answer)
    books.close()
    history, directory = day.history(), Directory(register())
    alone = {code: walk(code, history, directory).state for code in end.classes}
    for codes in (sorted(alone), sorted(alone, reverse=True)):
        together = judge(codes, history, directory)
        assert {code: together[code].state for code in codes} == alone, "who is judged beside it changed the answer"
    return end


def mine_and_a_neighbours(*, neighbour: str = OTHER_CLINIC) -> Telling:
    """中转站装箱；邻居也写“装进同一个箱”。"""
    day = Telling()
    day.clinic_seals(BAG, BAG3)
    day.comes_to_centre(BAG, BAG3)
    day.issue(BAG2, site=neighbour)
    day.seal(BAG2, site=neighbour, mass_g=4000)
    day.centre_packs(BAG, BAG3)
    day.tell(neighbour, "packed", at="02 17:30", codes=[BAG2], box=BOX)
    return day


def burnt(day: Telling) -> Telling:
    """我的箱去焚烧：司机数了两包，厂里称了两公斤。"""
    day.lorry_takes(BOX, packages_count=2)
    day.lorry_brings_to_plant(BOX, masses_g=[2000], mass_source="scale")
    day.plant_burns(BOX)
    day.plant_confirms()
    return day


def of(end: Ending, *bags: str) -> set[str]:
    return {finding.code for finding in end.answer.findings if not set(bags).isdisjoint(finding.items)}


@pytest.mark.parametrize("kind", ["washed", "unpacked", "counted", "released", "nothing"])
def test_what_a_neighbour_does_with_a_box_of_the_same_code_is_his(kind: str, database: Database) -> None:
    """邻居随后洗箱、开箱、清点、交出：与我的两包无关；我的箱烧了，与他的一包无关。"""
    day = mine_and_a_neighbours()
    if kind == "washed":
        day.tell(OTHER_CLINIC, "washed", at="02 18:00", codes=[BOX])
    elif kind == "unpacked":
        day.tell(OTHER_CLINIC, "unpacked", at="02 18:00", codes=[HIS], box=BOX, complete=True)
    elif kind == "counted":
        day.tell(OTHER_CLINIC, "counted", at="02 18:00", codes=[], box=BOX, complete=True)
    elif kind == "released":
        day.hop(BOX, OTHER_CLINIC, COLLECTOR, at="02 18:00")
    end = in_both(burnt(day), database)
    assert {code: end.classes[code] for code in (BAG, BAG3)} == {BAG: "safely_disposed", BAG3: "safely_disposed"}
    assert of(end, BAG, BAG3) == set()
    assert end.classes[BAG2] == "overdue"
    emptied = {"box_difference"} if kind in {"washed", "unpacked", "counted"} else set()
    assert of(end, BAG2) == {"overdue_delivery" if kind == "released" else "overdue_pickup"} | emptied


def test_both_go_their_own_ways(database: Database) -> None:
    """两个同号的箱，各走各的路，都烧了：各有各的链。"""
    day = mine_and_a_neighbours()
    day.hop(BOX, OTHER_CLINIC, COLLECTOR, at="02 18:00")
    day.hop(BOX, COLLECTOR, STRANGER, at="02 19:00")
    end = in_both(burnt(day), database)
    assert of(end, BAG, BAG3) == set()
    assert end.classes[BAG2] == "overdue"


def test_a_box_filled_on_the_way_is_one_box(database: Database) -> None:
    """诊所先装，中转站再装：一个箱，两包都跟着它走。"""
    day = Telling()
    day.clinic_seals(BAG)
    day.tell(CLINIC, "packed", at="02 09:00", codes=[BAG], box=BOX)
    day.comes_to_centre(BOX)
    day.issue(BAG3, site=TRANSFER)
    day.seal(BAG3, site=TRANSFER, at="02 16:30")
    day.centre_packs(BAG3)
    end = in_both(burnt(day), database)
    assert (end.classes, end.findings) == ({BAG: "safely_disposed", BAG3: "safely_disposed"}, {})


def test_a_lorry_that_never_scanned_is_still_the_same_box(database: Database) -> None:
    """司机没扫箱就交到厂里：仍是缺一环，要列出。"""
    day = Telling()
    day.clinic_seals(BAG)
    day.comes_to_centre(BAG)
    day.centre_packs(BAG)
    day.accept(BOX, CARRIER, PLANT, at="03 11:00")
    day.plant_burns(BOX)
    end = in_both(day, database)
    assert end.classes == {BAG: "disposed_not_provably"}
    assert "missing_link" in of(end, BAG)


def test_many_packed_by_many_into_one_code(database: Database) -> None:
    """三家往同一箱号里装：先问谁，答案都一样。"""
    day = mine_and_a_neighbours()
    more = [stock_code("500114", number) for number in range(10, 14)]
    day.issue(*more, site=STRANGER)
    for number, code in enumerate(more):
        day.seal(code, site=STRANGER, at=f"02 10:0{number}")
    day.tell(STRANGER, "packed", at="02 17:40", codes=more, box=BOX)
    day.tell(STRANGER, "washed", at="02 17:50", codes=[BOX])
    end = in_both(burnt(day), database)
    assert of(end, BAG, BAG3) == set()
    assert of(end, BAG2) == {"overdue_pickup"}
