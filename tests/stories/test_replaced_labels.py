"""A label that took another one's place: one package, one life, whatever the order in which it is told; and what is no new label at all.

Each story is told to the fold and to the books.
"""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from schemas.codes import stock_code
from schemas.event_base import CODES_MAX
from tests.store.logs import kept_in_portions
from tests.store.test_books import DIGEST, DIRECTORY, _same
from tests.stories.telling import Ending, Telling
from tests.stories_builder import (
    BAG,
    BAG2,
    BAG3,
    BOX,
    CLINIC,
    COLLECTOR,
    OFFICE,
    OTHER_CLINIC,
    PLANT,
    STRANGER,
    TRANSFER,
    ms,
)
from wasteledger.domain.labels import LABELS_MAX
from wasteledger.domain.reconcile import Question
from wasteledger.flows.book_answers import answer, item_of
from wasteledger.flows.books import Books
from wasteledger.store.database import Database

HOUR_MS = 60 * 60 * 1000
TORN = {"reason": "damaged"}


def relabels(day: Telling, old: str, new: str, *, at: str, site: str = CLINIC, **how: object) -> str:
    return day.tell(site, "relabelled", at=at, codes=[old], new_code=new, **TORN, **how)


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(f"sqlite:///{tmp_path / 'wasteledger.db'}")


def in_both(day: Telling, database: Database, *, at: str = "12 00:00", step_max: int = 4) -> Ending:
    """What the fold says in any order, and the books in small portions."""
    end = day.ends(at=at)
    *_, (books, _) = kept_in_portions(database, day.entries, DIRECTORY, DIGEST, random.Random(1), step_max=step_max)
    _same(answer(books, Question("500114", "2026-11-01", "2026-11-30", ms(at)), DIRECTORY), end.answer)
    books.close()
    return end


def collected(day: Telling, *bags: str) -> None:
    day.comes_to_centre(*bags)


def burnt(day: Telling, *load: str) -> Telling:
    day.goes_into_the_fire(*load)
    return day


def torn_twice_before_collection() -> tuple[Telling, str]:
    """诊所里撕坏两次：甲换乙，乙换丙，收走的是丙。"""
    day = Telling()
    day.clinic_seals(BAG)
    day.issue(BAG2, BAG3)
    relabels(day, BAG, BAG2, at="02 09:00")
    relabels(day, BAG2, BAG3, at="02 10:00")
    collected(day, BAG3)
    return burnt(day, BAG3), BAG


def torn_again_at_the_centre() -> tuple[Telling, str]:
    day = Telling()
    day.clinic_seals(BAG)
    day.issue(BAG2, BAG3)
    relabels(day, BAG, BAG2, at="02 09:00")
    collected(day, BAG2)
    relabels(day, BAG2, BAG3, at="02 17:00", site=TRANSFER)
    day.centre_packs(BAG3, at="02 18:00")
    return burnt(day, BOX), BAG


def told_after_it_had_left() -> tuple[Telling, str]:
    """诊所的手持机一天没有信号：换签、交出都记了，晚上才报送。"""
    day = Telling()
    day.clinic_seals(BAG)
    day.issue(BAG2)
    offline = {"delay_ms": 11 * HOUR_MS}
    relabels(day, BAG, BAG2, at="02 09:00", **offline)
    day.release(BAG2, CLINIC, COLLECTOR, at="02 14:00", delay_ms=6 * HOUR_MS)
    day.accept(BAG2, CLINIC, COLLECTOR, at="02 14:05")
    day.collector_brings_to_centre(BAG2)
    return burnt(day, BAG2), BAG


def told_after_the_fire_by_a_device_without_signal() -> tuple[Telling, str]:
    """离线三天：封装、换签、交出都在自己的记录链上，烧完才报送。"""
    day = Telling()
    day.issue(BAG, BAG2)
    late_ms = 72 * HOUR_MS
    day.seal(BAG, delay_ms=late_ms)
    relabels(day, BAG, BAG2, at="02 09:00", delay_ms=late_ms - HOUR_MS)
    day.release(BAG2, CLINIC, COLLECTOR, at="02 14:00", delay_ms=late_ms - 6 * HOUR_MS)
    day.accept(BAG2, CLINIC, COLLECTOR, at="02 14:05")
    day.collector_brings_to_centre(BAG2)
    return burnt(day, BAG2), BAG


