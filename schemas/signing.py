"""What a device signs, and how it is read back.

A signed event is a C2SP signed note of three lines, a blank line and one signature line:

    wasteledger-event/v1
    <origin>
    <canonical JSON>

    — <origin>/d/<device id> base64(key id 4 ‖ Ed25519 signature 64)

The signature covers the three lines with their newlines. The first line keeps an event from being taken for a
checkpoint, the second keeps an event of a test system out of a real log. `event_id` is SHA-256 of the three lines and
not of the signature, so that a device may sign the same event again.

Ed25519 is verified by libsodium: it refuses low-order keys and odd encodings that other verifiers let pass, so a
signature taken in here is accepted by every later verifier.
"""

import hashlib
import re
from base64 import b32encode
from functools import lru_cache
from typing import Any, NamedTuple

from nacl.bindings import crypto_core_ed25519_is_valid_point, crypto_sign_open
from nacl.exceptions import CryptoError
from nacl.signing import SigningKey

from schemas.canonical import decode, decode_base64, encode, encode_base64
from schemas.errors import CanonicalError, SignatureError

EVENT_HEADER = "wasteledger-event/v1"
#: Longest note taken in: a payload of 16 KiB with its header and one signature line.
NOTE_BYTES_MAX = 24 * 1024
ORIGIN_MAX = 100

#: Names worked out once for each key; a batch comes from few devices.
_KEYS_REMEMBERED = 10_000
_ALGORITHM_ED25519 = b"\x01"
_KEY_ID_BYTES = 4
_SIGNATURE_BYTES = 64
_KEY_BYTES = 32
_ORIGIN = re.compile(r"[a-z0-9][a-z0-9.\-]*(?:/[a-z0-9][a-z0-9.\-]*)+")
_SIGNATURE_LINE = re.compile(r"— (?P<name>[!-~]{1,160}) (?P<blob>[A-Za-z0-9+/=]{1,200})\n")


class DeviceKey:
    """A device's private key with the names that follow from it.

    The device id is a function of the public key: no register can give it to somebody else, and a new key is a
    new device.
    """

    def __init__(self, seed: bytes) -> None:
        """Makes the key from its 32-byte seed."""
        self._signing_key = SigningKey(seed)
        self.public_key = bytes(self._signing_key.verify_key)
        self.device_id = device_id(self.public_key)

    @classmethod
    def generate(cls) -> "DeviceKey":
        """A new key from the system's randomness."""
        return cls(bytes(SigningKey.generate()))

    @property
    def seed(self) -> bytes:
        """The 32 secret bytes, for the owner's own storage."""
        return bytes(self._signing_key)

    def sign(self, message: bytes) -> bytes:
        """The 64-byte Ed25519 signature of `message`."""
        return self._signing_key.sign(message).signature


class EventNote(NamedTuple):
    """A note that parses; whether it verifies is another question.

    Attributes:
        text: the three signed lines, as bytes.
        origin: the log it is meant for.
        body: the JSON line, as bytes, not yet known to be canonical.
        device_id: from the signature line's key name.
        key_id: the four bytes before the signature.
        signature: 64 bytes.
    """

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

    def payload(self) -> dict[str, Any]:
        """The event's fields.

        Raises:
            CanonicalError: the body is not in canonical form.
        """
        return decode(self.body)


@lru_cache(maxsize=_KEYS_REMEMBERED)
def device_id(public_key: bytes) -> str:
    """Sixteen characters of base32 over the hash of algorithm and public key."""
    digest = hashlib.sha256(b"wasteledger-device/v1\n" + _ALGORITHM_ED25519 + public_key).digest()
    return b32encode(digest[:10]).decode("ascii").lower()


@lru_cache(maxsize=_KEYS_REMEMBERED)
def key_id(name: str, public_key: bytes) -> bytes:
    """C2SP signed-note key id: first four bytes of SHA-256(name, newline, algorithm, key)."""
    return hashlib.sha256(name.encode() + b"\n" + _ALGORITHM_ED25519 + public_key).digest()[:_KEY_ID_BYTES]


