"""Attack 12 where it does not go through a row: bits of the database file, published files, the register."""

import hashlib
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from schemas.errors import WasteLedgerError
from tests.store.logs import stored_note
from tests.store.test_recovery import Running
from tests.store.test_signer import KEY, Signed
from wasteledger.audit.fsck import check_log
from wasteledger.errors import DatabaseError, TamperedError
from wasteledger.settings import Settings
from wasteledger.store.database import Database


@pytest.fixture
def signed(database: Database, tmp_path: Path) -> Signed:
    """A log of events, one fork and one published checkpoint."""
    made = Signed(database, tmp_path / "signed")
    made.grow(4)
    made.log.clinic.number -= 1
    made.log.send(stored_note(made.log.clinic, "别处"))
    made.signer()
    made.published.write_key(KEY.verifier.text)
    made.round()
    assert check_log(database, made.published).problems == []
    return made


def test_a_file_of_the_published_log_that_was_edited(signed: Signed) -> None:
    for path in sorted((signed.folder / "log" / "tile").rglob("*")):
        if path.is_file():
            good = path.read_bytes()
            path.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
            assert any("published file" in problem for problem in _fresh_problems(signed)), path
            path.write_bytes(good)
    assert _fresh_problems(signed) == []


def _fresh_problems(signed: Signed) -> list[str]:
    """As the next process would see it, with nothing at hand."""
    signed.published._kept.clear()
    return check_log(signed.log.database, signed.published).problems


def test_bits_of_the_database_file(tmp_path: Path) -> None:
    """One bit in every hundredth byte of every page in use: noticed by fsck, or the file is refused with a sentence."""
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    made = Signed(Database(url), tmp_path / "signed")
    made.grow(3)
    made.published.write_key(KEY.verifier.text)
    made.round()
    made.log.database.close()
    file, unnoticed, looked = tmp_path / "ledger.db", [], 0
    good = file.read_bytes()
    facts = _facts(url)
    for place in range(0, len(good), 101):
        file.write_bytes(good[:place] + bytes([good[place] ^ 1 << place % 8]) + good[place + 1 :])
        for suffix in ("-wal", "-shm"):
            Path(f"{file}{suffix}").unlink(missing_ok=True)
        looked += 1
        try:
            database = Database(url)
        except DatabaseError:
            continue
        made.log.database = database
        try:
            if not check_log(database, made.published).problems and _facts(url) != facts:
                unnoticed.append(place)
        except (WasteLedgerError, DBAPIError):
            pass
        finally:
            database.close()
    assert looked > 100
    assert unnoticed == []


def _facts(url: str) -> Any:
    """Everything the log stands for; a flipped bit in a free page or a schema comment changes none of it."""
    database = Database(url)
    tables = ("entry", "device_event", "odd_event", "tree", "device", "boot", "checkpoint")
    try:
        with database.read() as connection:
            return {
                table: [tuple(row) for row in connection.execute(text(f"SELECT * FROM {table}"))]  # noqa: S608 - names above
                for table in tables
            }
    except DBAPIError:
        return None
    finally:
        database.close()


def test_an_edited_register_is_not_the_one_in_the_log(tmp_path: Path, database_url: str) -> None:
    running = Running(Settings(data_dir=tmp_path / "data", database_url=database_url))
    assert check_log(running.service.database).problems == []
    with running.service.database.write() as connection:
        connection.execute(text("UPDATE register_version SET content = replace(content, '卫生', '卫牲')"))
    assert any("register" in problem for problem in check_log(running.service.database).problems)
    running.service.close()


def test_the_signer_stops_at_an_edit_that_came_before_its_signature(signed: Signed) -> None:
    signed.grow(1)
    with signed.log.database.write() as connection:
        connection.execute(text("UPDATE tree SET frontier = :f"), {"f": hashlib.sha256(b"edited").digest() * 3})
    with pytest.raises((TamperedError, WasteLedgerError)):
        signed.round()
