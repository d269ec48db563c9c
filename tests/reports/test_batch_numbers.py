"""A batch number that stood on a paper never names another act: filed sheets and their reprints agree, whatever is told later."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from schemas.codes import stock_code
from schemas.errors import ContractError
from tests.reports.months import AS_OF, BAGS, GARAGE, OIL, acts_of, asked_of, chains_of, rich_register
from tests.stories_builder import BOX, CLINIC, COLLECTOR, OFFICE, PHOTO, PLANT, TRANSFER, VEHICLE, Story, ms
from wasteledger import clock
from wasteledger.app import make_app
from wasteledger.domain.facts import Fact
from wasteledger.domain.hello import NO_EVENT, Hello, sign_hello
from wasteledger.domain.told import CLAIM_DAYS_MAX, told_day
from wasteledger.flows.service import Service
from wasteledger.reports import batches
from wasteledger.reports.batches import Counter, Numbers
from wasteledger.reports.ledgers import Books, production_rows, storage_in_rows
from wasteledger.settings import Settings
from wasteledger.store.district import DistrictStore
from wasteledger.store.ledger import Ledger

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS


class Office:
    """A service to which a story is told bit by bit, and whose sheets are printed in between."""

    def __init__(self, folder: Path) -> None:
        self.service = Service(Settings(data_dir=folder, database_url="", node="node1", public_pages=True, sign=False))
        self.client = TestClient(make_app(self.service))
        self.story = Story()
        self._told = 0
        with self.service.database.write() as connection:
            DistrictStore(connection).save_register(rich_register())

    def sheets(self, site: str = CLINIC, month: str = "2026-11") -> dict[str, dict[tuple[str, str], dict[str, Any]]]:
        """The sheets of a site's ledger as they are printed now: rows by batch and package."""
        with self.service.database.write() as connection:
            ledger = Ledger(connection)
            for content in self.story.entries[self._told :]:
                ledger.append(content, received_ms=0)
            ledger.flush()
        self._told = len(self.story.entries)
        reply = self.client.get(f"/v1/reports/ledger?site={site}&month={month}")
        assert reply.status_code == 200, reply.text
        return {
            table["name"]: {(row["batch"], row["package_code"]): row for row in table["rows"]}
            for table in reply.json()["tables"]
        }


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    monkeypatch.setattr(clock, "now_ms", lambda: AS_OF)
    opened = Office(tmp_path)
    yield opened
    opened.service.close()


def _struck(sheets: dict[str, dict[tuple[str, str], dict[str, Any]]], table: str) -> dict[tuple[str, str], str]:
    """Number and package of what is struck out of a table, with the reason."""
    return {key: row["why"] for key, row in sheets.get("作废编码", {}).items() if row["table"] == table}


def _agree(filed: dict[str, Any], again: dict[str, Any]) -> None:
    """Every number of a filed sheet names the same package on its reprint, in its table or struck out."""
    for name, rows in filed.items():
        if name != "作废编码":
            assert set(rows) <= set(again[name]) | set(_struck(again, name)), name


def test_a_sealing_that_is_corrected_away_keeps_its_number_and_gives_it_to_nobody(office: Office) -> None:
    story = office.story
    wrong = story.seal(BAGS[0], at="02 08:00")
    story.seal(BAGS[1], at="02 09:00")
    filed = office.sheets()
    assert list(filed["B.1 产生"]) == [("HWCS20261102001", BAGS[0]), ("HWCS20261102002", BAGS[1])]
    story.correct(BAGS[0], wrong, site=CLINIC, at="03 08:00", reason="did_not_occur")
    story.correct(BAGS[0], wrong, site=OFFICE, at="03 09:00", reason="did_not_occur", agrees_with=_last_id(story))
    again = office.sheets()
    assert list(again["B.1 产生"]) == [("HWCS20261102002", BAGS[1])]
    assert _struck(again, "B.1 产生") == {("HWCS20261102001", BAGS[0]): "作废：更正为未发生"}
    _agree(filed, again)


def _last_id(story: Story) -> str:
    return max(acts_of(story), key=lambda fact: fact.index).event_id


def test_a_record_that_arrives_late_takes_the_next_number_however_early_it_happened(office: Office) -> None:
    story = office.story
    story.seal(BAGS[0], at="02 08:00")
    story.seal(BAGS[1], at="02 09:00")
    filed = office.sheets()
    story.seal(BAGS[2], at="02 07:00", delay_ms=72 * HOUR_MS)
    again = office.sheets()
    assert {code: batch for batch, code in again["B.1 产生"]} == {
        BAGS[0]: "HWCS20261102001", BAGS[1]: "HWCS20261102002", BAGS[2]: "HWCS20261102003",
    }  # fmt: skip
    _agree(filed, again)
    assert "作废编码" not in again