def check_origin(origin: str) -> str:
    """Returns a well-formed log origin: a schema-less URL such as `ledger.example.org/qianjiang`.

    Raises:
        SignatureError: too long, or characters that a note can not carry.
    """
    if len(origin) > ORIGIN_MAX or not _ORIGIN.fullmatch(origin):
        message = f"origin {origin[:ORIGIN_MAX]!r}: write a schema-less address such as ledger.example.org/district"
        raise SignatureError(message)
    return origin


def sign_event(key: DeviceKey, *, origin: str, payload: dict[str, Any]) -> bytes:
    """The signed note of an event.

    Raises:
        CanonicalError: the payload has no canonical form.
        SignatureError: the origin is malformed.
    """
    return sign_lines(key, header=EVENT_HEADER, origin=origin, body=encode(payload))


def sign_lines(key: DeviceKey, *, header: str, origin: str, body: bytes) -> bytes:
    """A note of a device: header, origin and body, signed.

    Raises:
        SignatureError: the origin is malformed.
    """
    text = f"{header}\n{check_origin(origin)}\n".encode() + body + b"\n"
    name = f"{origin}/d/{key.device_id}"
    blob = encode_base64(key_id(name, key.public_key) + key.sign(text))
    return text + f"\n— {name} {blob}\n".encode()


def parse_note(note: bytes) -> EventNote:
    """Takes an event's note apart, strictly: one spelling, one signature, nothing before or behind.

    Raises:
        SignatureError: any deviation; the message says which.
    """
    return parse_lines(note, header=EVENT_HEADER, body_lines=1)


def parse_lines(note: bytes, *, header: str, body_lines: int) -> EventNote:
    """Takes a device's note apart: the header, the origin, so many lines of body, a blank line, one signature line.

    Raises:
        SignatureError: any deviation; the message says which.
    """
    if len(note) > NOTE_BYTES_MAX:
        message = f"note of {len(note)} bytes is longer than {NOTE_BYTES_MAX}"
        raise SignatureError(message)
    text, blank, signature_line = note.rpartition(b"\n\n")
    lines = text.split(b"\n")
    if not blank or len(lines) != body_lines + 2 or lines[0] != header.encode():
        message = f"not an event note: {body_lines + 2} lines beginning with {header}, a blank line, a signature line"
        raise SignatureError(message)
    try:
        match = _SIGNATURE_LINE.fullmatch(signature_line.decode())
        origin = check_origin(lines[1].decode())
        blob = decode_base64(match["blob"]) if match else b""
    except (UnicodeDecodeError, CanonicalError) as error:
        message = f"note is damaged: {error}"
        raise SignatureError(message) from None
    prefix = f"{origin}/d/"
    if not match or len(blob) != _KEY_ID_BYTES + _SIGNATURE_BYTES or not match["name"].startswith(prefix):
        message = "signature line: expected — <origin>/d/<device id> and base64 of key id and Ed25519 signature"
        raise SignatureError(message)
    return EventNote(
        text=text + b"\n",
        origin=origin,
        body=b"\n".join(lines[2:]),
        device_id=match["name"].removeprefix(prefix),
        key_id=blob[:_KEY_ID_BYTES],
        signature=blob[_KEY_ID_BYTES:],
    )


def verify_note(note: EventNote, public_key: bytes) -> None:
    """Checks that the holder of `public_key`, and nobody else, signed the note.

    Raises:
        SignatureError: another key's id, another device's name, or a signature that does not verify.
    """
    name = f"{note.origin}/d/{note.device_id}"
    if note.device_id != device_id(public_key) or note.key_id != key_id(name, public_key):
        message = f"note of device {note.device_id} names another key"
        raise SignatureError(message)
    if not ed25519_verify(public_key, note.text, note.signature):
        message = f"signature of device {note.device_id} does not verify"
        raise SignatureError(message)


def is_sound_key(public_key: bytes) -> bool:
    """Whether the bytes are a public key that only its holder can sign for: on the curve, canonical, not of small order."""
    return len(public_key) == _KEY_BYTES and bool(crypto_core_ed25519_is_valid_point(public_key))


def ed25519_verify(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the holder of `public_key` signed `message` (RFC 8032, as strict as libsodium)."""
    if len(signature) != _SIGNATURE_BYTES or len(public_key) != _KEY_BYTES:
        return False
    try:
        crypto_sign_open(signature + message, public_key)
    except (CryptoError, ValueError):
        return False
    return True
