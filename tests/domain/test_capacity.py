"""How much a plant may burn in a year: renewals, licences side by side, and years that are over."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from schemas.codes import stock_code
from tests.store.logs import fill
from tests.stories_builder import COMPANY_PLANT, HOSPITAL, PLANT, Story, ms, register
from wasteledger.domain.capacity import capacities
from wasteledger.domain.legal_days import day_over_ms
from wasteledger.domain.reconcile import Question, reconcile
from wasteledger.domain.register import Directory, Register
from wasteledger.domain.register_history import RegisterVersion, directory_of
from wasteledger.flows.book_answers import answer
from wasteledger.flows.books import Books
from wasteledger.store.database import Database

T = 1_000_000


def licensed(*rows: dict[str, Any]) -> Register:
    """The district, its plant with these licences only."""
    changed = register().model_dump()
    licence = {"holder": PLANT, "activity": "dispose", "waste": ("HW01",), "capacity_t": 1}
    days = {"valid_from": date(2020, 1, 1), "valid_to": date(2029, 12, 31)}
    others = [row for row in changed["licences"] if row["holder"] != PLANT]
    changed["licences"] = [*others, *(licence | days | {"number": f"处{n}"} | row for n, row in enumerate(rows))]
    return Register.model_validate(changed)


UNTIL_NOVEMBER, FROM_NOVEMBER = {"valid_to": date(2026, 10, 31)}, {"valid_from": date(2026, 11, 1)}


@pytest.mark.parametrize(
    ("rows", "tonnes"),
    [
        ([UNTIL_NOVEMBER, FROM_NOVEMBER], 1),  # a renewal adds nothing
        ([UNTIL_NOVEMBER, {"valid_from": date(2026, 10, 16)}], 1),  # nor does one that was granted early: the seam
        ([UNTIL_NOVEMBER, {"valid_from": date(2026, 9, 1)}], 2),  # two months side by side are two furnaces
        (
            [UNTIL_NOVEMBER, FROM_NOVEMBER | {"capacity_t": 2}],
            2,
        ),  # grown in November: the new figure is one of a year too
        ([UNTIL_NOVEMBER | {"capacity_t": 2}, FROM_NOVEMBER], 2),
        ([FROM_NOVEMBER], 1),  # and so is that of a plant that began in November
        ([{"valid_from": date(2026, 12, 20)}], 1),
        ([{}, {}], 2),
        ([{}, {"number": "处0", "waste": ("HW08",)}], 1),  # one licence in two rows
        ([{}, {"capacity_t": None}], None),  # how much the second one allows nobody knows
        ([{"valid_to": date(2025, 12, 31)}], None),
    ],
)
def test_successive_licences_do_not_add_up(rows: list[dict[str, Any]], tonnes: int | None) -> None:
    found = capacities(Directory(licensed(*rows)), 2026)
    assert found.get(PLANT) == (tonnes * T if tonnes else None)
    assert found[COMPANY_PLANT] == T


def test_each_day_is_judged_by_the_register_that_holds_on_it() -> None:
    versions = [RegisterVersion(1, "first"), RegisterVersion(2, "second", date(2026, 7, 1), 0, ms("01 00:00"))]
    directory = directory_of(versions, [licensed({"capacity_t": 3}), licensed({"number": "新"})])
    assert [capacities(directory, year)[PLANT] for year in (2026, 2027)] == [3 * T, T]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(f"sqlite:///{tmp_path / 'wasteledger.db'}")
    yield opened
    opened.close()


@pytest.mark.parametrize(("asked", "found"), [("2026-11-30", 1), ("2027-02-01", 1), ("2025-12-30", 0)])
def test_a_year_that_was_exceeded_stays_a_finding(asked: str, found: int, database: Database) -> None:
    """去年超了规模，过了年仍是问题。"""
    story = Story()
    codes = [stock_code("500114", number) for number in range(1, 7)]
    for code in codes:
        story.seal(code, at="02 07:00", site=HOSPITAL, mass_g=200_000, package="drum")
    story.hop(codes, HOSPITAL, PLANT, at="02 10:00")
    story.dispose(codes, at="02 12:00")
    directory = Directory(licensed(UNTIL_NOVEMBER, FROM_NOVEMBER))
    wanted = Question("500114", "2026-11-01", "2026-11-30", day_over_ms(asked))
    plain = reconcile(story.history(), directory, **wanted._asdict())
    fill(database, story.entries)
    books = Books(database)
    books.keep(directory, directory.digest)
    assert answer(books, wanted, directory).findings == plain.findings
    books.close()
    details = [row.detail for row in plain.findings if row.code == "capacity_exceeded"]
    assert details == [f"{PLANT} 2026 年已处置 1200 kg，核准规模 1000 kg"] * found
