"""What the witness knows, in an SQLite file of its own; the one place outside store/ with SQL, since it is another party's.

For each log the newest tree it cosigned; every cosignature it ever gave; and as evidence every checkpoint that a log signed and
that does not continue the tree it signed before.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from wasteledger.domain.checkpoint import Checkpoint
from wasteledger.domain.merkle import EMPTY_ROOT
from wasteledger.errors import DatabaseError

#: Contradictions kept for each log; more of them prove nothing more.
EVIDENCE_MAX = 1_000

_TABLES = """
CREATE TABLE IF NOT EXISTS newest (
    origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL, note BLOB NOT NULL, time_s INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS given (
    number INTEGER PRIMARY KEY, origin TEXT NOT NULL, size INTEGER NOT NULL, root BLOB NOT NULL, time_s INTEGER NOT NULL,
    line BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS evidence (
    note BLOB PRIMARY KEY, origin TEXT NOT NULL, against BLOB NOT NULL, reason TEXT NOT NULL, time_s INTEGER NOT NULL
) STRICT;
"""
_PRAGMAS = {"journal_mode": "wal", "synchronous": 2}


class Newest(NamedTuple):
    """The newest checkpoint of a log that was cosigned."""

    size: int
    root: bytes
    note: bytes
    time_s: int


NOTHING = Newest(0, EMPTY_ROOT, b"", 0)


class Evidence(NamedTuple):
    """A checkpoint that its log signed although it does not continue what it had signed before.

    Attributes:
        note: the one refused.
        against: the one cosigned before; empty when the contradiction lies in the note itself.
    """

    origin: str
    note: bytes
    against: bytes
    reason: str
    time_s: int


class WitnessState:
    """The witness's memory; one caller at a time."""

    def __init__(self, path: Path) -> None:
        """Opens the file, and makes it where it is missing.

        Raises:
            DatabaseError: it can not be used.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._lock = Lock()
        with self._connection() as connection:
            connection.executescript(_TABLES)

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._lock, closing(sqlite3.connect(self._path, isolation_level=None, timeout=10)) as connection:
                for name, value in _PRAGMAS.items():
                    connection.execute(f"PRAGMA {name}={value}")
                    if connection.execute(f"PRAGMA {name}").fetchone()[0] != value:
                        message = f"{self._path}: {name} can not be set to {value}; use a disk of this machine"
                        raise DatabaseError(message)
                yield connection
        except sqlite3.Error as error:
            message = f"the witness's state {self._path} can not be used ({error}): nothing is cosigned until it can"
            raise DatabaseError(message) from error

    @contextmanager
    def deciding(self) -> Iterator["Decision"]:
        """One transaction around look, check and update: committed, with fsync, when the block ends."""
        with self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield Decision(connection)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def newest(self, origin: str) -> Newest:
        """The newest cosigned tree of a log."""
        with self._connection() as connection:
            return Decision(connection).newest(origin)

    def given(self, origin: str) -> list[tuple[int, bytes, int]]:
        """Every cosignature ever given for a log: size, root, time."""
        query = "SELECT size, root, time_s FROM given WHERE origin = ? ORDER BY number"
        with self._connection() as connection:
            return connection.execute(query, (origin,)).fetchall()

    def evidence(self) -> list[Evidence]:
        """Every contradiction, oldest first."""
        query = "SELECT origin, note, against, reason, time_s FROM evidence ORDER BY time_s, rowid"
        with self._connection() as connection:
            return [Evidence(*row) for row in connection.execute(query)]


class Decision:
    """The state inside the deciding transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def newest(self, origin: str) -> Newest:
        """The newest cosigned tree of a log; the empty one before the first."""
        query = "SELECT size, root, note, time_s FROM newest WHERE origin = ?"
        row = self._connection.execute(query, (origin,)).fetchone()
        return Newest(*row) if row else NOTHING

    def cosigned(self, checkpoint: Checkpoint, note: bytes, line: bytes, *, time_s: int) -> None:
        """Remembers a cosignature that will be given once this has been committed."""
        values = (checkpoint.origin, checkpoint.size, checkpoint.root)
        self._connection.execute("INSERT OR REPLACE INTO newest VALUES (?, ?, ?, ?, ?)", (*values, note, time_s))
        self._connection.execute(
            "INSERT INTO given (origin, size, root, time_s, line) VALUES (?, ?, ?, ?, ?)", (*values, time_s, line)
        )

    def keep(self, evidence: Evidence) -> None:
        """Keeps a contradiction, once."""
        count = self._connection.execute(
            "SELECT count(*) FROM evidence WHERE origin = ?", (evidence.origin,)
        ).fetchone()[0]
        if count < EVIDENCE_MAX:
            self._connection.execute(
                "INSERT OR IGNORE INTO evidence (origin, note, against, reason, time_s) VALUES (?, ?, ?, ?, ?)",
                evidence,
            )
