"""Facts: events with their place in the ledger and their corrected time; and where a fold finds them.

The time of a fact, in this order:

1. what the paper says, where the act was first written on paper (`backfill.happened_at`);
2. the device's own running clock (`monotonic_ms`), anchored by a hello of the same boot, when its wall clock is further off than
   honest clocks are: a hello tells the service's clock and both of the device's at one moment;
3. the device's wall clock, but never later than the moment at which the service had the event in its hands.
"""

from binascii import b2a_base64
from collections.abc import Iterable, Sequence
from hashlib import sha256
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple, Protocol

from schemas.acts import Act, moment_ms, read_act
from schemas.canonical import encode_base64
from schemas.custody import move_of
from schemas.entitlement import Standing
from schemas.errors import ContractError
from schemas.signing import parse_note
from wasteledger.domain.entry import decode_entry
from wasteledger.domain.hello import Hello, parse_hello

if TYPE_CHECKING:
    from wasteledger.domain.admissions import Admissions
    from wasteledger.domain.manifest_validity import ManifestLaw
    from wasteledger.domain.register import Directory

#: A wall clock that differs from the anchored running clock by more than this is set aside.
TRUSTED_CLOCK_MS_MAX = 120_000

#: Order of acts stamped with the same millisecond.
RANK = {
    kind: rank
    for rank, kind in enumerate(
        (
            "issued",
            "printed",
            "sealed",
            "packed",
            "released",
            "refused",
            "accepted",
            "unpacked",
            "stored",
            "counted",
            "disposed",
        ),
    )
}
_LAST = len(RANK)


class Fact:
    """An event with its place in the ledger.

    Attributes:
        index: place in the log.
        received_ms: the service's clock when it was taken in.
        event_id: base64 of the hash of its signed text.
        occurred_ms: when it happened, corrected as said above; `wall_ms` by its device's clock alone.
        kind: of the event, at hand because every fold asks for it.
        move: what the custody table looks at.
        order: sorts facts by time, whatever the order of delivery.
        standing: what its device is to its site, once it was asked for (`Source.standing_of`).
    """

    __slots__ = (
        "event",
        "event_id",
        "index",
        "kind",
        "move",
        "occurred_ms",
        "order",
        "received_ms",
        "standing",
        "wall_ms",
    )

    def __init__(  # noqa: PLR0913, PLR0917 - made by the million: names would cost more than the fields
        self, index: int, received_ms: int, event_id: str, event: Act, occurred_ms: int, wall_ms: int
    ) -> None:
        self.index = index
        self.received_ms = received_ms
        self.event_id = event_id
        self.event = event
        self.occurred_ms = occurred_ms
        kind = self.kind = event.kind
        self.move = move_of(event)
        self.wall_ms = wall_ms
        self.standing: Standing | None = None
        self.order = (occurred_ms, RANK.get(kind, _LAST), event.device_id, event.device_seq)

    def dated(self, clocks: "Clocks") -> "Fact":
        """The same fact by what is known of the clocks now."""
        time_ms = clocks.time_of(self.event, self.received_ms, self.wall_ms)
        return Fact(self.index, self.received_ms, self.event_id, self.event, time_ms, self.wall_ms)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Fact) and self._identity() == other._identity()

    def __hash__(self) -> int:
        return hash(self._identity())

    def _identity(self) -> tuple[int, int, str, int]:
        return self.index, self.received_ms, self.event_id, self.occurred_ms

    def __repr__(self) -> str:
        return f"Fact({self.index}, {self.kind} at {self.event.site}, {self.occurred_ms})"


#: Sorts facts by time.
by_order = attrgetter("order")


class ReadEntry(NamedTuple):
    """One entry of the log, opened as far as folds need it.

    Attributes:
        device_id: of the signature line; all that is known of a quarantined note.
        event: of an `event` or `fork`.
    """

    index: int  # type: ignore[assignment]  # nobody asks this tuple for `index()`
    entry_class: str
    received_ms: int
    event_id: str
    device_id: str = ""
    event: Act | None = None
    hello: Hello | None = None

    def fact(self, clocks: "Clocks") -> Fact:
        """The fact of its event."""
        if self.event is None:
            message = f"entry {self.index} holds no event"
            raise ContractError(message)
        wall_ms = moment_ms(self.event.occurred_at)
        time_ms = clocks.time_of(self.event, self.received_ms, wall_ms)
        return Fact(self.index, self.received_ms, self.event_id, self.event, time_ms, wall_ms)


#: Lines of an entry before the body of its event: two of the entry, a blank one, header and origin of the note.
_LINES_BEFORE_BODY = 5
#: Class, moment and node of an entry's second line.
_HEAD_FIELDS = 3


def read_entry(index: int, content: bytes) -> ReadEntry:
    """Opens an entry. What was checked when it was taken in is not checked again; `fsck` and the offline audit do that.

    Raises:
        ContractError: the bytes are no entry, or an `event` that can not be read.
    """
    parts = content.split(b"\n", _LINES_BEFORE_BODY + 1)
    head = parts[1].split(b" ") if len(parts) > _LINES_BEFORE_BODY else []
    if len(head) == _HEAD_FIELDS and head[0] in _EVENTS and head[1].isdigit():
        event = read_act(parts[5])
        return ReadEntry(index, head[0].decode(), int(head[1]), _event_id(content, parts), event.device_id, event)
    entry = decode_entry(content)
    if entry.entry_class == "hello":
        hello, note = parse_hello(entry.note)
        return ReadEntry(index, "hello", entry.received_ms, encode_base64(note.event_id), hello.device_id, hello=hello)
    note = parse_note(entry.note)
    return ReadEntry(index, entry.entry_class, entry.received_ms, encode_base64(note.event_id), note.device_id)


