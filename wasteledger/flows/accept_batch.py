"""Accepting a batch of signed notes, the numbered list of design section 8.

1. Parse each note; take it for what its bytes are (`read_note`).
2. Verify its signature under the admitted key. Unknown key or bad signature: held aside, answered, not counted.
3. Identity before rules: a number taken by the same event is a duplicate, by another one a fork.
4. Not canonical, or a field that this version knows is wrong: quarantine; its bytes are kept in the log. What this version does not
   know is appended like any other event, with the reason why it has no effect yet (`schemas.growth`).
5. Append, admit or revoke keys that office events name, write, commit; only then answer.
"""

from collections.abc import Sequence

from schemas.canonical import decode_base64, encode_base64
from schemas.errors import ContractError, SignatureError
from schemas.events import AnyEvent, Enrolled, Revoked
from schemas.growth import NewerEvent
from schemas.signing import EventNote, device_id, is_sound_key, verify_note
from schemas.sync import KINDS_UNDERSTOOD, VERSIONS, BatchAnswer, NumberRange, Verdict, VerdictCode
from wasteledger import clock
from wasteledger.domain.boots import BOOTS_PER_DAY_MAX, DAY_MS, corrects
from wasteledger.domain.entry import CLASSES, Entry, decode_entry
from wasteledger.domain.hello import Hello
from wasteledger.domain.merkle import leaf_hash
from wasteledger.flows.read_note import ReadNote, read_note
from wasteledger.store.database import Database
from wasteledger.store.ledger import Ledger, StoredDevice
from wasteledger.store.rows import Number, runs


def accept_batch(database: Database, notes: list[str], *, origin: str, node: str) -> BatchAnswer:
    """Takes in one batch in a transaction of its own; one verdict for each note, in the same order.

    MUST: every note verdicted other than `held` is durable when this returns.
    """
    read = [read_note(text.encode("utf-8", "surrogatepass"), origin) for text in notes]
    with database.write() as connection:
        answer = take_in(Ledger(connection), read, origin=origin, node=node)
    return answer  # noqa: RET504 - outside the block: by now the transaction has committed


def take_in(ledger: Ledger, read: Sequence[ReadNote], *, origin: str, node: str) -> BatchAnswer:
    """The same inside a transaction that the caller has begun and will commit before anybody is answered."""
    batch = _Batch(ledger, origin=origin, node=node, received_ms=max(clock.now_ms(), ledger.received_ms))
    numbers = batch.prepare(read)
    verdicts = [batch.judge(item, number) for item, number in zip(read, numbers, strict=True)]
    ledger.flush()
    return BatchAnswer(
        verdicts=verdicts,
        needed=batch.needed(),
        tree_size=ledger.size,
        root=encode_base64(ledger.root()),
        server_ms=batch.received_ms,
        versions=VERSIONS,
        kinds=KINDS_UNDERSTOOD,
    )


#: What is answered for an entry that is no event.
_VERDICTS: dict[str, VerdictCode] = {"fork": "fork", "quarantine": "quarantine", "hello": "new"}
#: What decides whose events are taken. It has its effect when it is taken in, so nothing of it may be unknown then.
_ADMITTING = frozenset({"enrolled", "revoked"})


