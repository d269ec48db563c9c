"""What happened, sorted by what it happened to: a fold over the log, taken entry by entry.

A `History` can be thrown away and folded again from entry 0; nothing in it is stored anywhere else.
"""

from collections import defaultdict
from typing import NamedTuple

from schemas.canonical import encode_base64
from schemas.events import AnyEvent, Corrected, Enrolled, ItemEvent, Revoked, parse_event
from schemas.signing import parse_note
from wasteledger.domain.entry import Entry, decode_entry
from wasteledger.domain.hello import parse_hello
from wasteledger.domain.merkle import EMPTY_ROOT, leaf_hash


class Fact(NamedTuple):
    """An event with its place in the ledger.

    Attributes:
        index: place in the log.
        received_ms: the service's clock when it was taken in.
        event_id: base64 of the hash of its signed text.
        occurred_ms: the device's clock, UTC.
    """

    index: int  # type: ignore[assignment]  # nobody asks this tuple for `index()`
    received_ms: int
    event_id: str
    event: AnyEvent
    occurred_ms: int


class Quarantined(NamedTuple):
    """A signed note that is no readable event."""

    index: int  # type: ignore[assignment]  # nobody asks this tuple for `index()`
    received_ms: int
    event_id: str
    device_id: str


class Announced(NamedTuple):
    """How far a device said its chain has come.

    Attributes:
        next_seq: the number that its next event would have had.
        event_id: of the hello that says so.
    """

    next_seq: int
    received_ms: int
    event_id: str


class Device(NamedTuple):
    """An admitted key: for which site, since which entry, revoked at which entry.

    Attributes:
        chain_root: what its event 0 names as the one before it: base64 of its enrolment's leaf hash; the first office, which
            admitted itself before there was a leaf, names the root of the empty tree.
    """

    device_id: str
    site: str
    role: str
    enrolled_index: int
    chain_root: str
    revoked_index: int | None = None


class History:
    """Everything the log tells, by item, box and device."""

    def __init__(self) -> None:
        """Begins before entry 0."""
        self.size = 0
        self.by_code: dict[str, list[Fact]] = defaultdict(list)
        self.by_device: dict[str, dict[int, Fact]] = defaultdict(dict)
        self.devices: dict[str, Device] = {}
        self.corrections: dict[str, list[Fact]] = defaultdict(list)
        self.forks: list[Fact] = []
        self.quarantined: list[Quarantined] = []
        self.announced: dict[str, Announced] = {}

    def copy(self) -> "History":
        """A fold of its own, to be continued while others read this one."""
        other = History()
        other.size = self.size
        other.by_code.update((code, list(facts)) for code, facts in self.by_code.items())
        other.by_device.update((device, dict(facts)) for device, facts in self.by_device.items())
        other.devices = dict(self.devices)
        other.corrections.update((event_id, list(facts)) for event_id, facts in self.corrections.items())
        other.forks, other.quarantined = list(self.forks), list(self.quarantined)
        other.announced = dict(self.announced)
        return other

    def add(self, content: bytes) -> None:
        """Takes in the next entry of the log.

        Raises:
            ContractError: the bytes are not an entry, or an entry of class `event` is not readable.
        """
        entry = decode_entry(content)
        if entry.entry_class == "hello":
            self._announce(entry)
            self.size += 1
            return
        note = parse_note(entry.note)
        index, event_id = self.size, encode_base64(note.event_id)
        if entry.entry_class == "quarantine":
            self.quarantined.append(Quarantined(index, entry.received_ms, event_id, note.device_id))
        else:
            event = parse_event(note.payload())
            fact = Fact(index, entry.received_ms, event_id, event, event.occurred_ms)
            if entry.entry_class == "fork":
                self.forks.append(fact)
            else:
                self._file(fact, leaf_hash(content))
        self.size += 1  # last: an entry that can not be read is met again, never passed over

    def _announce(self, entry: Entry) -> None:
        hello, note = parse_hello(entry.note)
        before = self.announced.get(hello.device_id)
        if before is None or before.next_seq < hello.next_seq:
            self.announced[hello.device_id] = Announced(hello.next_seq, entry.received_ms, encode_base64(note.event_id))

    def _file(self, fact: Fact, leaf: bytes) -> None:
        event = fact.event
        self.by_device[event.device_id][event.device_seq] = fact
        if isinstance(event, ItemEvent):
            for code in event.codes:
                self.by_code[code].append(fact)
            if isinstance(event, Corrected):
                self.corrections[event.target_event_id].append(fact)
        elif isinstance(event, Enrolled):
            root = encode_base64(EMPTY_ROOT if event.device == event.device_id else leaf)
            first = Device(event.device, event.for_site, event.role, fact.index, root)
            self.devices.setdefault(event.device, first)  # admitted again, a revoked key stays revoked
        elif isinstance(event, Revoked) and event.device in self.devices:
            self.devices[event.device] = self.devices[event.device]._replace(revoked_index=fact.index)

    def facts_of(self, code: str) -> list[Fact]:
        """The facts that name a code, in log order; none for a code never seen."""
        return self.by_code.get(code, [])