def test_a_voided_package_stays_on_its_sheet(office: Office) -> None:
    office.story.seal(BAGS[0], at="02 08:00")
    filed = office.sheets()
    office.story.tell(CLINIC, "voided", at="02 12:00", codes=[BAGS[0]], reason="spoiled", attachments=[PHOTO])
    again = office.sheets()
    _agree(filed, again)


def test_a_clock_that_is_mended_moves_the_row_and_never_the_number(office: Office) -> None:
    """The handheld ran three hours slow: what it sealed in October by its clock was sealed in November."""
    story = office.story
    true_ms = ms("01 01:00")
    teller = story.teller(CLINIC)
    note = teller.note(
        "sealed", occurred_ms=true_ms - 3 * HOUR_MS, monotonic_ms=HOUR_MS, codes=[BAGS[0]], waste_code="841-001-01", package="bag",
        mass_g=1000, mass_source="scale",
    )  # fmt: skip
    story.write(note, received_ms=true_ms + MINUTE_MS)
    october = office.sheets(month="2026-10")
    assert list(october["B.1 产生"]) == [("HWCS20261031001", BAGS[0])]
    spoken = Hello(teller.key.device_id, 1, NO_EVENT, true_ms, 2 * HOUR_MS, "0123456789abcdef")
    story.write_raw(sign_hello(teller.key, spoken, origin=teller.origin), received_ms=true_ms + HOUR_MS)
    story.seal(BAGS[1], at="02 09:00")
    again, november = office.sheets(month="2026-10"), office.sheets()
    _agree(october, again)
    if _struck(again, "B.1 产生"):  # where the judgement lets a late hello move it
        assert _struck(again, "B.1 产生") == {("HWCS20261031001", BAGS[0]): "改记于 2026-11-01"}
        assert ("HWCS20261031001", BAGS[0]) in november["B.1 产生"]


def test_what_was_handed_over_together_is_one_batch_and_leads_back_to_each_sealing(office: Office) -> None:
    story = office.story
    for number, code in enumerate(BAGS[:3]):
        story.seal(code, at=f"02 08:0{number}")
    story.tell(CLINIC, "packed", at="02 08:30", codes=BAGS[:2], box=BOX)
    story.hop([BOX, BAGS[2]], CLINIC, TRANSFER, at="02 10:00")
    rows = office.sheets(TRANSFER)["B.2 入库"]
    assert {batch for batch, _ in rows} == {"HWRK20261102001"}
    assert {code: row["produced_batch"] for (_, code), row in rows.items()} == {
        code: f"HWCS2026110200{number}" for number, code in enumerate(BAGS[:3], start=1)
    }


def test_a_package_found_later_to_have_been_in_the_box_joins_its_batch(office: Office) -> None:
    story = office.story
    for number, code in enumerate(BAGS[:3]):
        story.seal(code, at=f"02 08:0{number}")
    story.tell(CLINIC, "packed", at="02 08:30", codes=BAGS[:1], box=BOX)
    story.hop([BOX], CLINIC, TRANSFER, at="02 10:00")
    story.hop([BAGS[2]], CLINIC, TRANSFER, at="02 11:00")
    filed = office.sheets(TRANSFER)
    story.tell(CLINIC, "packed", at="02 08:31", delay_ms=24 * HOUR_MS, codes=BAGS[1:2], box=BOX)
    again = office.sheets(TRANSFER)
    _agree(filed, again)
    assert ("HWRK20261102002", BAGS[2]) in again["B.2 入库"]


def test_an_acceptance_struck_out_is_shown_on_both_sides(office: Office) -> None:
    story = office.story
    story.seal(BAGS[0], at="02 08:00")
    story.seal(BAGS[1], at="02 08:10")
    story.release([BAGS[0], BAGS[1]], CLINIC, COLLECTOR, at="02 14:00")
    wrong = story.accept([BAGS[0]], CLINIC, COLLECTOR, at="02 14:05")
    story.accept([BAGS[1]], CLINIC, COLLECTOR, at="02 14:06")
    filed = office.sheets()
    assert ("HWCK20261102002", BAGS[1]) in filed["B.3 出库"]
    story.correct(BAGS[0], wrong, site=COLLECTOR, at="02 15:00", reason="did_not_occur")
    story.correct(BAGS[0], wrong, site=OFFICE, at="02 16:00", reason="did_not_occur", agrees_with=_last_id(story))
    again = office.sheets()
    _agree(filed, again)
    assert _struck(again, "B.3 出库") == {("HWCK20261102001", BAGS[0]): "作废：更正为未发生"}
    assert _struck(again, "B.5 委外利用处置") == {("HWWWCZ20261102001", BAGS[0]): "作废：更正为未发生"}


