"""Log entries and the notes of devices inside them, read from their bytes."""

import binascii
import hashlib
import json
import re
import sys
from base64 import b32encode
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .formats import InvalidError, decimal, fail, unbase64

ENTRY_BYTES_MAX, PAYLOAD_BYTES_MAX, DEPTH_MAX, INTEGER_MAX = 32 * 1024, 16 * 1024, 6, 2**53 - 1
_HEAD = re.compile(rb"wasteledger-entry/v1\n(event|fork|quarantine|hello) (0|[1-9][0-9]{0,15}) ([a-z0-9-]{1,16})\n\n")
_LINE = re.compile("\n— ([!-~]{1,160})/d/([a-z2-7]{16}) ([A-Za-z0-9+/=]{1,200})\n")
_KEY = re.compile("[a-z][a-z0-9_]{0,31}")
_TIME = re.compile(
    r"20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]\.[0-9]{3}[+-][01][0-9]:[0-5][0-9]"
)
_BOOT = re.compile("[0-9a-f]{16}")
_DEVICE = re.compile("[a-z2-7]{16}")
#: A site's code.
SITE = re.compile("[CHGTRDA][0-9]{12}")
#: Base64 characters of a hash of 32 bytes.
_HASH_CHARACTERS = 44
_encoder = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


class NotCanonicalError(Exception):
    """A body that is not in the one byte form of an event."""


@dataclass(slots=True)
class DeviceNote:
    """A device's signed note: text, origin, lines of body, who signed, key id and signature."""

    text: bytes
    origin: str
    body: bytes
    device_id: str
    key_id: bytes
    signature: bytes

    @property
    def event_id(self) -> bytes:
        """SHA-256 of the signed text."""
        return hashlib.sha256(self.text).digest()


@dataclass(slots=True)
class Entry:
    """One entry: class, the service's clock, and the note as the device sent it."""

    kind: str
    received_ms: int
    note: DeviceNote


def read_entry(content: bytes) -> Entry:
    """Takes an entry apart."""
    match = _HEAD.match(content)
    if not match or len(content) > ENTRY_BYTES_MAX:
        raise fail("not a log entry")
    kind = match[1].decode()
    return Entry(kind, int(match[2]), read_device_note(content[match.end() :], 4 if kind == "hello" else 1))


def read_device_note(raw: bytes, body_lines: int) -> DeviceNote:
    """Takes a device's note apart: header, origin, body, a blank line, one signature line."""
    header = "wasteledger-hello/v1" if body_lines > 1 else "wasteledger-event/v1"
    text, blank, line = raw.rpartition(b"\n\n")
    lines = text.split(b"\n")
    try:
        match = _LINE.fullmatch("\n" + line.decode())
        origin = lines[1].decode()
    except (UnicodeDecodeError, IndexError):
        match, origin = None, ""
    if not blank or not match or len(lines) != body_lines + 2 or lines[0] != header.encode() or match[1] != origin:
        raise fail(f"not a note of {header}")
    blob = unbase64(match[3], "signature", 68)
    return DeviceNote(text + b"\n", origin, b"\n".join(lines[2:]), match[2], blob[:4], blob[4:])


def device_id_of(public_key: bytes) -> str:
    """A device's name is a function of its key."""
    return b32encode(hashlib.sha256(b"wasteledger-device/v1\n\x01" + public_key).digest()[:10]).decode().lower()


def key_id_of(origin: str, device_id: str, public_key: bytes) -> bytes:
    """The key id in a device's signature line."""
    return hashlib.sha256(f"{origin}/d/{device_id}\n\x01".encode() + public_key).digest()[:4]


def read_payload(body: bytes) -> dict[str, Any]:
    """The fields of an event whose body is canonical JSON (RFC 8785, restricted).

    Raises:
        NotCanonicalError: it is not.
    """
    if len(body) > PAYLOAD_BYTES_MAX:
        raise NotCanonicalError
    try:
        payload = json.loads(body)
        if not isinstance(payload, dict):
            raise NotCanonicalError
        _check(payload, 1)
        if _encoder.encode(payload).encode() != body:  # a key given twice, blanks, escapes, another order
            raise NotCanonicalError
    except (ValueError, RecursionError):
        raise NotCanonicalError from None
    return payload


def canonical(payload: dict[str, Any]) -> bytes:
    """The one byte form of a payload that was read from canonical JSON."""
    return _encoder.encode(payload).encode()


def _check(value: Any, depth: int) -> None:
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return
    if kind is int:
        if not -INTEGER_MAX <= value <= INTEGER_MAX:
            raise NotCanonicalError
        return
    if (kind is not dict and kind is not list) or depth > DEPTH_MAX:
        raise NotCanonicalError
    if kind is dict and not all(key in _good_keys or _is_key(key) for key in value):
        raise NotCanonicalError
    for member in value.values() if kind is dict else value:
        if type(member) is not str:
            _check(member, depth + 1)


_good_keys: set[str] = set()


def _is_key(key: str) -> bool:
    good = bool(_KEY.fullmatch(key))
    if good and len(_good_keys) < 1000:  # noqa: PLR2004 - events use a few dozen keys
        _good_keys.add(key)
    return good


