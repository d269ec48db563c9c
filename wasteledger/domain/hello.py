"""A device's hello: how far its own chain has come, signed, so that scans lost at the end are missed too.

wasteledger-hello/v1
<origin>
<device id>
<next_seq>
<id of its newest event, base64; 32 zero bytes when it has none>
<wall clock ms> <monotonic_ms> <boot_id>

— <origin>/d/<device id> base64(key id 4 ‖ Ed25519 signature 64)
"""

import re
from typing import NamedTuple

from schemas.canonical import encode_base64
from schemas.errors import SignatureError
from schemas.signing import DeviceKey, EventNote, parse_lines, sign_lines
from wasteledger.domain.checkpoint import parse_decimal, parse_hash

HEADER = "wasteledger-hello/v1"
#: Stands for the newest event of a device that has none.
NO_EVENT = bytes(32)
_BODY_LINES = 4
_CLOCK = re.compile(r"(0|[1-9][0-9]{0,15}) (0|[1-9][0-9]{0,15}) ([0-9a-f]{16})")


class Hello(NamedTuple):
    """What a device says of its own chain.

    Attributes:
        next_seq: the number that its next event will have.
        event_id: of its newest event.
        wall_ms, monotonic_ms, boot_id: its clocks, as in events.
    """

    device_id: str
    next_seq: int
    event_id: bytes
    wall_ms: int
    monotonic_ms: int
    boot_id: str


def sign_hello(key: DeviceKey, hello: Hello, *, origin: str) -> bytes:
    """The signed note of a hello."""
    lines = (
        hello.device_id,
        str(hello.next_seq),
        encode_base64(hello.event_id),
        f"{hello.wall_ms} {hello.monotonic_ms} {hello.boot_id}",
    )
    return sign_lines(key, header=HEADER, origin=origin, body="\n".join(lines).encode())


def is_hello(note: bytes) -> bool:
    """Whether the bytes begin as a hello does."""
    return note.startswith(f"{HEADER}\n".encode())


def parse_hello(content: bytes) -> tuple[Hello, EventNote]:
    """A hello and its note, whose signature `verify_note` checks.

    Raises:
        SignatureError: malformed, or another device's name in the body than in the signature line.
        NoteError: a number or a hash that is not in its one spelling.
    """
    note = parse_lines(content, header=HEADER, body_lines=_BODY_LINES)
    try:
        device_id, next_seq, event_id, clocks = note.body.decode("ascii").split("\n")
        match = _CLOCK.fullmatch(clocks)
    except UnicodeDecodeError:
        match, device_id = None, ""
    if not match or device_id != note.device_id:
        message = (
            "hello: device id, next number, newest event id, and a line of wall clock, monotonic clock and boot id"
        )
        raise SignatureError(message)
    number = parse_decimal(next_seq, name="next_seq")
    newest = parse_hash(event_id, name="newest event id")
    return Hello(device_id, number, newest, int(match[1]), int(match[2]), match[3]), note
