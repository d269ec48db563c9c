"""Facts: events with their place in the ledger and the time that counts (`times.py`); and where a fold finds them."""

from binascii import b2a_base64
from collections.abc import Iterable, Sequence
from hashlib import sha256
from operator import attrgetter
from sys import intern
from typing import TYPE_CHECKING, NamedTuple, Protocol

from schemas.acts import Act, moment_ms, read_act
from schemas.canonical import encode_base64
from schemas.custody import move_of
from schemas.entitlement import Standing
from schemas.errors import ContractError
from schemas.signing import parse_note
from wasteledger.domain.admissions import Admissions
from wasteledger.domain.entry import decode_entry
from wasteledger.domain.hello import Hello, parse_hello
from wasteledger.domain.times import Clocks, Held

if TYPE_CHECKING:
    from wasteledger.domain.manifest_validity import ManifestLaw
    from wasteledger.domain.register import Directory

#: Order of acts stamped with the same millisecond.
RANK = {
    kind: rank
    for rank, kind in enumerate(
        (
            "issued",
            "printed",
            "sealed",
            "opening_stock",
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
        occurred_ms: when it happened, as `times.py` says; `wall_ms` by its device's clock alone.
        earliest_ms, latest_ms: the same, but where its time is in doubt: what counts where another moment would gain something.
        outside: its device claims a moment outside the bracket that is proved.
        kind: of the event, at hand because every fold asks for it.
        move: what the custody table looks at.
        order: sorts facts by time, whatever the order of delivery.
        standing, entitlement: what its device is to its site, and how it may say what it says, once asked for (`entitled.py`).
    """

    __slots__ = (
        "earliest_ms", "entitlement", "event", "event_id", "index", "kind", "latest_ms", "move", "occurred_ms", "order",
        "outside", "received_ms", "standing", "wall_ms",
    )  # fmt: skip

    def __init__(  # noqa: PLR0913, PLR0917 - made by the million: names would cost more than the fields
        self, index: int, received_ms: int, event_id: str, event: Act, occurred_ms: int, wall_ms: int
    ) -> None:
        self.index = index
        self.received_ms = received_ms
        self.event_id = event_id
        self.event = event
        self.occurred_ms = self.earliest_ms = self.latest_ms = occurred_ms
        kind = self.kind = intern(event.kind)  # compared with names in the code, again and again
        self.move = move_of(event)
        self.wall_ms = wall_ms
        self.outside = False
        self.standing: Standing | None = None
        self.entitlement: int | None = None
        self.order = (occurred_ms, RANK.get(kind, _LAST), event.device_id, event.device_seq)

    def hold(self, held: Held) -> bool:
        """Takes the time inside its bracket; whether anything changed."""
        before = (self.occurred_ms, self.earliest_ms, self.latest_ms, self.outside)
        self.occurred_ms, self.earliest_ms, self.latest_ms, self.outside = after = held[1:5]
        if before == after:
            return False
        self.order = (held.occurred_ms, *self.order[1:])
        return True

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
        """The fact of its event. A fork is believed in nothing, its time neither: it counts from its receipt."""
        if self.event is None:
            message = f"entry {self.index} holds no event"
            raise ContractError(message)
        wall_ms = moment_ms(self.event.occurred_at)
        if self.entry_class == "fork":
            return Fact(self.index, self.received_ms, self.event_id, self.event, self.received_ms, wall_ms)
        time_ms = clocks.claim(self.event, self.received_ms, wall_ms)[0]
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
    signed = content[len(parts[0]) + len(parts[1]) + 3 : len(content) - len(parts[6])]
    return b2a_base64(sha256(signed).digest(), newline=False).decode()


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
    time_ms = clocks.claim(event, received_ms, wall_ms)[0]
    return Fact(index, received_ms, _event_id(content, parts), event, time_ms, wall_ms)


class Source(Protocol):
    """Where the walk finds facts: the whole history in memory, or the books in the database."""

    #: Corrections and vouchings by the event that they are about, and every code that a correction names.
    targets: dict[str, list[Fact]]
    corrected: set[str]
    #: Codes that a `relabelled` names, old and new.
    relabelled: set[str]
    #: Declarations of opening stock by their site, and every code that one names.
    openings: dict[str, list[Fact]]
    opened: set[str]
    #: Boxes of whose code there are two, as was seen so far, by a packing into the other one.
    doubled: dict[str, Fact]
    #: Devices as the log admits them.
    admissions: Admissions

    def facts_of(self, code: str) -> Sequence[Fact]:
        """The facts that name an item, in no particular order."""

    def box_facts(
        self, box: str, begin_ms: int, end_ms: int, *, packings: bool = False, backwards: bool = False
    ) -> Iterable[Fact]:
        """The facts that name a box between two moments, both included, in order of time; `packed` ones only with `packings`.

        Read one by one: who asks seldom needs more than one load of the box.
        """

    def counts_of(self, site: str, directory: "Directory") -> Sequence["StockTake"]:
        """The complete stock-takes of a site's rooms, as those tell who may say it."""

    def forks_of(self, code: str) -> Sequence[Fact]:
        """Events that share their number with another one and name this code."""

    def standing_of(self, fact: Fact) -> Standing:
        """What the device that signed a fact is to the site that it names."""

    def manifest_law(self, number: str, directory: "Directory") -> "ManifestLaw | None":
        """What the judgement of a hop needs to know of its manifest; None for a number that nothing names."""

    def evidence_missing(self, fact: Fact) -> Sequence[str]:
        """Hashes that an act names as its evidence and that no office has said to be stored; an act may name none at all."""


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
