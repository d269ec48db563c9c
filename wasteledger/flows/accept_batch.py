"""Accepting a batch of signed notes, the numbered list of design section 8.

1. Parse each note; take it for what its bytes are.
2. Verify its signature under the admitted key. Unknown key or bad signature: held aside, answered, not counted.
3. Identity before rules: a number taken by the same event is a duplicate, by another one a fork.
4. Not canonical, or no event this version can read: quarantine; its bytes are kept in the log.
5. Append, admit or revoke keys that office events name, write, commit; only then answer.
"""

from typing import Any, NamedTuple

from schemas.canonical import decode_base64, encode_base64
from schemas.errors import CanonicalError, ContractError, SignatureError
from schemas.events import AnyEvent, Enrolled, Revoked, parse_event
from schemas.signing import EventNote, device_id, parse_note, verify_note
from schemas.sync import BatchAnswer, Verdict, VerdictCode
from wasteledger import clock
from wasteledger.domain.entry import Entry, decode_entry
from wasteledger.errors import TamperedError
from wasteledger.store.database import Database
from wasteledger.store.ledger import Ledger, Placed


class _Read(NamedTuple):
    """A note with what reading it told, before any look at the log."""

    raw: bytes
    note: EventNote | None
    event: AnyEvent | None
    problem: str | None

    @property
    def number(self) -> tuple[str, int] | None:
        return (self.event.device_id, self.event.device_seq) if self.event else None


def accept_batch(database: Database, notes: list[str], *, origin: str, node: str) -> BatchAnswer:
    """Takes in a batch; one verdict for each note, in the same order.

    MUST: every note verdicted other than `held` is durable when this returns.
    """
    read = [_read(text.encode("utf-8", "surrogatepass"), origin) for text in notes]
    with database.write() as connection:
        answer = _take_in(Ledger(connection), read, origin=origin, node=node)
    return answer  # noqa: RET504 - outside the block: by now the transaction has committed


def take_in(ledger: Ledger, notes: list[bytes], *, origin: str, node: str) -> BatchAnswer:
    """The same inside a transaction that the caller has begun and will commit before anybody is answered."""
    return _take_in(ledger, [_read(note, origin) for note in notes], origin=origin, node=node)


def _take_in(ledger: Ledger, read: list[_Read], *, origin: str, node: str) -> BatchAnswer:
    batch = _Batch(ledger, origin=origin, node=node, received_ms=max(clock.now_ms(), ledger.received_ms))
    batch.prepare(read)
    verdicts = [batch.judge(item) for item in read]
    ledger.flush()
    return BatchAnswer(
        verdicts=verdicts,
        tree_size=ledger.size,
        root=encode_base64(ledger.root()),
        server_ms=batch.received_ms,
    )


def _read(raw: bytes, origin: str) -> _Read:
    try:
        note = parse_note(raw)
    except SignatureError as error:
        return _Read(raw, None, None, str(error))
    if note.origin != origin:
        return _Read(raw, None, None, f"note is meant for the log {note.origin}, this one is {origin}")
    try:
        event = parse_event(note.payload())
    except (CanonicalError, ContractError) as error:
        return _Read(raw, note, None, str(error))
    if event.device_id != note.device_id:
        return _Read(raw, note, None, f"event names device {event.device_id}, signed by {note.device_id}")
    return _Read(raw, note, event, None)


