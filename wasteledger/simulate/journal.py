"""The simulated service's side: what devices hand in becomes entries of the log, in simulated time and in big transactions.

The signatures have just been made by this process, so they are not verified again; `wasteledger fsck` does that.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from schemas.canonical import encode_base64
from schemas.signing import DeviceKey
from wasteledger.domain.boots import Boot, corrects, heard
from wasteledger.domain.entry import CLASSES, Entry
from wasteledger.domain.hello import Hello
from wasteledger.domain.register import Register
from wasteledger.errors import DatabaseError
from wasteledger.flows.service import Service
from wasteledger.store.district import DistrictStore
from wasteledger.store.ledger import Ledger

#: Entries gathered before they are written.
FLUSH_ENTRIES = 5_000
NODE = "node1"


class Journal:
    """Appends entries; everything inside one `open` block is one transaction."""

    def __init__(self, service: Service) -> None:
        """Writes into the log of a service that nobody else writes into."""
        self._service = service
        self._ledger: Ledger | None = None
        self._heads: dict[str, bytes] = {}
        self._head_ms = -1
        self._gathered = 0
        self._taken: dict[int, int] = {}
        self._announced: dict[int, int] = {}
        self._boots: dict[tuple[int, str], Boot] = {}
        self.size = 0

    @contextmanager
    def open(self) -> Iterator[None]:
        """One transaction."""
        with self._service.database.write() as connection:
            self._ledger = Ledger(connection)
            yield
            self._ledger.flush()
            self.size = self._ledger.size
            self._ledger, self._gathered = None, 0

    @property
    def ledger(self) -> Ledger:
        """The log inside the open transaction."""
        if self._ledger is None:
            message = "the simulated log is written inside one transaction: open it first"
            raise DatabaseError(message)
        return self._ledger

    def append(self, entry_class: str, note: bytes, *, received_ms: int) -> tuple[int, bytes]:
        """Appends one entry; returns its index and leaf hash."""
        if received_ms != self._head_ms:
            self._heads = {name: Entry(name, received_ms, NODE, b"").encode() for name in CLASSES}
            self._head_ms = received_ms
        place = self.ledger.append(self._heads[entry_class] + note, received_ms=received_ms)
        self._gathered += 1
        if self._gathered >= FLUSH_ENTRIES:
            self.ledger.flush()
            self._gathered = 0
        return place

    def event(self, note: bytes, event_id: bytes, *, device_no: int, device_seq: int, received_ms: int) -> None:
        """An event whose number is free."""
        index, _ = self.append("event", note, received_ms=received_ms)
        self.ledger.take_number((device_no, device_seq), event_id=event_id, index=index)
        self._taken[device_no] = device_seq + 1

    def hello(self, note: bytes, event_id: bytes, hello: Hello, *, device_no: int, received_ms: int) -> None:
        """A hello, kept as the service keeps it: where it names more than is known, or anchors a boot that no kept one does."""
        key = device_no, hello.boot_id
        boot = self._boots.get(key)
        known = max(self._taken.get(device_no, 0), self._announced.get(device_no, 0))
        if boot and hello.next_seq <= known and not corrects(boot, hello, received_ms):
            return
        self.odd("hello", note, event_id, received_ms=received_ms)
        self.ledger.hear(device_no, hello, received_ms=received_ms)
        self._boots[key] = heard(boot, hello, received_ms)
        self._announced[device_no] = max(known, hello.next_seq)

    def odd(self, entry_class: str, note: bytes, event_id: bytes, *, received_ms: int) -> None:
        """A fork, a hello or a note that is no readable event."""
        index, _ = self.append(entry_class, note, received_ms=received_ms)
        self.ledger.remember_odd(event_id, index=index)

    def admit(  # noqa: PLR0913 - an enrolment and the key it admits
        self, note: bytes, event_id: bytes, *, office: tuple[int, int], received_ms: int, key: DeviceKey, site: str, role: str
    ) -> tuple[int, str]:  # fmt: skip
        """An enrolment, by the event `office` (device number, device_seq); returns the new device's number and the root of its chain."""
        index, leaf = self.append("event", note, received_ms=received_ms)
        by_no = index if office[0] < 0 else office[0]  # the first office admits itself
        self.ledger.take_number((by_no, office[1]), event_id=event_id, index=index)
        self._taken[by_no] = office[1] + 1
        self.ledger.admit(key.device_id, key.public_key, site=site, role=role, index=index)
        return index, encode_base64(leaf)

    def revoke(self, device: str) -> None:
        """A device's key is no longer trusted, by the entry that was appended last."""
        self.ledger.revoke(device, index=self.ledger.size - 1)

    def load(self, register: Register, counters: dict[str, int]) -> None:
        """Puts a register in force, and number ranges where the simulation has left them."""
        with self._service.database.write() as connection:
            store = DistrictStore(connection)
            store.save_register(register)
            for name, count in sorted(counters.items()):
                if count:
                    store.draw(name, count, last=count)
