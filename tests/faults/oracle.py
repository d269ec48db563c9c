"""What the log must hold, said once more and as plainly as can be: the truth that the simulator compares the product with."""

from typing import NamedTuple


class Made(NamedTuple):
    """A note of the simulation, and what the log has to make of it.

    Attributes:
        kind: scan, hello, blotted (signed, but not canonical), or stranger (of a key that nobody admitted).
        number: of a scan its own; of a hello the next one.
        boot_id, uptime_ms: of a hello, since when its device runs.
    """

    text: bytes
    event_id: bytes
    device: str
    kind: str
    number: int
    boot_id: str = ""
    uptime_ms: int = 0


class Record(NamedTuple):
    """One entry that the log must have."""

    entry_class: str
    made: Made
    received_ms: int


#: A hello that puts the beginning of a boot earlier by more than this is kept, so often.
_EARLIER_MS, _ANCHORS = 120_000, 10


class Truth:
    """A log as a list, and the two questions that are asked of it: what a note becomes, and what is missing."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self._taken: dict[tuple[str, int], tuple[bytes, int]] = {}
        self._apart: dict[bytes, int] = {}
        self._next: dict[str, int] = {}
        self._announced: dict[str, int] = {}
        self._boots: dict[tuple[str, str], tuple[int, int]] = {}
        self._received_ms = 0

    def take(self, made: Made, now_ms: int) -> tuple[str, int | None]:
        """The verdict that a note must be given now, and its index."""
        self._received_ms = max(self._received_ms, now_ms)
        if made.kind == "stranger":
            return "held", None
        if made.kind == "hello":
            return self._hello(made)
        if made.kind == "blotted":
            return self._set_apart(made, "quarantine")
        holder = self._taken.get((made.device, made.number))
        if holder is None:
            return "new", self._append("event", made)
        return ("duplicate", holder[1]) if holder[0] == made.event_id else self._set_apart(made, "fork")

    def _hello(self, made: Made) -> tuple[str, int | None]:
        known = max(self._next.get(made.device, 0), self._announced.get(made.device, 0))
        boot = self._boots.get((made.device, made.boot_id))
        if made.event_id not in self._apart and made.number <= known and boot is not None:
            began_ms, anchors = boot
            if anchors >= _ANCHORS or began_ms - (self._received_ms - made.uptime_ms) <= _EARLIER_MS:
                return "noted", None
        _, index = self._set_apart(made, "hello")
        return "new", index

    def _set_apart(self, made: Made, entry_class: str) -> tuple[str, int]:
        index = self._apart.get(made.event_id)
        return entry_class, self._append(entry_class, made) if index is None else index

    def _append(self, entry_class: str, made: Made) -> int:
        index = len(self.records)
        self.records.append(Record(entry_class, made, self._received_ms))
        if entry_class == "event":
            self._taken[made.device, made.number] = (made.event_id, index)
            self._next[made.device] = max(self._next.get(made.device, 0), made.number + 1)
        else:
            self._apart[made.event_id] = index
        if entry_class == "hello":
            self._announced[made.device] = max(self._announced.get(made.device, 0), made.number)
            self._hear(made)
        return index

    def _hear(self, made: Made) -> None:
        name, began_ms = (made.device, made.boot_id), self._received_ms - made.uptime_ms
        before_ms, anchors = self._boots.get(name, (began_ms + _EARLIER_MS + 1, 0))
        self._boots[name] = min(before_ms, began_ms), anchors + (before_ms - began_ms > _EARLIER_MS)

    def prefix(self, size: int) -> "Truth":
        """The same log when it had `size` entries."""
        earlier = Truth()
        for record in self.records[:size]:
            earlier._received_ms = record.received_ms
            earlier._append(record.entry_class, record.made)
        return earlier

    def holes(self) -> set[tuple[str, int]]:
        """Numbers that devices gave, as far as the log can know, and that are not in it."""
        ends = {name: max(end, self._announced.get(name, 0)) for name, end in self._next.items()}
        ends = self._announced | ends
        return {(name, number) for name, end in ends.items() for number in range(end)} - self._taken.keys()