@dataclass(slots=True)
class Event:
    """What an audit needs of an event, each field of the type that the contract gives it.

    Attributes:
        number, prev: its place in the device's chain, and the event before it.
        checkpoint: (size, root) of the newest checkpoint that the device had verified.
        counter: (device, number, event id) of the other party's event that this one answers.
        names: the codes of packages and boxes that it speaks of.
        site: the party on whose behalf it stands.
    """

    kind: str
    site: str
    number: int
    prev: bytes
    occurred_ms: int
    monotonic_ms: int
    boot_id: str
    checkpoint: tuple[int, bytes] | None
    counter: tuple[str, int, bytes] | None
    names: list[str]


def read_event(payload: dict[str, Any], device_id: str) -> Event:
    """The fields of an event of the device that signed it.

    Raises:
        InvalidError: a field is missing or of another type; the service logs such a note as `quarantine`, never as `event`.
    """
    if payload.get("device_id") != device_id:
        raise fail("an event of another device than the one that signed")
    checkpoint, counter = payload.get("checkpoint"), payload.get("counter_event")
    kind, boot_id, box = payload.get("kind"), payload.get("boot_id"), payload.get("box")
    names = payload.get("codes", [])
    names = names if box is None else [*names, box] if type(names) is list else None
    if type(names) is not list or not all(type(name) is str for name in names):
        raise fail("an event whose codes or box are no texts")
    if type(kind) is not str or not _KEY.fullmatch(kind) or type(boot_id) is not str or not _BOOT.fullmatch(boot_id):
        raise fail("an event without a kind or a boot_id")
    return Event(
        sys.intern(kind), sys.intern(text_of(payload, "site", SITE)),
        count_of(payload, "device_seq"), hash_of(payload, "device_prev"), occurred_ms(payload),
        count_of(payload, "monotonic_ms"), boot_id,
        None if checkpoint is None else (count_of(_part(checkpoint), "size"), hash_of(_part(checkpoint), "root")),
        None if counter is None else _counter(_part(counter)), names,
    )  # fmt: skip


def _counter(part: dict[str, Any]) -> tuple[str, int, bytes]:
    return text_of(part, "device_id", _DEVICE), count_of(part, "device_seq"), hash_of(part, "event_id")


def _part(value: Any) -> dict[str, Any]:
    if type(value) is not dict:
        raise fail("an event whose checkpoint or counter_event is no object")
    return value


def count_of(fields: dict[str, Any], name: str) -> int:
    """A whole number from 0."""
    value = fields.get(name)
    if type(value) is not int or value < 0:
        raise fail(f"an event whose {name} is no count")
    return value


def hash_of(fields: dict[str, Any], name: str) -> bytes:
    """Thirty-two bytes from their one base64 spelling: decoded, encoded again and compared."""
    text = fields.get(name)
    if type(text) is str and len(text) == _HASH_CHARACTERS and text.isascii():
        try:
            content = binascii.a2b_base64(text)
        except binascii.Error:
            content = b""
        if (
            len(content) == hashlib.sha256().digest_size
            and binascii.b2a_base64(content, newline=False) == text.encode()
        ):
            return content
    raise fail(f"an event whose {name} is no hash")


def text_of(fields: dict[str, Any], name: str, pattern: re.Pattern[str]) -> str:
    """A text of the form that the contract gives it."""
    value = fields.get(name)
    if type(value) is not str or not pattern.fullmatch(value):
        raise fail(f"an event whose {name} is not what it should be")
    return value


def occurred_ms(payload: dict[str, Any], name: str = "occurred_at") -> int:
    """When the device says it happened, UTC milliseconds."""
    text = payload.get(name)
    if type(text) is not str or not _TIME.fullmatch(text):
        raise fail(f"an event without a readable {name}")
    try:
        moment = datetime.fromisoformat(text)
        return int(moment.timestamp()) * 1000 + moment.microsecond // 1000
    except (ValueError, OverflowError):
        raise fail(f"an event without a readable {name}") from None


@dataclass(slots=True)
class Hello:
    """How far a device says that its chain has come."""

    next_seq: int
    event_id: bytes


_CLOCKS = re.compile("(0|[1-9][0-9]{0,15}) (0|[1-9][0-9]{0,15}) ([0-9a-f]{16})")


def read_hello(note: DeviceNote) -> Hello:
    """The word of a hello note."""
    lines = note.body.decode("utf-8", "replace").split("\n")
    if lines[0] != note.device_id or not _CLOCKS.fullmatch(lines[3]):
        raise fail("a hello of another device than the one that signed")
    return Hello(decimal(lines[1], "next number"), unbase64(lines[2], "event id", 32))


__all__ = [
    "SITE", "DeviceNote", "Entry", "Event", "Hello", "InvalidError", "NotCanonicalError", "canonical", "count_of",
    "device_id_of", "hash_of", "key_id_of", "occurred_ms", "read_device_note", "read_entry", "read_event", "read_hello",
    "read_payload", "text_of",
]  # fmt: skip
