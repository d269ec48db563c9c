"""The power goes at any moment: what was acknowledged is there, at its place, and the log is whole.

The product's own store runs on a disk in memory that remembers every write and sync; hundreds of images of what a real disk
could hold are opened again. `make faults` takes thousands.
"""

import itertools
import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import StaticPool

from schemas.canonical import encode_base64
from tests.faults import apsw_dbapi
from tests.faults.disk import Disk, MemoryVFS
from tests.store.logs import Log, stored_note
from wasteledger.audit.fsck import check_log
from wasteledger.domain.merkle import leaf_hash
from wasteledger.errors import DatabaseError
from wasteledger.store import database as module
from wasteledger.store.database import Database
from wasteledger.store.ledger import Ledger

IMAGES = int(os.environ.get("WASTELEDGER_FAULT_IMAGES", "300"))
FAULTS = max(40, IMAGES // 5)
NORMAL = 1
FILE = "ledger.db"
_numbers = itertools.count(1)


class Rig:
    """Opens databases on a disk of the test, and on the real one."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.path = str(folder / FILE)
        self._monkeypatch = monkeypatch
        self._vfs: list[MemoryVFS] = []

    def open(self, disk: Disk) -> Database:
        name = f"memory{next(_numbers)}"
        self._vfs.append(MemoryVFS(name, disk))
        with self._monkeypatch.context() as patched:
            patched.setattr(apsw_dbapi, "vfs", [name])
            patched.setattr(module, "create_engine", _engine)
            return Database(f"sqlite:///{self.path}")

    def reopen(self, files: dict[str, bytes]) -> Database:
        """The image on the real disk, opened as after a restart."""
        for suffix in ("", "-wal", "-shm", "-journal"):
            Path(self.path + suffix).unlink(missing_ok=True)
        for name, content in files.items():
            Path(name).write_bytes(content)
        return Database(f"sqlite:///{self.path}")


def _engine(url: object, **_options: object) -> object:
    return create_engine(url, module=apsw_dbapi, poolclass=StaticPool)  # type: ignore[call-overload]


@pytest.fixture
def rig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Rig:
    monkeypatch.setitem(module._PRAGMAS, "wal_autocheckpoint", 25)  # so that images hold checkpoints at work, too
    return Rig(tmp_path, monkeypatch)


def work(database: Database, disk: Disk, chance: random.Random, batches: int = 30) -> None:
    """Takes in batches, and notes on the disk what was acknowledged."""
    log = Log(database)
    for _ in range(batches):
        notes = [stored_note(log.clinic, f"库{number}") for number in range(chance.choice((1, 1, 2, 5, 20)))]
        for verdict in log.send(*notes):
            assert verdict.verdict == "new"
            disk.note(f"{verdict.index} {verdict.leaf_hash}")


def missing(database: Database, acknowledged: list[str]) -> list[str]:
    """Acknowledged entries that are not at their place."""
    with database.read() as connection:
        ledger = Ledger(connection)
        stored = {index: encode_base64(leaf_hash(content)) for index, content in ledger.contents()}
    return [word for word in acknowledged if stored.get(int(word.split()[0])) != word.split()[1]]


def lost_in(rig: Rig, disk: Disk, seeds: Iterator[int]) -> tuple[int, int]:
    """How many images lost an acknowledged entry, and how many acknowledgements were looked at."""
    losses = looked = 0
    for seed in seeds:
        chance = random.Random(seed)
        cut = chance.randrange(1, len(disk.operations))
        database = rig.reopen(disk.image(cut, chance))
        with database.read() as connection:
            assert connection.execute(text("PRAGMA integrity_check")).scalar() == "ok", f"seed {seed}"
        acknowledged = disk.notes_before(cut)
        losses += bool(missing(database, acknowledged))
        looked += len(acknowledged)
        assert check_log(database).problems == [], f"seed {seed}"
        database.close()
    return losses, looked


def test_no_acknowledged_scan_is_lost_when_the_power_goes(rig: Rig) -> None:
    disk = Disk()
    database = rig.open(disk)
    work(database, disk, random.Random(1))
    losses, looked = lost_in(rig, disk, iter(range(IMAGES)))
    database.close()
    assert losses == 0
    assert looked > 10 * IMAGES


def test_the_same_test_notices_a_log_that_is_not_synced(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test of the test: with synchronous=NORMAL an acknowledged scan must get lost in some image."""
    monkeypatch.setitem(module._PRAGMAS, "synchronous", NORMAL)
    disk = Disk()
    database = rig.open(disk)
    work(database, disk, random.Random(1))
    monkeypatch.undo()
    losses, _ = lost_in(rig, disk, iter(range(60)))
    database.close()
    assert losses > 10


@pytest.mark.parametrize(("kind", "said"), [("write", "full"), ("sync", "disk I/O error")])
def test_a_disk_that_refuses_loses_nothing_acknowledged(rig: Rig, kind: str, said: str) -> None:
    """Full on a write, or an error on a sync, at any moment; the process ends, and the next one finds all it acknowledged."""
    base = Disk()
    rig.open(base).close()
    refused = 0
    for seed in range(FAULTS):
        chance = random.Random(seed)
        disk = Disk({name: bytes(content) for name, content in base.files.items()})
        database = rig.open(disk)
        disk.fault = _fault_after(chance.randrange(60), kind)
        error = _refusal(database, disk, chance)
        if error:
            refused += 1
            assert said in str(error)
            assert (database.failed_commit is not None) == (kind == "sync" and error.statement is None)
        if database.failed_commit:
            with pytest.raises(DatabaseError, match="restart"), database.write():
                pass
        disk.fault = lambda _kind: None
        acknowledged = disk.notes_before(len(disk.operations))
        again = rig.reopen({name: bytes(content) for name, content in disk.files.items()})
        assert missing(again, acknowledged) == [], f"seed {seed}"
        assert check_log(again).problems == [], f"seed {seed}"
        again.close()
        database.close()
    assert refused > FAULTS // 3


def _refusal(database: Database, disk: Disk, chance: random.Random) -> DBAPIError | None:
    """What the disk said when it refused; an error of the commit itself names no statement."""
    try:
        work(database, disk, chance, batches=12)
    except DBAPIError as error:
        return error
    return None


def _fault_after(operations: int, kind: str) -> Callable[[str], None]:
    counter = itertools.count()

    def fault(asked: str) -> None:
        if next(counter) >= operations and asked == kind:
            raise apsw_dbapi.apsw.FullError if kind == "write" else apsw_dbapi.apsw.IOError

    return fault
