"""A register is edited from a day on; every version stays, in the database, the log, its export and every backup."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text

from schemas.errors import WasteLedgerError
from schemas.events import Ruled, parse_event
from schemas.signing import parse_note
from tests.conftest import DISTRICT
from tests.stories_builder import ms
from wasteledger import clock
from wasteledger.audit.backup import back_up, restore
from wasteledger.audit.fsck import check_log
from wasteledger.domain.entry import decode_entry
from wasteledger.domain.register import digest_of_rows, register_digest
from wasteledger.errors import NotFoundError, QueryError, RegisterError
from wasteledger.flows.export_log import export_log
from wasteledger.flows.load_register import Loaded, load_register, read_register
from wasteledger.flows.published import Published
from wasteledger.flows.replay import recover
from wasteledger.flows.service import Service
from wasteledger.settings import Settings
from wasteledger.store import database as module
from wasteledger.store.blobs import Blobs
from wasteledger.store.district import DistrictStore
from wasteledger.store.ledger import Ledger

CLINIC = "C500114105001"
DECISION = "区局 2026-11 号会议纪要"


class Bureau:
    """A service, the district's file, and the clock on the wall."""

    def __init__(self, folder: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.settings = Settings(data_dir=folder / "data", database_url=database_url)
        self.service = Service(self.settings)
        self.file = folder / "district.yaml"
        self.fields: dict[str, Any] = yaml.safe_load(DISTRICT.read_text(encoding="utf-8"))
        self.now_ms = ms("01 08:00")
        monkeypatch.setattr(clock, "now_ms", lambda: self.now_ms)

    def load(self, at: str, *, beds: int | None = None, **asked: Any) -> Loaded:
        """At a moment of November 2026, loads the file with so many beds at the clinic."""
        self.now_ms = ms(at)
        if beds is not None:
            next(site for site in self.fields["sites"] if site["code"] == CLINIC)["beds"] = beds
        self.file.write_text(yaml.safe_dump(self.fields, allow_unicode=True), encoding="utf-8")
        return load_register(self.service, self.file, **asked)

    def beds(self, at: str) -> int | None:
        return self.service.directory().at(ms(at)).sites[CLINIC].beds

    def ruled(self) -> list[Ruled]:
        """What the log says of registers."""
        with self.service.database.read() as connection:
            contents = [content for _, content in Ledger(connection).contents()]
        events = [parse_event(parse_note(decode_entry(content).note).payload()) for content in contents]
        return [event for event in events if isinstance(event, Ruled)]

    def problems(self) -> list[str]:
        return check_log(self.service.database).problems


@pytest.fixture
def bureau(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bureau]:
    made = Bureau(tmp_path, database_url, monkeypatch)
    yield made
    made.service.close()


def test_an_edit_holds_from_the_day_on_which_it_is_loaded(bureau: Bureau) -> None:
    first = bureau.load("01 08:00", beds=3)
    second = bureau.load("10 15:00", beds=30)
    assert [bureau.beds(at) for at in ("01 00:00", "09 23:59", "10 00:00")] == [3, 3, 30]
    told = [(event.basis, event.holds_from, event.decision) for event in bureau.ruled()]
    assert told == [(first.version.digest, None, None), (second.version.digest, "2026-11-10", None)]
    assert bureau.service.directory().sites[CLINIC].beds == 30
    assert bureau.problems() == []


def test_what_is_in_force_is_not_loaded_again(bureau: Bureau) -> None:
    bureau.load("01 08:00", beds=3)
    assert bureau.load("02 08:00").is_new is False
    bureau.load("10 08:00", beds=30)
    assert bureau.load("11 08:00").is_new is False
    assert len(bureau.ruled()) == len(bureau.service.directory().history.versions) == 2  # type: ignore[union-attr]
    assert bureau.load("12 08:00", beds=3).is_new is True  # back to what it was is an edit too
    assert [bureau.beds(at) for at in ("09 12:00", "11 12:00", "12 12:00")] == [3, 30, 3]
    assert bureau.problems() == []


def test_a_day_that_has_passed_needs_a_decision_which_the_log_holds(bureau: Bureau) -> None:
    bureau.load("01 08:00", beds=3)
    for decision in ("", "  "):
        with pytest.raises(RegisterError, match=r"--from 2026-11-05 has passed .*--decision"):
            bureau.load("10 08:00", beds=30, holds_from="2026-11-05", decision=decision)
    assert bureau.beds("11 08:00") == 3
    assert bureau.load("10 08:00", beds=30, holds_from="2026-11-05", decision=DECISION).version.is_retroactive
    assert [bureau.beds(at) for at in ("04 23:59", "05 00:00")] == [3, 30]
    directory = bureau.service.directory()
    known = [directory.known_at(ms(at)).sites[CLINIC].beds for at in ("05 00:00", "09 23:59", "10 00:00")]
    assert known == [3, 3, 30]
    last = bureau.ruled()[-1]
    assert (last.holds_from, last.decision) == ("2026-11-05", DECISION)
    assert bureau.problems() == []


def test_an_edit_may_be_loaded_for_a_day_to_come_and_says_when_it_is_overruled(bureau: Bureau) -> None:
    bureau.load("01 08:00", beds=3)
    bureau.load("02 08:00", beds=30, holds_from="2026-11-20")
    assert [bureau.beds(at) for at in ("03 08:00", "20 00:00")] == [3, 30]
    done = bureau.load("05 08:00", beds=4)
    assert [str(row.holds_from) for row in done.overruled] == ["2026-11-20"]
    assert [bureau.beds(at) for at in ("04 08:00", "05 08:00", "20 00:00")] == [3, 4, 4]


@pytest.mark.parametrize(
    ("asked", "error", "said"),
    [
        ({"holds_from": "gestern"}, QueryError, "--from 'gestern' is no day"),
        ({"holds_from": "2026-02-30"}, QueryError, "is no day"),
        ({"decision": "x" * 201}, RegisterError, "--decision: 201 characters"),
    ],
)
def test_a_bad_day_or_decision_is_explained_and_changes_nothing(
    bureau: Bureau, asked: dict[str, str], error: type[WasteLedgerError], said: str
) -> None:
    bureau.load("01 08:00", beds=3)
    with pytest.raises(error, match=said):
        bureau.load("10 08:00", beds=30, **asked)
    assert len(bureau.ruled()) == 1


def test_the_first_register_holds_for_ever_back(bureau: Bureau) -> None:
    with pytest.raises(RegisterError, match="beginning of time; leave --from out"):
        bureau.load("05 08:00", holds_from="2026-11-01")
    with pytest.raises(NotFoundError, match="no district is loaded"):
        bureau.service.directory()
    bureau.load("05 08:00", beds=3)
    assert bureau.service.directory().at(0).sites[CLINIC].beds == 3


def test_row_and_event_are_there_together_or_not_at_all(bureau: Bureau, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is full in the moment in which the row is written: the event must not stand in the log alone."""
    bureau.load("01 08:00", beds=3)

    def fails(*_: object) -> None:
        message = "database or disk is full"
        raise OSError(message)

    with monkeypatch.context() as patch:
        patch.setattr(DistrictStore, "save_register", fails)
        with pytest.raises(OSError, match="full"):
            bureau.load("10 08:00", beds=30)
    assert (len(bureau.ruled()), bureau.beds("11 08:00"), bureau.problems()) == (1, 3, [])


def test_two_processes_see_each_others_versions(bureau: Bureau) -> None:
    bureau.load("01 08:00", beds=3)
    assert bureau.service.directory() is bureau.service.directory()
    other = Service(bureau.settings)
    assert other.directory().sites[CLINIC].beds == 3
    bureau.load("10 08:00", beds=30)
    assert other.directory().sites[CLINIC].beds == 30
    other.close()


def test_a_name_is_erased_in_every_version(bureau: Bureau) -> None:
    person, name = bureau.fields["people"][0], "欧阳明月"
    person["name"] = name
    bureau.load("01 08:00", beds=3)
    bureau.load("10 08:00", beds=30)
    person["name"], person["phone"] = "已删除", ""
    assert (bureau.load("11 08:00").is_new, len(bureau.ruled())) == (False, 2)
    with bureau.service.database.read() as connection:
        kept = [DistrictStore(connection).version_text(number) for number in (1, 2)]
    assert [name in content for content in kept] == [False, False]
    assert bureau.problems() == []


def test_an_auditor_gets_every_version_by_its_digest_and_no_names(bureau: Bureau, tmp_path: Path) -> None:
    person = bureau.fields["people"][0]
    person["name"], person["phone"] = "欧阳明月", "13800001111"
    digests = [bureau.load("01 08:00", beds=3).version.digest, bureau.load("10 08:00", beds=30).version.digest]
    bureau.service.signer().round()
    export_log(bureau.service, tmp_path / "export")
    files = {f"sha256:{path.stem}": path.read_bytes() for path in (tmp_path / "export" / "registers").iterdir()}
    assert set(files) == set(digests) == {f"sha256:{hashlib.sha256(content).hexdigest()}" for content in files.values()}
    for content in files.values():
        assert not {"欧阳明月", "13800001111"} & set(content.decode().split('"'))
        assert person["actor"] in content.decode()
    beds = [
        next(site for site in json.loads(files[digest])["sites"] if site["code"] == CLINIC)["beds"]
        for digest in digests
    ]
    assert beds == [3, 30]


def test_what_is_not_published_is_not_exported(bureau: Bureau, tmp_path: Path) -> None:
    bureau.load("01 08:00", beds=3)
    bureau.service.signer().round()
    bureau.load("10 08:00", beds=30)
    export_log(bureau.service, tmp_path / "export")
    assert len(list((tmp_path / "export" / "registers").iterdir())) == 1


def test_a_backup_has_every_version(bureau: Bureau, tmp_path: Path) -> None:
    bureau.load("01 08:00", beds=3)
    bureau.load("10 08:00", beds=30, holds_from="2026-11-05", decision=DECISION)
    back_up(bureau.service.database, bureau.settings, tmp_path / "backup")
    fresh = Settings(data_dir=tmp_path / "new", database_url="")
    restore(tmp_path / "backup", fresh)
    restored = Service(fresh)
    assert restored.directory().digest == bureau.service.directory().digest
    assert restored.directory().at(ms("04 12:00")).sites[CLINIC].beds == 3
    assert check_log(restored.database).problems == []
    restored.close()


def test_a_database_recovered_from_an_export_judges_by_the_same_versions(bureau: Bureau, tmp_path: Path) -> None:
    bureau.load("01 08:00", beds=3)
    bureau.load("10 08:00", beds=30, holds_from="2026-11-05", decision=DECISION)
    bureau.service.signer().round()
    export_log(bureau.service, tmp_path / "export")
    fresh = Service(Settings(data_dir=tmp_path / "new", database_url=""))
    assert recover(fresh.database, Published(Blobs(tmp_path / "export"))).registers_missing == ()
    assert fresh.directory().digest == bureau.service.directory().digest
    assert fresh.directory().known_at(ms("06 12:00")).sites[CLINIC].beds == 3
    assert check_log(fresh.database).problems == []
    fresh.close()


def test_a_log_recovered_without_its_registers_says_so_and_takes_them_from_their_files(
    bureau: Bureau, tmp_path: Path
) -> None:
    digest = bureau.load("01 08:00", beds=3).version.digest
    bureau.service.signer().round()
    fresh = Service(Settings(data_dir=tmp_path / "new", database_url=""))
    done = recover(fresh.database, bureau.service.published)
    assert done.registers_missing == (digest,)
    with pytest.raises(NotFoundError, match=f"{digest}, whose file is not at hand: load the district file again"):
        fresh.directory()
    assert any("not at hand" in problem for problem in check_log(fresh.database).problems)
    (tmp_path / "new" / "office.key").write_bytes((bureau.settings.data_dir / "office.key").read_bytes())
    size = done.after
    assert load_register(fresh, bureau.file).is_new
    assert (fresh.directory().sites[CLINIC].beds, check_log(fresh.database)[0]) == (3, size)
    assert check_log(fresh.database).problems == []
    fresh.close()


@pytest.mark.parametrize("how", ["a row is gone", "a day is changed", "the text is changed", "a decision is changed"])
def test_an_edited_history_is_found(bureau: Bureau, how: str) -> None:
    bureau.load("01 08:00", beds=3)
    bureau.load("10 08:00", beds=30, holds_from="2026-11-05", decision=DECISION)
    bureau.load("12 08:00", beds=31)
    statement = {
        "a row is gone": "DELETE FROM register_version WHERE number = 2",
        "a day is changed": "UPDATE register_version SET holds_from = '2026-11-04' WHERE number = 2",
        "the text is changed": "UPDATE register_version SET content = replace(content, '30', '31') WHERE number = 2",
        "a decision is changed": "UPDATE register_version SET decision = '' WHERE number = 2",
    }[how]
    assert bureau.problems() == []
    with bureau.service.database.write() as connection:
        connection.execute(text(statement))
    assert any("register" in problem for problem in bureau.problems())


def test_the_register_of_an_older_database_is_its_first_version(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    register = read_register(DISTRICT)
    config = Config()
    config.set_main_option("script_location", str(Path(module.__file__).parent / "migrations"))
    engine = create_engine(database_url)
    rows = [{"kind": "register", "key": "region", "content": f"{register.region}\n{register.origin}"}]
    for kind in ("divisions", "sites", "vehicles", "licences", "people", "streams", "rules", "plans"):
        rows += [
            {"kind": kind, "key": str(number), "content": row.model_dump_json()}
            for number, row in enumerate(getattr(register, kind))
        ]
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
        connection.execute(text("INSERT INTO register_row VALUES (:kind, :key, :content)"), rows)
    engine.dispose()
    bureau = Bureau(tmp_path, database_url, monkeypatch)
    assert register_digest(bureau.service.directory().register) == register_digest(register)
    basis = digest_of_rows(register.model_dump_json())
    bureau.service.office().record([{"kind": "ruled", "rule": "register", "value": 1, "basis": basis}])
    assert bureau.problems() == []
    renewed = bureau.load(
        "02 08:00"
    )  # the same district once more: from now on its digest is of a text that can be handed out
    assert (renewed.is_new, renewed.version.number, renewed.version.holds_from) == (True, 1, None)
    assert renewed.version.digest == register_digest(register)
    assert bureau.problems() == []
    assert bureau.load("03 08:00").is_new is False
    bureau.load("10 08:00", beds=30)
    assert [bureau.beds(at) for at in ("09 12:00", "10 12:00")] == [
        next(site.beds for site in register.sites if site.code == CLINIC), 30,
    ]  # fmt: skip
    assert bureau.problems() == []
    bureau.service.close()
