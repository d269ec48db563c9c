"""The register and the past on the command line: what a person at the bureau types and reads."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from schemas.errors import WasteLedgerError
from tests.conftest import DISTRICT
from tests.stories_builder import CLINIC, INFECTIOUS, OTHER_CLINIC, TRANSFER, Teller, ms
from wasteledger import clock
from wasteledger.cli import cli
from wasteledger.flows.accept_batch import accept_batch
from wasteledger.flows.due import due_list
from wasteledger.flows.service import Service
from wasteledger.settings import Settings

BAGS = ("M50011400000001V", "M50011400000002T")
ORIGIN = "ledger.example.org/qianjiang"


class Desk:
    """A bureau's computer: the command line, a file to edit, and a clock."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.environment = {"WASTELEDGER_DATA_DIR": str(folder / "data"), "WASTELEDGER_DATABASE_URL": ""}
        self.file = folder / "district.yaml"
        self.fields: dict[str, Any] = yaml.safe_load(DISTRICT.read_text(encoding="utf-8"))
        self.tellers: dict[str, Teller] = {}
        self.now_ms = ms("01 08:00")
        monkeypatch.setattr(clock, "now_ms", lambda: self.now_ms)

    def type(self, *words: str) -> str:
        result = CliRunner().invoke(cli, list(words), env=self.environment)
        if isinstance(result.exception, WasteLedgerError):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.output

    def load(self, at: str, *words: str) -> str:
        self.now_ms = ms(at)
        self.file.write_text(yaml.safe_dump(self.fields, allow_unicode=True), encoding="utf-8")
        return self.type("load", str(self.file), *words)

    def site(self, code: str) -> dict[str, Any]:
        found: dict[str, Any] = next(site for site in self.fields["sites"] if site["code"] == code)
        return found

    def seal(self, *sealings: tuple[str, str, str]) -> None:
        """(Site, bag, moment): sealed, and received at once."""
        service = Service(Settings(data_dir=self.folder / "data", database_url=""))
        for site, bag, at in sealings:
            self.now_ms = ms(at)
            if site not in self.tellers:
                self.tellers[site] = teller = Teller(site, origin=ORIGIN)
                teller.previous = service.office().enrol([(teller.key, site)])[0].leaf_hash or ""
            teller = self.tellers[site]
            note = teller.note(
                "sealed", occurred_ms=self.now_ms, codes=[bag], waste_code=INFECTIOUS, package="bag", mass_g=1000,
                mass_source="scale",
            )  # fmt: skip
            accept_batch(service.database, [note.decode()], origin=ORIGIN, node="node1")
        service.close()


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    return Desk(tmp_path, monkeypatch)


def test_loading_says_from_when_an_edit_holds_and_the_list_shows_every_version(desk: Desk) -> None:
    assert desk.load("01 08:00").rstrip().endswith("people in force")
    assert "already; nothing is changed" in desk.load("02 08:00")
    desk.site(CLINIC)["beds"] = 9
    assert desk.load("10 08:00", "--from", "2026-11-20").rstrip().endswith("in force from 2026-11-20")
    desk.site(CLINIC)["beds"] = 8
    with pytest.raises(WasteLedgerError, match="--decision"):
        desk.load("12 08:00", "--from", "2026-11-05")
    said = desk.load("12 08:00", "--from", "2026-11-05", "--decision", "局务会 11 号")
    assert "retroactive: what happened since 2026-11-05 is judged anew, by decision: 局务会 11 号" in said
    assert "version 2, which was to hold from 2026-11-20, is overruled" in said
    rows = json.loads(desk.type("registers", "--json"))
    assert [(row["number"], row["holds_from"], row["decision"]) for row in rows] == [
        (1, None, ""), (2, "2026-11-20", ""), (3, "2026-11-05", "局务会 11 号"),
    ]  # fmt: skip
    assert "一直有效" in desk.type("registers")


def test_rules_and_sites_are_shown_as_they_hold_today(desk: Desk) -> None:
    desk.load("01 08:00")
    desk.fields["rules"] = [{"key": "acceptance_h", "value": 7, "basis": "试"}]
    desk.site(CLINIC)["closed_on"] = "2026-11-25"
    desk.load("02 08:00", "--from", "2026-11-20")
    assert "acceptance_h\t7\t" not in desk.type("rules", "show")
    desk.now_ms = ms("20 08:00")
    assert "acceptance_h\t7\t" in desk.type("rules", "show")
    assert "已关闭" not in desk.type("sites")
    desk.now_ms = ms("26 08:00")
    assert f"{CLINIC}\t" in desk.type("sites")
    assert "已关闭" in desk.type("sites")


def test_a_figure_that_was_reported_is_had_again(desk: Desk) -> None:
    desk.load("01 08:00")
    desk.seal((CLINIC, BAGS[0], "02 08:00"))
    question = ("reconcile", "--from", "2026-11-01", "--to", "2026-11-30", "--json")
    reported = json.loads(desk.type(*question))
    item = desk.type("item", BAGS[0], "--json")
    desk.seal((OTHER_CLINIC, BAGS[1], "05 08:00"))
    desk.site(CLINIC)["name"] = "改名卫生室"
    desk.load("20 08:00")
    size = str(reported["tree_size"])
    assert json.loads(desk.type(*question, "--at-size", size)) == reported
    assert len(json.loads(desk.type(*question))["items"]) == 2
    assert desk.type("item", BAGS[0], "--at-size", size, "--json") == item
    as_of = json.loads(desk.type(*question, "--as-of", "2026-11-02"))
    assert ([row["code"] for row in as_of["items"]], as_of["as_of_ms"]) == ([BAGS[0]], ms("03 00:00") - 1)
    assert BAGS[0] in desk.type("item", BAGS[0], "--as-of", "2026-11-02")
    with pytest.raises(WasteLedgerError, match="speaks of it at that time"):
        desk.type("item", BAGS[1], "--as-of", "2026-11-02")


def test_what_a_merged_clinic_had_to_do_its_successor_has_to(desk: Desk) -> None:
    """One bag was due before the merging, one after it."""
    desk.load("01 08:00")
    desk.seal((CLINIC, BAGS[0], "02 08:00"))
    desk.site(CLINIC).update(closed_on="2026-11-10", successor=TRANSFER)
    desk.load("08 08:00", "--from", "2026-11-10")
    desk.seal((CLINIC, BAGS[1], "09 20:00"))
    service = Service(Settings(data_dir=desk.folder / "data", database_url=""))
    desk.now_ms = ms("09 21:00")
    until_ms = ms("30 08:00")
    assert BAGS[0] in {row.subject for row in due_list(service, CLINIC, until_ms)}
    desk.now_ms = ms("12 08:00")
    assert due_list(service, CLINIC, until_ms) == []
    assert {row.subject for row in due_list(service, TRANSFER, until_ms)} == set(BAGS)
    assert {row.site for row in due_list(service, None, until_ms)} == {TRANSFER}
    service.close()