class _Batch:
    """One batch inside its transaction."""

    def __init__(self, ledger: Ledger, *, origin: str, node: str, received_ms: int) -> None:
        self._ledger = ledger
        self._origin = origin
        self._node = node
        self.received_ms = received_ms
        self._devices: dict[str, Any] = {}
        self._taken: dict[tuple[str, int], Placed] = {}

    def prepare(self, read: list[_Read]) -> None:
        """Looks up keys and taken numbers of the whole batch at once."""
        self._devices = dict(self._ledger.devices(item.note.device_id for item in read if item.note))
        self._taken = self._ledger.numbers_taken(sorted({item.number for item in read if item.number}))

    def judge(self, item: _Read) -> Verdict:
        """Steps 2 to 5 for one note."""
        if item.note is None:
            return self._hold(item, item.problem or "")
        unproved = self._unproved(item.note, item.event)
        if unproved:
            return self._hold(item, unproved)
        if item.event is None:
            return self._set_apart(item, "quarantine", item.problem or "")
        taken = self._taken.get((item.event.device_id, item.event.device_seq))
        if taken and taken.event_id == item.note.event_id:
            return self._again(item.note, taken.index)
        if taken:
            return self._set_apart(
                item, "fork", f"number {item.event.device_seq} holds another event, entry {taken.index}"
            )
        device = self._devices.get(item.note.device_id)
        if isinstance(item.event, Enrolled | Revoked) and device and device.revoked:
            return self._hold(item, f"device {item.note.device_id} is revoked: it can no longer enrol or revoke")
        return self._append(item, item.note, item.event)

    def _unproved(self, note: EventNote, event: AnyEvent | None) -> str | None:
        """Why the signature can not be relied on, or None."""
        device = self._devices.get(note.device_id)
        public_key = device.public_key if device else self._genesis_key(event)
        if public_key is None:
            return f"device {note.device_id} is not enrolled"
        try:
            verify_note(note, public_key)
        except SignatureError as error:
            return str(error)
        if isinstance(event, Enrolled | Revoked) and device and device.role != "office":
            return f"device {note.device_id} is no office: it can not enrol or revoke"
        if isinstance(event, Enrolled) and device_id(decode_base64(event.public_key)) != event.device:
            return f"device id {event.device} does not follow from the key it came with"
        return None

    def _genesis_key(self, event: AnyEvent | None) -> bytes | None:
        """The first office key of an empty log vouches for itself; nobody else may."""
        first = isinstance(event, Enrolled) and event.role == "office" and event.device == event.device_id
        if not first or self._ledger.size or not isinstance(event, Enrolled):
            return None
        return decode_base64(event.public_key)

    def _append(self, item: _Read, note: EventNote, event: AnyEvent) -> Verdict:
        index, leaf = self._ledger.append(self._entry("event", item.raw), received_ms=self.received_ms)
        self._ledger.take_number(event.device_id, event.device_seq, event_id=note.event_id, index=index)
        self._taken[event.device_id, event.device_seq] = Placed(note.event_id, index)
        if isinstance(event, Enrolled):
            self._admit(event, index)
        elif isinstance(event, Revoked):
            self._ledger.revoke(event.device, index=index)
            self._devices = dict(self._ledger.devices(self._devices))
        return self._verdict(note, "new", index, leaf)

    def _admit(self, event: Enrolled, index: int) -> None:
        if self._ledger.device(event.device):
            return
        key = decode_base64(event.public_key)
        self._ledger.admit(event.device, key, site=event.for_site, role=event.role, index=index)
        self._devices[event.device] = self._ledger.device(event.device)

    def _again(
        self, note: EventNote, index: int, verdict: VerdictCode = "duplicate", reason: str | None = None
    ) -> Verdict:
        """The verdict of the first time: same index, same leaf, same hour."""
        self._ledger.flush()
        stored = self._ledger.entry(index)
        if stored is None:
            message = f"entry {index} is missing from the log: run `wasteledger fsck`"
            raise TamperedError(message)
        first_ms = decode_entry(stored[0]).received_ms
        first = self._verdict(note, verdict, index, stored[1], reason)
        return first.model_copy(update={"received_ms": first_ms})

    def _set_apart(self, item: _Read, verdict: VerdictCode, reason: str) -> Verdict:
        note = item.note
        if note is None:
            return self._hold(item, reason)
        first = self._ledger.odd_index(note.event_id)
        if first is not None:
            return self._again(note, first, verdict, reason)
        index, leaf = self._ledger.append(self._entry(verdict, item.raw), received_ms=self.received_ms)
        self._ledger.remember_odd(note.event_id, index=index)
        self._ledger.flush()
        return self._verdict(note, verdict, index, leaf, reason)

    def _hold(self, item: _Read, reason: str) -> Verdict:
        event_id = item.note.event_id if item.note else EventNote(item.raw, "", b"", "", b"", b"").event_id
        self._ledger.hold(event_id, item.raw, reason=reason, received_ms=self.received_ms)
        return Verdict(event_id=encode_base64(event_id), verdict="held", reason=reason)

    def _entry(self, entry_class: str, raw: bytes) -> bytes:
        return Entry(entry_class, self.received_ms, self._node, raw).encode()

    def _verdict(
        self, note: EventNote, verdict: VerdictCode, index: int, leaf: bytes | None, reason: str | None = None
    ) -> Verdict:
        return Verdict(
            event_id=encode_base64(note.event_id),
            verdict=verdict,
            index=index,
            leaf_hash=encode_base64(leaf) if leaf else None,
            received_ms=self.received_ms,
            reason=reason,
        )
