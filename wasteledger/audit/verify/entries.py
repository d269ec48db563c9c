"""Log entries and the notes of devices inside them, read from their bytes."""

import hashlib
import json
import re
from base64 import b32encode
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .formats import InvalidError, decimal, fail, unbase64

ENTRY_BYTES_MAX, PAYLOAD_BYTES_MAX, DEPTH_MAX, INTEGER_MAX = 32 * 1024, 16 * 1024, 6, 2**53 - 1
_HEAD = re.compile(rb"wasteledger-entry/v1\n(event|fork|quarantine|hello) (0|[1-9][0-9]{0,15}) ([a-z0-9-]{1,16})\n\n")
_LINE = re.compile("\n— ([!-~]{1,160})/d/([a-z2-7]{16}) ([A-Za-z0-9+/=]{1,200})\n")
_KEY = re.compile("[a-z][a-z0-9_]{0,31}")
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
        if _encoder.encode(payload).encode() != body:
            raise NotCanonicalError
    except (ValueError, RecursionError):
        raise NotCanonicalError from None
    return payload


def _check(value: Any, depth: int) -> None:
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return
    if kind is int:
        if -INTEGER_MAX <= value <= INTEGER_MAX:
            return
    elif depth <= DEPTH_MAX and kind is dict:
        for key, member in value.items():
            if key not in _good_keys and not _is_key(key):
                raise NotCanonicalError
            _check(member, depth + 1)
        return
    elif depth <= DEPTH_MAX and kind is list:
        for member in value:
            _check(member, depth + 1)
        return
    raise NotCanonicalError


_good_keys: set[str] = set()


def _is_key(key: str) -> bool:
    good = bool(_KEY.fullmatch(key))
    if good and len(_good_keys) < 1000:  # noqa: PLR2004 - events use a few dozen keys
        _good_keys.add(key)
    return good


def occurred_ms(payload: dict[str, Any]) -> int:
    """When the device says it happened, UTC milliseconds."""
    try:
        moment = datetime.fromisoformat(payload["occurred_at"])
        return int(moment.timestamp()) * 1000 + moment.microsecond // 1000
    except (KeyError, TypeError, ValueError, OverflowError):
        raise fail("an event without a readable occurred_at") from None


@dataclass(slots=True)
class Hello:
    """How far a device says that its chain has come."""

    next_seq: int
    event_id: bytes


def read_hello(note: DeviceNote) -> Hello:
    """The word of a hello note."""
    lines = note.body.decode("utf-8", "replace").split("\n")
    if lines[0] != note.device_id or not re.fullmatch(
        "(0|[1-9][0-9]{0,15}) (0|[1-9][0-9]{0,15}) [0-9a-f]{16}", lines[3]
    ):
        raise fail("a hello of another device than the one that signed")
    return Hello(decimal(lines[1], "next number"), unbase64(lines[2], "event id", 32))


__all__ = [
    "DeviceNote", "Entry", "Hello", "InvalidError", "NotCanonicalError", "device_id_of", "key_id_of", "occurred_ms",
    "read_device_note", "read_entry", "read_hello", "read_payload",
]  # fmt: skip