_EVENTS = frozenset({b"event", b"fork"})


def _event_id(content: bytes, parts: list[bytes]) -> str:
    """The hash of the signed text, which is header, origin and body of the note."""
    begin = len(parts[0]) + len(parts[1]) + 3
    end = begin + len(parts[3]) + len(parts[4]) + len(parts[5]) + 3
    return b2a_base64(sha256(content[begin:end]).digest(), newline=False).decode()


def read_fact(index: int, content: bytes, clocks: "Clocks") -> Fact | None:
    """The fact of an `event` entry, which nearly all are; None for every other entry, which `read_entry` opens.

    Raises:
        ContractError: an `event` that can not be read.
    """
    parts = content.split(b"\n", _LINES_BEFORE_BODY + 1)
    head = parts[1].split(b" ") if len(parts) > _LINES_BEFORE_BODY else []
    if len(head) != _HEAD_FIELDS or head[0] != b"event" or not head[1].isdigit():
        return None
    event, received_ms = read_act(parts[5]), int(head[1])
    wall_ms = moment_ms(event.occurred_at)
    time_ms = clocks.time_of(event, received_ms, wall_ms)
    return Fact(index, received_ms, _event_id(content, parts), event, time_ms, wall_ms)


class Clocks:
    """When each boot of each device began, by the service's clock, as its hellos tell."""

    def __init__(self) -> None:
        self._zero_ms: dict[tuple[str, str], int] = {}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Clocks) and self._zero_ms == other._zero_ms

    __hash__ = None  # type: ignore[assignment]  # it learns

    def set_zero(self, device: str, boot_id: str, zero_ms: int) -> None:
        """Puts back what an earlier `learn` came to."""
        self._zero_ms[device, boot_id] = zero_ms

    def zero_ms(self, device: str, boot_id: str) -> int | None:
        """When a boot began, where it is known."""
        return self._zero_ms.get((device, boot_id))

    def learn(self, hello: Hello, received_ms: int) -> bool:
        """Takes in a hello; whether it moved the boot by more than clocks are trusted.

        A hello that was long under way makes the boot seem to begin later than it did, so the earliest one holds.
        """
        boot, zero_ms = (hello.device_id, hello.boot_id), received_ms - hello.monotonic_ms
        before = self._zero_ms.get(boot)
        if before is not None and before <= zero_ms:
            return False
        self._zero_ms[boot] = zero_ms
        return before is None or before - zero_ms > TRUSTED_CLOCK_MS_MAX

    def anchored_ms(self, event: Act) -> int | None:
        """When the event was made by its device's running clock, where a hello of that boot is known."""
        zero_ms = self._zero_ms.get((event.device_id, event.boot_id))
        return None if zero_ms is None else zero_ms + event.monotonic_ms

    def time_of(self, event: Act, received_ms: int, wall_ms: int) -> int:
        """When the event happened, in UTC milliseconds; see the list above."""
        if event.backfill:
            return moment_ms(event.backfill["happened_at"])
        anchored_ms = self.anchored_ms(event) if self._zero_ms else None
        if anchored_ms is not None and abs(anchored_ms - wall_ms) > TRUSTED_CLOCK_MS_MAX:
            return min(anchored_ms, received_ms)
        return min(wall_ms, received_ms)


class Source(Protocol):
    """Where the walk finds facts: the whole history in memory, or the books in the database."""

    #: Corrections and vouchings by the event that they are about.
    targets: dict[str, list[Fact]]
    #: Devices as the log admits them.
    admissions: "Admissions"

    def facts_of(self, code: str) -> Sequence[Fact]:
        """The facts that name an item, in no particular order."""

    def box_facts(
        self, box: str, begin_ms: int, end_ms: int, *, packings: bool = False, backwards: bool = False
    ) -> Iterable[Fact]:
        """The facts that name a box between two moments, both included, in order of time; `packed` ones only with `packings`.

        Read one by one: who asks seldom needs more than one load of the box.
        """

    def counts_of(self, site: str) -> Sequence["StockTake"]:
        """The complete stock-takes of a site's rooms."""

    def forks_of(self, code: str) -> Sequence[Fact]:
        """Events that share their number with another one and name this code."""

    def standing_of(self, fact: Fact) -> Standing:
        """What the device that signed a fact is to the site that it names."""

    def manifest_law(self, number: str, directory: "Directory") -> "ManifestLaw | None":
        """What the judgement of a hop needs to know of its manifest; None for a number that nothing names."""


class StockTake:
    """A complete stock-take of one room: what it named.

    Attributes:
        fact: the event that completed it, which is its evidence.
        begin_ms: its first event's moment; what moved between it and the last one is not missed.
        codes: every item and box it named.
    """

    __slots__ = ("begin_ms", "codes", "fact", "room", "site")

    def __init__(self, fact: Fact, begin_ms: int, codes: frozenset[str]) -> None:
        self.fact = fact
        self.site = fact.event.site
        self.room = fact.event.room
        self.begin_ms = begin_ms
        self.codes = codes


def stock_takes(counts: Iterable[Fact]) -> list[StockTake]:
    """The complete stock-takes among `counted` facts of rooms; those that share a name are one."""
    groups: dict[tuple[str, str, str], list[Fact]] = {}
    for fact in counts:
        event = fact.event
        if event.room:
            groups.setdefault((event.site, event.room, event.count_name or fact.event_id), []).append(fact)
    takes = []
    for facts in groups.values():
        facts.sort(key=lambda fact: fact.order)
        complete = [fact for fact in facts if fact.event.complete]
        if complete:
            codes = frozenset(code for fact in facts for code in fact.event.codes)
            takes.append(StockTake(complete[-1], facts[0].occurred_ms, codes))
    return sorted(takes, key=lambda take: take.fact.order)
