"""C2SP signed notes, their keys, and witness cosignatures: strict, so that every reader reads the same.

    <text: lines, the last one ended too>
    <blank line>
    — <key name> base64(key id 4 ‖ signature)        one or more

A key is spelled `<name>+<key id, 8 hex digits>+<base64 of algorithm byte and public key>`; the key id is the beginning
of SHA-256(name ‖ newline ‖ algorithm ‖ public key). Algorithm 1 is Ed25519 over the text; algorithm 4 is a witness's cosignature
(C2SP tlog-cosignature): Ed25519 over `cosignature/v1`, a line `time <seconds>` and the text, the blob being time 8 ‖ signature.
"""

import hashlib
import re
from collections.abc import Iterable
from typing import NamedTuple

from schemas.canonical import decode_base64, encode_base64
from schemas.errors import CanonicalError, NoteError
from schemas.signing import DeviceKey, ed25519_verify

#: Longest signed note taken in; a checkpoint with many witnesses is far below.
NOTE_BYTES_MAX = 64 * 1024
#: Signature lines read; C2SP asks for at least 16, and more is an attack.
SIGNATURES_MAX = 100
ED25519 = 1
COSIGNATURE = 4

_KEY_ID_BYTES = 4
_KEY_BYTES = 32
_SIGNATURE_BYTES = 64
_TIME_BYTES = 8
#: Latest time that a cosignature may bear (C2SP tlog-cosignature).
_TIME_MAX = 2**63 - 1
_NAME = r"[^\s+\x00-\x1f]{1,255}"
_LINE = re.compile(rf"— (?P<name>{_NAME}) (?P<blob>[A-Za-z0-9+/]{{8,8000}}={{0,2}})")
_KEY = re.compile(rf"(?P<name>{_NAME})\+(?P<key_id>[0-9a-f]{{8}})\+(?P<key>[A-Za-z0-9+/]+={{0,2}})")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")


class NoteSignature(NamedTuple):
    """One signature line."""

    name: str
    key_id: bytes
    blob: bytes

    @property
    def line(self) -> bytes:
        """The line with its newline."""
        return f"— {self.name} {encode_base64(self.key_id + self.blob)}\n".encode()


class SignedNote(NamedTuple):
    """A note that parses; who signed it is another question.

    Attributes:
        text: the signed bytes, with their last newline.
    """

    text: bytes
    signatures: tuple[NoteSignature, ...]

    def encode(self) -> bytes:
        """The note as it is sent."""
        return self.text + b"\n" + b"".join(signature.line for signature in self.signatures)


def parse_signed_note(content: bytes) -> SignedNote:
    """Takes a note apart at its last blank line.

    Raises:
        NoteError: any deviation; a malformed signature line is never passed over.
    """
    if len(content) > NOTE_BYTES_MAX:
        message = f"note of {len(content)} bytes is longer than {NOTE_BYTES_MAX}"
        raise NoteError(message)
    try:
        decoded = content.decode()
    except UnicodeDecodeError:
        message = "note is not UTF-8"
        raise NoteError(message) from None
    text, blank, block = decoded.rpartition("\n\n")
    if not blank or not block.endswith("\n") or _CONTROL.search(decoded):
        message = (
            "not a signed note: text, a blank line, signature lines, each with its newline and no control characters"
        )
        raise NoteError(message)
    lines = block[:-1].split("\n")
    if len(lines) > SIGNATURES_MAX:
        message = f"note has {len(lines)} signature lines, {SIGNATURES_MAX} are read"
        raise NoteError(message)
    return SignedNote((text + "\n").encode(), tuple(map(_parse_line, lines)))


def _parse_line(line: str) -> NoteSignature:
    match = _LINE.fullmatch(line)
    try:
        blob = decode_base64(match["blob"]) if match else b""
    except CanonicalError:
        blob = b""
    if not match or len(blob) <= _KEY_ID_BYTES:
        message = f"signature line {line[:80]!r}: expected — <name> and base64 of key id and signature"
        raise NoteError(message)
    return NoteSignature(match["name"], blob[:_KEY_ID_BYTES], blob[_KEY_ID_BYTES:])