class _Batch:
    """One batch inside its transaction.

    `_taken` holds, for each number that is taken, the event and the entry that hold it; entries of this batch included.
    """

    def __init__(self, ledger: Ledger, *, origin: str, node: str, received_ms: int) -> None:
        self._ledger = ledger
        self._origin = origin
        self._heads = {name: Entry(name, received_ms, node, b"").encode() for name in CLASSES}
        self.received_ms = received_ms
        self._devices: dict[str, StoredDevice] = {}
        self._taken: dict[Number, tuple[bytes, int, bytes | str]] = {}
        self._odd: dict[bytes, tuple[int, bytes]] = {}
        self._runs: list[tuple[int, int, int]] = []
        self._tails: list[NumberRange] = []

    def prepare(self, read: Sequence[ReadNote]) -> list[Number | None]:
        """Looks up keys and taken numbers of the whole batch at once; returns the number of each note."""
        self._devices = self._ledger.devices({item.device_id for item in read if item.device_id})
        own = [self._number(item) for item in read]
        numbers = set(filter(None, own))
        self._runs = list(runs(numbers))
        before = {(device_no, first - 1) for device_no, first, _ in self._runs if first}
        taken = self._ledger.numbers_taken(numbers | before)
        self._taken = {number: (row.event_id, row.index, row.content) for number, row in taken.items()}
        return own

    def _number(self, item: ReadNote) -> Number | None:
        device = self._devices.get(item.device_id or "")
        return None if device is None or item.device_seq is None else (device.device_no, item.device_seq)

    def judge(self, item: ReadNote, number: Number | None) -> Verdict:
        """Steps 2 to 5 for one note; its number is None for a device that this batch may have admitted meanwhile."""
        number = number or self._number(item)
        taken = self._taken.get(number) if number else None
        if item.verified and taken and taken[0] == item.event_id:
            return self._again(*taken, reason=item.problem)
        if item.verified and item.event and number and not taken and item.event.kind not in _ADMITTING:
            return self._append(item, item.event, number)  # the common case: a scan of an admitted device
        if item.verified and item.note is None:  # its bytes were seen before, but never committed
            item = read_note(item.raw, self._origin)
        if item.note is None:
            return self._hold(item, item.problem or "")
        unproved = self._unproved(item, item.note)
        if unproved:
            return self._hold(item, unproved)
        if item.hello:
            return self._announce(item, item.hello)
        if item.event is None:
            return self._set_apart(item, "quarantine", item.problem)
        return self._place(item, item.event, number)

    def _place(self, item: ReadNote, event: AnyEvent | NewerEvent, number: Number | None) -> Verdict:
        """Steps 3 and 5 for an event that is proved."""
        taken = self._taken.get(number) if number else None
        if taken and taken[0] == item.event_id:
            return self._again(*taken, reason=item.problem)
        if taken:
            return self._set_apart(item, "fork", f"number {item.device_seq} holds another event, entry {taken[1]}")
        return self._append(item, event, number)

    def needed(self) -> list[NumberRange]:
        """The holes right before what this batch brought: the device still has these events, or lost them."""
        names = {device.device_no: device_id for device_id, device in self._devices.items()}
        holes = list(self._tails)
        for device_no, first, _ in self._runs:
            if first and (device_no, first - 1) not in self._taken:
                last = self._ledger.last_number(device_no, below=first)
                start = last[0] + 1 if last else 0
                holes.append(NumberRange(device_id=names[device_no], first=start, last=first - 1))
        return holes

    def _announce(self, item: ReadNote, hello: Hello) -> Verdict:
        """A hello is kept when it tells something new (`domain.boots`); what it told before, it told for ever."""
        self._ledger.flush()  # the events in front of it in this batch count
        device_no = self._devices[hello.device_id].device_no
        last = self._ledger.last_number(device_no)
        first = last[0] + 1 if last else 0
        if hello.next_seq > first:
            self._tails.append(NumberRange(device_id=hello.device_id, first=first, last=hello.next_seq - 1))
        if item.event_id not in self._odd and self._ledger.odd_index(item.event_id) is None:
            boot = self._ledger.boot(device_no, hello.boot_id)
            names_more = hello.next_seq > max(first, self._ledger.announced(device_no))
            if boot is None and not names_more and self._boots_of_the_day(device_no) >= BOOTS_PER_DAY_MAX:
                reason = f"more than {BOOTS_PER_DAY_MAX} boots of this device within a day: send it again tomorrow"
                return self._hold(item, reason)
            if boot and not names_more and not corrects(boot, hello, self.received_ms):
                return Verdict(event_id=encode_base64(item.event_id), verdict="noted")
            self._ledger.hear(device_no, hello, received_ms=self.received_ms)
        return self._set_apart(item, "hello", None)

    def _boots_of_the_day(self, device_no: int) -> int:
        return self._ledger.boots_since(device_no, self.received_ms - DAY_MS)

    def _unproved(self, item: ReadNote, note: EventNote) -> str | None:
        """Why the note can not be relied on, or None."""
        device, event = self._devices.get(note.device_id), item.event
        public_key = device.public_key if device else self._genesis_key(event)
        if public_key is None:
            return f"device {note.device_id} is not enrolled"
        if not item.verified:
            try:
                verify_note(note, public_key)
            except SignatureError as error:
                return str(error)
        if isinstance(event, NewerEvent) and event.kind in _ADMITTING:
            return (
                f"this service does not know all that it says, and whom to believe can not wait ({item.problem}): "
                f"upgrade the service, then send the same bytes again"
            )
        return self._presumes(event, device) if isinstance(event, Enrolled | Revoked) else None

    def _presumes(self, event: Enrolled | Revoked, device: StoredDevice | None) -> str | None:
        """Why this device may not do what only an office may, or None."""
        taken = self._taken.get((device.device_no, event.device_seq)) if device else None
        if device and device.role != "office":
            return f"device {event.device_id} is no office: it can not enrol or revoke"
        if isinstance(event, Enrolled) and device_id(decode_base64(event.public_key)) != event.device:
            return f"device id {event.device} does not follow from the key it came with"
        if isinstance(event, Enrolled) and not is_sound_key(decode_base64(event.public_key)):
            return f"the key of device {event.device} is no sound Ed25519 key: anybody could sign with it"
        if device and device.revoked and not taken:
            return f"device {event.device_id} is revoked: it can no longer enrol or revoke"
        return None

    def _genesis_key(self, event: AnyEvent | NewerEvent | None) -> bytes | None:
        """The first office key of an empty log vouches for itself; nobody else may."""
        if self._ledger.size or not isinstance(event, Enrolled):
            return None
        himself = event.role == "office" and event.device == event.device_id
        return decode_base64(event.public_key) if himself else None

    def _append(self, item: ReadNote, event: AnyEvent | NewerEvent, number: Number | None) -> Verdict:
        content = self._entry("event", item.raw)
        index, leaf = self._ledger.append(content, received_ms=self.received_ms)
        if isinstance(event, Enrolled):
            self._admit(event, index)
        elif isinstance(event, Revoked):
            self._ledger.revoke(event.device, index=index)
            self._devices = self._ledger.devices(self._devices)
        number = number or (self._devices[event.device_id].device_no, event.device_seq)
        self._ledger.take_number(number, event_id=item.event_id, index=index)
        self._taken[number] = (item.event_id, index, content)
        return self._verdict(item.event_id, "new", index, leaf, item.problem)

    def _admit(self, event: Enrolled, index: int) -> None:
        if self._ledger.devices([event.device]):
            return
        key = decode_base64(event.public_key)
        self._ledger.admit(event.device, key, site=event.for_site, role=event.role, index=index)
        self._devices |= self._ledger.devices([event.device])

    def _again(
        self,
        event_id: bytes,
        index: int,
        content: bytes | str,
        verdict: VerdictCode = "duplicate",
        reason: str | None = None,
    ) -> Verdict:
        """The verdict of the first time: same index, same leaf, same hour."""
        try:
            stored = content if isinstance(content, bytes) else content.encode()
            entry = decode_entry(stored)
        except ContractError:
            # The device keeps what is only held: its copy may be the last good one.
            reason = f"entry {index}, where this event stood, is damaged: keep it, and run `wasteledger fsck`"
            return Verdict(event_id=encode_base64(event_id), verdict="held", reason=reason)
        return self._verdict(event_id, verdict, index, leaf_hash(stored), reason, received_ms=entry.received_ms)

    def _set_apart(self, item: ReadNote, entry_class: str, reason: str | None) -> Verdict:
        verdict = _VERDICTS[entry_class]
        first = self._odd.get(item.event_id) or self._stored_odd(item.event_id)
        if first:
            return self._again(item.event_id, *first, verdict, reason)
        content = self._entry(entry_class, item.raw)
        index, leaf = self._ledger.append(content, received_ms=self.received_ms)
        self._ledger.remember_odd(item.event_id, index=index)
        self._odd[item.event_id] = (index, content)
        return self._verdict(item.event_id, verdict, index, leaf, reason)

    def _stored_odd(self, event_id: bytes) -> tuple[int, bytes] | None:
        index = self._ledger.odd_index(event_id)
        return None if index is None else (index, self._ledger.entry(index) or b"")

    def _hold(self, item: ReadNote, reason: str) -> Verdict:
        self._ledger.hold(item.event_id, item.raw, reason=reason, received_ms=self.received_ms)
        return Verdict(event_id=encode_base64(item.event_id), verdict="held", reason=reason)

    def _entry(self, entry_class: str, raw: bytes) -> bytes:
        return self._heads[entry_class] + raw

    def _verdict(  # noqa: PLR0913, PLR0917 - the fields of a verdict
        self,
        event_id: bytes,
        verdict: VerdictCode,
        index: int,
        leaf: bytes,
        reason: str | None = None,
        received_ms: int | None = None,
    ) -> Verdict:
        return Verdict(
            event_id=encode_base64(event_id),
            verdict=verdict,
            index=index,
            leaf_hash=encode_base64(leaf),
            received_ms=self.received_ms if received_ms is None else received_ms,
            reason=reason,
        )
