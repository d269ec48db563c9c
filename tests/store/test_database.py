"""The unit of work and the append-only log, on SQLite and on PostgreSQL."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.conftest import DISTRICT
from wasteledger.domain.merkle import leaf_hash, tree_root
from wasteledger.errors import DatabaseError, NewerDatabaseError
from wasteledger.flows.load_register import read_register
from wasteledger.store.database import Database
from wasteledger.store.district import Account, DistrictStore
from wasteledger.store.ledger import Ledger


def _append(database: Database, *contents: bytes) -> list[int]:
    with database.write() as connection:
        ledger = Ledger(connection)
        indexes = [ledger.append(content, received_ms=1)[0] for content in contents]
        ledger.flush()
    return indexes


def _stored(database: Database) -> list[tuple[int, bytes]]:
    with database.read() as connection:
        return list(Ledger(connection).contents())


CHANGES = [
    "UPDATE entry SET content = 'x'",
    "UPDATE entry SET idx = 7 WHERE idx = 0",
    "DELETE FROM entry",
    "DELETE FROM entry WHERE idx = 1",
]


@pytest.mark.parametrize("statement", CHANGES)
def test_the_log_refuses_to_be_changed(database: Database, statement: str) -> None:
    _append(database, b"first", b"second")
    with pytest.raises(DBAPIError, match="append only"), database.write() as connection:
        connection.execute(text(statement))
    assert _stored(database) == [(0, b"first"), (1, b"second")]


def test_no_engine_has_a_way_round_the_guard(database: Database) -> None:
    """SQLite replaces rows on insert, PostgreSQL empties tables."""
    _append(database, b"first")
    statement = "INSERT OR REPLACE INTO entry VALUES (0, x'00')" if database.is_sqlite else "TRUNCATE entry"
    with pytest.raises(DBAPIError, match="append only"), database.write() as connection:
        connection.execute(text(statement))
    assert _stored(database) == [(0, b"first")]


def test_a_rollback_leaves_no_hole(database: Database) -> None:
    _append(database, b"first")
    with pytest.raises(RuntimeError, match="power"), database.write() as connection:
        ledger = Ledger(connection)
        ledger.append(b"never", received_ms=1)
        ledger.flush()
        message = "power cut"
        raise RuntimeError(message)
    assert _append(database, b"second", b"third") == [1, 2]
    assert _stored(database) == [(0, b"first"), (1, b"second"), (2, b"third")]


def test_the_tree_is_the_tree_over_the_stored_bytes(database: Database) -> None:
    contents = [f"entry {number}".encode() for number in range(11)]
    for content in contents:
        _append(database, content)
    with database.read() as connection:
        ledger = Ledger(connection)
        assert ledger.size == 11
        assert ledger.root() == tree_root([leaf_hash(content) for content in contents])
        assert ledger.entry(3) == b"entry 3"
        assert ledger.entry(11) is None


def test_a_reader_sees_one_state_while_a_writer_goes_on(database: Database) -> None:
    _append(database, b"first")
    with database.read() as connection:
        assert Ledger(connection).size == 1
        _append(database, b"second")
        assert Ledger(connection).size == 1
        assert len(list(Ledger(connection).contents())) == 1
    assert len(_stored(database)) == 2


def test_writers_in_many_threads_and_two_processes_worth_of_pools(database: Database, database_url: str) -> None:
    other = Database(database_url)
    start = threading.Barrier(8)

    def write(number: int) -> list[int]:
        start.wait()
        return [i for turn in range(5) for i in _append(other if number % 2 else database, f"{number} {turn}".encode())]

    try:
        with ThreadPoolExecutor(8) as pool:
            indexes = [index for part in pool.map(write, range(8)) for index in part]
    finally:
        other.close()
    assert sorted(indexes) == list(range(40))
    assert [index for index, _ in _stored(database)] == list(range(40))


def test_counters_have_no_gaps_and_no_doubles(database: Database) -> None:
    start = threading.Barrier(6)

    def draw(_: int) -> list[int]:
        start.wait()
        drawn: list[int] = []
        for count in (1, 3, 2):
            with database.write() as connection:
                drawn += DistrictStore(connection).draw("stock/500114", count, last=1000)
        return drawn

    with ThreadPoolExecutor(6) as pool:
        numbers = [number for part in pool.map(draw, range(6)) for number in part]
    assert sorted(numbers) == list(range(1, 37))


def test_a_counter_that_is_used_up_gives_nothing_and_loses_nothing(database: Database) -> None:
    with database.write() as connection:
        store = DistrictStore(connection)
        assert store.draw("box", 3, last=4) == range(1, 4)
        assert list(store.draw("box", 2, last=4)) == []
        assert store.draw("box", 1, last=4) == range(4, 5)
        assert list(store.draw("box", 1, last=4)) == []
        assert store.draw("other", 1, last=4) == range(1, 2)


def test_a_number_drawn_in_a_transaction_that_failed_is_drawn_again(database: Database) -> None:
    with pytest.raises(RuntimeError), database.write() as connection:
        DistrictStore(connection).draw("box", 5, last=100)
        raise RuntimeError
    with database.write() as connection:
        assert DistrictStore(connection).draw("box", 1, last=100) == range(1, 2)


def test_a_register_comes_back_as_it_was(database: Database) -> None:
    register = read_register(DISTRICT)
    with database.read() as connection:
        assert DistrictStore(connection).register() is None
    for _ in range(2):
        with database.write() as connection:
            DistrictStore(connection).save_register(register)
    with database.read() as connection:
        found = DistrictStore(connection).register()
    assert found is not None
    assert (found.region, found.origin) == (register.region, register.origin)
    for kind in ("divisions", "sites", "vehicles", "licences", "people", "streams", "rules"):
        assert set(map(repr, getattr(found, kind))) == set(map(repr, getattr(register, kind)))


def test_accounts_and_labels(database: Database) -> None:
    with database.write() as connection:
        store = DistrictStore(connection)
        store.save_labels([])
        store.save_labels([("M1", "C1", '{"a":"标签"}')])
        store.save_account(Account("wang", "hash1", "regulator", "A1"))
        store.save_account(Account("wang", "hash2", "clinic", "C1"))
        assert store.label("M1") == '{"a":"标签"}'
        assert store.label("M2") is None
        assert store.account("wang") == Account("wang", "hash2", "clinic", "C1")
        assert store.account("li") is None


def test_opening_again_changes_nothing(database: Database, database_url: str) -> None:
    _append(database, b"first")
    again = Database(database_url)
    assert _stored(again) == [(0, b"first")]
    again.close()


def test_a_database_of_a_newer_version_is_refused_and_left_alone(database: Database, database_url: str) -> None:
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(NewerDatabaseError, match=r"schema version 9999.*made by a newer version.*Install that version"):
        Database(database_url)
    with database.read() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "9999"


@pytest.mark.parametrize(
    "url",
    ["", "nonsense", "mongodb://host/x", "postgresql+psycopg://u:s3cret@127.0.0.1:1/none", "sqlite:////proc/none/x.db"],
)
def test_a_database_that_is_none_is_named_without_its_password(url: str) -> None:
    with pytest.raises(DatabaseError, match="WASTELEDGER_DATABASE_URL") as caught:
        Database(url)
    assert "s3cret" not in str(caught.value)


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "photo.db"
    path.write_bytes(b"JFIF" * 5000)
    with pytest.raises(DatabaseError, match="not a database"):
        Database(f"sqlite:///{path}")
    assert path.read_bytes() == b"JFIF" * 5000


def test_sqlite_is_set_so_that_an_acknowledged_row_survives(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'ledger.db'}")
    with database.read() as connection:
        found = {name: connection.execute(text(f"PRAGMA {name}")).scalar() for name in ("journal_mode", "synchronous")}
    database.close()
    assert found == {"journal_mode": "wal", "synchronous": 2}
