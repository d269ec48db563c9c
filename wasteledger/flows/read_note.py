"""The gateway: what can be known of a note without the log's writer. Many threads and processes do this at once.

Parsing and the signature are most of the work of taking in an event, and neither needs the writing transaction.
"""

import hashlib
from collections import OrderedDict
from threading import Lock
from typing import NamedTuple

from schemas.errors import ContractError, SignatureError
from schemas.events import AnyEvent
from schemas.growth import NewerEvent, read_event, why_without_effect
from schemas.signing import EventNote, parse_note, verify_note
from wasteledger.domain.hello import Hello, is_hello, parse_hello

#: Notes whose signature was found good are known again by their bytes; a device that missed the answer sends them again soon.
KNOWN_NOTES_MAX = 65_536
#: Keys remembered; a province has fewer handhelds.
KNOWN_KEYS_MAX = 100_000


class Known(NamedTuple):
    """What is remembered of a note whose signature was good; the fields are those of `ReadNote`."""

    device_id: str
    device_seq: int
    event_id: bytes
    problem: str | None


class ReadNote(NamedTuple):
    """A note with what reading it told, before any look at the log.

    Attributes:
        device_id: who signed it, or says so; None when the bytes are no note of this log.
        device_seq: its number; None when it is no event.
        event_id: hash of its signed text.
        note: with `event` None too when the same bytes were read and verified before.
        event: one of a newer version too, of which no more is known than its place in its device's chain.
        problem: why it is no note of this log, or no event, or one without effect for now.
        hello: a device's word on its own chain, in the place of an event.
        verified: the signature was found good under the key that the device id names.
    """

    raw: bytes
    device_id: str | None
    device_seq: int | None
    event_id: bytes
    note: EventNote | None = None
    event: AnyEvent | NewerEvent | None = None
    problem: str | None = None
    hello: Hello | None = None
    verified: bool = False


def read_note(raw: bytes, origin: str) -> ReadNote:
    """Takes a note for what its bytes are. Its signature is another question."""
    hello = None
    try:
        if is_hello(raw):
            hello, note = parse_hello(raw)
        else:
            note = parse_note(raw)
    except ContractError as error:
        return ReadNote(raw, None, None, hashlib.sha256(raw).digest(), problem=str(error))
    if note.origin != origin:
        problem = f"note is meant for the log {note.origin}, this one is {origin}"
        return ReadNote(raw, None, None, note.event_id, problem=problem)
    strange = ReadNote(raw, note.device_id, None, note.event_id, note, hello=hello)
    if hello:
        return strange
    try:
        event, unknown = read_event(note.payload())
    except ContractError as error:
        return strange._replace(problem=str(error))
    if event.device_id != note.device_id:
        return strange._replace(problem=f"event names device {event.device_id}, signed by {note.device_id}")
    why = why_without_effect(unknown) if unknown else None
    return ReadNote(raw, note.device_id, event.device_seq, strange.event_id, note, event, why)


class Gateway:
    """Reads notes of one log and verifies those whose key it knows.

    A device id is a function of the key, so a key once seen may be remembered for ever; whether it is admitted or revoked
    is asked inside the writing transaction.
    """

    def __init__(self, origin: str) -> None:
        """Begins with no key and no note known."""
        self.origin = origin
        self._keys: dict[str, bytes] = {}
        self._known: OrderedDict[bytes, Known] = OrderedDict()
        self._lock = Lock()

    def read(self, texts: list[str]) -> list[ReadNote]:
        """Reads each note; verifies it where the key is known, and not twice where the bytes are."""
        return [self._read(text.encode("utf-8", "surrogatepass")) for text in texts]

    def unknown_devices(self, read: list[ReadNote]) -> set[str]:
        """Devices whose key has to be looked up before their notes can be verified here."""
        named = {item.device_id for item in read if not item.verified and item.device_id}
        return named - self._keys.keys()

    def learn(self, device_id: str, public_key: bytes) -> None:
        """Remembers the key of a device."""
        if len(self._keys) < KNOWN_KEYS_MAX:
            self._keys[device_id] = public_key

    def verify(self, read: list[ReadNote]) -> list[ReadNote]:
        """Verifies what was read before its key was known; what stays unverified the transaction decides."""
        return [item if item.verified else self._verified(item) for item in read]

    def _read(self, raw: bytes) -> ReadNote:
        known = self._known.get(hashlib.sha256(raw).digest())
        if known is None:
            return self._verified(read_note(raw, self.origin))
        return ReadNote(raw, *known[:3], problem=known.problem, verified=True)

    def _verified(self, item: ReadNote) -> ReadNote:
        public_key = self._keys.get(item.note.device_id) if item.note else None
        if item.note is None or public_key is None:
            return item
        try:
            verify_note(item.note, public_key)
        except SignatureError:
            return item  # the transaction looks again, and says why it is held
        if item.device_seq is not None:
            self._remember(item.raw, Known(item.note.device_id, item.device_seq, item.event_id, item.problem))
        return item._replace(verified=True)

    def _remember(self, raw: bytes, known: Known) -> None:
        with self._lock:
            self._known[hashlib.sha256(raw).digest()] = known
            if len(self._known) > KNOWN_NOTES_MAX:
                self._known.popitem(last=False)
