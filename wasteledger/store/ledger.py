"""The log in the database: append inside a writing transaction, read in log order."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, func, insert, select, tuple_, update
from sqlmodel import col

from wasteledger.domain.merkle import HASH_BYTES, Frontier, leaf_hash
from wasteledger.store.tables import DeviceEventRow, DeviceRow, EntryRow, HeldRow, OddEventRow, TreeRow

#: Notes with unknown keys or bad signatures kept aside; beyond it they are answered the same but not kept.
HELD_NOTES_MAX = 10_000
#: Rows fetched at a time when the log is read from the beginning.
READ_ROWS = 2_000
#: Pairs in one look-up; SQLite allows about 32,000 bound values.
PROBE_PAIRS = 400


class Placed(NamedTuple):
    """Where an event stands in the log."""

    event_id: bytes
    index: int  # type: ignore[assignment]  # nobody asks this tuple for `index()`


class StoredDevice(NamedTuple):
    """An admitted key."""

    public_key: bytes
    site: str
    role: str
    revoked: bool


class Ledger:
    """The log as one transaction sees it.

    Appends are gathered and written by `flush`; the caller's unit of work commits. Indexes continue the tree's size
    without holes, since only one writing transaction runs at a time.
    """

    def __init__(self, connection: Connection) -> None:
        """Reads the tree's size and frontier."""
        self._connection = connection
        row = connection.execute(select(col(TreeRow.size), col(TreeRow.frontier), col(TreeRow.received_ms))).one()
        hashes = [row.frontier[i : i + HASH_BYTES] for i in range(0, len(row.frontier), HASH_BYTES)]
        self.frontier = Frontier(row.size, hashes)
        self.received_ms: int = row.received_ms
        self._entries: list[dict[str, object]] = []
        self._numbers: list[dict[str, object]] = []
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
        self._entries.append({"idx": index, "content": content, "leaf_hash": leaf})
        return index, leaf

    def take_number(self, device_id: str, device_seq: int, *, event_id: bytes, index: int) -> None:
        """Remembers for ever which event holds a device's number."""
        row = {"device_id": device_id, "device_seq": device_seq, "event_id": event_id, "idx": index}
        self._numbers.append(row)

    def remember_odd(self, event_id: bytes, *, index: int) -> None:
        """Remembers where a fork or a quarantined note stands."""
        self._odd.append({"event_id": event_id, "idx": index})

    def flush(self) -> None:
        """Writes what was gathered, and the tree after it."""
        for table, rows in ((EntryRow, self._entries), (DeviceEventRow, self._numbers), (OddEventRow, self._odd)):
            if rows:
                self._connection.execute(insert(table), rows)
        self._entries, self._numbers, self._odd = [], [], []
        values = {
            "size": self.frontier.size,
            "frontier": b"".join(self.frontier.subtrees),
            "received_ms": self.received_ms,
        }
        self._connection.execute(update(TreeRow).values(**values))

    def numbers_taken(self, pairs: Sequence[tuple[str, int]]) -> dict[tuple[str, int], Placed]:
        """Which of these (device, number) pairs are taken, and by which event."""
        taken = {}
        key = tuple_(col(DeviceEventRow.device_id), col(DeviceEventRow.device_seq))
        for start in range(0, len(pairs), PROBE_PAIRS):
            query = select(
                col(DeviceEventRow.device_id),
                col(DeviceEventRow.device_seq),
                col(DeviceEventRow.event_id),
                col(DeviceEventRow.idx),
            ).where(key.in_(pairs[start : start + PROBE_PAIRS]))
            for device_id, device_seq, event_id, idx in self._connection.execute(query):
                taken[device_id, device_seq] = Placed(event_id, idx)
        return taken

    def last_number(self, device_id: str) -> tuple[int, bytes] | None:
        """The highest number of a device in the log, and the event that holds it."""
        query = (
            select(col(DeviceEventRow.device_seq), col(DeviceEventRow.event_id))
            .where(col(DeviceEventRow.device_id) == device_id)
            .order_by(col(DeviceEventRow.device_seq).desc())
            .limit(1)
        )
        row = self._connection.execute(query).one_or_none()
        return (row[0], row[1]) if row else None

    def odd_index(self, event_id: bytes) -> int | None:
        """Where a fork or quarantined note of this id stands."""
        return self._connection.execute(
            select(col(OddEventRow.idx)).where(col(OddEventRow.event_id) == event_id)
        ).scalar()

    def entry(self, index: int) -> tuple[bytes, bytes] | None:
        """Content and leaf hash of one entry."""
        row = self._connection.execute(
            select(col(EntryRow.content), col(EntryRow.leaf_hash)).where(col(EntryRow.idx) == index)
        ).one_or_none()
        return (_as_bytes(row.content), _as_bytes(row.leaf_hash)) if row else None

    def contents(self, begin: int = 0) -> Iterator[tuple[int, bytes, bytes]]:
        """Index, content and leaf hash of every entry from `begin`, in log order."""
        while True:
            query = (
                select(col(EntryRow.idx), col(EntryRow.content), col(EntryRow.leaf_hash))
                .where(col(EntryRow.idx) >= begin)
                .order_by(col(EntryRow.idx))
                .limit(READ_ROWS)
            )
            rows = self._connection.execute(query).all()
            for row in rows:
                yield row.idx, _as_bytes(row.content), _as_bytes(row.leaf_hash)
            if len(rows) < READ_ROWS:
                return
            begin = rows[-1].idx + 1

    def leaf_hashes(self) -> list[bytes]:
        """All leaf hashes, in log order."""
        return list(self._connection.execute(select(col(EntryRow.leaf_hash)).order_by(col(EntryRow.idx))).scalars())

    def device(self, device_id: str) -> StoredDevice | None:
        """The admitted key of that name."""
        row = self._connection.execute(
            select(
                col(DeviceRow.public_key), col(DeviceRow.site), col(DeviceRow.role), col(DeviceRow.revoked_idx)
            ).where(col(DeviceRow.device_id) == device_id)
        ).one_or_none()
        return StoredDevice(row.public_key, row.site, row.role, row.revoked_idx is not None) if row else None

    def devices(self, device_ids: Iterable[str]) -> dict[str, StoredDevice]:
        """The admitted keys among these names."""
        wanted = ((device_id, self.device(device_id)) for device_id in sorted(set(device_ids)))
        return {device_id: device for device_id, device in wanted if device}

    def admit(self, device_id: str, public_key: bytes, *, site: str, role: str, index: int) -> None:
        """Admits a key."""
        values = {"device_id": device_id, "public_key": public_key, "site": site, "role": role, "enrolled_idx": index}
        self._connection.execute(insert(DeviceRow).values(**values))

    def revoke(self, device_id: str, *, index: int) -> None:
        """Marks a key as no longer trusted from an entry on."""
        self._connection.execute(
            update(DeviceRow).where(col(DeviceRow.device_id) == device_id).values(revoked_idx=index)
        )

    def hold(self, event_id: bytes, note: bytes, *, reason: str, received_ms: int) -> bool:
        """Keeps a note aside; False when the shelf is full or it lies there already."""
        count = self._connection.execute(select(func.count()).select_from(HeldRow)).scalar_one()
        there = self._connection.execute(select(col(HeldRow.reason)).where(col(HeldRow.event_id) == event_id)).scalar()
        if there is not None or count >= HELD_NOTES_MAX:
            return False
        values = {"event_id": event_id, "note": note, "reason": reason, "received_ms": received_ms}
        self._connection.execute(insert(HeldRow).values(**values))
        return True

    def held_count(self) -> int:
        """How many notes lie aside."""
        return self._connection.execute(select(func.count()).select_from(HeldRow)).scalar_one()


def _as_bytes(stored: bytes | str) -> bytes:
    """SQLite keeps whatever type an administrator writes; what is not bytes any more is still hashed, and found."""
    return stored if isinstance(stored, bytes) else str(stored).encode()