def scanned_first_and_told_at_once_afterwards() -> tuple[Telling, str]:
    """先把新标签扫进冷库，几分钟后才记换签。"""
    day = Telling()
    day.clinic_seals(BAG)
    day.issue(BAG2)
    day.tell(CLINIC, "stored", at="02 09:00", codes=[BAG2], room="暂存间")
    relabels(day, BAG, BAG2, at="02 09:05")
    collected(day, BAG2)
    return burnt(day, BAG2), BAG


def two_devices_a_little_apart() -> tuple[Telling, str]:
    """第二次换签的那台手持机慢几分钟：按钟是先乙换丙，后甲换乙。"""
    day = Telling()
    day.clinic_seals(BAG)
    day.issue(BAG2, BAG3)
    relabels(day, BAG, BAG2, at="02 09:10")
    relabels(day, BAG2, BAG3, at="02 09:05", by=CLINIC + " 2", delay_ms=7 * 60_000)
    collected(day, BAG3)
    return burnt(day, BAG3), BAG


def at_the_plants_gate() -> tuple[Telling, str]:
    day = Telling()
    day.clinic_seals(BAG)
    day.issue(BAG2)
    collected(day, BAG)
    day.lorry_takes(BAG)
    day.lorry_brings_to_plant(BAG)
    relabels(day, BAG, BAG2, at="03 12:00", site=PLANT)
    day.plant_burns(BAG2)
    day.plant_confirms()
    return day, BAG


def a_neighbours_word_about_the_same_new_label() -> tuple[Telling, str]:
    """邻居抢先说“我那包换上了这张标签”：标签是发给诊所的。"""
    day = Telling()
    day.clinic_seals(BAG)
    day.issue(BAG2)
    day.seal(BAG3, site=OTHER_CLINIC)
    relabels(day, BAG3, BAG2, at="02 08:30", site=OTHER_CLINIC)
    relabels(day, BAG, BAG2, at="02 09:00")
    collected(day, BAG2)
    return burnt(day, BAG2), BAG


def a_neighbour_calls_the_new_label_his_old_stock() -> tuple[Telling, str]:
    day = Telling()
    day.clinic_seals(BAG)
    day.issue(BAG2)
    day.declare_stock(BAG2, site=OTHER_CLINIC, mass_g=50_000)
    relabels(day, BAG, BAG2, at="02 09:00")
    collected(day, BAG2)
    return burnt(day, BAG2), BAG


@pytest.mark.parametrize(
    "story",
    [
        torn_twice_before_collection,
        torn_again_at_the_centre,
        told_after_it_had_left,
        told_after_the_fire_by_a_device_without_signal,
        scanned_first_and_told_at_once_afterwards,
        two_devices_a_little_apart,
        at_the_plants_gate,
        a_neighbours_word_about_the_same_new_label,
        a_neighbour_calls_the_new_label_his_old_stock,
    ],
    ids=lambda story: story.__name__,
)
def test_one_package_one_life_by_whichever_label(story: Callable[[], tuple[Telling, str]], database: Database) -> None:
    day, bag = story()
    end = in_both(day, database)
    classes = {
        row.code: row.item_class for row in reversed(end.answer.items)
    }  # what a neighbour declared counts beside it
    assert classes.pop(bag) == "safely_disposed"
    assert set(classes) <= {BAG3}
    assert "never_sealed" not in end.findings
    assert not {"missing_link", "late_packing", "overdue_pickup"} & {
        finding.code for finding in end.answer.findings if bag in finding.items
    }


def test_every_label_finds_it(database: Database) -> None:
    day, _ = torn_twice_before_collection()
    assert in_both(day, database).findings == {}
    books = Books(database)
    books.keep(DIRECTORY, DIGEST)
    for label in (BAG, BAG2, BAG3):
        assert item_of(books, label, DIRECTORY, as_of_ms=ms("12 00:00")).chain.code == BAG
    books.close()


