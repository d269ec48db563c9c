"""The books: what the log comes to, kept so that a question need not read the log again. They can be thrown away at any time.

Beside an embedded database they are a file of their own, `books.db`, so that keeping them never holds up an append; on PostgreSQL they
are tables of the same database. They are never migrated: books of another version are thrown away and kept anew.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.engine import URL, make_url

from wasteledger.store.database import BUSY_TIMEOUT_MS

#: Of the tables below and of the judgement kept in them; another number means: keep them anew.
BOOKS_VERSION = 13
#: Key of the PostgreSQL advisory lock that orders those who keep the books.
BOOKS_LOCK = 0x42_4F_4F_4B_53
#: Values in one look-up.
NAMES_MAX = 500
_CACHE_KIB = 64 * 1024
#: Pages in the write-ahead log before it is put back: a page that many portions change is written once.
_WAL_PAGES = 8000

_TABLES = {
    "books_state": "id {int} PRIMARY KEY, version {int} NOT NULL, size {big} NOT NULL, last_leaf {blob} NOT NULL, "
    "register_digest TEXT NOT NULL",
    "books_traced": "code TEXT PRIMARY KEY, facts {blob} NOT NULL",
    "books_item": "code TEXT PRIMARY KEY, site TEXT NOT NULL, waste_code TEXT NOT NULL, sealed_ms {big}, sealed_day TEXT, "
    "packages {int} NOT NULL, mass_g {big} NOT NULL, item_class TEXT, phase TEXT NOT NULL, holder TEXT, inferred {int} NOT NULL, "
    "reasons TEXT NOT NULL, due_ms {big}, last_ms {big} NOT NULL, stays TEXT NOT NULL, roll TEXT NOT NULL, "
    "method TEXT NOT NULL, corrected_down_g {big} NOT NULL, told_day TEXT NOT NULL, opening {int} NOT NULL, "
    "disposed_ms {big}",
    "books_doubt": "subject TEXT NOT NULL, reason TEXT NOT NULL, rule TEXT NOT NULL, site TEXT NOT NULL, at_ms {big} NOT NULL, "
    "evidence TEXT NOT NULL, detail TEXT NOT NULL, items TEXT NOT NULL",
    "books_device": "device TEXT PRIMARY KEY, content TEXT NOT NULL",
    "books_begun": "device TEXT NOT NULL, boot_id TEXT NOT NULL, first_seq {big} NOT NULL, PRIMARY KEY (device, boot_id)",
    "books_boot": "device TEXT NOT NULL, boot_id TEXT NOT NULL, anchors TEXT NOT NULL, PRIMARY KEY (device, boot_id)",
    "books_held": "idx {big} PRIMARY KEY, occurred_ms {big} NOT NULL, earliest_ms {big} NOT NULL, latest_ms {big} NOT NULL, "
    "outside {int} NOT NULL",
    "books_rare": "idx {big} PRIMARY KEY",
    "books_manifest": "number TEXT PRIMARY KEY, month TEXT NOT NULL, begun_ms {big} NOT NULL, phase TEXT NOT NULL, form TEXT NOT NULL, "
    "drafted {int} NOT NULL, planned_on TEXT NOT NULL, consignor TEXT NOT NULL, carriers TEXT NOT NULL, consignee TEXT NOT NULL, "
    "vehicle TEXT NOT NULL, waste_codes TEXT NOT NULL, parties TEXT NOT NULL, loaded_count {int} NOT NULL, accepted_count {int} NOT NULL, "
    "refused_count {int} NOT NULL, outstanding_count {int} NOT NULL, confirmed {int} NOT NULL, law TEXT NOT NULL",
}
_INDEXES = (
    "CREATE INDEX IF NOT EXISTS books_item_day ON books_item (sealed_day)",
    "CREATE INDEX IF NOT EXISTS books_item_holder ON books_item (holder) WHERE due_ms IS NOT NULL",
    "CREATE INDEX IF NOT EXISTS books_item_last ON books_item (last_ms)",
    (
        "CREATE INDEX IF NOT EXISTS books_item_withdrawn ON books_item (sealed_day) "
        "WHERE sealed_day IS NOT NULL AND (item_class IS NULL OR corrected_down_g > 0)"
    ),
    "CREATE INDEX IF NOT EXISTS books_manifest_month ON books_manifest (month)",
    "CREATE INDEX IF NOT EXISTS books_doubt_subject ON books_doubt (subject)",
    "CREATE INDEX IF NOT EXISTS books_doubt_due ON books_doubt (site, at_ms) WHERE rule <> ''",
)
_TYPES = {
    "sqlite": {"int": "INTEGER", "big": "INTEGER", "blob": "BLOB"},
    "postgresql": {"int": "integer", "big": "bigint", "blob": "bytea"},
}


class BooksState(NamedTuple):
    """How far the books are kept.

    Attributes:
        last_leaf: leaf hash of the last entry in them, which shows whether the log below is still the same one.
        register_digest: of the register that they were judged by.
    """

    size: int = 0
    last_leaf: bytes = b""
    register_digest: str = ""


class BooksDatabase:
    """The opened books."""

    def __init__(self, log_url: URL, folder: Path | None = None) -> None:
        """Opens the books that belong to a log's database, and makes their tables where there are none.

        `folder`: others than those, as SQLite in that folder.
        """
        self.is_sqlite = folder is not None or log_url.get_backend_name() == "sqlite"
        url = log_url
        if self.is_sqlite:
            beside = Path(log_url.database or "").parent if folder is None else folder
            url = make_url(f"sqlite:///{beside / 'books.db'}")
        self.engine = create_engine(url, pool_pre_ping=not self.is_sqlite)
        if self.is_sqlite:
            event.listen(self.engine, "connect", _prepare)
        with self.write() as connection:
            self._make_tables(connection)

    def _make_tables(self, connection: Connection) -> None:
        types = _TYPES["sqlite" if self.is_sqlite else "postgresql"]
        connection.exec_driver_sql(f"CREATE TABLE IF NOT EXISTS books_state ({_TABLES['books_state'].format(**types)})")
        version = connection.execute(text("SELECT version FROM books_state")).scalar()
        if version not in {None, BOOKS_VERSION}:
            self.throw_away(connection)
        for name, columns in _TABLES.items():
            connection.exec_driver_sql(f"CREATE TABLE IF NOT EXISTS {name} ({columns.format(**types)})")
        for index in _INDEXES:
            connection.exec_driver_sql(index)

    def throw_away(self, connection: Connection) -> None:
        """Drops every table and makes them anew, empty."""
        for name in _TABLES:
            connection.exec_driver_sql(f"DROP TABLE IF EXISTS {name}")
        types = _TYPES["sqlite" if self.is_sqlite else "postgresql"]
        for name, columns in _TABLES.items():
            connection.exec_driver_sql(f"CREATE TABLE {name} ({columns.format(**types)})")
        for index in _INDEXES:
            connection.exec_driver_sql(index)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One writing transaction; whoever keeps the books is alone."""
        with self.engine.connect() as connection:
            if self.is_sqlite:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            else:
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": BOOKS_LOCK})
            try:
                yield connection
                connection.commit()
            except BaseException:
                connection.rollback()
                raise

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One reading transaction: everything in the block sees the same books."""
        with self.engine.connect() as connection:
            if self.is_sqlite:
                connection.exec_driver_sql("BEGIN")
            else:
                connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
            yield connection
            connection.rollback()

    def close(self) -> None:
        """Gives back all connections."""
        self.engine.dispose()


def _prepare(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # transactions are begun by this class, not guessed by the driver
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "journal_mode=wal",
        "synchronous=NORMAL",  # books lost by a power cut are kept anew
        f"cache_size=-{_CACHE_KIB}",
        f"wal_autocheckpoint={_WAL_PAGES}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def driver_of(connection: Connection) -> Any:
    """The driver's own connection: rows by the hundred thousand go past SQLAlchemy."""
    return connection.connection.driver_connection


def marked(connection: Connection, statement: str) -> str:
    """A statement with the driver's own place holders for `?`."""
    return statement if connection.dialect.name == "sqlite" else statement.replace("?", "%s")


def execute_many(connection: Connection, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Runs a statement for each row."""
    if not rows:
        return
    driver = driver_of(connection)
    if connection.dialect.name == "sqlite":
        driver.executemany(statement, rows)
    else:
        with driver.cursor() as cursor:
            cursor.executemany(statement.replace("?", "%s"), rows)


def query(connection: Connection, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """All rows of a query."""
    return driver_of(connection).execute(marked(connection, statement), tuple(values)).fetchall()  # type: ignore[no-any-return]


def query_named(connection: Connection, statement: str, names: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
    """Rows of a query whose `{names}` is a list of place holders, asked for in portions."""
    wanted = list(names)
    for start in range(0, len(wanted), NAMES_MAX):
        part = wanted[start : start + NAMES_MAX]
        yield from query(connection, statement.format(names=", ".join("?" * len(part))), part)
