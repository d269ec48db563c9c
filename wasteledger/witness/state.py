"""What the witness knows, in an SQLite file of its own; the one place outside store/ with SQL, since it is another party's.

Every checkpoint it ever cosigned, the newest last; and every checkpoint that a log signed and that was refused. Of these, `fork` is
proof by itself: the log signed two roots for one size. `inconsistent` and `refused` accuse nobody, since anybody can send an honest
checkpoint with a wrong proof: they ask the log for a proof, and go away when the same tree is cosigned after all.
"""

import json
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

from schemas.canonical import encode_base64
from schemas.errors import NoteError
from wasteledger.domain.checkpoint import Checkpoint, parse_checkpoint
from wasteledger.domain.merkle import EMPTY_ROOT
from wasteledger.domain.note import cosigned_at_s, parse_signed_note
from wasteledger.errors import DatabaseError
from wasteledger.store.blobs import write_whole
from wasteledger.witness.cosignatures import CosignatureLog, record_bytes

#: Refused checkpoints kept for each log and kind; more of one kind prove nothing more and take no room from the others.
EVIDENCE_MAX = 1_000
#: The log signed another root for the same size.
FORK = "fork"
#: The proof that came with it does not lead from the cosigned tree to this one.
INCONSISTENT = "inconsistent"
#: It did not start from the cosigned tree, so nothing was compared.
REFUSED = "refused"

_TABLES = """
CREATE TABLE IF NOT EXISTS given (
    number INTEGER PRIMARY KEY, origin TEXT NOT NULL, size INTEGER NOT NULL, root BLOB NOT NULL, time_s INTEGER NOT NULL,
    note BLOB NOT NULL, file_end INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS given_size ON given (origin, size);
CREATE TABLE IF NOT EXISTS refused (
    origin TEXT NOT NULL, size INTEGER NOT NULL, root BLOB NOT NULL, note BLOB NOT NULL, against BLOB NOT NULL,
    kind TEXT NOT NULL, reason TEXT NOT NULL, time_s INTEGER NOT NULL, PRIMARY KEY (origin, size, root)
) STRICT;
"""
_PRAGMAS = {"journal_mode": "wal", "synchronous": 2}

_log = logging.getLogger(__name__)


class Newest(NamedTuple):
    """The newest checkpoint of a log that was cosigned; `note` bears the log's signature and the witness's."""

    size: int
    root: bytes
    note: bytes
    time_s: int


NOTHING = Newest(0, EMPTY_ROOT, b"", 0)


class Evidence(NamedTuple):
    """A checkpoint that its log signed and that was refused.

    Attributes:
        note: the one refused, with the log's signature.
        against: where `kind` is `fork`, the other one that the log signed for this size; else the newest cosigned one, or nothing.
        time_s: when it came, seconds since 1970.
    """

    origin: str
    size: int
    root: bytes
    note: bytes
    against: bytes
    kind: str
    reason: str
    time_s: int

    def shown(self) -> dict[str, Any]:
        """The same as JSON can carry it; notes are UTF-8 and come back byte for byte."""
        texts = {"root": encode_base64(self.root), "note": self.note.decode(), "against": self.against.decode()}
        return self._asdict() | texts

    @property
    def file_name(self) -> str:
        """A name that no other case has."""
        return f"{sha256(self.origin.encode()).hexdigest()[:8]}-{self.size}-{self.root.hex()}.json"


