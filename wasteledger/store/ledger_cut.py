"""The log as it was when it had fewer entries: what came later is not there."""

from collections.abc import Iterable, Iterator

from sqlalchemy import Connection

from wasteledger.store.ledger import Ledger


class LedgerCut(Ledger):
    """A reader of the first entries of a log. Nothing can be appended to it."""

    def __init__(self, connection: Connection, size: int) -> None:
        """Sees `size` entries, of which all must be there."""
        super().__init__(connection)
        self._until = size

    @property
    def size(self) -> int:
        """How many entries the log had."""
        return self._until

    def entry(self, index: int) -> bytes | None:
        """The content of one entry."""
        return super().entry(index) if index < self._until else None

    def contents(self, begin: int = 0, end: int | None = None) -> Iterator[tuple[int, bytes]]:
        """Index and content of the entries, in log order."""
        return super().contents(begin, self._until if end is None else min(end, self._until))

    def entries_at(self, indexes: Iterable[int]) -> Iterator[tuple[int, bytes]]:
        """Index and content of the entries at these places."""
        return super().entries_at(index for index in indexes if index < self._until)

    def number_places(self, device_no: int, newest: int) -> Iterator[int]:
        """Where a device's events stand in the log, from the number `newest` downwards."""
        return (index for index in super().number_places(device_no, newest) if index < self._until)

    def index_of(self, event_id: bytes) -> int | None:
        """Where an event of this id stands."""
        index = super().index_of(event_id)
        return index if index is not None and index < self._until else None


def ledger_of(connection: Connection, until: int | None) -> Ledger:
    """The whole log, or its first entries."""
    return Ledger(connection) if until is None else LedgerCut(connection, until)
