"""Opening a database, and the unit of work: the only place that begins and commits.

SQLite runs in WAL with `synchronous=FULL` (an acknowledged row survives a power cut); PostgreSQL takes one
advisory lock for each writing transaction, so that several service processes may write to one log.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError

from wasteledger.errors import DatabaseError, NewerDatabaseError

#: How long a writer waits for another one.
BUSY_TIMEOUT_MS = 10_000
#: What a transaction raises when the database does not answer; the application maps it to 503.
DatabaseDown = OperationalError
#: Key of the PostgreSQL advisory lock that orders writers of the log.
WRITER_LOCK = 0x57_41_53_54_45

#: Pages after which SQLite carries its log over into the database: rarely enough not to slow a storm of scans.
_WAL_PAGES = 4_000
_PRAGMAS = {
    "journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "recursive_triggers": 1, "cell_size_check": 1,
    "wal_autocheckpoint": _WAL_PAGES,
}  # fmt: skip
#: How SQLite says that a file is torn, or was never its own.
_DAMAGED = ("malformed", "not a database")
#: PostgreSQL settings that may not be `off`, or a power cut could lose what was acknowledged.
_POSTGRES_SETTINGS = ("fsync", "full_page_writes", "synchronous_commit")


class Database:
    """One opened database at the current schema version."""

    def __init__(self, url: str) -> None:
        """Opens and, where it is older, migrates the database.

        Raises:
            DatabaseError: unreachable, or not a database of ours.
            NewerDatabaseError: made by a newer version.
        """
        self.failed_commit: str | None = None
        try:
            self.url = make_url(url)
            self.is_sqlite = self.url.get_backend_name() == "sqlite"
            if self.is_sqlite and self.url.database:
                Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
            self.engine = create_engine(self.url, pool_pre_ping=not self.is_sqlite)
            event.listen(self.engine, "connect", _prepare_sqlite if self.is_sqlite else _check_postgres)
            try:
                self._migrate()
            except BaseException:
                self.engine.dispose()  # a database that is refused must not keep a connection
                raise
        except (ArgumentError, NoSuchModuleError, DBAPIError, OSError, sqlite3.Error, UnicodeDecodeError) as error:
            cause = str(getattr(error, "orig", None) or error).splitlines()[0]
            message = f"database {_shown(url)} can not be opened: {cause}. {_way_out(cause)}"
            raise DatabaseError(message) from error

    @property
    def file(self) -> Path | None:
        """The file of an embedded database."""
        return Path(self.url.database) if self.is_sqlite and self.url.database else None

    def _migrate(self) -> None:
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        scripts = ScriptDirectory.from_config(config)
        with self.write() as connection:
            found = _revision(connection)
            if found == scripts.get_current_head():
                return
            if found is not None and found not in {script.revision for script in scripts.walk_revisions()}:
                message = (
                    f"database {_shown(str(self.url))} has schema version {found}, which this program does not know: "
                    f"it was made by a newer version. Install that version, or restore a backup made by this one"
                )
                raise NewerDatabaseError(message)
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One writing transaction: committed when the block ends, rolled back when it raises.

        MUST: the caller answers nobody before the block has ended; what is acknowledged is durable.

        Raises:
            DatabaseError: an earlier commit failed. What the disk holds is then known only to a fresh start, and a
                second fsync could report success for bytes that the first one lost.
        """
        if self.failed_commit:
            message = f"a commit failed ({self.failed_commit}): restart the service; it recovers from what is on disk"
            raise DatabaseError(message)
        with self._errors_of_the_driver(), self.engine.connect() as connection:
            if self.is_sqlite:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            else:
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": WRITER_LOCK})
            try:
                yield connection
                self._commit(connection)
            except BaseException:
                connection.rollback()
                raise

    def _commit(self, connection: Connection) -> None:
        try:
            connection.commit()
        except DBAPIError as error:
            if self.is_sqlite and "disk I/O error" in str(error.orig):
                self.failed_commit = str(error.orig)
            raise

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One reading transaction: everything in the block sees the same state."""
        with self._errors_of_the_driver(), self.engine.connect() as connection:
            if self.is_sqlite:
                connection.exec_driver_sql("BEGIN")
            else:
                connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
            yield connection
            connection.rollback()

    @contextmanager
    def _errors_of_the_driver(self) -> Iterator[None]:
        """What the append path hears from the driver itself becomes the error that everybody else here raises."""
        base = self.engine.dialect.loaded_dbapi.Error
        try:
            yield
        except base as error:
            raise DBAPIError.instance(None, None, error, base, dialect=self.engine.dialect) from error

    def close(self) -> None:
        """Gives back all connections."""
        self.engine.dispose()


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    """Sets the pragmas and reads them back: a setting that did not take is an error, not a hope."""
    connection.isolation_level = None  # transactions are begun by `Database`, not guessed by the driver
    connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    for name, value in _PRAGMAS.items():
        connection.execute(f"PRAGMA {name}={value}")
        found = connection.execute(f"PRAGMA {name}").fetchone()[0]
        if found != value:
            message = f"PRAGMA {name} is {found}, not {value}: the file system does not support what the ledger needs"
            raise DatabaseError(message)


def _check_postgres(connection: Any, _record: Any) -> None:
    """The same for PostgreSQL: a server, a database or a role that was tuned for speed can not keep a ledger."""
    for name in _POSTGRES_SETTINGS:
        found = connection.execute(f"SHOW {name}").fetchone()[0]
        if found == "off":
            message = f"PostgreSQL runs with {name}=off: a power cut could lose acknowledged scans. Set it to on"
            raise DatabaseError(message)
    connection.rollback()


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _way_out(cause: str) -> str:
    if any(said in cause for said in _DAMAGED):
        return "The file is damaged: move it away, restore the newest backup and bring it forward: see docs/recovery.md"
    return "Check WASTELEDGER_DATABASE_URL and its server"


def _shown(url: str) -> str:
    """The address without its password."""
    try:
        return make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        return repr(url)