class WitnessState:
    """The witness's memory; one caller at a time."""

    def __init__(self, path: Path) -> None:
        """Opens the file, and makes it where it is missing; `cosignatures` and `evidence/` lie beside it.

        Raises:
            DatabaseError: it can not be used.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._given = CosignatureLog(path.with_name("cosignatures"))
        self._evidence = path.with_name("evidence")
        self._lock = Lock()
        with self._connection() as connection:
            connection.executescript(_TABLES)
        with self.deciding():
            pass  # takes up what the database has forgotten before anybody asks
        self._show(self.evidence())

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
        except (sqlite3.Error, OSError) as error:
            message = f"the witness's state {self._path} can not be used ({error}): nothing is cosigned until it can"
            raise DatabaseError(message) from error

    @contextmanager
    def deciding(self) -> Iterator["Decision"]:
        """One transaction around look, check and update: committed, with fsync, when the block ends.

        Raises:
            DatabaseError: the state can not be used, or does not belong to the log of cosignatures beside it.
        """
        with self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            decision = Decision(connection, self._given)
            try:
                decision.catch_up()
                yield decision
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
        self._show(decision.kept)
        for name in decision.settled:
            (self._evidence / name).unlink(missing_ok=True)

    def _show(self, cases: list[Evidence]) -> None:
        """Puts cases into files that can be handed on; the database has them, whatever becomes of the files."""
        for case in cases:
            path = self._evidence / case.file_name
            content = json.dumps(case.shown(), ensure_ascii=False, indent=1).encode()
            try:
                if case.kind != REFUSED and not (path.exists() and path.read_bytes() == content):
                    self._evidence.mkdir(exist_ok=True)
                    write_whole(path, content)
            except OSError as error:
                _log.error("evidence %s is in the database but in no file: %s", path, error)

    def newest(self, origin: str) -> Newest:
        """The newest cosigned tree of a log."""
        with self._connection() as connection:
            return Decision(connection, self._given).newest(origin)

    def given(self, origin: str) -> list[tuple[int, bytes, int]]:
        """Every cosignature ever given for a log: size, root, time."""
        query = "SELECT size, root, time_s FROM given WHERE origin = ? ORDER BY number"
        with self._connection() as connection:
            return connection.execute(query, (origin,)).fetchall()

    def evidence(self) -> list[Evidence]:
        """Every refused checkpoint, what proves a fork first, then oldest first."""
        query = (
            "SELECT origin, size, root, note, against, kind, reason, time_s FROM refused "
            "ORDER BY kind <> ?, kind, time_s, rowid"
        )
        with self._connection() as connection:
            return [Evidence(*row) for row in connection.execute(query, (FORK,))]


class Decision:
    """The state inside the deciding transaction.

    Attributes:
        kept: evidence of this decision.
        settled: file names of evidence that this decision made void.
    """

    def __init__(self, connection: sqlite3.Connection, given: CosignatureLog) -> None:
        self._connection = connection
        self._given = given
        self.kept: list[Evidence] = []
        self.settled: list[str] = []

    def newest(self, origin: str) -> Newest:
        """The newest cosigned tree of a log; the empty one before the first."""
        query = "SELECT size, root, note, time_s FROM given WHERE origin = ? ORDER BY number DESC LIMIT 1"
        row = self._connection.execute(query, (origin,)).fetchone()
        return Newest(*row) if row else NOTHING

    def other_root(self, checkpoint: Checkpoint) -> bytes | None:
        """A note in which the log signed another root for this size; None where no such note ever came here."""
        query = (
            "SELECT note FROM given WHERE origin = ?1 AND size = ?2 AND root <> ?3 UNION ALL "
            "SELECT note FROM refused WHERE origin = ?1 AND size = ?2 AND root <> ?3 LIMIT 1"
        )
        row = self._connection.execute(query, (checkpoint.origin, checkpoint.size, checkpoint.root)).fetchone()
        return row[0] if row else None

    def cosigned(self, checkpoint: Checkpoint, note: bytes, *, time_s: int) -> None:
        """Remembers a cosignature that will be given once this has been committed."""
        self._insert(checkpoint, note, time_s, self._given.append(note))
        void = self._connection.execute(
            "DELETE FROM refused WHERE origin = ? AND size = ? AND root = ? AND kind <> ? "
            "RETURNING origin, size, root, note, against, kind, reason, time_s",
            (checkpoint.origin, checkpoint.size, checkpoint.root, FORK),
        )
        self.settled += [Evidence(*row).file_name for row in void.fetchall()]

    def _insert(self, checkpoint: Checkpoint, note: bytes, time_s: int, file_end: int) -> None:
        self._connection.execute(
            "INSERT INTO given (origin, size, root, time_s, note, file_end) VALUES (?, ?, ?, ?, ?, ?)",
            (*checkpoint, time_s, note, file_end),
        )

    def keep(self, evidence: Evidence) -> None:
        """Keeps a refused checkpoint once, and with the gravest thing known of it; one that was cosigned is no evidence of less."""
        known = self._connection.execute(
            "SELECT (SELECT count(*) FROM refused WHERE origin = ?1 AND kind = ?4), "
            "EXISTS (SELECT 1 FROM given WHERE origin = ?1 AND size = ?2 AND root = ?3)",
            (evidence.origin, evidence.size, evidence.root, evidence.kind),
        ).fetchone()
        if known[0] >= EVIDENCE_MAX or (known[1] and evidence.kind != FORK):
            return
        changed = self._connection.execute(
            "INSERT INTO refused (origin, size, root, note, against, kind, reason, time_s) VALUES (?, ?, ?, ?, ?, ?, ?, ?) "
            "ON CONFLICT DO UPDATE SET note = excluded.note, against = excluded.against, kind = excluded.kind, "
            "reason = excluded.reason, time_s = excluded.time_s "
            "WHERE kind <> excluded.kind AND kind <> ? AND excluded.kind <> ?",
            (*evidence, FORK, REFUSED),
        )
        if changed.rowcount:
            self.kept.append(evidence)

    def catch_up(self) -> None:
        """Brings the database and the log of cosignatures to the same state, whichever of them is behind.

        Raises:
            DatabaseError: they do not belong together.
        """
        query = "SELECT file_end, note FROM given ORDER BY number DESC LIMIT 1"
        end, note = self._connection.execute(query).fetchone() or (0, b"")
        if self._given.end < end:
            _log.warning("%s is shorter than the database says: written anew", self._given.path)
            self._given.write(row[0] for row in self._connection.execute("SELECT note FROM given ORDER BY number"))
        if end and next(self._given.read(end - record_bytes(note)), (0, b"")) != (end, note):
            message = (
                f"the witness's state and {self._given.path} do not belong together: put both back from one backup; "
                f"nothing is cosigned until then"
            )
            raise DatabaseError(message)
        if self._given.end > end:
            self._adopt(end)

    def _adopt(self, end: int) -> None:
        """Takes up cosignatures that the database does not know: it was put back from an old copy, or never committed them."""
        count = 0
        for following, content in self._given.read(end):
            try:
                note = parse_signed_note(content)
                checkpoint = parse_checkpoint(note.text)
            except NoteError as error:
                message = f"{self._given.path} is damaged at byte {end} ({error}): put it back from a backup"
                raise DatabaseError(message) from None
            self._insert(checkpoint, content, cosigned_at_s(note.signatures[-1]), following)
            end, count = following, count + 1
        if count:
            _log.warning("%d cosignatures were in %s and not in the database: taken up", count, self._given.path)
        if self._given.end > end:
            self._given.cut(end)
