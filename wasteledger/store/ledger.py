"""The log in the database: append inside a writing transaction, read in log order."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from sqlalchemy import Connection, func, insert, select, update
from sqlmodel import col

from schemas.canonical import INTEGER_MAX
from wasteledger.domain.boots import Boot, heard
from wasteledger.domain.hello import Hello
from wasteledger.domain.merkle import HASH_BYTES, Frontier, leaf_hash
from wasteledger.store.rows import (
    Number,
    TakenRow,
    TreeState,
    find_devices,
    insert_entries,
    insert_numbers,
    probe_numbers,
    read_entries,
    read_tree,
    write_tree,
)
from wasteledger.store.tables import BootRow, CheckpointRow, DeviceEventRow, DeviceRow, EntryRow, HeldRow, OddEventRow

#: Notes with unknown keys or bad signatures kept aside; beyond it they are answered the same but not kept.
HELD_NOTES_MAX = 10_000
#: Rows fetched at a time when the log is read from the beginning.
READ_ROWS = 2_000
#: Device names in one look-up; SQLite allows about 32,000 bound values.
NAMES_MAX = 500


class StoredDevice(NamedTuple):
    """An admitted key.

    Attributes:
        device_no: index of the entry that enrolled it, its short name in the database.
    """

    device_no: int
    public_key: bytes
    site: str
    role: str
    revoked_index: int | None

    @property
    def revoked(self) -> bool:
        """Whether it may no longer be trusted."""
        return self.revoked_index is not None


class RowCounts(NamedTuple):
    """How many rows the tables made from the entries have."""

    numbers: int
    odd: int
    devices: int


class Ledger:
    """The log as one transaction sees it.

    Appends are gathered and written by `flush`; the caller's unit of work commits. Indexes continue the tree's size
    without holes, since only one writing transaction runs at a time.
    """

    def __init__(self, connection: Connection) -> None:
        """Reads the tree's size and frontier."""
        self._connection = connection
        tree = read_tree(connection)
        hashes = [tree.frontier[i : i + HASH_BYTES] for i in range(0, len(tree.frontier), HASH_BYTES)]
        self.frontier = Frontier(tree.size, hashes)
        self.received_ms = tree.received_ms
        self._entries: list[tuple[int, bytes]] = []
        self._numbers: list[tuple[int, int, bytes, int]] = []
        self._odd: list[dict[str, object]] = []

    @property
    def size(self) -> int:
        """How many entries the log has, gathered ones included."""
        return self.frontier.size

    def root(self) -> bytes:
        """The Merkle root over all of them."""
        return self.frontier.root()

    def append(self, content: bytes, *, received_ms: int) -> tuple[int, bytes]:
        """Gathers one entry; returns its index and leaf hash.

        MUST: not be acknowledged before the transaction has committed.
        """
        index, leaf = self.frontier.size, leaf_hash(content)
        self.frontier.append(leaf)
        self.received_ms = received_ms
        self._entries.append((index, content))
        return index, leaf

    def take_number(self, number: Number, *, event_id: bytes, index: int) -> None:
        """Remembers for ever which event holds a device's number."""
        self._numbers.append((*number, event_id, index))

    def remember_odd(self, event_id: bytes, *, index: int) -> None:
        """Remembers where a fork or a quarantined note stands."""
        self._odd.append({"event_id": event_id, "idx": index})

    def flush(self) -> None:
        """Writes what was gathered, and the tree after it."""
        if not self._entries:
            return
        insert_entries(self._connection, self._entries)
        if self._numbers:
            insert_numbers(self._connection, self._numbers)
        if self._odd:
            self._connection.execute(insert(OddEventRow), self._odd)
        self._entries, self._numbers, self._odd = [], [], []
        frontier = b"".join(self.frontier.subtrees)
        write_tree(self._connection, TreeState(self.frontier.size, frontier, self.received_ms))

    def numbers_taken(self, numbers: Iterable[Number]) -> dict[Number, TakenRow]:
        """Which of these numbers are taken, and by which entry."""
        return {(row.device_no, row.device_seq): row for row in probe_numbers(self._connection, numbers)}

    def number_rows(self, begin: int) -> list[tuple[int, int, bytes, int]]:
        """The rows (device number, device_seq, event id, index) of the entries from `begin` on, in log order."""
        columns = (DeviceEventRow.device_no, DeviceEventRow.device_seq, DeviceEventRow.event_id, DeviceEventRow.idx)
        query = select(*map(col, columns)).where(col(DeviceEventRow.idx) >= begin)
        return [tuple(row) for row in self._connection.execute(query.order_by(col(DeviceEventRow.idx)))]

    def number_places(self, device_no: int, newest: int) -> Iterator[int]:
        """Where a device's events stand in the log, from the number `newest` downwards."""
        query = (
            select(col(DeviceEventRow.idx))
            .where(col(DeviceEventRow.device_no) == device_no, col(DeviceEventRow.device_seq) <= newest)
            .order_by(col(DeviceEventRow.device_seq).desc())
        )
        yield from self._connection.execute(query).scalars()

    def last_number(self, device_no: int, *, below: int = INTEGER_MAX) -> tuple[int, bytes] | None:
        """The highest number of a device in the log (below a limit, if one is given), and the event that holds it."""
        query = (
            select(col(DeviceEventRow.device_seq), col(DeviceEventRow.event_id))
            .where(col(DeviceEventRow.device_no) == device_no, col(DeviceEventRow.device_seq) < below)
            .order_by(col(DeviceEventRow.device_seq).desc())
            .limit(1)
        )
        row = self._connection.execute(query).one_or_none()
        return (row[0], row[1]) if row else None

    def boot(self, device_no: int, boot_id: str) -> Boot | None:
        """What the kept hellos of a boot come to; None where there is none."""
        query = select(col(BootRow.zero_ms), col(BootRow.next_seq), col(BootRow.anchors), col(BootRow.first_ms)).where(
            col(BootRow.device_no) == device_no, col(BootRow.boot_id) == boot_id
        )
        row = self._connection.execute(query).one_or_none()
        return Boot(*row) if row else None

    def boots(self) -> Iterator[tuple[int, str, Boot]]:
        """Every boot that a kept hello anchors: number of the device, id of the boot."""
        query = select(BootRow)
        for row in self._connection.execute(query):
            yield row.device_no, row.boot_id, Boot(*(getattr(row, name) for name in Boot._fields))

    def boots_since(self, device_no: int, since_ms: int) -> int:
        """How many boots of a device were first heard of since a moment."""
        query = (
            select(func.count())
            .select_from(BootRow)
            .where(col(BootRow.device_no) == device_no, col(BootRow.first_ms) > since_ms)
        )
        return self._connection.execute(query).scalar_one()

    def announced(self, device_no: int) -> int:
        """The highest number that a kept hello of a device said was next."""
        query = (
            select(col(BootRow.next_seq))
            .where(col(BootRow.device_no) == device_no)
            .order_by(col(BootRow.next_seq).desc())
            .limit(1)
        )
        return self._connection.execute(query).scalar() or 0

    def hear(self, device_no: int, hello: Hello, *, received_ms: int) -> None:
        """Remembers what a hello that was appended says of its boot."""
        before = self.boot(device_no, hello.boot_id)
        values = heard(before, hello, received_ms)._asdict()
        if before is None:
            row = {"device_no": device_no, "boot_id": hello.boot_id} | values
            self._connection.execute(insert(BootRow).values(**row))
        else:
            here = (col(BootRow.device_no) == device_no, col(BootRow.boot_id) == hello.boot_id)
            self._connection.execute(update(BootRow).where(*here).values(**values))

    def odd_index(self, event_id: bytes) -> int | None:
        """Where a fork or quarantined note of this id stands."""
        return self._connection.execute(
            select(col(OddEventRow.idx)).where(col(OddEventRow.event_id) == event_id)
        ).scalar()

    def index_of(self, event_id: bytes) -> int | None:
        """Where an event, fork or quarantined note of this id stands."""
        query = select(col(DeviceEventRow.idx)).where(col(DeviceEventRow.event_id) == event_id)
        index = self._connection.execute(query).scalar()
        return self.odd_index(event_id) if index is None else index

    def entry(self, index: int) -> bytes | None:
        """The content of one entry."""
        query = select(col(EntryRow.content)).where(col(EntryRow.idx) == index)
        content = self._connection.execute(query).scalar()
        return None if content is None else _as_bytes(content)

    def contents(self, begin: int = 0, end: int | None = None) -> Iterator[tuple[int, bytes]]:
        """Index and content of every entry from `begin` up to but not including `end`, in log order."""
        last = INTEGER_MAX if end is None else end
        while True:
            rows = read_entries(self._connection, begin, last, READ_ROWS)
            for row in rows:
                yield row if row[1].__class__ is bytes else (row[0], _as_bytes(row[1]))
            if len(rows) < READ_ROWS:
                return
            begin = rows[-1][0] + 1

    def entries_at(self, indexes: Iterable[int]) -> Iterator[tuple[int, bytes]]:
        """Index and content of the entries at these places."""
        wanted = sorted(indexes)
        for start in range(0, len(wanted), NAMES_MAX):
            query = select(col(EntryRow.idx), col(EntryRow.content)).where(
                col(EntryRow.idx).in_(wanted[start : start + NAMES_MAX])
            )
            for index, content in self._connection.execute(query):
                yield index, _as_bytes(content)

    def devices(self, device_ids: Iterable[str]) -> dict[str, StoredDevice]:
        """The admitted keys among these names."""
        wanted = sorted(set(device_ids))
        return {
            row[0]: StoredDevice(*row[1:])
            for start in range(0, len(wanted), NAMES_MAX)
            for row in find_devices(self._connection, wanted[start : start + NAMES_MAX])
        }

    def admit(self, device_id: str, public_key: bytes, *, site: str, role: str, index: int) -> None:
        """Admits a key."""
        values = {"device_id": device_id, "public_key": public_key, "site": site, "role": role, "enrolled_idx": index}
        self._connection.execute(insert(DeviceRow).values(**values))

    def revoke(self, device_id: str, *, index: int) -> None:
        """Marks a key as no longer trusted from an entry on."""
        self._connection.execute(
            update(DeviceRow).where(col(DeviceRow.device_id) == device_id).values(revoked_idx=index)
        )

    def save_checkpoint(self, size: int, note: bytes) -> None:
        """Keeps a published checkpoint; one of the same size gives way to it, having gained cosignatures."""
        if self.checkpoint(size) is None:
            self._connection.execute(insert(CheckpointRow).values(size=size, note=note))
        else:
            self._connection.execute(update(CheckpointRow).where(col(CheckpointRow.size) == size).values(note=note))

    def checkpoint(self, size: int) -> bytes | None:
        """The published checkpoint of that size."""
        return self._connection.execute(select(col(CheckpointRow.note)).where(col(CheckpointRow.size) == size)).scalar()

    def checkpoint_rows(self) -> list[tuple[int, bytes]]:
        """Size and note of each kept checkpoint, as they are stored."""
        query = select(col(CheckpointRow.size), col(CheckpointRow.note)).order_by(col(CheckpointRow.size))
        return [(row.size, _as_bytes(row.note)) for row in self._connection.execute(query)]

    def checkpoints(self, through: int = INTEGER_MAX) -> Iterator[bytes]:
        """The published checkpoints up to and including size `through`, oldest first."""
        query = select(col(CheckpointRow.note)).where(col(CheckpointRow.size) <= through)
        yield from self._connection.execute(query.order_by(col(CheckpointRow.size))).scalars()

    def hold(self, event_id: bytes, note: bytes, *, reason: str, received_ms: int) -> bool:
        """Keeps a note aside; False when the shelf is full or it lies there already."""
        there = self._connection.execute(select(col(HeldRow.reason)).where(col(HeldRow.event_id) == event_id)).scalar()
        if there is not None or self.held_count() >= HELD_NOTES_MAX:
            return False
        values = {"event_id": event_id, "note": note, "reason": reason, "received_ms": received_ms}
        self._connection.execute(insert(HeldRow).values(**values))
        return True

    def row_counts(self) -> RowCounts:
        """How many rows were made from the entries, for a check of their sum."""
        tables = (DeviceEventRow, OddEventRow, DeviceRow)
        counts = (self._connection.execute(select(func.count()).select_from(table)).scalar_one() for table in tables)
        return RowCounts(*counts)

    def held_count(self) -> int:
        """How many notes lie aside."""
        return self._connection.execute(select(func.count()).select_from(HeldRow)).scalar_one()


def _as_bytes(stored: bytes | str) -> bytes:
    """SQLite keeps whatever type an administrator writes; what is not bytes any more is still hashed, and found."""
    return stored if isinstance(stored, bytes) else str(stored).encode()
