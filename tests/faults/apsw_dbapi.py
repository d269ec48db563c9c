"""apsw behind the face of Python's sqlite3, as far as SQLAlchemy and the store look at it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import apsw

paramstyle = "qmark"
threadsafety = 1
sqlite_version_info = tuple(int(part) for part in apsw.sqlite_lib_version().split("."))
sqlite_version = apsw.sqlite_lib_version()
PARSE_DECLTYPES = PARSE_COLNAMES = 0
Binary = bytes
#: The VFS that new connections use.
vfs: list[str] = []
#: Statements said first on each connection; a VFS in Python needs the lock for itself, or WAL needs shared memory.
first_words = ["PRAGMA locking_mode=EXCLUSIVE"]
#: Pragmas that are said in another way than the store says them: what the mutant changes.
instead: dict[str, str] = {}


class Error(Exception):
    """Base of the driver's errors."""


class Warning(Exception):  # noqa: A001, N818 - the names of PEP 249
    """Unused."""


class InterfaceError(Error):
    """Unused."""


class DatabaseError(Error):
    """Base of the database's errors."""


class OperationalError(DatabaseError):
    """The disk, or the file on it."""


class IntegrityError(DatabaseError):
    """A constraint."""


class DataError(DatabaseError):
    """Unused."""


class InternalError(DatabaseError):
    """Unused."""


class ProgrammingError(DatabaseError):
    """A statement that is none."""


class NotSupportedError(DatabaseError):
    """Unused."""


def _raise(error: apsw.Error) -> None:
    kind = IntegrityError if isinstance(error, apsw.ConstraintError) else OperationalError
    text = {"FullError": "database or disk is full", "IOError": "disk I/O error"}.get(type(error).__name__, str(error))
    raise kind(text) from error


class Cursor:
    """Rows of one statement."""

    arraysize = 1
    lastrowid = None

    def __init__(self, connection: "Connection") -> None:
        self.connection = connection
        self.description: tuple[Any, ...] | None = None
        self.rowcount = -1
        self._rows: list[tuple[Any, ...]] = []

    def execute(self, statement: str, parameters: Sequence[Any] = ()) -> "Cursor":
        return self._run(lambda cursor: cursor.execute(instead.get(statement, statement), tuple(parameters)))

    def executemany(self, statement: str, rows: Iterable[Sequence[Any]]) -> "Cursor":
        return self._run(lambda cursor: cursor.executemany(statement, [tuple(row) for row in rows]))

    def _run(self, work: Callable[[apsw.Cursor], Any]) -> "Cursor":
        cursor = self.connection.raw.cursor()
        try:
            cursor.exec_trace = self._describe
            work(cursor)
            self._rows = [tuple(row) for row in cursor]
        except apsw.Error as error:
            _raise(error)
        self.rowcount = self.connection.raw.changes()
        return self

    def _describe(self, cursor: apsw.Cursor, _statement: str, _parameters: Any) -> bool:
        """Names the columns before the statement runs: of a query without a row nothing is left to ask afterwards."""
        columns = tuple((name, None, None, None, None, None, None) for name, _ in cursor.get_description())
        self.description = columns or None
        return True

    def fetchone(self) -> tuple[Any, ...] | None:
        return self._rows.pop(0) if self._rows else None

    def fetchmany(self, size: int = 1) -> list[tuple[Any, ...]]:
        taken, self._rows = self._rows[:size], self._rows[size:]
        return taken

    def fetchall(self) -> list[tuple[Any, ...]]:
        taken, self._rows = self._rows, []
        return taken

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return iter(self.fetchall())

    def close(self) -> None:
        self._rows = []


class Connection:
    """One connection."""

    isolation_level: str | None = None

    def __init__(self, filename: str) -> None:
        self.raw = apsw.Connection(filename, vfs=vfs[-1])
        for statement in first_words:
            self.raw.execute(statement)

    def cursor(self) -> Cursor:
        return Cursor(self)

    def execute(self, statement: str, parameters: Sequence[Any] = ()) -> Cursor:
        return self.cursor().execute(statement, parameters)

    def executemany(self, statement: str, rows: Iterable[Sequence[Any]]) -> Cursor:
        return self.cursor().executemany(statement, rows)

    def create_function(self, name: str, count: int, function: Any, *, deterministic: bool = False) -> None:
        self.raw.create_scalar_function(name, function, count, deterministic=deterministic)

    def commit(self) -> None:
        self._end("COMMIT")

    def rollback(self) -> None:
        self._end("ROLLBACK")

    def _end(self, word: str) -> None:
        if self.raw.in_transaction:
            self.execute(word)

    def close(self) -> None:
        self.raw.close(True)


def connect(filename: str, **_options: Any) -> Connection:
    """Opens a database on the disk of the test."""
    try:
        return Connection(filename)
    except apsw.Error as error:
        _raise(error)
        raise
