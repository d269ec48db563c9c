"""The books lead to the same chains as the whole history read from its beginning."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings

from tests.reports.months import DIRECTORY, GARAGE, NOVEMBER, acts_of, put_into, rich_register, troubled_month
from tests.reports.test_balance import END_MS, LIVES, SITES, Drawn, _live, _months
from tests.stories_builder import BAG, BAG2, CLINIC, OTHER_PLANT, PLANT, TRANSFER, Story
from wasteledger.domain.reconcile import walk_all
from wasteledger.flows.moments import Look
from wasteledger.flows.service import Service
from wasteledger.reports.documents import Made, ledger_document
from wasteledger.reports.ledgers import Asked, Books
from wasteledger.reports.periods import Period, month_period
from wasteledger.reports.sources import chains_for, concerned, ledger_sources
from wasteledger.reports.tables import Document
from wasteledger.settings import Settings


def _opened(folder: Path, story: Story) -> Service:
    service = Service(Settings(data_dir=folder, database_url="", node="node1", public_pages=True, sign=False))
    put_into(service, story, rich_register())
    return service


def _now(service: Service) -> Look:
    return Look(service.books(), service.directory(), END_MS)


def _ledger(books: Books, asked: Asked) -> Document:
    return ledger_document(books, asked, Made(0, asked.period.last))


def _check(service: Service, story: Story, site: str | None, month: Period) -> None:
    everything = walk_all(story.history(), DIRECTORY, as_of_ms=END_MS)
    wanted = concerned(everything, site, from_ms=month.from_ms, to_ms=month.to_ms)
    found = chains_for(_now(service), site, month.from_ms, month.to_ms)
    assert [chain.code for chain in found] == [chain.code for chain in wanted]
    if site is not None:
        asked = Asked(site, month, DIRECTORY)
        sources = ledger_sources(_now(service), site, month.from_ms, month.to_ms)
        assert _ledger(Books(*sources), asked) == _ledger(Books(everything, acts_of(story)), asked)


@settings(max_examples=25, deadline=None)
@given(LIVES)
def test_random_lives_are_found_by_the_books_month_by_month(drawn: list[Drawn]) -> None:
    story = _live(drawn)
    with TemporaryDirectory() as folder:
        service = _opened(Path(folder), story)
        try:
            for site in (*SITES, None):
                for month in _months():
                    _check(service, story, site, month)
        finally:
            service.close()


@pytest.mark.parametrize("site", [*SITES, GARAGE, OTHER_PLANT, None])
def test_a_troubled_month_is_found_by_the_books(tmp_path: Path, site: str | None) -> None:
    story = troubled_month()
    service = _opened(tmp_path, story)
    for month in (month_period(2026, 10), NOVEMBER, month_period(2026, 12)):
        _check(service, story, site, month)
    service.close()


def test_a_plant_that_ends_what_it_never_received_has_it_in_its_books(tmp_path: Path) -> None:
    story = Story()
    story.seal(BAG, at="02 08:00", site=CLINIC)
    story.dispose([BAG], at="03 12:00")
    service = _opened(tmp_path, story)
    found = chains_for(_now(service), PLANT, NOVEMBER.from_ms, NOVEMBER.to_ms)
    assert [chain.code for chain in found] == [BAG]
    service.close()


def test_labels_that_were_only_printed_are_in_nobodys_books(tmp_path: Path) -> None:
    story = Story()
    story.issue(BAG, at="02 08:00")
    service = _opened(tmp_path, story)
    assert chains_for(_now(service), None, NOVEMBER.from_ms, NOVEMBER.to_ms) == []
    service.close()


def test_what_was_received_before_its_sealing_is_in_the_books_of_that_month(tmp_path: Path) -> None:
    story = Story()
    story.tell(PLANT, "accepted", codes=[BAG], from_site=CLINIC, at="02 16:00")
    story.seal(BAG, at="02 08:00", after_ms=NOVEMBER.to_ms - NOVEMBER.from_ms, site=CLINIC)
    service = _opened(tmp_path, story)
    assert [chain.code for chain in chains_for(_now(service), PLANT, NOVEMBER.from_ms, NOVEMBER.to_ms)] == [BAG]
    _check(service, story, PLANT, NOVEMBER)
    service.close()


def test_opening_stock_has_its_batch_number_in_the_books(tmp_path: Path) -> None:
    story = Story()
    story.issue(BAG, BAG2, site=TRANSFER)
    story.confirm(story.declare_stock(BAG, BAG2), BAG, BAG2)
    story.to_plant(BAG)
    service = _opened(tmp_path, story)
    _check(service, story, TRANSFER, NOVEMBER)
    service.close()