def test_a_reprint_is_the_sheet_word_for_word_while_nothing_is_told(office: Office) -> None:
    story = office.story
    story.seal(BAGS[0], at="02 08:00")
    story.to_transfer(BAGS[0])
    story.to_plant(BAGS[0])
    story.dispose(BAGS[0])
    sites = (CLINIC, TRANSFER, PLANT)
    filed = {site: office.sheets(site) for site in sites}
    for number in range(5):
        story.seal(BAGS[5 + number], at=f"28 08:0{number}", site=GARAGE, waste_code=OIL, package="drum")
    assert {site: office.sheets(site) for site in sites} == filed


def test_the_letters_of_what_is_entrusted_are_those_of_the_manifest_and_stay(office: Office) -> None:
    story = office.story
    for number, method in enumerate(("recovery", None)):
        code, manifest = BAGS[number], f"2026500100000{number + 1}"
        story.seal(code, at="02 08:00", site=GARAGE, waste_code=OIL, package="drum")
        story.draft(manifest, GARAGE, at="02 10:00", method=method, waste_codes=[OIL])
        story.hop(code, GARAGE, PLANT, at=f"02 1{number + 1}:00", manifest=manifest, vehicle=VEHICLE)
    filed = office.sheets(GARAGE)
    assert list(filed["B.5 委外利用处置"]) == [("HWWWLY20261102001", BAGS[0]), ("HWWWCZ20261102002", BAGS[1])]
    story.tell(PLANT, "disposed", at="20 10:00", codes=BAGS[:2], batch="再生1", method="recovery")
    again = office.sheets(GARAGE)
    _agree(filed, again)
    assert {row["method"] for row in again["B.5 委外利用处置"].values()} == {"利用"}


def _sealing(index: int, day: str = "02 08:00", *, received_later_ms: int = MINUTE_MS) -> Fact:
    story = Story()
    story.seal(stock_code("500114", index + 1), at=day, delay_ms=received_later_ms)
    (fact,) = [fact for fact in acts_of(story) if fact.kind == "sealed"]
    return Fact(index, fact.received_ms, f"event {index}", fact.event, fact.occurred_ms, fact.wall_ms)


def test_the_thousandth_batch_of_a_day_has_four_digits_and_beyond_the_last_is_an_error_that_names_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    facts = [_sealing(index) for index in range(3)]
    many = [
        Fact(n, facts[0].received_ms, f"event {n}", facts[0].event, facts[0].occurred_ms, facts[0].wall_ms)
        for n in range(1000)
    ]
    numbers = Numbers(many)
    assert numbers.text(Counter.PRODUCED, CLINIC, many[998]) == "HWCS20261102999"
    assert numbers.text(Counter.PRODUCED, CLINIC, many[999]) == "HWCS202611021000"
    monkeypatch.setattr(batches, "BATCH_NUMBER_MAX", 2)
    with pytest.raises(ContractError, match="HWCS20261102003"):
        Numbers(facts)


def test_numbers_are_places_in_the_log_whatever_order_they_are_asked_in() -> None:
    facts = [_sealing(index) for index in range(4)]
    forward, backward = Numbers(facts), Numbers(facts[::-1] + facts)
    for place, fact in enumerate(facts, start=1):
        assert forward.text(Counter.PRODUCED, CLINIC, fact) == f"HWCS2026110200{place}"
        assert backward.text(Counter.PRODUCED, CLINIC, fact) == forward.text(Counter.PRODUCED, CLINIC, fact)


def test_a_device_whose_battery_died_is_counted_under_the_day_of_receipt() -> None:
    honest, dead = (
        _sealing(1, received_later_ms=CLAIM_DAYS_MAX * 86_400_000),
        _sealing(2, received_later_ms=9_000 * 86_400_000),
    )
    assert told_day(honest) == told_day(_sealing(3))
    assert told_day(dead) == told_day(_sealing(3)) + 9_000


def test_what_nobody_recorded_has_no_number() -> None:
    """The centre stored a bag that it never accepted: the row is there, and no batch of it."""
    story = Story()
    story.seal(BAGS[0], at="02 08:00")
    story.tell(TRANSFER, "stored", at="02 18:00", codes=[BAGS[0]], room="暂存间1")
    books = Books(chains_of(story), acts_of(story))
    (row,) = storage_in_rows(books, asked_of(TRANSFER))
    assert (row.batch, row.produced_batch) == ("", "HWCS20261102001")
    assert [row.batch for row in production_rows(books, asked_of(CLINIC))] == ["HWCS20261102001"]
