"""A database of an older version is carried over row by row."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text

from tests.store.logs import Log, stored_note
from tests.store.test_hello import hello
from wasteledger.audit.fsck import check_log
from wasteledger.domain.entry import decode_entry
from wasteledger.domain.merkle import leaf_hash
from wasteledger.store import database as module
from wasteledger.store.database import Database
from wasteledger.store.ledger import Ledger
from wasteledger.store.rows import TakenRow


def _first_version(url: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(module.__file__).parent / "migrations"))
    engine = create_engine(url)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    engine.dispose()


def _copy(old_url: str, made: Log) -> None:
    """Writes the rows of a log the way version 0001 stored them."""
    with made.database.read() as connection:
        ledger = Ledger(connection)
        devices = ledger.devices([made.office.key.device_id, made.clinic.key.device_id])
        names = {device.device_no: device_id for device_id, device in devices.items()}
        numbers = [(device_no, device_seq) for device_no in names for device_seq in range(5)]
        taken: list[TakenRow] = list(ledger.numbers_taken(numbers).values())
        contents = list(ledger.contents())
        odd = [
            (entry.event_id, index)
            for index, content in contents
            if (entry := decode_entry(content)).entry_class != "event"
        ]
        tree = {"size": ledger.size, "frontier": b"".join(ledger.frontier.subtrees), "ms": ledger.received_ms}
    engine = create_engine(old_url)
    with engine.begin() as connection:
        for index, content in contents:
            values = {"idx": index, "content": content, "leaf": leaf_hash(content)}
            connection.execute(text("INSERT INTO entry VALUES (:idx, :content, :leaf)"), values)
        for event_id, index in odd:
            connection.execute(text("INSERT INTO odd_event VALUES (:id, :idx)"), {"id": event_id, "idx": index})
        for row in taken:
            values = {"device": names[row.device_no], "seq": row.device_seq, "id": row.event_id, "idx": row.index}
            connection.execute(text("INSERT INTO device_event VALUES (:device, :seq, :id, :idx)"), values)
        for device_id, device in devices.items():
            values = {"id": device_id, "key": device.public_key, "site": device.site, "role": device.role}
            statement = "INSERT INTO device VALUES (:id, :key, :site, :role, :idx, NULL)"
            connection.execute(text(statement), values | {"idx": device.device_no})
        connection.execute(text("UPDATE tree SET size = :size, frontier = :frontier, received_ms = :ms"), tree)
    engine.dispose()


def test_a_log_of_the_first_version_goes_on_where_it_ended(database_url: str, tmp_path: Path) -> None:
    source = Database(f"sqlite:///{tmp_path / 'source.db'}")
    made = Log(source)
    made.send(stored_note(made.clinic), stored_note(made.clinic, "库2"), hello(made.clinic, next_seq=3))
    before = made.contents()
    _first_version(database_url)
    _copy(database_url, made)
    source.close()
    made.database = Database(database_url)
    assert made.contents() == before
    assert check_log(made.database).problems == []
    assert made.send(stored_note(made.clinic, "库3"))[0].index == len(before)
    assert made.send(hello(made.clinic, running_ms=6))[0].verdict == "noted"
    assert check_log(made.database).problems == []
    made.database.close()