def burnt_in_a_box() -> Telling:
    """诊所倒掉一包；另一包没封装，装箱烧了；事后说它就是倒掉的那一包。"""
    day = Telling()
    day.clinic_seals(BAG)
    day.issue(BAG2)
    collected(day, BAG2)
    day.centre_packs(BAG2)
    burnt(day, BOX)
    relabels(day, BAG, BAG2, at="05 08:00")
    return day


def burnt_in_a_box_and_dated_back() -> Telling:
    """同上，由另一台手持机把换签的日期写到收走以前。"""
    day = Telling()
    day.clinic_seals(BAG)
    day.issue(BAG2)
    day.teller(CLINIC + " 2")
    collected(day, BAG2)
    day.centre_packs(BAG2)
    burnt(day, BOX)
    relabels(day, BAG, BAG2, at="02 09:00", by=CLINIC + " 2", delay_ms=72 * HOUR_MS)
    return day


def told_while_it_was_at_the_plant() -> Telling:
    """没封装的一包早已离开诊所，烧之前才说它是换了标签的。"""
    day = Telling()
    day.clinic_seals(BAG)
    day.issue(BAG2)
    collected(day, BAG2)
    day.lorry_takes(BAG2)
    day.lorry_brings_to_plant(BAG2)
    relabels(day, BAG, BAG2, at="03 12:00")
    day.plant_burns(BAG2)
    day.plant_confirms()
    return day


def told_with_one_more_release() -> Telling:
    """同上，再补一条“之后才交出”。"""
    day = Telling()
    day.clinic_seals(BAG)
    day.issue(BAG2)
    day.release(BAG2, CLINIC, COLLECTOR, at="02 14:00", by=CLINIC + " 2")
    day.accept(BAG2, CLINIC, COLLECTOR, at="02 14:05")
    day.collector_brings_to_centre(BAG2)
    relabels(day, BAG, BAG2, at="03 07:00")
    day.release(BAG2, CLINIC, COLLECTOR, at="03 07:05")
    return burnt(day, BAG2)


def packed_before_it_was_told() -> Telling:
    """新标签早就装了箱。"""
    day = Telling()
    day.clinic_seals(BAG)
    day.issue(BAG2)
    collected(day, BAG)
    day.centre_packs(BAG2)
    relabels(day, BAG, BAG2, at="02 18:00", site=TRANSFER)
    return burnt(day, BOX)


@pytest.mark.parametrize(
    "lie",
    [
        burnt_in_a_box,
        burnt_in_a_box_and_dated_back,
        told_while_it_was_at_the_plant,
        told_with_one_more_release,
        packed_before_it_was_told,
    ],
    ids=lambda lie: lie.__name__,
)
def test_what_moved_before_it_was_put_on_is_another_package(lie: Callable[[], Telling], database: Database) -> None:
    end = in_both(lie(), database)
    assert end.classes == {BAG: "overdue", BAG2: "unsealed"}
    assert end.proved_share == 0


def test_a_new_label_told_late_by_another_device_proves_nothing(database: Database) -> None:
    """另一台手持机，收走以后、焚烧以前才报送，日期写在收走以前：一包，但不能证明。"""
    day = Telling()
    day.clinic_seals(BAG)
    day.issue(BAG2)
    day.teller(CLINIC + " 2")
    collected(day, BAG2)
    relabels(day, BAG, BAG2, at="02 09:00", by=CLINIC + " 2", delay_ms=20 * HOUR_MS)
    end = in_both(burnt(day, BAG2), database)
    assert (end.classes, end.findings) == ({BAG: "disposed_not_provably"}, {"late_packing": CLINIC})


def test_two_bags_do_not_go_under_two_labels_of_one(database: Database) -> None:
    """说乙是甲的新标签，两包却一起被扫描交出：一包的两张标签不会同时在两包上。"""
    day = Telling()
    day.clinic_seals(BAG)
    day.issue(BAG2)
    relabels(day, BAG, BAG2, at="02 09:00")
    collected(day, BAG, BAG2)
    end = in_both(burnt(day, BAG, BAG2), database)
    assert (end.classes, end.findings) == ({BAG: "disposed_not_provably"}, {"count_difference": CLINIC})


