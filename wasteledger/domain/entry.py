"""A log entry: the leaf data of the Merkle tree.

    wasteledger-entry/v1
    <class> <received_ms> <node>

    <the event note, byte for byte>

`event` is a readable event, `fork` a validly signed event whose number already held another one, `quarantine` a validly signed
note whose body is not canonical or no known event (its bytes are kept all the same), `hello` a device's word on how far its
chain has come, when the log does not have all of it.
"""

import hashlib
import re
from typing import NamedTuple

from schemas.errors import ContractError

ENTRY_HEADER = "wasteledger-entry/v1"
ENTRY_BYTES_MAX = 32 * 1024
CLASSES = ("event", "fork", "quarantine", "hello")

_HEAD = re.compile(
    rb"wasteledger-entry/v1\n(event|fork|quarantine|hello) (0|[1-9][0-9]{0,15}) ([a-z0-9-]{1,16})\n\n",
)


class Entry(NamedTuple):
    """One entry of the log.

    Attributes:
        entry_class: one of `CLASSES`.
        received_ms: the service's clock, UTC milliseconds; never decreases with the index.
        node: which service process took it in.
        note: the signed note as the device sent it.
    """

    entry_class: str
    received_ms: int
    node: str
    note: bytes

    @property
    def event_id(self) -> bytes:
        """SHA-256 of the note's signed text."""
        return hashlib.sha256(self.note.rpartition(b"\n\n")[0] + b"\n").digest()

    def encode(self) -> bytes:
        """The bytes that are hashed and stored.

        Raises:
            ContractError: longer than `ENTRY_BYTES_MAX`.
        """
        head = f"{ENTRY_HEADER}\n{self.entry_class} {self.received_ms} {self.node}\n\n".encode()
        if len(head) + len(self.note) > ENTRY_BYTES_MAX:
            message = f"log entry longer than {ENTRY_BYTES_MAX} bytes"
            raise ContractError(message)
        return head + self.note


def decode_entry(content: bytes) -> Entry:
    """An entry from its stored bytes.

    Raises:
        ContractError: the bytes are not an entry.
    """
    match = _HEAD.match(content)
    if not match or len(content) > ENTRY_BYTES_MAX:
        message = "stored bytes are no log entry: run `wasteledger fsck`"
        raise ContractError(message)
    return Entry(match[1].decode(), int(match[2]), match[3].decode(), content[match.end() :])
