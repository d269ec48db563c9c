"""The gateway: what can be known of a note without the log's writer. Many threads and processes do this at once.

Parsing and the signature are most of the work of taking in an event, and neither needs the writing transaction.
"""

import hashlib
from collections import OrderedDict
from threading import Lock
from typing import NamedTuple

from schemas.errors import CanonicalError, ContractError, SignatureError
from schemas.events import AnyEvent, parse_event
from schemas.signing import EventNote, parse_note, verify_note

#: Notes whose signature was found good are known again by their bytes; a device that missed the answer sends them again soon.
KNOWN_NOTES_MAX = 65_536
#: Keys remembered; a province has fewer handhelds.
KNOWN_KEYS_MAX = 100_000


class Known(NamedTuple):
    """What is remembered of a note whose signature was good."""

    event_id: bytes
    device_id: str
    device_seq: int


class ReadNote(NamedTuple):
    """A note with what reading it told, before any look at the log.

    Attributes:
        note: None when the bytes are no note of this log.
        event: None when the note's body is no event.
        problem: why one of the two is None.
        verified: the signature was found good under the key that the device id names.
        known: the same bytes were verified before; the other fields are then empty.
    """

    raw: bytes
    note: EventNote | None
    event: AnyEvent | None
    problem: str | None
    verified: bool = False
    known: Known | None = None

    @property
    def device_id(self) -> str | None:
        """Who signed it, or says so."""
        if self.known:
            return self.known.device_id
        return self.note.device_id if self.note else None

    @property
    def device_seq(self) -> int | None:
        """Its number, where it is an event."""
        if self.known:
            return self.known.device_seq
        return self.event.device_seq if self.event else None


def read_note(raw: bytes, origin: str) -> ReadNote:
    """Takes a note for what its bytes are. Its signature is another question."""
    try:
        note = parse_note(raw)
    except SignatureError as error:
        return ReadNote(raw, None, None, str(error))
    if note.origin != origin:
        return ReadNote(raw, None, None, f"note is meant for the log {note.origin}, this one is {origin}")
    try:
        event = parse_event(note.payload())
    except (CanonicalError, ContractError) as error:
        return ReadNote(raw, note, None, str(error))
    if event.device_id != note.device_id:
        return ReadNote(raw, note, None, f"event names device {event.device_id}, signed by {note.device_id}")
    return ReadNote(raw, note, event, None)


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
        return [item if item.verified or item.known else self._verified(item) for item in read]

    def _read(self, raw: bytes) -> ReadNote:
        known = self._known.get(hashlib.sha256(raw).digest())
        if known:
            return ReadNote(raw, None, None, None, verified=True, known=known)
        return self._verified(read_note(raw, self.origin))

    def _verified(self, item: ReadNote) -> ReadNote:
        public_key = self._keys.get(item.note.device_id) if item.note else None
        if item.note is None or public_key is None:
            return item
        try:
            verify_note(item.note, public_key)
        except SignatureError:
            return item  # the transaction looks again, and says why it is held
        if item.event:
            self._remember(item.raw, Known(item.note.event_id, item.note.device_id, item.event.device_seq))
        return item._replace(verified=True)

    def _remember(self, raw: bytes, known: Known) -> None:
        with self._lock:
            self._known[hashlib.sha256(raw).digest()] = known
            if len(self._known) > KNOWN_NOTES_MAX:
                self._known.popitem(last=False)