@pytest.mark.parametrize("confirmed", [True, False])
def test_a_declared_package_is_not_swallowed(database: Database, *, confirmed: bool) -> None:
    """五十公斤期初库存的编码，被说成是一克那包的新标签：两包都在。"""
    day = Telling()
    day.issue(BAG, BAG2, site=TRANSFER)
    declared = day.declare_stock(BAG, mass_g=50_000)
    if confirmed:
        day.confirm(declared, BAG)
    day.seal(BAG2, site=TRANSFER, mass_g=1, at="01 10:00")
    relabels(day, BAG2, BAG, at="01 11:00", site=TRANSFER)
    assert in_both(day, database).answer.district.total == (2, 50_001)


def test_the_authority_says_that_a_waiting_package_bears_anothers_label(database: Database) -> None:
    day = Telling()
    day.issue(BAG, BAG2, site=TRANSFER)
    day.declare_stock(BAG, mass_g=50_000)
    day.seal(BAG2, site=TRANSFER, at="01 10:00")
    relabels(day, BAG2, BAG, at="01 11:00", site=OFFICE)
    end = in_both(day, database)
    assert end.answer.district.total == (1, 1000)
    assert "opening_stock_known" in end.findings


def test_a_relabelling_that_was_taken_back_has_no_effect(database: Database) -> None:
    """扫错了包，当场撤销：真正换签的是另一包。"""
    day = Telling()
    day.clinic_seals(BAG, BAG3)
    day.issue(BAG2)
    slip = relabels(day, BAG3, BAG2, at="02 09:00")
    day.correct([BAG3], slip, site=CLINIC, at="02 09:01", reason="did_not_occur")
    relabels(day, BAG, BAG2, at="02 09:02")
    collected(day, BAG2, BAG3)
    end = in_both(burnt(day, BAG2, BAG3), database)
    assert (end.classes, end.findings) == ({BAG: "safely_disposed", BAG3: "safely_disposed"}, {})


def test_labels_in_a_circle_have_an_answer(database: Database) -> None:
    """外人说甲换乙、乙换甲：谁的包也不受影响。"""
    day = Telling()
    day.issue(BAG, BAG2)
    relabels(day, BAG, BAG2, at="02 10:00", site=STRANGER)
    relabels(day, BAG2, BAG, at="02 11:00", site=STRANGER)
    relabels(day, BAG, BAG2, at="02 12:00", site=OFFICE)
    relabels(day, BAG2, BAG, at="02 13:00", site=OFFICE)
    day.seal(BAG3)
    assert in_both(day, database).classes == {BAG3: "overdue"}
    day.seal(BAG, at="02 14:00")
    assert set(day.ends().classes) == {BAG, BAG3}


@pytest.mark.parametrize("labels", [LABELS_MAX, LABELS_MAX + 1, 400])
def test_more_labels_than_a_package_can_have(labels: int, database: Database) -> None:
    """一包换几百次标签：到限为止，之后的标签自成一包，没有来历。"""
    day, codes = Telling(), [stock_code("500114", number) for number in range(1, labels + 2)]
    for first in range(0, len(codes), CODES_MAX):
        day.issue(*codes[first : first + CODES_MAX])
    day.seal(codes[0])
    for number in range(labels):
        day.tell(
            CLINIC,
            "relabelled",
            at="02 09:00",
            after_ms=number * 1000,
            codes=[codes[number]],
            new_code=codes[number + 1],
            **TORN,
        )
    collected(day, codes[-1])
    end = in_both(burnt(day, codes[-1]), database, step_max=300)
    ghost = {} if labels <= LABELS_MAX else {codes[-1]: "unsealed"}
    assert end.classes == {codes[0]: "overdue" if ghost else "safely_disposed"} | ghost


def test_what_a_stranger_calls_a_label_of_mine_does_not_show_it_in_a_room(database: Database) -> None:
    """外人说我的包换了标签：清点时见到那张标签，不等于见到我的包。"""
    day = Telling()
    day.clinic_seals(BAG)
    day.tell(CLINIC, "stored", at="02 08:30", codes=[BAG], room="暂存间")
    relabels(day, BAG, BAG2, at="02 09:00", site=STRANGER)
    day.tell(CLINIC, "counted", at="02 12:00", codes=[BAG2], room="暂存间", complete=True)
    assert "stock_imbalance" in in_both(day, database, at="02 13:00").findings