class VerifierKey(NamedTuple):
    """A public key with its name and what it signs."""

    name: str
    algorithm: int
    public_key: bytes

    @property
    def key_id(self) -> bytes:
        """What stands before its signatures."""
        material = self.name.encode() + b"\n" + bytes([self.algorithm]) + self.public_key
        return hashlib.sha256(material).digest()[:_KEY_ID_BYTES]

    @property
    def text(self) -> str:
        """The key as people hand it on."""
        return f"{self.name}+{self.key_id.hex()}+{encode_base64(bytes([self.algorithm]) + self.public_key)}"

    @classmethod
    def parse(cls, text: str) -> "VerifierKey":
        """The key of a spelling whose key id fits.

        Raises:
            NoteError: malformed, of an algorithm that is not known here, or a key id that does not fit.
        """
        match = _KEY.fullmatch(text)
        try:
            material = decode_base64(match["key"]) if match else b""
        except CanonicalError:
            material = b""
        if match and len(material) == 1 + _KEY_BYTES and material[0] in {ED25519, COSIGNATURE}:
            key = cls(match["name"], material[0], material[1:])
            if key.key_id.hex() == match["key_id"]:
                return key
        message = (
            f"{text[:120]!r} is no Ed25519 key: <name>+<key id>+<base64 of algorithm and key>, with a key id that fits"
        )
        raise NoteError(message)

    def find(self, note: SignedNote) -> NoteSignature | None:
        """This key's signature of a note; None where there is none.

        Raises:
            NoteError: a line names this key, but its signature does not verify.
        """
        key_id, found = self.key_id, None
        for signature in note.signatures:
            if (signature.name, signature.key_id) == (self.name, key_id):
                if not self._signed(note.text, signature.blob):
                    message = f"the signature of {self.name} does not verify"
                    raise NoteError(message)
                found = found or signature
        return found

    def _signed(self, text: bytes, blob: bytes) -> bool:
        if self.algorithm == COSIGNATURE:
            time_s, blob = int.from_bytes(blob[:_TIME_BYTES], "big"), blob[_TIME_BYTES:]
            if time_s > _TIME_MAX:
                return False
            text = cosigned_text(text, time_s)
        return len(blob) == _SIGNATURE_BYTES and ed25519_verify(self.public_key, text, blob)


class NoteKey:
    """A private key with its name and what it signs."""

    def __init__(self, name: str, seed: bytes, *, algorithm: int = ED25519) -> None:
        """Makes the key from its 32-byte seed."""
        self._key = DeviceKey(seed)
        self.name = name
        self.verifier = VerifierKey(name, algorithm, self._key.public_key)

    def sign(self, text: bytes) -> NoteSignature:
        """The signature line of an Ed25519 key."""
        return NoteSignature(self.name, self.verifier.key_id, self._key.sign(text))

    def cosign(self, text: bytes, *, time_s: int) -> NoteSignature:
        """The signature line of a witness that saw the checkpoint `text` at `time_s`, seconds since 1970."""
        signature = self._key.sign(cosigned_text(text, time_s))
        return NoteSignature(self.name, self.verifier.key_id, time_s.to_bytes(_TIME_BYTES, "big") + signature)


def cosigned_text(text: bytes, time_s: int) -> bytes:
    """What a witness signs: the checkpoint behind the time it saw it."""
    return f"cosignature/v1\ntime {time_s}\n".encode() + text


def cosigned_at_s(signature: NoteSignature) -> int:
    """The time in a cosignature, seconds since 1970."""
    return int.from_bytes(signature.blob[:_TIME_BYTES], "big")


def with_signatures(content: bytes, signatures: Iterable[NoteSignature]) -> bytes:
    """A note with further signatures behind those that it has; none twice."""
    note = parse_signed_note(content)
    return note._replace(signatures=tuple(dict.fromkeys((*note.signatures, *signatures)))).encode()
