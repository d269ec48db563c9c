"""The statements of the append path, written to the driver itself: this is where each microsecond counts.

Everything else in this room goes through SQLAlchemy. SQLite takes prepared inserts; PostgreSQL takes binary COPY, and
one query for all numbers.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection

from wasteledger.errors import TamperedError

#: (device number, number of its event)
Number = tuple[int, int]

_PROBE = (
    "SELECT d.device_no, d.device_seq, d.event_id, d.idx, e.content "
    "FROM {numbers} JOIN entry e ON e.idx = d.idx {condition}"
)
_PROBE_SQLITE = _PROBE.format(
    numbers="device_event d", condition="WHERE d.device_no = ? AND d.device_seq BETWEEN ? AND ?"
)
_PROBE_POSTGRES = _PROBE.format(
    numbers="unnest(%s::bigint[], %s::bigint[]) AS w (device_no, device_seq) JOIN device_event d USING (device_no, device_seq)",
    condition="",
)


_TREE = "SELECT size, frontier, received_ms FROM tree"
_DEVICES = "SELECT device_id, enrolled_idx, public_key, site, role, revoked_idx FROM device WHERE device_id "


class TakenRow(NamedTuple):
    """A number that an event holds, with the entry as it is stored."""

    device_no: int
    device_seq: int
    event_id: bytes
    index: int  # type: ignore[assignment]  # nobody asks this tuple for `index()`
    content: bytes


class TreeState(NamedTuple):
    """The tree's one row."""

    size: int
    frontier: bytes
    received_ms: int


def read_tree(connection: Connection) -> TreeState:
    """The tree as it stands.

    Raises:
        TamperedError: its row is gone.
    """
    row = _driver(connection).execute(_TREE).fetchone()
    if row is None:
        message = "the row of the tree is gone: somebody deleted it. Restore the newest backup, see docs/recovery.md"
        raise TamperedError(message)
    return TreeState(*row)


def write_tree(connection: Connection, tree: TreeState) -> None:
    """The tree as it stands from now on."""
    mark = _mark(connection)
    _driver(connection).execute(
        f"UPDATE tree SET size = {mark}, frontier = {mark}, received_ms = {mark}",  # noqa: S608 - a place holder
        tree,
    )


def find_devices(connection: Connection, device_ids: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """Rows (device id, number, public key, site, role, revoked at) of the admitted keys among these names."""
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * len(device_ids))
        yield from _driver(connection).execute(f"{_DEVICES} IN ({marks})", device_ids)
    else:
        yield from _driver(connection).execute(f"{_DEVICES} = ANY(%s)", [list(device_ids)])


def read_entries(connection: Connection, begin: int, end: int, limit: int) -> list[tuple[int, bytes]]:
    """Up to `limit` (index, content) rows from `begin` up to but not including `end`, in log order."""
    mark = _mark(connection)
    statement = f"SELECT idx, content FROM entry WHERE idx >= {mark} AND idx < {mark} ORDER BY idx LIMIT {mark}"  # noqa: S608 - place holders
    return _driver(connection).execute(statement, (begin, end, limit)).fetchall()  # type: ignore[no-any-return]


def insert_entries(connection: Connection, rows: Sequence[tuple[int, bytes]]) -> None:
    """Appends (index, content) rows to the log."""
    _insert(connection, "entry", ("idx", "content"), ("int8", "bytea"), rows)


def insert_numbers(connection: Connection, rows: Sequence[tuple[int, int, bytes, int]]) -> None:
    """Gives (device number, device_seq) pairs to (event id, index)."""
    columns = ("device_no", "device_seq", "event_id", "idx")
    _insert(connection, "device_event", columns, ("int8", "int8", "bytea", "int8"), sorted(rows))


def probe_numbers(connection: Connection, numbers: Iterable[Number]) -> Iterator[TakenRow]:
    """The rows of those numbers that are taken."""
    driver = _driver(connection)
    if connection.dialect.name == "sqlite":
        for device_no, first, last in runs(numbers):
            yield from map(TakenRow._make, driver.execute(_PROBE_SQLITE, (device_no, first, last)))
    elif numbers := list(numbers):
        wanted = ([device_no for device_no, _ in numbers], [device_seq for _, device_seq in numbers])
        yield from map(TakenRow._make, driver.execute(_PROBE_POSTGRES, wanted))


def runs(numbers: Iterable[Number]) -> Iterator[tuple[int, int, int]]:
    """Consecutive numbers as (device number, first, last): a query must not run over what nobody asked for."""
    run: tuple[int, int, int] | None = None
    for device_no, device_seq in sorted(numbers):
        if run and device_no == run[0] and device_seq <= run[2] + 1:
            run = (device_no, run[1], device_seq)
        else:
            if run:
                yield run
            run = (device_no, device_seq, device_seq)
    if run:
        yield run


def _insert(
    connection: Connection, table: str, columns: Sequence[str], types: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> None:
    driver, names = _driver(connection), ", ".join(columns)
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * len(columns))
        driver.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)  # noqa: S608 - names of our own
        return
    with driver.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types(types)
        for row in rows:
            copy.write_row(row)


def _mark(connection: Connection) -> str:
    return "?" if connection.dialect.name == "sqlite" else "%s"


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection
